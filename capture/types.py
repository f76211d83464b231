"""The values that the parts of `capture` exchange. All times are milliseconds on a media clock.

There are two clocks, and no object mixes them: the clock of one *answer* (0 is its first frame) and
the clock of the joined *recording* (0 is the first frame of `recording.mp4`). Only `store.timeline`
converts between them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

# five samples a second are enough for head and gaze, and then decoding costs more than measuring
SAMPLE_EVERY_MS = 200


class FlagKind(StrEnum):
    """What we saw, never what it means."""

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
    """How soon a reviewer should look."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class PageEventKind(StrEnum):
    """What the candidate's page may report.

    The last two are not in the telemetry contract. They say when a device recorded nothing, so that
    the rules judge nothing there.
    """

    TAB_HIDDEN = "tab_hidden"
    FOCUS_LOST = "focus_lost"
    FULLSCREEN_LEFT = "fullscreen_left"
    SECOND_DISPLAY = "second_display"
    PASTE = "paste"
    CAMERA_PAUSED = "camera_paused"
    MICROPHONE_PAUSED = "microphone_paused"


class Finding(StrEnum):
    """What a flag's sentence says, apart from its numbers.

    One rule may have several findings. `rules.sentences` has the sentence of each.
    """

    GAP_DAMAGED = "gap_damaged"
    GAP_INTERRUPTED = "gap_interrupted"
    GAP_NOT_MEASURED = "gap_not_measured"
    PAGE_HIDDEN = "page_hidden"
    FOCUS_LOST = "focus_lost"
    FULLSCREEN_LEFT = "fullscreen_left"
    SECOND_DISPLAY = "second_display"
    PASTE = "paste"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    HEAD_LEFT = "head_left"
    HEAD_RIGHT = "head_right"
    HEAD_LOWERED = "head_lowered"
    HEAD_RAISED = "head_raised"
    EYES_ASIDE = "eyes_aside"
    OTHER_VOICE = "other_voice"
    MOUTH_WITHOUT_SOUND = "mouth_without_sound"
    MICROPHONE_SILENT = "microphone_silent"
    NO_SOUND_TRACK = "no_sound_track"
    SOUND_LOST = "sound_lost"
    PICTURE_COVERED = "picture_covered"
    PICTURE_STILL = "picture_still"
    PICTURE_SLOW = "picture_slow"
    NO_PICTURE = "no_picture"
    PICTURE_UNCLEAR = "picture_unclear"
    PICTURE_POOR = "picture_poor"
    FACE_UNCLEAR = "face_unclear"


class GapCause(StrEnum):
    """Why we could not measure a part of the recording."""

    BETWEEN_ANSWERS = "between_answers"
    # the browser or the machine stopped; the end of an answer is missing
    INTERRUPTED = "interrupted"
    DAMAGED = "damaged"  # from here on we could not decode the file
    NOT_MEASURED = "not_measured"  # there is a picture, but measuring failed


@dataclass(frozen=True)
class Frame:
    """One decoded picture, upright, RGB, uint8, shape (height, width, 3)."""

    t_ms: int
    rgb: NDArray[np.uint8]


@dataclass(frozen=True)
class Glance:
    """A picture between two sampled ones: only its luma, upright, uint8.

    `frame` converts the whole picture.
    """

    t_ms: int
    luma: NDArray[np.uint8]
    frame: Callable[[], Frame]


@dataclass(frozen=True)
class Sound:
    """Consecutive mono samples, float32 in −1…1, at `senses.audio.SAMPLE_RATE_HZ`.

    `t_ms` is the time of the first sample.
    """

    t_ms: int
    samples: NDArray[np.float32]


Box = tuple[float, float, float, float]
"""x, y, width, height as fractions of the picture, origin top left."""


@dataclass(frozen=True)
class Observation:
    """What we measured at `t_ms`. A quantity that we did not measure is None, never 0.

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
    """An event that the candidate's page reported, a PageEventKind where version 1 knows it.

    `until_ms` is None for an event without length. `characters` says how much the candidate pasted,
    never what.
    """

    t_ms: int
    kind: str
    until_ms: int | None = None
    characters: int | None = None


class PausedDevice(StrEnum):
    """What a candidate's device can pause, as a phone does during a call."""

    CAMERA = "camera"
    MICROPHONE = "microphone"


@dataclass(frozen=True)
class Pause:
    """A pause on an answer's own clock. `end_ms` is None if it lasted until the answer's end."""

    device: PausedDevice
    start_ms: int
    end_ms: int | None = None


@dataclass(frozen=True)
class Gap:
    """A part of the recording that we could not measure."""

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
    """An interval that a person should look at, with the rule and the numbers that raised it.

    `reason` is the English sentence for the telemetry file. From the last three fields a program
    makes the sentence in another language. The file does not have them, so a flag that was read
    from a file has None there. `angle_deg` is the largest
    angle of a turned head, `angle_limit_deg` the rule's.
    """

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
    finding: Finding | None = None
    angle_deg: float | None = None
    angle_limit_deg: float | None = None


@dataclass(frozen=True)
class MeasuredAnswer:
    """One answer that we keep, with all we know about it, on its own clock.

    Input of `store.timeline.join_timeline`. `lost_ms` is the length of the missing end: the
    recorder ran so much longer than the media that arrived. `observations` is None if the candidate
    refused analysis. Observations during `pauses` say nothing about anybody.
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
    """All we know about one interview, on the recording's clock. Input of `find_flags`."""

    duration_ms: int
    answers: Sequence[AnswerSpan] = ()
    observations: Sequence[Observation] = ()
    events: Sequence[PageEvent] = ()
    gaps: Sequence[Gap] = field(default=())
