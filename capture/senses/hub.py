"""All senses of one answer: pictures and sound go in, complete observations come out in time order.

Decides how often each sense looks, and joins each picture with its sound. Knows no files and no
rules.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from capture.senses.audio import AROUND_MS, SoundMeter
from capture.senses.blinks import BlinkTracker
from capture.senses.confirmation import Confirmation, Standing
from capture.senses.eyes import openness_of
from capture.senses.face import FaceReading
from capture.senses.face_cache import FaceCache
from capture.senses.face_count import REUSE_UNCHANGED_MS, DetectsFaces, FaceCounter
from capture.senses.face_detector import MIN_WIDTH
from capture.senses.mouth import MouthTracker
from capture.senses.nearest_face import NearestFace, ReadsFace
from capture.senses.quality import Luma, QualityMeter, cells_of, is_blank, is_soft, luma_of
from capture.types import Box, Frame, Glance, Observation, Sound

# In a file, the sound can come so much later than its picture: encoders write 250 pictures, 15 a
# second, into a fragment before the sound. If there is none after so long, we wait no longer.
SOUND_LAG_MS = 20_000
# The senses need so much of the past: to see blinks and still pictures, and to reuse a face count.
LOOKS_BACK_MS = REUSE_UNCHANGED_MS


class FacesFound(NamedTuple):
    """The nearest face if we could read it, and the boxes of all faces.

    `is_unsure`: we also read a face that may be none.
    """

    face: FaceReading | None
    boxes: list[Box]
    is_unsure: bool


class Senses:
    """Measures one answer from its first picture to its last."""

    def __init__(self, face: ReadsFace, detector: DetectsFaces) -> None:
        self._face = face
        self._nearest = NearestFace(face)
        self._cache = FaceCache(self._nearest.read)
        self._counter = FaceCounter(detector)
        self._confirmation = Confirmation()
        self._sound = SoundMeter()
        self._quality = QualityMeter()
        self._blinks = BlinkTracker(self._nearest.read_between)
        self._mouth = MouthTracker()
        self._without_sound: deque[Observation] = deque()

    def feed(self, item: Frame | Glance | Sound, *, has_sound: bool) -> Iterator[Observation]:
        """Measure a picture or sound, and give the observations that are complete now.

        If the answer has sound, an observation is complete some time after its picture.
        """
        match item:
            case Sound():
                self._sound.feed(item)
            case Glance():
                self._blinks.glance(item)
            case Frame():
                self._without_sound.append(self._measure_picture(item))
        while self._without_sound and (
            not has_sound or self._is_heard(self._without_sound[0].t_ms)
        ):
            yield self._with_sound(self._without_sound.popleft())

    def flush(self) -> Iterator[Observation]:
        """The remaining observations, at the end of the answer, when no more sound comes."""
        while self._without_sound:
            yield self._with_sound(self._without_sound.popleft())

    def close(self) -> None:
        self._face.close()

    def _is_heard(self, t_ms: int) -> bool:
        newest_ms = self._without_sound[-1].t_ms
        return self._sound.heard_until_ms >= t_ms + AROUND_MS or newest_ms - t_ms >= SOUND_LAG_MS

    def _with_sound(self, seen: Observation) -> Observation:
        return replace(
            seen, level_dbfs=self._sound.level_dbfs(seen.t_ms), speech=self._sound.speech(seen.t_ms)
        )

    def _measure_picture(self, frame: Frame) -> Observation:
        luma = luma_of(frame)
        cells = cells_of(luma)
        found = self._faces(frame, luma, cells)
        face, boxes = found.face, found.boxes
        quality = self._quality.read(frame.t_ms, luma, cells, face.box if face else None)
        seen = Observation(
            t_ms=frame.t_ms,
            count=_counted(found, luma),
            box=boxes[0] if boxes else None,
            blinks_ms=self._blinks.sample(frame.t_ms, luma, face),
            brightness=quality.brightness,
            sharpness=quality.sharpness,
            frozen=quality.frozen,
        )
        return (
            replace(_with_face(seen, face), mouth_open=self._mouth.opened(luma, face))
            if face
            else seen
        )

    def _faces(self, frame: Frame, luma: Luma, cells: Luma) -> FacesFound:
        face = self._cache.read(frame, luma)
        boxes = self._counter.boxes(frame, cells, face)
        standing = self._confirmation.of(frame.t_ms, face.box, boxes) if face else Standing.NONE
        if standing is not Standing.FACE:
            is_near = bool(boxes) and boxes[0][2] >= MIN_WIDTH
            face = self._nearest.read_closer(frame, boxes[0]) if is_near else None
        return FacesFound(face, boxes, standing is Standing.UNSURE)


def _counted(found: FacesFound, luma: Luma) -> int | None:
    """The number of faces that are near enough.

    None if we cannot tell: what we see is too small or too doubtful to tell a person from a photo.
    """
    near = sum(box[2] >= MIN_WIDTH for box in found.boxes)
    if (
        found.face is None
        and near == 0
        and (found.boxes or found.is_unsure or is_blank(luma) or is_soft(luma))
    ):
        return None
    return max(near, 1 if found.face else 0)


def _with_face(seen: Observation, face: FaceReading) -> Observation:
    return replace(
        seen,
        box=face.box,
        yaw_deg=face.yaw_deg,
        pitch_deg=face.pitch_deg,
        roll_deg=face.roll_deg,
        gaze_x=face.gaze_x,
        gaze_y=face.gaze_y,
        openness=openness_of(face.lid_gap),
        face_px=face.face_px,
    )
