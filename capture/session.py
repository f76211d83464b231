"""Measures one answer while its file grows: decodes it, samples it, and stores each observation.

Interrupted work continues where the stored observations end. The session knows no database and no
lease: the caller's `heartbeat` says whether the caller may still measure the answer.
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from capture.errors import CaptureError, ClaimLost, Halted, UnusableMedia
from capture.media.container import LIMITS, Limits
from capture.media.decoder import Decoder
from capture.media.growing_file import GrowingFile
from capture.media.sound_file import SoundFile
from capture.rules import RULES_VERSION
from capture.senses import VERSION
from capture.senses.audio import AROUND_MS, SoundMeter
from capture.senses.face import FaceReader
from capture.senses.face_detector import shared_face_detector
from capture.senses.hub import LOOKS_BACK_MS, Senses
from capture.store.recording import ObservationLog
from capture.types import SAMPLE_EVERY_MS, Observation
from disk.hashing import sha256

HEARTBEAT_S = 2.0  # a lease is several times longer, so a late heartbeat does no harm
# We measure so much again, without storing it, so that the senses know what came before.
WARM_UP_MS = LOOKS_BACK_MS + SAMPLE_EVERY_MS

logger = logging.getLogger(__name__)


class SessionState(StrEnum):
    """How far a session has come."""

    NEW = "new"
    MEASURING = "measuring"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Models:
    """The files of the two models."""

    face: Path
    face_detector: Path

    def senses(self) -> Senses:
        """Fresh senses, for one answer and one thread."""
        # first, because nothing has to close it if the other model is missing
        face_detector = shared_face_detector(self.face_detector)
        return Senses(FaceReader(self.face), face_detector)

    def engine(self) -> dict[str, str]:
        """The versions for the telemetry: the same engine measures the same numbers."""
        return {
            "capture": VERSION,
            "mediapipe": version("mediapipe"),
            "model_sha256": sha256(self.face) if self.face.is_file() else "",
            "crowd_model_sha256": sha256(self.face_detector)
            if self.face_detector.is_file()
            else "",
            "rules": RULES_VERSION,
        }


@dataclass(frozen=True)
class AnswerSource:
    """One answer's file, and what a session must know about it.

    The session calls `heartbeat` with its progress about every `heartbeat_s`. False means that
    another process may measure the answer now, so the session stops. `takes_over`: the caller has
    the claim, even if another process still writes observations.
    """

    path: Path
    container: str
    observations_path: Path
    is_complete: Callable[[], bool] = lambda: True
    heartbeat: Callable[[int], bool] = lambda _measured_ms: True
    heartbeat_s: float = HEARTBEAT_S
    takes_over: bool = False
    limits: Limits = LIMITS


@dataclass(frozen=True)
class SessionResult:
    """The result of measuring one answer. `is_whole`: the session reached the end of the file."""

    measured_ms: int
    duration_ms: int
    damaged_at_ms: int | None
    has_sound: bool
    is_whole: bool


@dataclass(frozen=True)
class SessionStatus:
    """A session as seen from another thread."""

    state: SessionState
    measured_ms: int


class CaptureSession:
    """Measures one answer, in this thread (`run`) or in one of its own (`start`, `stop`)."""

    def __init__(
        self,
        source: AnswerSource,
        open_senses: Callable[[], Senses],
        stop: threading.Event | None = None,
    ):
        self._source = source
        self._open_senses = open_senses
        self._stop = stop or threading.Event()
        self._is_lost = False
        self._measured_ms = 0
        self._beat_at_s = -math.inf
        self._state = SessionState.NEW
        self._result: SessionResult | None = None
        self._thread: threading.Thread | None = None

    def run(self) -> SessionResult:
        """Measure until the file ends or `stop` is set.

        Raises `ClaimLost` if another process measures the answer now.
        """
        self._state = SessionState.MEASURING
        try:
            self._result = self._measure()
        except BaseException:
            self._state = SessionState.FAILED
            raise
        self._state = SessionState.DONE if self._result.is_whole else SessionState.STOPPED
        return self._result

    def start(self) -> None:
        """Run in a new thread. A second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run_logged, name="capture-session", daemon=True
            )
            self._thread.start()

    def stop(self, timeout_s: float) -> SessionResult | None:
        """Ask the thread to end, and wait for it. May be called again.

        None means that the thread has failed, or has not ended in time.
        """
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._result

    def status(self) -> SessionStatus:
        return SessionStatus(self._state, self._measured_ms)

    def _run_logged(self) -> None:
        try:
            self.run()
        except CaptureError as error:
            logger.warning("measuring %s ended: %s", self._source.path.name, error)

    def _measure(self) -> SessionResult:
        source = self._source
        growing = GrowingFile(source.path, self._is_complete, self._stop)
        with (
            closing(growing),
            ObservationLog(source.observations_path, takes_over=source.takes_over) as log,
        ):
            self._measured_ms = log.last_t_ms or 0
            decoder = self._decoder(growing)
            with closing(self._open_senses()) as senses:
                is_whole = self._store(decoder, senses, log)
            self._is_lost = self._is_lost or log.is_displaced()
        if self._is_lost:
            raise ClaimLost("another process measures this answer now")
        if is_whole:
            self._measured_ms = decoder.duration_ms
        return SessionResult(
            measured_ms=self._measured_ms,
            duration_ms=decoder.duration_ms,
            damaged_at_ms=decoder.damaged_at_ms,
            has_sound=decoder.has_sound,
            is_whole=is_whole,
        )

    def _decoder(self, growing: GrowingFile) -> Decoder:
        from_ms = max(0, self._measured_ms - WARM_UP_MS)
        return Decoder(
            growing,
            self._source.container,
            every_ms=SAMPLE_EVERY_MS,
            limits=self._source.limits,
            from_ms=from_ms,
            check=self._check_in,
        )

    def _check_in(self) -> None:
        """Send a heartbeat, and raise if we must stop. The decoder calls this at every packet.

        When we continue interrupted work, the decoder needs a long time before its first picture.
        """
        self._beat()
        if self._stop.is_set():
            raise Halted("measuring was asked to end")

    def _is_complete(self) -> bool:
        """Whether the file is complete. Sends heartbeats, because we call it while we wait."""
        self._beat()
        return self._source.is_complete()

    def _store(self, decoder: Decoder, senses: Senses, log: ObservationLog) -> bool:
        """Store what we measure. Returns whether we reached the end of the file."""
        try:
            for item in decoder:
                self._append(senses.feed(item, has_sound=decoder.has_sound), log)
                self._beat()
                if self._stop.is_set():
                    return False
        except Halted:
            return False
        except UnusableMedia:
            if not self._stop.is_set():  # a file that we stop reading looks like a damaged one
                raise
            return False
        if self._stop.is_set():
            return False
        self._append(senses.flush(), log)
        return True

    def _append(self, observations: Iterator[Observation], log: ObservationLog) -> None:
        for observation in observations:
            if log.last_t_ms is None or observation.t_ms > log.last_t_ms:
                log.append(observation)
                log.flush()
                self._measured_ms = observation.t_ms

    def _beat(self) -> None:
        now_s = time.monotonic()
        if now_s - self._beat_at_s < self._source.heartbeat_s:
            return
        self._beat_at_s = now_s
        if not self._source.heartbeat(self._measured_ms):
            self._is_lost = True
            self._stop.set()


@dataclass(frozen=True)
class Heard:
    """What we measured in a file that contains only sound."""

    observations: list[Observation]
    duration_ms: int
    damaged_at_ms: int | None


def hear(path: Path, tell: Callable[[int], object] = lambda _heard_ms: None) -> Heard:
    """Measure level and speech as often as in a video. `tell` gets the milliseconds done so far."""
    with SoundFile(path) as file:
        meter, due_ms, rows = SoundMeter(), 0, deque[Observation]()
        for sound in file.sounds():
            meter.feed(sound)
            while meter.heard_until_ms >= due_ms + AROUND_MS:
                rows.append(_row(meter, due_ms))
                due_ms += SAMPLE_EVERY_MS
            tell(due_ms)
        if file.end_ms == 0:
            raise UnusableMedia("no sound could be decoded")
        rows.extend(_row(meter, t_ms) for t_ms in range(due_ms, file.end_ms, SAMPLE_EVERY_MS))
        return Heard(list(rows), file.end_ms, file.end_ms if file.is_damaged else None)


def _row(meter: SoundMeter, t_ms: int) -> Observation:
    return Observation(t_ms=t_ms, level_dbfs=meter.level_dbfs(t_ms), speech=meter.speech(t_ms))
