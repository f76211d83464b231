"""Sound alone on the command line: heard as an answer's sound is, shown as a titled still, the rest
not assessable.
"""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import RATE_HZ, make_clip, sound_samples
from jsonschema import Draft202012Validator

import capture
from capture.__main__ import main
from capture.errors import NoPicture, UnusableMedia
from capture.media.container import probe
from capture.media.signature import UPLOAD_CONTAINERS, identify

pytestmark = pytest.mark.film

SCHEMA = json.loads((Path(capture.__file__).parent / "store" / "telemetry.schema.json").read_text())
KINDS = {
    "a.wav": ("wav", "pcm_s16le"),
    "a.mp3": ("mp3", "libmp3lame"),
    "a.m4a": ("mp4", "aac"),
    "a.ogg": ("ogg", "libopus"),
    "a.flac": ("flac", "flac"),
    "a.webm": ("webm", "libopus"),
    "a.aac": ("adts", "aac"),
}
SECONDS = 6


def talk(times_s: Any) -> Any:
    """Two seconds of silence, then somebody who speaks."""
    return np.where(times_s < 2, 0, sound_samples("speechlike", SECONDS)[: len(times_s)])


def made(path: Path) -> Path:
    form, codec = KINDS[path.name]
    samples = sound_samples(talk, SECONDS)
    with av.open(path, "w", format=form) as output:
        stream = output.add_stream(codec, rate=RATE_HZ, layout="mono")
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=RATE_HZ)
        for start in range(0, len(samples), RATE_HZ // 10):
            block = np.ascontiguousarray(samples[None, start : start + RATE_HZ // 10])
            frame = av.AudioFrame.from_ndarray(block, format="flt", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
            for converted in resampler.resample(frame):
                output.mux(stream.encode(converted))
        output.mux(stream.encode(None))
    return path


def telemetry_in(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "telemetry.json").read_text())
    Draft202012Validator(SCHEMA).validate(document)
    return document


@pytest.mark.parametrize("name", KINDS)
def test_sound_alone_is_heard_and_what_a_picture_would_tell_is_said_to_lack(
    tmp_path: Path, name: str
) -> None:
    out = tmp_path / "out"
    assert main(["analyse", str(made(tmp_path / name)), "--out", str(out)]) == 0
    document = telemetry_in(out)
    audio = document["audio"]
    spoken = [
        value
        for t_ms, value in zip(audio["t_ms"], audio["speech"], strict=True)
        if 2600 <= t_ms < 5600
    ]
    quiet = [
        value
        for t_ms, value in zip(audio["t_ms"], audio["level_dbfs"], strict=True)
        if 400 <= t_ms < 1800
    ]

    assert abs(document["duration_ms"] - SECONDS * 1000) <= 100
    assert audio["t_ms"][1:20] == list(range(400, 4200, 200))
    assert max(quiet) < -60
    assert float(np.mean(spoken)) > 0.5
    assert set(audio["mouth_open"]) == {None}
    assert not any(document[log]["t_ms"] for log in ("face", "eyes", "quality"))
    assert document["gaps"] == []
    (flag,) = (flag for flag in document["flags"] if flag["kind"] == "picture_lost")
    assert (flag["rule"], flag["assessable"]) == ("no_picture/1", False)
    assert "no picture" in flag["reason"]


def test_its_film_is_a_titled_still_with_the_sound(tmp_path: Path) -> None:
    assert main(["analyse", str(made(tmp_path / "a.wav")), "--out", str(tmp_path / "out")]) == 0
    path = tmp_path / "out" / "recording.mp4"
    info = probe(path)

    assert (info.video_codec, info.audio_codec, info.container) == ("h264", "aac", "mp4")
    assert abs(info.duration_ms - telemetry_in(tmp_path / "out")["duration_ms"]) <= 100
    with av.open(path) as film:
        assert [chapter["metadata"]["title"] for chapter in film.chapters()] == ["a"]
        picture = next(film.decode(video=0)).to_ndarray(format="gray")
        assert picture.max() > 150  # words …
        assert np.median(picture) < 40  # … on a dark ground


def test_it_may_be_judged_and_drawn_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["analyse", str(made(tmp_path / "a.flac")), "--out", str(out), "--no-film"]) == 0
    before = telemetry_in(out)

    assert not (out / "recording.mp4").exists()
    assert main(["judge", str(out)]) == 0
    assert telemetry_in(out) == before
    assert main(["report", str(out)]) == 0
    assert (out / "report.html").is_file()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("text.wav", b"RIFF\x00\x00\x00\x00WAVE" + b"nothing that would be sound" * 9),
        ("list.mp3", b"#EXTM3U\nfile:///etc/passwd\n" * 9),
        ("tag.mp3", b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\x00" * 90),
        ("empty.flac", b""),
        ("head.ogg", b"OggS" + b"\x00" * 60),
    ],
)
def test_what_is_no_sound_cannot_be_used(
    tmp_path: Path, name: str, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(data)

    assert main(["analyse", str(path), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1


def test_a_file_that_was_cut_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = made(tmp_path / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(whole[: len(whole) // 2])

    assert main(["analyse", str(tmp_path / "a.mp3"), "--out", str(tmp_path / "out")]) == 0
    assert 2500 <= telemetry_in(tmp_path / "out")["duration_ms"] <= 3500


def test_a_portal_still_takes_recordings_with_a_picture_only(tmp_path: Path) -> None:
    for name in ("a.wav", "a.mp3", "a.ogg", "a.flac", "a.aac"):
        with pytest.raises(UnusableMedia):
            identify(made(tmp_path / name).read_bytes()[:64])
    assert not UPLOAD_CONTAINERS & {"wav", "mp3", "ogg", "flac", "aac"}
    with pytest.raises(NoPicture):
        probe(made(tmp_path / "a.m4a"))
    assert probe(make_clip(tmp_path / "b.mp4", 1)).frames == 24
