"""The station: the one process that owns this machine's camera and microphone, and records them.

It serves one interview at a time. Other processes send it requests by a socket in the file system.
So a recording continues when the process that began it ends. The station knows only the names of
interviews; the portal decides who may use it. No web, no database.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import socketserver
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from capture.device.camera import Camera
from capture.device.client import LINE_MAX_BYTES, StationRefused
from capture.device.listing import NO_MICROPHONE, find_camera, find_microphone, look_again
from capture.device.microphone import SILENCE_DBFS, Microphone
from capture.device.recorder import DeviceRecorder, RecorderLimits
from capture.errors import CaptureError, DeviceMissing, StillWriting

# after so long without a request the page counts as gone; a restarted server is back sooner
LAPSE_S = 30.0
PREVIEW_EVERY_S = 0.08  # a dozen pictures a second look smooth
PREVIEW_QUALITY = 75
LOOK_EVERY_S = 0.5  # how often we check whether the page is gone
SOCKET_PATH_MAX_BYTES = 100  # the system allows 107

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Holder:
    """The interview that holds the devices, and its page that records."""

    interview: str
    tab: str


class Station:
    """Owns the devices, and knows which page holds them.

    Each public method is one request that others may send; it returns the reply.
    """

    def __init__(self, camera: str, microphone: str, *, lapse_s: float = LAPSE_S) -> None:
        self._choices = camera, microphone
        self._lapse_s = lapse_s
        self._lock = threading.RLock()
        self._holder: Holder | None = None
        self._heard_s = 0.0
        self._camera: Camera | None = None
        self._microphone: Microphone | None = None
        self._recorder: DeviceRecorder | None = None
        self._answer = ""
        self._viewers = 0

    @property
    def holder(self) -> Holder | None:
        return self._holder

    def hold(self, interview: str, tab: str) -> dict[str, Any]:
        """Open the devices for an interview. Another page of the interview may take them over."""
        with self._lock:
            if self._is_busy_with_another(interview):
                raise StationRefused(
                    "busy", "another interview is using this machine's camera right now"
                )
            if self._holder and self._holder.interview != interview:
                self._release_devices()
            self._holder, self._heard_s = Holder(interview, tab), time.monotonic()
            if not self._is_recording and not self._is_open:
                self._open()
            return self._status()

    def status(self, interview: str, tab: str) -> dict[str, Any]:
        """The status of devices and recording. Each call also keeps the devices for the page."""
        with self._lock:
            self._refuse_unless_held(Holder(interview, tab))
            return self._status()

    def start(
        self, interview: str, tab: str, answer: str, path: str, limits: dict[str, int]
    ) -> dict[str, Any]:
        """Record an answer to a new file. A repeated request does not begin another recording."""
        with self._lock:
            self._refuse_unless_held(Holder(interview, tab))
            if self._is_recording:
                if self._answer != answer:
                    raise StationRefused("busy", "another answer is being recorded")
                return self._status()
            if self._camera is None or self._camera.ended:
                raise StationRefused("missing", "the camera is gone")
            if self._recorder:
                # it has ended but may still write, and two recorders must not share a camera
                self._recorder.stop()
            recorder = DeviceRecorder(
                self._camera, self._microphone, Path(path), RecorderLimits(**limits)
            )
            recorder.start()
            self._recorder, self._answer = recorder, answer
            return self._status()

    def stop(self, interview: str, answer: str = "") -> dict[str, Any]:
        """End the recording of an interview, or only of one answer. Afterwards all is on disk."""
        with self._lock:
            is_theirs = self._holder is not None and self._holder.interview == interview
            if is_theirs and self._recorder and answer in ("", self._answer):
                self._recorder.stop()
                return {"recording": self._recording()}
            return {"recording": None}

    def release(self, interview: str, tab: str) -> dict[str, Any]:
        """Close the devices, so that their lights go out."""
        with self._lock:
            if self._holder == Holder(interview, tab):
                self._release_devices()
            return {}

    def preview(self, interview: str, tab: str) -> Generator[bytes]:
        """JPEG pictures of the camera, until another page gets it or it ends."""
        holder, shown_s = Holder(interview, tab), 0.0
        with self._lock:
            self._refuse_unless_held(holder)
            self._viewers += 1
        try:
            while (
                self._holder == holder and (camera := self._camera) is not None and not camera.ended
            ):
                picture = camera.latest
                if picture is not None and picture.t_s > shown_s:
                    shown_s = picture.t_s
                    yield cv2.imencode(
                        ".jpg", picture.bgr, (cv2.IMWRITE_JPEG_QUALITY, PREVIEW_QUALITY)
                    )[1].tobytes()
                time.sleep(PREVIEW_EVERY_S)
        finally:
            with self._lock:
                self._viewers -= 1

    def look_for_lapse(self) -> None:
        """A page that disconnects silently holds the devices for LAPSE_S. Its recording is kept."""
        with self._lock:
            if self._holder and time.monotonic() - self._heard_s > self._lapse_s:
                with suppress(StillWriting):  # we try again in half a second
                    self._release_devices()
                    logger.info("the page of an interview went away; its devices are free again")

    def close(self) -> None:
        with self._lock:
            try:
                self._release_devices()
            except StillWriting:
                logger.error(
                    "the station ends while a recording is still being written; its last seconds"
                    " may be lost"
                )
                self._close_devices()

    @property
    def _is_recording(self) -> bool:
        return self._recorder is not None and self._recorder.is_running

    @property
    def _is_open(self) -> bool:
        is_heard = (
            self._microphone.is_alive if self._microphone else self._choices[1] == NO_MICROPHONE
        )
        return self._camera is not None and not self._camera.ended and is_heard

    def _is_busy_with_another(self, interview: str) -> bool:
        if self._holder is None or self._holder.interview == interview:
            return False
        return self._is_recording or time.monotonic() - self._heard_s <= self._lapse_s

    def _refuse_unless_held(self, holder: Holder) -> None:
        if self._holder != holder:
            raise StationRefused("not_held", "this page does not have the camera")
        self._heard_s = time.monotonic()

    def _open(self) -> None:
        self._close_devices()
        camera, microphone = self._choices
        try:
            self._camera = Camera(find_camera(camera))
            self._camera.open()
            if microphone != NO_MICROPHONE:
                look_again()
                self._microphone = Microphone(find_microphone(microphone))
                self._microphone.open()
        except DeviceMissing:
            self._holder = None
            self._close_devices()
            raise

    def _close_devices(self) -> None:
        if self._camera:
            self._camera.close()
        if self._microphone:
            self._microphone.close()
        self._camera = self._microphone = None

    def _release_devices(self) -> None:
        if self._recorder:
            self._recorder.stop()
        self._close_devices()
        self._holder = self._recorder = None
        self._answer = ""

    def _status(self) -> dict[str, Any]:
        width, height = self._camera.size_px if self._camera else (0, 0)
        return {
            "camera": {
                "width": width,
                "height": height,
                "is_gone": self._camera is None or bool(self._camera.ended),
            },
            "level_dbfs": self._microphone.level_dbfs if self._microphone else SILENCE_DBFS,
            "is_silent": self._microphone is None or not self._microphone.is_alive,
            "is_watched": self._viewers > 0,
            "recording": self._recording(),
        }

    def _recording(self) -> dict[str, Any] | None:
        if self._recorder is None:
            return None
        now = self._recorder.status()
        return {
            "answer": self._answer,
            "is_running": now.is_running,
            "recorded_ms": now.recorded_ms,
            "saved_ms": now.saved_ms,
            "saved_bytes": now.saved_bytes,
            "end": now.end,
            "pictures_dropped": now.pictures_dropped,
            "sound_lost_ms": now.sound_lost_ms,
        }


class _Request(socketserver.StreamRequestHandler):
    """One connection: it reads one line and writes one line. A preview's pictures follow it."""

    server: StationServer

    def handle(self) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # the client has gone
            self._answer()

    def _answer(self) -> None:
        try:
            request = json.loads(self.rfile.readline(LINE_MAX_BYTES))
            verb = self.server.verbs[request.pop("verb")]
            answer = verb(**request)
            pictures = answer if isinstance(answer, Generator) else None
            # a refused preview raises here
            first = next(pictures, b"") if pictures else b""
            self._say({} if pictures else answer)
        except StationRefused as refused:
            self._say({"error": refused.kind, "message": str(refused)})
        except StillWriting as error:
            self._say({"error": "slow", "message": str(error)})
        except CaptureError as error:
            self._say({"error": "missing", "message": str(error)})
        except OSError as error:
            self._say({"error": "disk", "message": error.strerror or str(error)})
        except (ValueError, KeyError, TypeError) as error:
            self._say({"error": "bad", "message": f"this is no question for the station: {error}"})
        else:
            if pictures:
                self._show(first, pictures)

    def _say(self, answer: dict[str, Any]) -> None:
        self.wfile.write(json.dumps(answer).encode() + b"\n")

    def _show(self, first: bytes, more: Generator[bytes]) -> None:
        try:
            while first:
                self.wfile.write(b"%d\n" % len(first) + first)
                first = next(more, b"")
        finally:
            more.close()


class StationServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A station and its socket, which only the station's own user may open."""

    daemon_threads = True

    def __init__(self, socket_path: Path, station: Station) -> None:
        if len(os.fsencode(socket_path)) > SOCKET_PATH_MAX_BYTES:
            raise CaptureError(
                f"the path {socket_path} is too long for a socket; choose a shorter instance folder"
            )
        self.station = station
        self._lock_file = socket_path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            self._lock_file.close()
            raise CaptureError("a station runs already for this instance folder") from exc
        # A killed station left its socket. We have the lock, so no station listens there.
        socket_path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            super().__init__(str(socket_path), _Request)
        finally:
            os.umask(before)
        verbs = (
            station.hold,
            station.status,
            station.start,
            station.stop,
            station.release,
            station.preview,
        )
        self.verbs: dict[str, Callable[..., Any]] = {verb.__name__: verb for verb in verbs}

    def run(self) -> None:
        """Serve until another thread calls `shutdown`. Then end the recording, free the devices."""
        try:
            self.serve_forever(poll_interval=LOOK_EVERY_S)
        finally:
            self.station.close()
            self.server_close()
            self._lock_file.close()

    def service_actions(self) -> None:
        self.station.look_for_lapse()
