"""Records an open camera and an open microphone, from start() to stop() or another end.

Its own thread encodes and writes, so that no device waits for a disk. If that thread is too slow,
we drop pictures and sound, and count them. Knows no portal, no page and no rules.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from capture.device.camera import Camera, Picture
from capture.device.microphone import HOLE_S, Block, Microphone
from capture.device.mp4_writer import DeviceFile
from capture.errors import DeviceMissing, StillWriting

MOST_PICTURES = 30  # at most a second of pictures waits: 28 MB
MOST_BLOCKS = 500  # ten seconds of sound, 2 MB: we must not lose sound because a disk is slow
LOOK_EVERY_S = 0.2  # how often we check for an end of the recording while nothing comes
START_WITHIN_S = 5.0
FINISH_WITHIN_S = 20.0  # we still write what waits, and the disk can be slow
BLIND_S = 5.0  # after so long without a picture the camera counts as lost
PICTURE_GAP_S = 0.5  # a person sees a longer gap between two pictures
SOUND_TAIL_S = 0.5  # if sound ends so long before the picture, it is lost and not only late
MOST_GAPS = 200  # more gaps say nothing new

logger = logging.getLogger(__name__)


class EndCause(StrEnum):
    """Why a recording ended."""

    STOPPED = "stopped"
    TIME_UP = "time_up"
    CAMERA_LOST = "camera_lost"
    DISK_FULL = "disk_full"
    TOO_LARGE = "too_large"
    FAILED = "failed"


@dataclass(frozen=True)
class RecorderLimits:
    """Limits at which a recording ends by itself."""

    most_ms: int
    most_bytes: int = 2 * 1024**3
    least_free_bytes: int = 0  # of the disk, which others need, too


@dataclass(frozen=True)
class DeviceGap:
    """An interval of the recording in which a device delivered nothing."""

    device: str  # camera or microphone
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class RecorderStatus:
    """A recording as seen from another thread. `saved_…` counts what is safely on disk."""

    is_running: bool
    recorded_ms: int
    saved_ms: int
    saved_bytes: int
    end: EndCause | None
    is_silent: bool  # there is no microphone, or it delivers no sound
    pictures_dropped: int
    sound_overflows: int
    sound_lost_ms: int  # all holes, and the time since the microphone's last sound
    gaps: tuple[DeviceGap, ...]


class Inbox:
    """A bounded queue between the devices and the writer. Counts what it has to drop."""

    def __init__(self) -> None:
        self.pictures_dropped = 0
        self.blocks_dropped = 0
        self._pictures: deque[Picture] = deque()
        self._blocks: deque[Block] = deque()
        self._there = threading.Condition()

    def put_picture(self, picture: Picture) -> None:
        with self._there:
            if len(self._pictures) < MOST_PICTURES:
                self._pictures.append(picture)
                self._there.notify()
            else:
                self.pictures_dropped += 1

    def put_block(self, block: Block) -> None:
        with self._there:
            if len(self._blocks) < MOST_BLOCKS:
                self._blocks.append(block)
                self._there.notify()
            else:
                self.blocks_dropped += 1

    def pop(self, timeout_s: float) -> Picture | Block | None:
        """Remove and return the oldest picture or block, or None if nothing comes in time."""
        with self._there:
            if not self._pictures and not self._blocks:
                self._there.wait(timeout_s)
            if self._blocks and (
                not self._pictures or self._blocks[0].t_s <= self._pictures[0].t_s
            ):
                return self._blocks.popleft()
            return self._pictures.popleft() if self._pictures else None


class DeviceRecorder:
    """One recording of open devices to one new file."""

    def __init__(
        self, camera: Camera, microphone: Microphone | None, path: Path, limits: RecorderLimits
    ) -> None:
        self._camera = camera
        self._microphone = microphone
        self._path = path
        self._limits = limits
        self._inbox = Inbox()
        self._file: DeviceFile | None = None
        self._began_s = 0.0
        self._ended_s: float | None = None
        self._end: EndCause | None = None
        self._fault: OSError | None = None
        self._overflows_before = microphone.overflows if microphone else 0
        self._gaps: list[DeviceGap] = []
        self._holes_s = 0.0  # of sound
        self._picture_s = 0.0  # when the newest picture was grabbed
        self._sound_s: float | None = None  # up to when sound was heard
        self._stop = threading.Event()
        self._running = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start, and return when the recording really runs.

        Raises DeviceMissing, or OSError if we cannot create the file.
        """
        if self._path.exists():
            raise FileExistsError(
                f"{self._path.name} is there already, and nothing is ever recorded over"
            )
        self._thread = threading.Thread(target=self._run, name="device-recorder", daemon=True)
        self._camera.sink = self._inbox.put_picture
        if self._microphone:
            self._microphone.sink = self._inbox.put_block
        self._thread.start()
        if not self._running.wait(START_WITHIN_S) or self._file is None:
            self.stop()
            raise self._fault or DeviceMissing(
                f"the camera {self._camera.info.name!r} gives no picture"
            )

    def stop(self) -> RecorderStatus:
        """End the recording, and wait until everything is on disk.

        May be called again, and after the recording has ended by itself. Raises StillWriting if
        that takes longer than FINISH_WITHIN_S. Writing continues, and another call waits again.
        """
        if not self._stop.is_set():
            self._ended_s = self._ended_s or time.monotonic()
            self._detach()
            self._stop.set()
        if self._thread is not None:
            self._thread.join(FINISH_WITHIN_S)
            if self._thread.is_alive():
                raise StillWriting("the end of the recording is still being written to disk")
        return self.status()

    @property
    def is_running(self) -> bool:
        is_alive = self._thread is not None and self._thread.is_alive()
        return is_alive and self._running.is_set() and self._end is None

    def status(self) -> RecorderStatus:
        file, until_s = self._file, self._ended_s or time.monotonic()
        heard = self._microphone
        # the holes, and the time since the microphone delivered its last sound
        lost_s = self._holes_s + (_hole_s(self._sound_s, until_s, SOUND_TAIL_S) if heard else 0.0)
        return RecorderStatus(
            is_running=self.is_running,
            recorded_ms=round((until_s - self._began_s) * 1000) if file else 0,
            saved_ms=file.saved_ms if file else 0,
            saved_bytes=file.saved_bytes if file else 0,
            end=self._end,
            is_silent=heard is None or not heard.is_alive,
            pictures_dropped=self._inbox.pictures_dropped,
            sound_overflows=self._inbox.blocks_dropped
            + (heard.overflows - self._overflows_before if heard else 0),
            sound_lost_ms=round(lost_s * 1000),
            gaps=tuple(self._gaps),
        )

    def _run(self) -> None:
        """Run in the recorder's thread. Handles every fault of writing: we keep what is on disk."""
        try:
            self._record()
        except OSError as error:
            logger.warning("recording ended, the disk refused: %s", error.strerror)
            self._fault = error
            self._fails(EndCause.DISK_FULL)
        except Exception:  # any error, because the caller must learn that the recording has ended
            logger.exception("recording ended")
            self._fails(EndCause.FAILED)
        finally:
            self._detach()
            self._running.set()
            now = self.status()
            logger.info(
                "recording ended (%s): %d ms, %d pictures dropped, %d ms of sound lost",
                now.end,
                now.recorded_ms,
                now.pictures_dropped,
                now.sound_lost_ms,
            )

    def _record(self) -> None:
        try:
            while (cause := self._why_end()) is None:
                self._write_next(LOOK_EVERY_S)
            self._ends(cause)
            self._detach()
            while self._write_next(0.0):
                continue
        except BaseException:
            if self._file:
                self._file.abandon()
            raise
        if self._file:
            self._file.finish()

    def _write_next(self, timeout_s: float) -> bool:
        match item := self._inbox.pop(timeout_s):
            case Picture():
                self._write_picture(item)
            case Block() if self._file:
                self._note_gap("microphone", self._sound_s, item.t_s, HOLE_S)
                self._holes_s += _hole_s(self._sound_s, item.t_s, HOLE_S)
                self._sound_s = item.t_s + len(item.samples) / (
                    self._microphone.rate_hz if self._microphone else 1
                )
                self._file.sound(item)
        return item is not None

    def _write_picture(self, picture: Picture) -> None:
        if self._file is None:
            rate_hz = self._microphone.rate_hz if self._microphone else None
            self._began_s = self._picture_s = self._sound_s = picture.t_s
            self._file = DeviceFile(self._path, self._camera.size_px, rate_hz, picture.t_s)
            self._running.set()
        self._note_gap("camera", self._picture_s, picture.t_s, PICTURE_GAP_S)
        self._picture_s = picture.t_s
        self._file.picture(picture)

    def _note_gap(self, device: str, from_s: float | None, to_s: float, more_than_s: float) -> None:
        if from_s is not None and to_s - from_s > more_than_s and len(self._gaps) < MOST_GAPS:
            start_ms, end_ms = (round((t_s - self._began_s) * 1000) for t_s in (from_s, to_s))
            self._gaps.append(DeviceGap(device, start_ms, end_ms))

    def _why_end(self) -> EndCause | None:
        if self._stop.is_set():
            return EndCause.STOPPED
        if self._camera.ended:
            return EndCause.CAMERA_LOST
        if self._file is None:
            return None
        now_s = time.monotonic()
        if now_s - self._picture_s > BLIND_S and now_s - self._began_s > BLIND_S:
            return EndCause.CAMERA_LOST
        if (now_s - self._began_s) * 1000 >= self._limits.most_ms:
            return EndCause.TIME_UP
        if shutil.disk_usage(self._path.parent).free < self._limits.least_free_bytes:
            return EndCause.DISK_FULL
        return EndCause.TOO_LARGE if self._file.saved_bytes >= self._limits.most_bytes else None

    def _ends(self, cause: EndCause) -> None:
        self._ended_s = self._ended_s or time.monotonic()
        self._end = self._end or cause

    def _fails(self, cause: EndCause) -> None:
        """Note a fault as the cause, even after a stop: "stopped" promises that all is on disk."""
        self._ended_s = self._ended_s or time.monotonic()
        self._end = cause

    def _detach(self) -> None:
        self._camera.sink = None
        if self._microphone:
            self._microphone.sink = None


def _hole_s(from_s: float | None, to_s: float, more_than_s: float) -> float:
    return to_s - from_s if from_s is not None and to_s - from_s > more_than_s else 0.0
