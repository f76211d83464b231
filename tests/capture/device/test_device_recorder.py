"""Recording from a camera (a video file played as one) and a microphone (PulseAudio's): what is in
the file, and when.

The scene is made for it: a white flash and a beep at the same moment of every second.
"""

import itertools
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import Rgb, make_clip, plain_picture
from microphones import NAME, RATE_HZ, STEP_SAMPLES, Samples, VirtualMicrophone
from senses_support import measure

from capture.device.camera import Camera, Picture
from capture.device.listing import find_camera, find_microphone
from capture.device.microphone import Microphone
from capture.device.recorder import DeviceRecorder, EndCause, RecorderLimits
from capture.errors import StillWriting
from capture.film.picture_track import our_parameters
from capture.media.container import Media, probe
from capture.media.decoder import Decoder
from capture.media.index_guard import are_whole
from capture.rules import find_flags
from capture.store.timeline import join_timeline
from capture.types import Flag, GapCause, MeasuredAnswer, Sound

ROOT = Path(__file__).resolve().parents[3]
SIZE = (320, 240)
BEAT_S = 0.12  # how long flash and beep last
PATIENCE_S = 20
LONG_MS = 60_000


def flash(t_ms: int) -> Rgb:
    return plain_picture((255, 255, 255) if t_ms % 1000 < BEAT_S * 1000 else (16, 16, 16), SIZE)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(
        tmp_path_factory.mktemp("scene") / "flash.mp4",
        20,
        picture=flash,
        sound=None,
        fps=25,
        size=SIZE,
    )


@contextmanager
def opened(clip: Path, *, with_sound: bool = True) -> Iterator[tuple[Camera, Microphone | None]]:
    camera = Camera(find_camera(str(clip)))
    microphone = Microphone(find_microphone(NAME)) if with_sound else None
    try:
        if microphone:
            microphone.open()
        camera.open()
        yield camera, microphone
    finally:
        camera.close()
        if microphone:
            microphone.close()


def beeps(camera: Camera) -> Callable[[float], Samples]:
    """Beeps at the very moments at which the camera shows a flash."""

    def sounds(t_s: float) -> Samples:
        times_s = t_s + np.arange(STEP_SAMPLES) / RATE_HZ
        is_on = (times_s - camera._began_s) % 1.0 < BEAT_S
        return np.where(is_on, 0.5 * np.sin(2 * np.pi * 1000 * times_s), 0).astype(np.float32)

    return sounds


def tone(t_s: float) -> Samples:
    return (0.3 * np.sin(2 * np.pi * 440 * (t_s + np.arange(STEP_SAMPLES) / RATE_HZ))).astype(
        np.float32
    )


def wait_for(is_so: Callable[[], Any]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until_s, "it did not happen in time"
        time.sleep(0.05)


def runs_for(recorder: DeviceRecorder, ms: int) -> None:
    wait_for(lambda: recorder.status().recorded_ms >= ms)


def flashes_s(path: Path) -> list[float]:
    with av.open(path) as file:
        bright = [
            (frame.time, frame.to_ndarray(format="gray").mean() > 120)
            for frame in file.decode(video=0)
        ]
    return [
        t_s for (_, was), (t_s, is_bright) in itertools.pairwise(bright) if is_bright and not was
    ]


def beeps_s(path: Path) -> list[float]:
    found: list[float] = []
    with av.open(path) as file:
        for frame in file.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.1)
            if len(loud):
                found.append(frame.time + loud[0] / frame.sample_rate)
    return [t_s for before, t_s in zip([-9.0, *found], found, strict=False) if t_s - before > 0.3]


def heard_ms(path: Path) -> list[int]:
    return [item.t_ms for item in Decoder(path, "mp4", every_ms=200) if isinstance(item, Sound)]


@pytest.mark.sound
def test_picture_and_sound_arrive_in_step_and_as_long_as_they_lasted(
    scene: Path, microphone: VirtualMicrophone, tmp_path: Path
) -> None:
    path = tmp_path / "answer.mp4"
    with opened(scene) as (camera, ears):
        microphone.say(beeps(camera))
        recorder = DeviceRecorder(camera, ears, path, RecorderLimits(LONG_MS))
        recorder.start()
        runs_for(recorder, 5_400)
        status = recorder.stop()
    info, seen_s, heard_s = probe(path), flashes_s(path), beeps_s(path)

    assert (status.end, status.gaps) == (EndCause.STOPPED, ())
    assert info.duration_ms == pytest.approx(status.recorded_ms, abs=300)
    assert (info.container, info.video_codec, info.audio_codec) == ("mp4", "h264", "aac")
    assert len(seen_s) >= 4
    assert max(min(abs(flash_s - beep_s) for beep_s in heard_s) for flash_s in seen_s[1:]) < 0.1


def test_the_file_grows_by_whole_seconds_and_is_what_a_browser_would_send(
    scene: Path, tmp_path: Path
) -> None:
    path, copies = tmp_path / "answer.mp4", []
    with opened(scene, with_sound=False) as (camera, ears):
        recorder = DeviceRecorder(camera, ears, path, RecorderLimits(LONG_MS))
        recorder.start()
        while recorder.status().recorded_ms < 3_500:
            status = recorder.status()
            if status.saved_bytes:
                copies.append((status.saved_ms, path.read_bytes()[: status.saved_bytes]))
            time.sleep(0.3)
        recorder.stop()
    for number, (saved_ms, data) in enumerate(copies):
        copy = tmp_path / f"copy-{number}.mp4"
        copy.write_bytes(data)
        assert are_whole(copy)
        assert probe(copy).duration_ms >= saved_ms
    with Media(path, "mp4") as media:
        keys = [packet.pts * packet.time_base for packet in media.packets() if packet.is_keyframe]
        # so that it is copied
        assert bytes(media.video.codec_context.extradata)[:1] == our_parameters(SIZE)[:1]
    assert copies[-1][0] >= 2_000
    assert [float(later - earlier) for earlier, later in itertools.pairwise(keys)] == pytest.approx(
        [1.0] * (len(keys) - 1), abs=0.5
    )


def test_a_camera_that_ends_on_the_way_leaves_what_there_was_and_says_so(tmp_path: Path) -> None:
    short = make_clip(tmp_path / "short.mp4", 3, sound=None, size=SIZE)
    path = tmp_path / "answer.mp4"
    with opened(short, with_sound=False) as (camera, ears):
        recorder = DeviceRecorder(camera, ears, path, RecorderLimits(LONG_MS))
        recorder.start()
        wait_for(lambda: not recorder.is_running)
        status = recorder.stop()

    assert status.end is EndCause.CAMERA_LOST
    assert 1_500 < probe(path).duration_ms <= 3_100
    assert camera.ended == "the video file has ended"


def losses_of(path: Path, folder: Path) -> list[Flag]:
    """What the rules say of lost sound."""
    return [
        flag for flag in find_flags(measure(path, folder)) if flag.rule.startswith("sound_lost/")
    ]


def test_a_picture_that_comes_late_is_a_gap_with_its_real_length(tmp_path: Path) -> None:
    times_ms = [*range(0, 1_200, 40), *range(3_700, 4_700, 40)]
    late = make_clip(tmp_path / "late.mp4", 5, sound=None, size=SIZE, times_ms=times_ms)
    path = tmp_path / "answer.mp4"
    with opened(late, with_sound=False) as (camera, ears):
        recorder = DeviceRecorder(camera, ears, path, RecorderLimits(LONG_MS))
        recorder.start()
        wait_for(lambda: not recorder.is_running)
        [gap] = recorder.stop().gaps
    measured = measure(path, tmp_path)
    [drawn] = join_timeline(
        [MeasuredAnswer(1, 1, measured.duration_ms, observations=measured.observations)]
    ).gaps

    assert (gap.device, gap.end_ms - gap.start_ms) == ("camera", pytest.approx(2_540, abs=200))
    assert drawn.cause is GapCause.NOT_MEASURED
    assert (drawn.start_ms, drawn.end_ms) == (
        pytest.approx(gap.start_ms, abs=250),
        pytest.approx(gap.end_ms, abs=250),
    )


@pytest.mark.sound
def test_lost_sound_is_counted_and_is_a_hole_in_the_file(
    scene: Path, microphone: VirtualMicrophone, tmp_path: Path
) -> None:
    """PortAudio's thread is held up for two seconds, as on a machine that cannot keep up: its
    buffer runs over.
    """
    path = tmp_path / "answer.mp4"
    microphone.say(tone)
    with opened(scene) as (camera, ears):
        recorder = DeviceRecorder(camera, ears, path, RecorderLimits(LONG_MS))
        recorder.start()
        runs_for(recorder, 1_500)
        goes_on = ears.sink

        def held_up(block: Any) -> None:
            ears.sink = goes_on
            time.sleep(2)
            goes_on(block)

        ears.sink = held_up
        runs_for(recorder, 4_500)
        status = recorder.stop()
    [gap] = [gap for gap in status.gaps if gap.end_ms - gap.start_ms > 1_000]
    steps = np.diff(heard_ms(path))

    assert status.sound_overflows >= 1
    assert gap.device == "microphone"
    # each end is rounded to a whole millisecond
    assert status.sound_lost_ms >= gap.end_ms - gap.start_ms - 1
    assert steps.max() == pytest.approx(gap.end_ms - gap.start_ms, abs=150)
    assert probe(path).duration_ms == pytest.approx(status.recorded_ms, abs=300)
    [flag] = losses_of(path, tmp_path)
    assert (flag.start_ms, flag.end_ms) == (
        pytest.approx(gap.start_ms, abs=450),
        pytest.approx(gap.end_ms, abs=450),
    )


@pytest.mark.sound
def test_a_microphone_that_vanishes_is_said_and_the_picture_goes_on(
    scene: Path, tmp_path: Path
) -> None:
    path = tmp_path / "answer.mp4"
    with VirtualMicrophone(tmp_path / "gone").plugged_in() as gone:
        gone.say(tone)
        with opened(scene) as (camera, ears):
            recorder = DeviceRecorder(camera, ears, path, RecorderLimits(LONG_MS))
            recorder.start()
            runs_for(recorder, 2_000)
            was_silent = recorder.status().is_silent
            gone.kill()
            runs_for(recorder, 4_500)
            status = recorder.stop()
    info = probe(path)

    assert (was_silent, status.is_silent, status.end) == (False, True, EndCause.STOPPED)
    assert info.duration_ms == pytest.approx(status.recorded_ms, abs=300)
    assert 1_500 < max(heard_ms(path)) < 4_000
    assert status.sound_lost_ms == pytest.approx(status.recorded_ms - max(heard_ms(path)), abs=400)
    [flag] = losses_of(path, tmp_path)
    assert flag.measured == pytest.approx(status.sound_lost_ms, abs=700)


def test_nothing_is_ever_recorded_over(scene: Path, tmp_path: Path) -> None:
    path = tmp_path / "answer.mp4"
    with opened(scene, with_sound=False) as (camera, ears):
        first = DeviceRecorder(camera, ears, path, RecorderLimits(LONG_MS))
        first.start()
        with pytest.raises(FileExistsError):
            DeviceRecorder(camera, ears, path, RecorderLimits(LONG_MS)).start()
        runs_for(first, 2_000)
        status = first.stop()

    assert probe(path).duration_ms == pytest.approx(status.recorded_ms, abs=300)


@pytest.mark.parametrize(
    ("limits", "cause"),
    [
        (RecorderLimits(1_500), EndCause.TIME_UP),
        (RecorderLimits(LONG_MS, most_bytes=2_000), EndCause.TOO_LARGE),
    ],
)
def test_it_ends_by_itself_where_it_must(
    scene: Path, tmp_path: Path, limits: RecorderLimits, cause: EndCause
) -> None:
    path = tmp_path / "answer.mp4"
    with opened(scene, with_sound=False) as (camera, ears):
        recorder = DeviceRecorder(camera, ears, path, limits)
        recorder.start()
        wait_for(lambda: not recorder.is_running)
        status = recorder.stop()

    assert status.end is cause
    assert probe(path).duration_ms == pytest.approx(status.recorded_ms, abs=400)


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
