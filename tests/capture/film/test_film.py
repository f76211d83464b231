"""One film of an interview: copied where possible, in step with the telemetry, playable in a
browser.
"""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from clips import clock_ms, make_clip, plain_picture
from machine import CHROMIUM
from playwright.sync_api import sync_playwright

from capture.errors import CaptureError, UnusableMedia
from capture.film.joining import FilmPart, NormalisedAnswer, join, normalise
from capture.media.container import probe
from capture.media.decoder import Decoder
from capture.media.signature import identify_file
from capture.types import Frame, Sound

pytestmark = pytest.mark.film

SIZE = (320, 240)


def made(path: Path) -> NormalisedAnswer:
    return normalise(path, path.with_suffix(".normalised.mp4"), identify_file(path))


def pictures_of(path: Path, every_ms: int = 40) -> list[Frame]:
    return [item for item in Decoder(path, "mp4", every_ms=every_ms) if isinstance(item, Frame)]


def loudness_of(path: Path) -> list[tuple[int, float]]:
    found = [item for item in Decoder(path, "mp4", every_ms=10_000) if isinstance(item, Sound)]
    return [(sound.t_ms, float(np.abs(sound.samples).max())) for sound in found]


def flash(t_ms: int) -> np.ndarray:
    """White from 1.0 to 1.2 s of each clip, black otherwise."""
    return plain_picture((255, 255, 255) if 1000 <= t_ms < 1200 else (0, 0, 0), SIZE)


def beep(times_s: np.ndarray) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 1000 * times_s) * ((times_s >= 1.0) & (times_s < 1.2))


def streams_of(path: Path) -> tuple[str, str, bytes]:
    with av.open(path) as film:
        video, audio = film.streams.video[0], film.streams.audio[0]
        return (
            video.codec_context.name,
            audio.codec_context.name,
            bytes(video.codec_context.extradata or b""),
        )


@pytest.mark.parametrize(
    ("name", "codec", "was_copied"),
    [
        ("a.mp4", "h264", True),
        ("a.mkv", "h264", True),
        ("a.webm", "vp8", False),
        ("a.avi", "mpeg4", False),
    ],
)
def test_it_makes_h264_and_aac_of_everything(
    tmp_path: Path, name: str, codec: str, was_copied: bool
) -> None:
    path = make_clip(tmp_path / name, 2, codec=codec, sound=None if name == "a.avi" else "tone")
    original = path.read_bytes()
    answer = made(path)
    assert answer.was_copied == was_copied
    assert streams_of(answer.path)[:2] == ("h264", "aac")
    assert abs(answer.duration_ms - 2000) <= 60
    assert all(
        abs(clock_ms(frame.rgb) - frame.t_ms) <= 100 for frame in pictures_of(answer.path, 200)
    )
    assert path.read_bytes() == original


def test_an_answer_without_sound_gets_silence_to_its_end(tmp_path: Path) -> None:
    answer = made(make_clip(tmp_path / "a.mp4", 3, sound=None))
    loudness = loudness_of(answer.path)
    assert max(level for _, level in loudness) < 0.001
    assert abs(loudness[-1][0] - 3000) < 100


def test_it_turns_a_phone_picture_upright_for_good(tmp_path: Path) -> None:
    answer = made(make_clip(tmp_path / "phone.mp4", 1, rotation_deg=-90))
    info = probe(answer.path)
    assert (info.width, info.height, info.rotation_deg) == (240, 320, 0)
    assert not answer.was_copied


def test_sixty_pictures_a_second_become_thirty(tmp_path: Path) -> None:
    answer = made(make_clip(tmp_path / "a.webm", 2, codec="vp8", fps=60))
    assert 55 <= probe(answer.path).frames <= 65


def test_it_keeps_the_times_of_a_variable_frame_rate(tmp_path: Path) -> None:
    times_ms = [0, 40, 90, 700, 740, 1500, 1541, 1990]
    for name, codec in (("a.webm", "vp8"), ("b.mkv", "h264")):
        answer = made(make_clip(tmp_path / name, 2, codec=codec, times_ms=times_ms))
        assert [frame.t_ms for frame in pictures_of(answer.path, 10)] == times_ms


def test_it_leaves_nothing_behind_when_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(make_clip(tmp_path / "whole.mp4", 1).read_bytes()[:1500])
    with pytest.raises(UnusableMedia):
        normalise(path, tmp_path / "out.mp4", "mp4")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.mp4", "whole.mp4"]


def test_it_keeps_what_came_of_a_damaged_answer(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", 4)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    answer = made(path)
    assert answer.damaged_at_ms is not None
    assert 1500 < answer.duration_ms < 3500


@pytest.mark.parametrize(
    "kinds", [("h264", "h264"), ("vp8", "vp8"), ("h264", "vp8"), ("vp8", "h264")]
)
def test_picture_and_sound_stay_together_where_answers_meet(
    tmp_path: Path, kinds: tuple[str, str]
) -> None:
    parts, start_ms = [], 0
    for number, codec in enumerate(kinds):
        path = tmp_path / f"{number}.{'webm' if codec == 'vp8' else 'mkv'}"
        answer = made(make_clip(path, 2, codec=codec, fps=25, picture=flash, sound=beep))
        parts.append(FilmPart(answer.path, start_ms, f"Question {number + 1}"))
        start_ms += answer.duration_ms + 400
    join(parts, tmp_path / "recording.mp4")
    for part in parts:
        wanted_ms = part.start_ms + 1000
        white_ms = first_after(pictures_of(tmp_path / "recording.mp4", 10), part.start_ms)
        loud_ms = next(
            t
            for t, level in loudness_of(tmp_path / "recording.mp4")
            if t >= part.start_ms and level > 0.1
        )
        assert abs(white_ms - wanted_ms) <= 41
        # the decoder hands sound out in blocks of up to 64 ms
        assert abs(loud_ms - wanted_ms) <= 75


def first_after(frames: list[Frame], start_ms: int) -> int:
    return next(frame.t_ms for frame in frames if frame.t_ms >= start_ms and frame.rgb.mean() > 128)


def test_answers_of_one_device_are_joined_without_encoding(tmp_path: Path) -> None:
    answers = [made(make_clip(tmp_path / f"{number}.mp4", 2)) for number in (1, 2)]
    join(
        [FilmPart(answers[0].path, 0, "One"), FilmPart(answers[1].path, 2100, "Two")],
        tmp_path / "recording.mp4",
    )
    assert streams_of(tmp_path / "recording.mp4")[2] == streams_of(answers[0].path)[2]
    with av.open(answers[1].path) as part, av.open(tmp_path / "recording.mp4") as film:
        copied = {bytes(packet) for packet in film.demux(video=0)}
        assert {bytes(packet) for packet in part.demux(video=0)} <= copied


def test_the_last_picture_stands_and_silence_lasts_through_a_gap(tmp_path: Path) -> None:
    answers = [made(make_clip(tmp_path / f"{number}.mp4", 2)) for number in (1, 2)]
    parts = [FilmPart(answers[0].path, 0, "One"), FilmPart(answers[1].path, 3500, "Two")]
    duration_ms = join(parts, tmp_path / "recording.mp4", duration_ms=6500)
    times_ms = [frame.t_ms for frame in pictures_of(tmp_path / "recording.mp4")]
    assert not [t_ms for t_ms in times_ms if 2050 < t_ms < 3490]
    quiet = [
        level
        for t_ms, level in loudness_of(tmp_path / "recording.mp4")
        if 2150 < t_ms < 3350 or t_ms > 5650
    ]
    assert max(quiet) < 0.02
    assert abs(duration_ms - 6500) <= 60


def test_it_names_a_chapter_for_each_question(tmp_path: Path) -> None:
    path = made(make_clip(tmp_path / "a.mp4", 2)).path
    starts = [(0, "Question 1"), (2100, "Question 1"), (4200, "Question 2: why?")]
    duration_ms = join(
        [FilmPart(path, start_ms, title) for start_ms, title in starts], tmp_path / "recording.mp4"
    )
    with av.open(tmp_path / "recording.mp4") as film:
        chapters = [(chapter["start"], chapter["metadata"]["title"]) for chapter in film.chapters()]
        assert film.duration is not None
        assert abs(film.duration / 1000 - duration_ms) <= 60
    assert chapters == [(0, "Question 1"), (4200, "Question 2: why?")]


def test_it_is_readable_from_its_beginning(tmp_path: Path) -> None:
    join(
        [FilmPart(made(make_clip(tmp_path / "a.mp4", 2)).path, 0, "One")],
        tmp_path / "recording.mp4",
    )
    data = (tmp_path / "recording.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_it_fits_another_picture_size_into_the_first_one(tmp_path: Path) -> None:
    wide = made(make_clip(tmp_path / "a.mp4", 1)).path
    tall = made(
        make_clip(tmp_path / "b.webm", 1, size=(240, 320), codec="vp8", picture=white_tall)
    ).path
    join([FilmPart(wide, 0, "One"), FilmPart(tall, 1100, "Two")], tmp_path / "recording.mp4")
    last = pictures_of(tmp_path / "recording.mp4", 100)[-1].rgb
    assert last.shape == (240, 320, 3)
    assert last[:, :50].mean() < 20  # bars at the sides …
    assert last[:, 120:200].mean() > 230  # … and the whole picture between them


def white_tall(_t_ms: int) -> np.ndarray:
    return plain_picture((255, 255, 255), (240, 320))


def test_it_makes_no_film_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(CaptureError):
        join([], tmp_path / "recording.mp4")


@pytest.fixture
def folder_address(tmp_path: Path) -> Iterator[str]:
    """The test's folder as a web site, without a log."""
    handler = functools.partial(QuietHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *parts: object) -> None:
        """Say nothing."""


SEEK = """async (times) => {
  const video = document.createElement('video');
  video.muted = true;
  video.src = URL.createObjectURL(await (await fetch('recording.mp4')).blob());
  await new Promise((done, failed) => {
    video.onloadeddata = done;
    video.onerror = () => failed(video.error);
  });
  const canvas = Object.assign(document.createElement('canvas'), {width: 320, height: 240});
  const pen = canvas.getContext('2d');
  const seen = [];
  for (const time of times) {
    await new Promise(done => { video.requestVideoFrameCallback(done); video.currentTime = time; });
    pen.drawImage(video, 0, 0, 320, 240);
    seen.push(Array.from(pen.getImageData(0, 120, 320, 1).data));
  }
  return [video.duration, seen];
}"""


@pytest.mark.browser
@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_a_browser_plays_and_seeks_it(tmp_path: Path, folder_address: str, codec: str) -> None:
    ending = "webm" if codec == "vp8" else "mp4"
    answers = [
        made(make_clip(tmp_path / f"{number}.{ending}", 4, codec=codec)) for number in (1, 2)
    ]
    parts = [FilmPart(answers[0].path, 0, "One"), FilmPart(answers[1].path, 5000, "Two")]
    duration_ms = join(parts, tmp_path / "recording.mp4")
    (tmp_path / "index.html").write_text("<!doctype html>")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(folder_address)
        length_s, rows = page.evaluate(SEEK, [0.55, 3.05, 4.5, 5.25, 8.05])
        browser.close()
    shown = [clock_ms(np.array(row, np.uint8).reshape(1, 320, 4)[:, :, :3]) for row in rows]
    assert abs(length_s * 1000 - duration_ms) < 60
    assert shown == [500, 3000, 3900, 200, 3000]
