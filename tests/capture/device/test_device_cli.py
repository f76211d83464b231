"""`python -m capture devices` and `record`: from a camera and a microphone to a film, measurements
and flags.
"""

import os
import signal
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import RATE_HZ, make_clip, sound_samples
from command_line import run, telemetry_in
from machine import FOOTAGE
from microphones import NAME, VirtualMicrophone, from_clip
from senses_support import film_sitter

from capture.__main__ import main
from capture.media.container import probe
from capture.media.decoder import MonoResampler

pytestmark = pytest.mark.film

PATIENCE_S = 60


def recorded(folder: Path, camera: Path, seconds: int, microphone: str = "none") -> dict[str, Any]:
    arguments = [
        "--seconds",
        str(seconds),
        "--out",
        str(folder),
        "--camera",
        str(camera),
        "--microphone",
        microphone,
    ]
    assert main(["record", *arguments]) == 0
    return telemetry_in(folder)


def sound_of(clip: Path) -> Any:
    resampler = MonoResampler(RATE_HZ)
    with av.open(clip) as file:
        return np.concatenate(
            [part for frame in file.decode(audio=0) for _, part in resampler.resample(frame)]
        )


@pytest.mark.sound
@pytest.mark.usefixtures("microphone")
def test_the_devices_are_listed_by_number_and_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"]) == 0

    assert NAME in capsys.readouterr().out


@pytest.mark.long
@pytest.mark.sound
def test_what_was_recorded_is_measured_judged_and_made_a_film(
    microphone: VirtualMicrophone, tmp_path: Path
) -> None:
    empty = film_sitter(tmp_path / "empty.mp4", 9, lambda _t_s: [], fps=12, sound=None)
    microphone.say(from_clip(sound_samples("speechlike", 60), time.monotonic()))
    telemetry = recorded(tmp_path / "out", empty, 6, NAME)
    film = probe(tmp_path / "out" / "recording.mp4")

    assert film.duration_ms == pytest.approx(6_000, abs=300)
    assert telemetry["duration_ms"] == pytest.approx(film.duration_ms, abs=150)
    assert "no_face" in {flag["kind"] for flag in telemetry["flags"]}
    assert max(speech for speech in telemetry["audio"]["speech"] if speech is not None) > 0.5


@pytest.mark.torture
@pytest.mark.sound
@pytest.mark.footage
def test_a_real_person_in_front_of_the_machine_is_measured_like_any_other(
    microphone: VirtualMicrophone, tmp_path: Path
) -> None:
    clip = FOOTAGE / "video" / "composite_dev__dev_c1_noface_gap.webm"
    microphone.say(from_clip(sound_of(clip), time.monotonic() + 1.5))
    telemetry = recorded(tmp_path / "out", clip, 8, NAME)

    assert telemetry["duration_ms"] == pytest.approx(8_000, abs=300)
    assert set(telemetry["face"]["count"]) == {1}
    assert max(level for level in telemetry["audio"]["level_dbfs"] if level is not None) > -45
    assert [flag["kind"] for flag in telemetry["flags"] if flag["severity"] != "low"] == []


def test_ctrl_c_ends_the_recording_and_keeps_it(tmp_path: Path) -> None:
    clip, out = (
        make_clip(tmp_path / "clip.mp4", 60, sound=None, fps=10, size=(160, 120)),
        tmp_path / "out",
    )
    running = run("record", "--seconds", 50, "--out", out, "--camera", clip, "--microphone", "none")
    until_s = time.monotonic() + PATIENCE_S
    while (
        not (any(out.glob("answers/*")) and next(out.glob("answers/*")).stat().st_size)
        and time.monotonic() < until_s
    ):
        time.sleep(0.05)
    os.kill(running.pid, signal.SIGINT)
    said = running.communicate(timeout=PATIENCE_S)[1]

    assert (running.returncode, "stopped after" in said or "interrupted after" in said) == (0, True)
    assert 500 < telemetry_in(out)["duration_ms"] < 50_000


def test_nothing_is_recorded_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "01-1.mp4").write_bytes(b"dear")

    assert main(["record", "--seconds", "5", "--out", str(tmp_path), "--camera", "0"]) == 2
    assert "nothing is recorded over" in capsys.readouterr().err
    assert (tmp_path / "answers" / "01-1.mp4").read_bytes() == b"dear"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--camera", "no such camera"], "there is no camera"),
        (["--seconds", "0"], "not between 1 and 3600"),
        (["--seconds", "soon"], "invalid"),
    ],
)
def test_what_cannot_be_recorded_is_said_in_one_line(
    options: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = ["--microphone", "none", *options]
    assert main(["record", "--seconds", "5", "--out", str(tmp_path / "out"), *rest]) == 2
    said = capsys.readouterr().err

    assert says in said
    assert said.count("\n") == 1


@pytest.mark.sound
@pytest.mark.usefixtures("microphone")
def test_a_microphone_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 2, sound=None)
    options = [
        "--out",
        str(tmp_path / "out"),
        "--camera",
        str(clip),
        "--microphone",
        "no such microphone",
    ]

    assert main(["record", "--seconds", "5", *options]) == 2
    assert NAME in capsys.readouterr().err
    assert list((tmp_path / "out" / "answers").iterdir()) == []
