"""What we accept, what we refuse before decoding it, and what comes out of files that grow, break
or lie.
"""

import threading
import time
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from clips import clock_ms, make_clip, plain_picture
from machine import FOOTAGE

from capture.errors import UnusableMedia
from capture.media.container import Limits, probe
from capture.media.decoder import Decoder
from capture.media.growing_file import GrowingFile
from capture.media.signature import UPLOAD_CONTAINERS, identify, identify_file
from capture.types import Frame, Sound

LYING_FILES = {
    "ffconcat": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "hls": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "still": b"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00",
    "nothing": b"",
}


def decoded(
    path: Path, every_ms: int = 200, from_ms: int = 0
) -> tuple[list[Frame], list[Sound], Decoder]:
    decoder = Decoder(path, identify_file(path), every_ms=every_ms, from_ms=from_ms)
    items = list(decoder)
    frames = [item for item in items if isinstance(item, Frame)]
    return frames, [item for item in items if isinstance(item, Sound)], decoder


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [("a.mp4", "h264", "mp4"), ("a.webm", "vp8", "webm"), ("a.mkv", "h264", "mkv")],
)
def test_it_measures_what_browsers_record(
    tmp_path: Path, name: str, codec: str, container: str
) -> None:
    path = make_clip(tmp_path / name, 2, codec=codec)
    info = probe(path)
    assert (info.container, info.video_codec, info.width, info.height) == (
        container,
        codec,
        320,
        240,
    )
    assert info.audio_codec in ("aac", "opus")
    assert abs(info.duration_ms - 2000) <= 60
    assert info.frames == 48
    assert container in UPLOAD_CONTAINERS


@pytest.mark.parametrize("head", LYING_FILES.values(), ids=LYING_FILES.keys())
def test_it_refuses_text_and_stills_by_their_first_bytes(head: bytes) -> None:
    with pytest.raises(UnusableMedia):
        identify(head)


@pytest.mark.parametrize("container", ["mp4", "webm", "avi", "mpg"])
@pytest.mark.parametrize("name", ["ffconcat", "hls", "sdp"])
def test_it_never_follows_text_into_another_file(tmp_path: Path, name: str, container: str) -> None:
    secret = make_clip(tmp_path / "secret.webm", 1, codec="vp8")
    path = tmp_path / "answer.webm"
    path.write_bytes(LYING_FILES[name].replace(b"/etc/passwd", str(secret).encode()))
    with pytest.raises(UnusableMedia):
        probe(path, container)


def test_it_refuses_a_huge_picture_before_decoding_it(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "huge.mp4", 0.5, size=(1920, 1080), fps=2, sound=None)
    with pytest.raises(UnusableMedia, match="larger"):
        probe(path, limits=Limits(max_side_px=1280))
    with pytest.raises(UnusableMedia, match="larger"):
        list(Decoder(path, "mp4", every_ms=200, limits=Limits(max_pixels=1280 * 720)))


@pytest.mark.slow
def test_it_refuses_a_bomb_of_pixels(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "bomb.mp4", 0.5, size=(8000, 8000), fps=2, sound=None)
    with pytest.raises(UnusableMedia):
        probe(path)


def test_it_refuses_a_thousand_pictures_a_second(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "fast.mp4", 1, size=(32, 32), fps=1000, sound=None)
    with pytest.raises(UnusableMedia, match="pictures a second"):
        probe(path)
    with pytest.raises(UnusableMedia, match="pictures a second"):
        decoded(path)


def test_it_refuses_what_lasts_too_long(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "long.mp4", 3, sound=None)
    with pytest.raises(UnusableMedia, match="longer"):
        probe(path, limits=Limits(max_duration_ms=2000))


def test_it_refuses_sound_alone(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(path, "w") as output:
        stream = output.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((2, 48000), np.float32), format="fltp", layout="stereo"
        )
        frame.sample_rate = 48000
        output.mux([*stream.encode(frame), *stream.encode(None)])
    with pytest.raises(UnusableMedia, match="no video"):
        probe(path)


def test_it_refuses_a_codec_we_do_not_know(tmp_path: Path) -> None:
    path = tmp_path / "strange.avi"
    with av.open(path, "w", format="avi") as output:
        stream = output.add_stream("ffv1", rate=10)
        stream.width = stream.height = 64
        output.mux([*stream.encode(av.VideoFrame(64, 64, "yuv420p")), *stream.encode(None)])
    with pytest.raises(UnusableMedia, match="codec"):
        probe(path)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "h264"), ("a.webm", "vp8")])
def test_it_samples_pictures_at_their_real_times(tmp_path: Path, name: str, codec: str) -> None:
    frames, _, decoder = decoded(make_clip(tmp_path / name, 3, codec=codec))
    assert len(frames) == 15
    assert all(0 <= frame.t_ms - 200 * number <= 42 for number, frame in enumerate(frames))
    assert all(abs(clock_ms(frame.rgb) - frame.t_ms) <= 100 for frame in frames)
    assert decoder.damaged_at_ms is None


def test_it_gives_sound_as_mono_with_its_times(tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "a.mp4", 2, sound=lambda times_s: 0.5 * np.sin(2000 * times_s) * (times_s >= 1)
    )
    _, sounds, _ = decoded(path)
    samples = np.concatenate([sound.samples for sound in sounds])
    assert samples.dtype == np.float32
    assert abs(len(samples) / 16 - 2000) < 50
    loud = next(sound.t_ms for sound in sounds if np.abs(sound.samples).max() > 0.3)
    assert abs(loud - 1000) < 50


def test_it_gives_pictures_of_an_answer_without_sound(tmp_path: Path) -> None:
    frames, sounds, decoder = decoded(make_clip(tmp_path / "a.mp4", 1, sound=None))
    assert (len(frames), sounds, decoder.has_sound) == (5, [], False)


def test_it_turns_pictures_upright(tmp_path: Path) -> None:
    def lying(_t_ms: int) -> np.ndarray:
        picture = plain_picture((0, 0, 200), (320, 240))
        picture[:, :160] = (200, 0, 0)
        return picture

    path = make_clip(tmp_path / "phone.mp4", 1, picture=lying, rotation_deg=-90)
    frames, _, _ = decoded(path)
    info = probe(path)
    assert (info.width, info.height, info.rotation_deg) == (240, 320, 270)
    assert frames[0].rgb.shape == (320, 240, 3)
    assert frames[0].rgb[:100].mean(axis=(0, 1)).argmax() == 0  # what was left is now on top


def test_it_takes_a_variable_frame_rate_as_it_is(tmp_path: Path) -> None:
    times_ms = [0, 40, 90, 700, 720, 1500, 1541, 1990]
    frames, _, _ = decoded(
        make_clip(tmp_path / "a.webm", 2, codec="vp8", times_ms=times_ms, sound=None)
    )
    assert [frame.t_ms for frame in frames] == [0, 700, 1500, 1990]


def test_it_makes_large_pictures_smaller(tmp_path: Path) -> None:
    frames, _, _ = decoded(make_clip(tmp_path / "a.mp4", 0.5, size=(1280, 720)))
    assert frames[0].rgb.shape == (360, 640, 3)


def test_it_takes_up_where_it_was_interrupted(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", 3)
    whole, _, _ = decoded(path)
    rest, sounds, _ = decoded(path, from_ms=1401)
    assert [frame.t_ms for frame in rest] == [frame.t_ms for frame in whole if frame.t_ms > 1401]
    assert sounds[0].t_ms < 1401


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "h264"), ("a.webm", "vp8")])
def test_it_reads_a_file_while_it_grows(tmp_path: Path, name: str, codec: str) -> None:
    whole = make_clip(tmp_path / f"whole-{name}", 4, codec=codec)
    path, done = tmp_path / name, threading.Event()
    path.touch()
    writer = threading.Thread(target=append_slowly, args=(whole.read_bytes(), path, done))
    writer.start()
    growing = Decoder(GrowingFile(path, done.is_set), probe(whole).container, every_ms=200)
    seen = [(item.t_ms, done.is_set()) for item in growing if isinstance(item, Frame)]
    writer.join()
    assert [t_ms for t_ms, _ in seen] == [frame.t_ms for frame in decoded(whole)[0]]
    assert not seen[0][1]  # the first picture came before the last byte


def append_slowly(data: bytes, path: Path, done: threading.Event) -> None:
    with path.open("ab", buffering=0) as file:
        for start in range(0, len(data), len(data) // 10):
            file.write(data[start : start + len(data) // 10])
            time.sleep(0.05)
    done.set()


def test_it_stops_reading_a_growing_file_when_told(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mp4", 3)
    path, stop = tmp_path / "a.mp4", threading.Event()
    path.write_bytes(whole.read_bytes()[:-2000])
    decoder = Decoder(GrowingFile(path, lambda: False, stop), "mp4", every_ms=200)
    threading.Timer(0.5, stop.set).start()
    frames = [item for item in decoder if isinstance(item, Frame)]
    assert frames
    assert decoder.damaged_at_ms is None


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "h264"), ("a.webm", "vp8")])
def test_it_keeps_what_came_of_a_cut_file(tmp_path: Path, name: str, codec: str) -> None:
    path = make_clip(tmp_path / name, 4, codec=codec)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, _, decoder = decoded(path)
    # a cut WebM looks like a shorter one
    assert (decoder.damaged_at_ms is not None) == (codec == "h264")
    assert 1000 < frames[-1].t_ms < 3000
    assert abs(decoder.duration_ms - frames[-1].t_ms) < 300


def test_it_says_where_a_file_is_damaged(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", 4)
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + data[middle + 3000 :])
    frames, _, decoder = decoded(path)
    assert decoder.damaged_at_ms is not None
    assert frames[-1].t_ms <= decoder.damaged_at_ms < 3500


def test_a_missing_piece_of_webm_shows_as_missing_time(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.webm", 6, codec="vp8", muxer={"cluster_time_limit": "1000"})
    data = path.read_bytes()
    clusters = [place for place in range(len(data)) if data.startswith(b"\x1f\x43\xb6\x75", place)]
    # the next one begins with a key picture
    path.write_bytes(data[: clusters[1]] + data[clusters[3] :])
    frames, _, _ = decoded(path)
    assert all(abs(clock_ms(frame.rgb) - frame.t_ms) <= 100 for frame in frames)
    assert frames[-1].t_ms >= 5800
    assert max(after.t_ms - before.t_ms for before, after in pairwise(frames)) >= 800


def test_it_refuses_a_file_with_nothing_inside(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", 1)
    path.write_bytes(path.read_bytes()[:1200])
    with pytest.raises(UnusableMedia):
        decoded(path)


@pytest.mark.footage
@pytest.mark.parametrize("path", sorted((FOOTAGE / "video").glob("*")), ids=lambda path: path.name)
def test_it_reads_every_real_clip(path: Path) -> None:
    info = probe(path)
    frames, _, decoder = decoded(path)
    assert decoder.damaged_at_ms is None
    assert len(frames) >= info.duration_ms / 270
    assert max(frames[0].rgb.shape) <= 640
