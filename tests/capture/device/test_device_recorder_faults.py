"""What goes wrong while a device records: full disks, slow disks, kills. What was saved stays."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from clips import make_clip
from device_scenes import LONG_MS, PATIENCE_S, SIZE, opened, runs_for, wait_for

from capture.device.camera import Picture
from capture.device.recorder import DeviceRecorder, EndCause, RecorderLimits
from capture.errors import StillWriting
from capture.media.container import probe
from capture.media.index_guard import are_whole

pytestmark = pytest.mark.film

ROOT = Path(__file__).resolve().parents[3]


def test_a_full_disk_leaves_what_was_saved(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (10, 240, 320, 3), np.uint8)
    busy = make_clip(
        tmp_path / "busy.mp4",
        12,
        sound=None,
        size=SIZE,
        picture=lambda t_ms: noise[t_ms // 42 % 10],
    )
    path, before = tmp_path / "answer.mp4", resource.getrlimit(resource.RLIMIT_FSIZE)
    with opened(busy, with_sound=False) as (camera, ears):
        recorder = DeviceRecorder(camera, ears, path, RecorderLimits(LONG_MS))
        recorder.start()
        wait_for(lambda: recorder.status().saved_bytes)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10_000, before[1]))
        try:
            wait_for(lambda: not recorder.is_running)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        status = recorder.stop()

    assert status.end is EndCause.DISK_FULL
    assert path.stat().st_size == status.saved_bytes
    assert are_whole(path)
    assert probe(path).duration_ms >= status.saved_ms > 0


def test_an_end_that_does_not_fit_on_the_disk_is_said(scene: Path, tmp_path: Path) -> None:
    path, before = tmp_path / "answer.mp4", resource.getrlimit(resource.RLIMIT_FSIZE)
    with opened(scene, with_sound=False) as (camera, ears):
        recorder = DeviceRecorder(camera, ears, path, RecorderLimits(LONG_MS))
        recorder.start()
        wait_for(lambda: recorder.status().saved_bytes)
        # so that something is left for the end
        runs_for(recorder, recorder.status().saved_ms + 500)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, before[1]))
        try:
            status = recorder.stop()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert status.end is EndCause.DISK_FULL
    assert probe(path).duration_ms >= status.saved_ms > 0


@pytest.mark.logs_errors
def test_whatever_breaks_while_writing_ends_the_recording_and_keeps_what_was_saved(
    scene: Path, tmp_path: Path
) -> None:
    path = tmp_path / "answer.mp4"
    with opened(scene, with_sound=False) as (camera, ears):
        recorder = DeviceRecorder(camera, ears, path, RecorderLimits(LONG_MS))
        recorder.start()
        wait_for(lambda: recorder.status().saved_bytes)
        # a shape nobody expects
        camera.sink(Picture(time.monotonic() + 0.2, np.zeros((48, 64), np.uint16)))
        wait_for(lambda: not recorder.is_running)
        status = recorder.stop()

    assert status.end is EndCause.FAILED
    assert are_whole(path)
    assert probe(path).duration_ms >= status.saved_ms > 0


def test_stop_does_not_say_all_is_on_disk_while_the_disk_is_slow(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("capture.device.recorder.FINISH_WITHIN_S", 0.2)
    disk = threading.Event()
    with opened(scene, with_sound=False) as (camera, ears):
        recorder = DeviceRecorder(camera, ears, tmp_path / "answer.mp4", RecorderLimits(LONG_MS))
        recorder.start()
        finish = recorder._file.finish
        monkeypatch.setattr(recorder._file, "finish", lambda: (disk.wait(PATIENCE_S), finish()))
        with pytest.raises(StillWriting):
            recorder.stop()
        disk.set()
        monkeypatch.setattr("capture.device.recorder.FINISH_WITHIN_S", PATIENCE_S)

        assert recorder.stop().end is EndCause.STOPPED


@pytest.mark.long
def test_a_killed_recorder_leaves_all_but_the_last_seconds(scene: Path, tmp_path: Path) -> None:
    path = tmp_path / "out" / "answers" / "01-1.mp4"
    command = [
        sys.executable,
        "-m",
        "capture",
        "record",
        "--seconds",
        "60",
        "--out",
        str(tmp_path / "out"),
    ]
    command += ["--camera", str(scene), "--microphone", "none"]
    with subprocess.Popen(command, cwd=ROOT) as running:
        wait_for(lambda: path.exists())
        began_s = time.monotonic()
        wait_for(lambda: path.stat().st_size > 8_000)
        os.kill(running.pid, signal.SIGKILL)
        lasted_ms = (time.monotonic() - began_s) * 1000

    assert are_whole(path)
    assert probe(path).duration_ms >= lasted_ms - 2_000
