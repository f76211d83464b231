"""A camera that plays a scene of flashes, and a microphone that beeps with them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from clips import Rgb, make_clip, plain_picture
from microphones import NAME

from capture.device.camera import Camera
from capture.device.listing import find_camera, find_microphone
from capture.device.microphone import Microphone
from capture.device.recorder import DeviceRecorder

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


def wait_for(is_so: Callable[[], Any]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until_s, "it did not happen in time"
        time.sleep(0.05)


def runs_for(recorder: DeviceRecorder, ms: int) -> None:
    wait_for(lambda: recorder.status().recorded_ms >= ms)
