"""A camera that is turned, and pictures that come late: what is decoded rightly counts, all else is
a gap.
"""

from pathlib import Path

import av
import pytest
from clips import clock_ms, make_clip
from senses_support import MODELS
from turned import TALL, WIDE, turned_clip

from capture.film.joining import normalise
from capture.media.container import probe
from capture.media.decoder import Decoder
from capture.media.signature import identify_file
from capture.session import AnswerSource, CaptureSession
from capture.store import timeline
from capture.store.recording import read_observations
from capture.types import Frame, Gap, GapCause, MeasuredAnswer

pytestmark = pytest.mark.film

B_FRAMES = {"preset": "medium", "bf": "3", "g": "250", "b-adapt": "0"}
KINDS = [("avc3", "mp4"), ("vp8", "webm")]


def frames_of(path: Path, every_ms: int = 200) -> list[Frame]:
    return [
        item
        for item in Decoder(path, identify_file(path), every_ms=every_ms)
        if isinstance(item, Frame)
    ]


def pictures_in(path: Path) -> int:
    with av.open(path) as file:
        return sum(1 for _ in file.decode(video=0))


def film_of(path: Path) -> tuple[list[Frame], bool]:
    made = normalise(path, path.with_suffix(".film.mp4"), identify_file(path))
    return frames_of(made.path), made.was_copied


@pytest.mark.parametrize(("kind", "ending"), KINDS)
def test_a_turned_camera_is_seen_throughout_as_a_person_sees_it(
    tmp_path: Path, kind: str, ending: str
) -> None:
    frames = frames_of(turned_clip(tmp_path / f"a.{ending}", kind))

    assert [frame.t_ms // 200 for frame in frames] == list(range(30))
    for frame in frames:
        width, height = TALL if 2000 <= frame.t_ms < 4000 else WIDE
        assert frame.rgb.shape == (height, width, 3)
        assert abs(clock_ms(frame.rgb) - frame.t_ms) <= 100


@pytest.mark.parametrize(("kind", "ending"), KINDS)
@pytest.mark.parametrize("sizes", [(WIDE, TALL, WIDE), (TALL, WIDE, TALL)])
def test_its_film_plays_through_on_the_canvas_of_its_first_picture(
    tmp_path: Path, kind: str, ending: str, sizes: tuple[tuple[int, int], ...]
) -> None:
    frames, was_copied = film_of(turned_clip(tmp_path / f"a.{ending}", kind, sizes))
    width, height = sizes[0]

    assert not was_copied
    assert [frame.t_ms // 200 for frame in frames] == list(range(30))
    for frame in frames:
        assert frame.rgb.shape == (height, width, 3)
        own = frame.rgb
        if (
            2000 <= frame.t_ms < 4000
        ):  # bars where the shapes differ, and the whole picture between them
            side = round(min(width, height) * min(width, height) / max(width, height) / 2)
            middle = (height if width < height else width) // 2
            own = (
                own[middle - side : middle + side]
                if width < height
                else own[:, middle - side : middle + side]
            )
        assert abs(clock_ms(own) - frame.t_ms) <= 100, frame.t_ms


def test_pictures_of_a_size_that_nobody_said_are_none(tmp_path: Path) -> None:
    frames = frames_of(turned_clip(tmp_path / "a.mp4", "avc1"))

    assert [frame.t_ms // 200 for frame in frames] == [*range(10), *range(20, 30)]
    assert {frame.rgb.shape for frame in frames} == {(240, 320, 3)}
    assert all(abs(clock_ms(frame.rgb) - frame.t_ms) <= 100 for frame in frames)


def test_its_film_shows_the_last_right_picture_meanwhile(tmp_path: Path) -> None:
    path = turned_clip(tmp_path / "a.mp4", "avc1")
    frames, was_copied = film_of(path)

    assert not was_copied
    assert all(abs(clock_ms(frame.rgb) - frame.t_ms) <= 100 for frame in frames)
    assert [frame.t_ms // 200 for frame in frames] == [*range(10), *range(20, 30)]


def test_what_was_not_decoded_rightly_is_a_gap_and_no_measurement(tmp_path: Path) -> None:
    path = turned_clip(tmp_path / "a.mp4", "avc1")
    source = AnswerSource(path, "mp4", tmp_path / "a.observations", lambda: True)
    CaptureSession(source, MODELS.senses).run()
    rows = read_observations(source.observations_path)
    placed = timeline.join_timeline(
        [MeasuredAnswer(1, 1, probe(path).duration_ms, observations=rows)]
    )

    assert not [row.t_ms for row in rows if 2000 <= row.t_ms < 4000]
    (gap,) = placed.gaps
    assert gap == Gap(rows[9].t_ms, rows[10].t_ms, GapCause.NOT_MEASURED)
    assert (gap.start_ms // 200, gap.end_ms) == (9, 4000)


def test_after_a_broken_picture_nothing_is_believed_before_one_that_stands_for_itself(
    tmp_path: Path,
) -> None:
    path = make_clip(tmp_path / "a.mp4", 4, sound=None, fragmented=False)
    with av.open(path) as file:
        video = file.streams.video[0]
        packets = [(packet.pos, packet.size) for packet in file.demux(video) if packet.size]
    data = bytearray(path.read_bytes())
    # the seventh behind the second key picture, of which there is one each second
    position, size = packets[30]
    data[position + 8 : position + size] = b"\xff" * (size - 8)
    path.write_bytes(data)

    times_ms = [frame.t_ms for frame in frames_of(path, every_ms=40)]
    assert not [t_ms for t_ms in times_ms if 1250 <= t_ms < 2000]
    assert len(times_ms) == 96 - 18


@pytest.mark.parametrize("pictures", [2, 3, 30])
def test_pictures_that_the_decoder_gives_back_at_its_end_count(
    tmp_path: Path, pictures: int
) -> None:
    times_ms = [200 * number for number in range(pictures)]
    path = make_clip(
        tmp_path / "a.mp4", pictures / 5, fps=5, sound=None, times_ms=times_ms, options=B_FRAMES
    )
    frames = frames_of(path)

    assert [frame.t_ms for frame in frames] == times_ms
    assert [clock_ms(frame.rgb) for frame in frames] == times_ms
    assert probe(path).frames == pictures
    encoded = normalise(path, tmp_path / "copied.mp4", "mp4")
    assert (pictures_in(encoded.path), encoded.was_copied) == (pictures, True)


@pytest.mark.parametrize("pictures", [2, 30])
def test_they_are_in_a_film_that_is_encoded_too(tmp_path: Path, pictures: int) -> None:
    times_ms = [200 * number for number in range(pictures)]
    path = make_clip(
        tmp_path / "a.mp4",
        pictures / 5,
        fps=5,
        sound=None,
        times_ms=times_ms,
        options=B_FRAMES,
        rotation_deg=90,
    )
    encoded = normalise(path, tmp_path / "encoded.mp4", "mp4")

    assert (pictures_in(encoded.path), encoded.was_copied) == (pictures, False)
