"""The values that the parts of `capture` hand to each other. All times are whole milliseconds on a
media clock.

Two clocks occur and are never mixed in one object: the clock of one *answer* (0 = its first frame)
and the clock of the joined *recording* (0 = the first frame of `recording.mp4`). `store.timeline`
is the only code that converts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

# head and gaze are content with five samples a second, and decoding stays the larger cost
SAMPLE_EVERY_MS = 200


class FlagKind(StrEnum):
    """What was seen, never what it means."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    FACE_TURNED_AWAY = "face_turned_away"
    LOOKING_AWAY = "looking_away"
    OTHER_VOICE = "other_voice"
    NO_SOUND = "no_sound"
    PICTURE_LOST = "picture_lost"
    PAGE_HIDDEN = "page_hidden"
    FOCUS_LOST = "focus_lost"
    FULLSCREEN_LEFT = "fullscreen_left"
    SECOND_DISPLAY = "second_display"
    PASTE = "paste"
    RECORDING_GAP = "recording_gap"


class Severity(StrEnum):
    """How soon a person should look."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class GapCause(StrEnum):
    """Why a part of the recording could not be measured."""

    BETWEEN_ANSWERS = "between_answers"
    # the browser or the machine went away; the tail of an answer is missing
    INTERRUPTED = "interrupted"
    DAMAGED = "damaged"  # the file could not be decoded from here on
    NOT_MEASURED = "not_measured"  # the picture is there, but measuring failed


@dataclass(frozen=True)
class Frame:
    """One decoded picture, upright, RGB, uint8, shape (height, width, 3)."""

    t_ms: int
    rgb: NDArray[np.uint8]


@dataclass(frozen=True)
class Glance:
    """A picture between two sampled ones: its luma alone, upright, uint8. `frame` makes the whole
    picture of it.
    """

    t_ms: int
    luma: NDArray[np.uint8]
    frame: Callable[[], Frame]


@dataclass(frozen=True)
class Sound:
    """Consecutive mono samples, float32 in −1…1, at `senses.audio.SAMPLE_RATE_HZ`, the first of
    them at `t_ms`.
    """

    t_ms: int
    samples: NDArray[np.float32]


Box = tuple[float, float, float, float]
"""x, y, width, height as fractions of the picture, origin top left."""


@dataclass(frozen=True)
class Observation:
    """What was measured at `t_ms`: a fact. What was not measured is None, never 0.

    Units and signs are those of the telemetry contract (docs/telemetry.md).
    """

    t_ms: int
    count: int | None = None
    box: Box | None = None
    yaw_deg: float | None = None
    pitch_deg: float | None = None
    roll_deg: float | None = None
    gaze_x: float | None = None
    gaze_y: float | None = None
    openness: float | None = None
    blinks_ms: tuple[int, ...] = ()
    level_dbfs: float | None = None
    speech: float | None = None
    mouth_open: float | None = None
    brightness: float | None = None
    sharpness: float | None = None
    face_px: float | None = None
    frozen: bool | None = None


@dataclass(frozen=True)
class PageEvent:
    """Something the candidate's page reported, e.g. `tab_hidden`. `until_ms` is None for a moment
    without length.

    `characters` says how much was pasted, never what.
    """

    t_ms: int
    kind: str
    until_ms: int | None = None
    characters: int | None = None


class PausedDevice(StrEnum):
    """What a candidate's device may keep for itself, as a phone does for a call."""

    CAMERA = "camera"
    MICROPHONE = "microphone"


@dataclass(frozen=True)
class Pause:
    """From when to when, on an answer's own clock; `end_ms` is None where it lasted until the
    answer's end.
    """

    device: PausedDevice
    start_ms: int
    end_ms: int | None = None


@dataclass(frozen=True)
class Gap:
    """A part of the recording that could not be measured."""

    start_ms: int
    end_ms: int
    cause: GapCause


@dataclass(frozen=True)
class AnswerSpan:
    """Where one answer lies in the joined recording."""

    question: int
    take: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Flag:
    """An interval worth a human look, with the rule and the numbers that raised it."""

    kind: FlagKind
    start_ms: int
    end_ms: int
    severity: Severity
    measured: float
    threshold: float
    unit: str
    rule: str
    reason: str
    assessable: bool = True


@dataclass(frozen=True)
class MeasuredAnswer:
    """One kept answer with everything known about it, on its own clock. Input of
    `store.timeline.join_timeline`.

    `lost_ms` is what the recorder ran longer than the media that arrived: the missing tail.
    `observations` is None where the candidate refused analysis. What was measured in `pauses` says
    nothing of anybody.
    """

    question: int
    take: int
    duration_ms: int
    lost_ms: int = 0
    observations: Sequence[Observation] | None = ()
    events: Sequence[PageEvent] = ()
    gaps: Sequence[Gap] = ()
    pauses: Sequence[Pause] = ()


@dataclass(frozen=True)
class Measurements:
    """Everything known of one interview, on the clock of the joined recording. Input of
    `find_flags`.
    """

    duration_ms: int
    answers: Sequence[AnswerSpan] = ()
    observations: Sequence[Observation] = ()
    events: Sequence[PageEvent] = ()
    gaps: Sequence[Gap] = field(default=())
