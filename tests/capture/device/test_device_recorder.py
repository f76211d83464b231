"""Recording from a camera (a video file played as one) and a microphone (PulseAudio's): what is in
the file, and when.

The scene is made for it: a white flash and a beep at the same moment of every second.
"""

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import make_clip
from device_scenes import BEAT_S, LONG_MS, SIZE, opened, runs_for, wait_for
from microphones import RATE_HZ, STEP_SAMPLES, Samples, VirtualMicrophone
from senses_support import measure

from capture.device.camera import Camera
from capture.device.recorder import DeviceRecorder, EndCause, RecorderLimits
from capture.film.picture_track import our_parameters
from capture.media.container import Media, probe
from capture.media.decoder import Decoder
from capture.media.index_guard import are_whole
from capture.rules import find_flags
from capture.store.timeline import join_timeline
from capture.types import Flag, GapCause, MeasuredAnswer, Sound

pytestmark = pytest.mark.film


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


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
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
