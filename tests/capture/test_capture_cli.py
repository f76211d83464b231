"""The command line on real files, and the engine on everything we have labels for."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command_line import ROOT, run, telemetry_in
from machine import FOOTAGE
from senses_support import MODELS_FOLDER, PORTRAIT, film_sitter, kinds_and_times, measure

from capture.__main__ import INTERRUPTED, main
from capture.demo import DOUBLED_S, HIDDEN_S, make_demo_clips
from capture.media.container import probe
from capture.rules import RULES_VERSION, find_flags
from capture.types import Flag, Severity

pytestmark = pytest.mark.film

SEVERAL_PEOPLE = (
    "composite_dev__dev_c2_second_person.webm",
    "intel__face-demographics-walking-and-pause.mp4",
    "intel__head-pose-face-detection-female-and-male.mp4",
    "mpiigaze_demo__video00.mp4",  # part of a second man stands in the picture
    "mpiigaze_demo__video04.mp4",
    "openh264__CiscoVT2people.mp4",
)
OFF_CAMERA = "composite_dev__dev_c3_offcamera_voice.webm"
NOBODY_FOR_A_WHILE = {  # from … to, in seconds, by the labels
    "composite_dev__dev_c1_noface_gap.webm": (12.0, 17.52),
    "openh264__foreman_BA1_FT_C.mp4": (6.2, 9.97),
    "pyfeat__face_noface.mov": (2.4, 6.4),
    "pyfeat__no_face.mp4": (0.0, 4.0),
    "pyfeat__noface_face.mov": (0.0, 3.945),
}
ALL_CLIPS = sorted(path.name for path in (FOOTAGE / "video").glob("*")) if FOOTAGE.is_dir() else []


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film_sitter(tmp_path_factory.mktemp("cli") / "answer.mp4", 4)


def test_it_writes_telemetry_that_follows_the_contract(clip: Path, tmp_path: Path) -> None:
    assert main(["analyse", str(clip), "--out", str(tmp_path / "out")]) == 0
    document = telemetry_in(tmp_path / "out")
    assert document["duration_ms"] == pytest.approx(4_000, abs=100)
    assert len(document["face"]["t_ms"]) == 20
    assert document["engine"]["rules"] == RULES_VERSION
    assert document["flags"] == []


def test_a_clip_that_is_no_film_yet_gets_one(tmp_path: Path) -> None:
    phone = film_sitter(tmp_path / "phone.webm", 2, codec="vp8", sound=None, fps=10)
    assert main(["analyse", str(phone), "--out", str(tmp_path / "out")]) == 0
    info = probe(tmp_path / "out" / "recording.mp4")
    assert (info.container, info.video_codec, info.audio_codec) == ("mp4", "h264", "aac")
    assert telemetry_in(tmp_path / "out")["duration_ms"] == pytest.approx(info.duration_ms, abs=150)
    assert main(["analyse", str(phone), "--out", str(tmp_path / "bare"), "--no-film"]) == 0
    assert sorted(path.name for path in (tmp_path / "bare").iterdir()) == ["telemetry.json"]


def test_judging_again_gives_the_same_flags_without_the_video(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = film_sitter(tmp_path / "left.mp4", 6, lambda _t_s: [], fps=10)
    assert main(["analyse", str(left), "--out", str(tmp_path)]) == 0
    before, said = telemetry_in(tmp_path), capsys.readouterr().out
    left.unlink()
    assert main(["judge", str(tmp_path)]) == 0
    assert telemetry_in(tmp_path) == before
    assert capsys.readouterr().out == said
    assert "no_face  medium  No face was seen" in said


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["analyse", "nowhere.mp4", "--out", "out"], "there is no file nowhere.mp4"),
        (["analyse", "text.mp4", "--out", "out"], "first bytes"),
        (["analyse", "sound.mp4"], "--out"),
        (["judge", "nowhere"], "telemetry.json cannot be read"),
        (["paint"], "invalid choice"),
        ([], "required"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    arguments: list[str],
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.mp4").write_text("#EXTM3U\n")
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1


def test_a_missing_model_is_a_fault_of_ours(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPTURE_FACE_MODEL", str(tmp_path / "nowhere.task"))
    assert main(["analyse", str(clip), "--out", str(tmp_path)]) == 1


def test_the_program_itself_is_quiet_and_returns_the_code(clip: Path, tmp_path: Path) -> None:
    finished = run("analyse", clip, "--out", tmp_path / "out")
    assert finished.communicate(timeout=60) == ("", "")
    assert finished.returncode == 0
    refused = run("analyse", ROOT / "pyproject.toml", "--out", tmp_path / "none")
    said = refused.communicate(timeout=60)[1]
    assert (refused.returncode, said.count("\n")) == (2, 1)


@pytest.mark.long
@pytest.mark.slow
def test_what_was_interrupted_goes_on(tmp_path: Path) -> None:
    long = film_sitter(tmp_path / "long.mp4", 25, fps=5, sound=None)
    interrupted, whole = tmp_path / "interrupted", tmp_path / "whole"
    first = interrupt_after_some_rows("analyse", long, "--out", interrupted, rows_in=interrupted)
    assert first.returncode == INTERRUPTED
    [kept] = list(interrupted.iterdir())
    rows = kept.read_bytes()
    inode = kept.stat().st_ino
    second = interrupt_after_some_rows(
        "analyse", long, "--out", interrupted, rows_in=interrupted, above=len(rows)
    )
    assert second.returncode == INTERRUPTED
    assert (kept.stat().st_ino, kept.read_bytes()[: len(rows)]) == (inode, rows)
    assert main(["analyse", str(long), "--out", str(interrupted), "--no-film"]) == 0
    assert main(["analyse", str(long), "--out", str(whole), "--no-film"]) == 0
    assert telemetry_in(interrupted) == telemetry_in(whole)
    assert [path.name for path in interrupted.iterdir()] == ["telemetry.json"]


def interrupt_after_some_rows(
    *arguments: object, rows_in: Path, above: int = 0
) -> subprocess.Popen[str]:
    """Run until more than `above` bytes of measurements are stored, then press Ctrl-C."""
    running = run(*arguments)
    until_s = time.monotonic() + 30
    while (
        sum(path.stat().st_size for path in rows_in.glob("*.part")) <= above
        and time.monotonic() < until_s
    ):
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGINT)
    assert "interrupted" in running.communicate(timeout=30)[1]
    return running


@pytest.mark.long
@pytest.mark.slow
def test_the_demo_shows_what_it_is_made_to_show(tmp_path: Path) -> None:
    calm, hidden, doubled = make_demo_clips(PORTRAIT, tmp_path)
    assert find_flags(measure(calm, tmp_path)) == []
    assert_one_flag(find_flags(measure(hidden, tmp_path)), "no_face", HIDDEN_S)
    assert_one_flag(find_flags(measure(doubled, tmp_path)), "several_faces", DOUBLED_S)


def assert_one_flag(flags: list[Flag], kind: str, when_s: tuple[float, float]) -> None:
    [(found, start_ms, end_ms)] = kinds_and_times(flags)
    assert found == kind
    assert (start_ms, end_ms) == pytest.approx((when_s[0] * 1000, when_s[1] * 1000), abs=500)


@pytest.mark.long
@pytest.mark.footage
@pytest.mark.parametrize("name", ALL_CLIPS or ["none"])
def test_real_clips_raise_what_their_labels_say(name: str, tmp_path: Path) -> None:
    flags = find_flags(measure(FOOTAGE / "video" / name, tmp_path))
    if name in NOBODY_FOR_A_WHILE:
        start_s, end_s = NOBODY_FOR_A_WHILE[name]
        [absent] = [flag for flag in flags if flag.kind == "no_face"]
        assert (absent.start_ms / 1000, absent.end_ms / 1000) == pytest.approx(
            (start_s, end_s), abs=0.45
        )
    elif name not in (*SEVERAL_PEOPLE, OFF_CAMERA):
        assert [flag.reason for flag in flags if flag.severity is not Severity.LOW] == []


@pytest.mark.long
@pytest.mark.footage
def test_a_second_person_is_seen_while_there(tmp_path: Path) -> None:
    clip = FOOTAGE / "video" / "composite_dev__dev_c2_second_person.webm"
    assert_one_flag(find_flags(measure(clip, tmp_path)), "several_faces", (9.0, 15.0))


@pytest.mark.footage
def test_a_voice_off_camera_is_heard_while_the_mouth_rests(tmp_path: Path) -> None:
    assert_one_flag(
        find_flags(measure(FOOTAGE / "video" / OFF_CAMERA, tmp_path)), "other_voice", (3.0, 9.72)
    )


def test_the_models_are_where_set_up_puts_them() -> None:
    assert MODELS_FOLDER.joinpath("face_landmarker.task").is_file()
    assert MODELS_FOLDER.joinpath("centerface.onnx").is_file()
