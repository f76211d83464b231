"""Reads one camera in its own thread, and passes on each picture with the time of its capture.

Knows no sound and does not record. A video file can play the camera, at its own speed, until it
ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.device.listing import CameraInfo
from capture.errors import DeviceMissing

WANTED_PX = (640, 480)  # what the browser's recorder asks of a camera
RETRY_S = 0.05  # the pause after a failed read
# if reading fails for so long, the camera is gone, even if the system still lists it
GONE_AFTER_S = 2.0
CLOSE_WITHIN_S = 12.0  # a read from a dead camera gives up after ten seconds


@dataclass(frozen=True)
class Picture:
    """One picture, and the time of its capture on the monotonic clock."""

    t_s: float
    bgr: NDArray[np.uint8]


Sink = Callable[[Picture], None]


class Camera:
    """One open camera. `latest` is the newest picture. `ended` says why no more will come."""

    def __init__(self, info: CameraInfo) -> None:
        self.info = info
        self.latest: Picture | None = None
        self.ended = ""
        self.sink: Sink | None = None  # we call it in the camera's thread, so it must be quick
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._capture = cv2.VideoCapture()
        self._began_s = 0.0

    def open(self) -> None:
        """Begin to read. Raises DeviceMissing if there is no camera, or it gives no picture."""
        source = self.info.source
        opened = self._capture.open(str(source) if isinstance(source, Path) else source)
        if not self.info.is_file:
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, WANTED_PX[0])
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, WANTED_PX[1])
        self._began_s = time.monotonic()
        self.latest = self._read() if opened else None
        if self.latest is None:
            self._capture.release()
            raise DeviceMissing(
                f"the camera {self.info.name!r} gives no picture; is another program using it?"
            )
        self._thread = threading.Thread(target=self._run, name="device-camera", daemon=True)
        self._thread.start()

    @property
    def size_px(self) -> tuple[int, int]:
        if self.latest is None:
            return 0, 0
        height, width = self.latest.bgr.shape[:2]
        return width, height

    def close(self) -> None:
        """End the thread, which releases the camera. May be called again."""
        self.sink = None
        self._stop.set()
        if self._thread is not None:
            self._thread.join(CLOSE_WITHIN_S)

    def _run(self) -> None:
        failing_since_s: float | None = None
        try:
            while not self._stop.is_set():
                picture = self._read()
                if picture is not None:
                    failing_since_s = None
                    self._hand_on(picture)
                    continue
                now_s = time.monotonic()
                failing_since_s = failing_since_s or now_s
                failing_s = now_s - failing_since_s
                if self.info.is_file or failing_s >= GONE_AFTER_S or not self.info.is_there:
                    self.ended = (
                        "the video file has ended" if self.info.is_file else "the camera is gone"
                    )
                    return
                self._stop.wait(RETRY_S)
        finally:
            self._capture.release()

    def _read(self) -> Picture | None:
        if not self._capture.grab():
            return None
        if self.info.is_file:
            due_s = self._began_s + self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            self._stop.wait(max(0.0, due_s - time.monotonic()))
        grabbed_s = time.monotonic()
        good, bgr = self._capture.retrieve()
        return Picture(grabbed_s, np.asarray(bgr, np.uint8)) if good else None

    def _hand_on(self, picture: Picture) -> None:
        self.latest = picture
        sink = self.sink
        if sink is not None:
            sink(picture)
