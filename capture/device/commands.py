"""The commands for this machine's own devices: `devices` lists them, `record` records one answer.

`capture.__main__` analyses the recorded file.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from capture.device.camera import Camera
from capture.device.listing import NO_MICROPHONE, cameras, find_camera, find_microphone, microphones
from capture.device.microphone import Microphone
from capture.device.recorder import DeviceRecorder, EndCause, RecorderLimits, RecorderStatus
from capture.errors import DeviceMissing

LOOK_EVERY_S = 0.1
MOST_S = 3_600  # an hour, the longest recording that the command accepts
ENDS: dict[EndCause | None, str] = {
    EndCause.STOPPED: "stopped",
    EndCause.CAMERA_LOST: "the camera was lost",
    EndCause.DISK_FULL: "the disk is full",
    EndCause.TOO_LARGE: "the file would become too large",
    EndCause.FAILED: "encoding failed",
}


def add_parsers(commands: argparse._SubParsersAction[Any]) -> None:
    commands.add_parser("devices", help="list this machine's cameras and microphones")
    record = commands.add_parser(
        "record", help="record from this machine's camera and microphone, then analyse"
    )
    record.add_argument(
        "--seconds", type=_seconds, required=True, help=f"1 to {MOST_S}; Ctrl-C ends it earlier"
    )
    record.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    camera, microphone = (
        os.environ.get("CAPTURE_CAMERA", ""),
        os.environ.get("CAPTURE_MICROPHONE", ""),
    )
    record.add_argument(
        "--camera", default=camera, help="number, part of the name, or a video file to play as one"
    )
    record.add_argument(
        "--microphone", default=microphone, help=f"number, part of the name, or {NO_MICROPHONE!r}"
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 1 <= seconds <= MOST_S:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {MOST_S}")
    return seconds


def devices() -> Iterator[str]:
    """One line per device: kind, number, name. If we cannot list microphones, a line says why."""
    for camera in cameras():
        yield f"camera      {camera.source:>3}  {camera.name}"
    try:
        for microphone in microphones():
            yield (
                f"microphone  {microphone.number:>3} "
                f" {microphone.name}{' (default)' if microphone.is_default else ''}"
            )
    except DeviceMissing as error:
        yield f"microphone    –  {error}"


def record(
    options: argparse.Namespace, path: Path, show: Callable[[int], object]
) -> RecorderStatus:
    """Record one answer to `path`. Ctrl-C or a lost device ends it, and we keep what there is."""
    with _opened(options) as (camera, microphone):
        recorder = DeviceRecorder(
            camera, microphone, path, RecorderLimits(round(options.seconds * 1000))
        )
        try:
            with suppress(KeyboardInterrupt):  # so a person ends the recording
                recorder.start()
                while recorder.is_running:
                    show(recorder.status().recorded_ms)
                    time.sleep(LOOK_EVERY_S)
        finally:
            status = recorder.stop()
    return status


@contextmanager
def _opened(options: argparse.Namespace) -> Iterator[tuple[Camera, Microphone | None]]:
    camera = Camera(find_camera(options.camera))
    is_mute = options.microphone == NO_MICROPHONE
    microphone = None if is_mute else Microphone(find_microphone(options.microphone))
    try:
        if microphone:
            microphone.open()
        camera.open()
        yield camera, microphone
    finally:
        camera.close()
        if microphone:
            microphone.close()


def remarks(status: RecorderStatus) -> Iterator[str]:
    """One line for each thing that the person at the terminal does not expect."""
    if status.end is not EndCause.TIME_UP:
        yield f"{ENDS.get(status.end, 'interrupted')} after {status.recorded_ms / 1000:.1f} s"
    if status.pictures_dropped or status.sound_overflows:
        yield (
            f"{status.pictures_dropped} pictures dropped, sound lost {status.sound_overflows} times"
        )
    for gap in status.gaps:
        yield (
            f"nothing from the {gap.device} between {gap.start_ms / 1000:.1f} and"
            f" {gap.end_ms / 1000:.1f} s"
        )
