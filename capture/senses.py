"""All senses of one answer together: pictures and sound go in, complete observations come out in time order.

Decides how often each sense looks, and joins a picture with the sound that belongs to it. Knows no files and no rules.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from capture.audio import SoundMeter
from capture.eyes import BlinkFinder
from capture.face import FaceReading
from capture.quality import QualityMeter
from capture.types import Box, Frame, Observation, Sound

COUNT_EVERY_MS = 1_000  # counting all faces costs twice what reading one does, and people do not come in a blink
SOUND_LAG_MS = 10_000  # recorders write a few seconds of picture, then their sound; after this long there is none


class ReadsFace(Protocol):
    """Reads the nearest face."""

    def read(self, frame: Frame, /) -> FaceReading | None: ...
    def close(self) -> None: ...


class CountsFaces(Protocol):
    """Finds every face."""

    def read(self, frame: Frame, /) -> list[Box]: ...


class Senses:
    """Measures one answer from its first picture to its last."""

    def __init__(self, face: ReadsFace, crowd: CountsFaces) -> None:
        self._face = face
        self._crowd = crowd
        self._sound = SoundMeter()
        self._quality = QualityMeter()
        self._blinks = BlinkFinder()
        self._counted: list[Box] = []
        self._counted_at_ms: int | None = None
        self._without_sound: deque[Observation] = deque()

    def take(self, item: Frame | Sound, *, has_sound: bool) -> Iterator[Observation]:
        """Measure a picture or sound; gives the observations that are complete now, so with sound some time later."""
        if isinstance(item, Sound):
            self._sound.feed(item)
        else:
            self._without_sound.append(self._look(item))
        while self._without_sound and (not has_sound or self._is_heard(self._without_sound[0].t_ms)):
            yield self._listen(self._without_sound.popleft())

    def rest(self) -> Iterator[Observation]:
        """At the end: what still waits for sound will get no more of it."""
        while self._without_sound:
            yield self._listen(self._without_sound.popleft())

    def close(self) -> None:
        self._face.close()

    def _is_heard(self, t_ms: int) -> bool:
        newest_ms = self._without_sound[-1].t_ms
        return self._sound.heard_until_ms >= t_ms or newest_ms - t_ms >= SOUND_LAG_MS

    def _listen(self, seen: Observation) -> Observation:
        return replace(seen, level_dbfs=self._sound.level_dbfs(seen.t_ms), speech=self._sound.speech(seen.t_ms))

    def _look(self, frame: Frame) -> Observation:
        face = self._face.read(frame)
        boxes = self._count(frame, face)
        quality = self._quality.read(frame, face.box if face else None)
        seen = Observation(
            t_ms=frame.t_ms,
            count=max(len(boxes), 1 if face else 0),
            box=boxes[0] if boxes else None,
            blinks_ms=self._blinks.see(frame.t_ms, face.openness if face else None),
            brightness=quality.brightness,
            sharpness=quality.sharpness,
            frozen=quality.frozen,
        )
        return _with_face(seen, face) if face else seen

    def _count(self, frame: Frame, face: FaceReading | None) -> list[Box]:
        """A count of one holds for a second unless something else is seen; any other is made anew every time."""
        is_due = self._counted_at_ms is None or frame.t_ms - self._counted_at_ms >= COUNT_EVERY_MS
        is_alone = face is not None and not face.has_company
        if is_due or not is_alone or len(self._counted) != 1:
            self._counted, self._counted_at_ms = self._crowd.read(frame), frame.t_ms
        return self._counted


def _with_face(seen: Observation, face: FaceReading) -> Observation:
    return replace(
        seen,
        box=face.box,
        yaw_deg=face.yaw_deg,
        pitch_deg=face.pitch_deg,
        roll_deg=face.roll_deg,
        gaze_x=face.gaze_x,
        gaze_y=face.gaze_y,
        openness=face.openness,
        mouth_open=face.mouth_open,
        face_px=face.face_px,
    )
