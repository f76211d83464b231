"""Every threshold with its reason, and the pure function that turns measurements into flags.

A flag says what was seen, for how long, and by which rule. Nothing here opens a file; what was not measured or could
not be seen raises nothing, because a missing measurement is not a missing person.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from statistics import median

from capture.stretches import Span, Stretch, kept_on, known_earlier, stretches, swing
from capture.types import Flag, FlagKind, Gap, GapCause, Measurements, Observation, PageEvent, Severity
from capture.watch import Watch, flag_if_long, flag_of, flags_of, lasting

RULES_VERSION = "2026-11-1"


@dataclass(frozen=True)
class Rules:
    """The thresholds: angles in degrees, levels in dBFS, `_ms` in milliseconds, the rest in the contract's ratios."""

    # What a picture must be like before "no face in it" means anything.
    dark_brightness: float = 0.04  # the mean luma of a covered lens; a dim room lit by its screen has 0.1
    dim_brightness: float = 0.12  # below it the readers begin to miss faces
    flat_sharpness: float = 2.0  # a lens covered by something bright; the softest real clip has 6
    picture_lost_ms: int = 3_000  # cameras take up to two seconds to adapt to a change of light
    still_known_after_ms: int = 800  # `frozen` is only known once the picture stood still for so long (capture.quality)
    picture_still_ms: int = 5_000  # cameras stall for a second or two and recover; people move

    no_face_ms: int = 3_000  # bending down, sneezing or stretching is over sooner
    no_face_high_ms: int = 15_000  # long enough to leave the room and come back
    no_face_bridge_ms: int = 400  # two rows: a face seen for so short a time is a slip of the reader

    several_faces_ms: int = 2_000  # faces are counted once a second: two counts must agree
    several_faces_high_ms: int = 15_000  # stays, and does not just pass by
    several_faces_bridge_ms: int = 1_200  # one count that missed the second face

    away_yaw_deg: float = 30.0  # a second screen stands farther aside; looking about while thinking stays within 20
    away_down_deg: float = 20.0  # below it one reads the table or a phone
    away_up_deg: float = 25.0  # many look up to think, and stay below
    camera_aside_deg: float = 15.0  # cameras stand beside or below the screen by so much, not more
    away_ms: int = 3_000  # a glance or a nod is shorter
    away_medium_ms: int = 8_000  # long enough to read something
    away_bridge_ms: int = 600  # three rows: the head comes back for a moment

    silence_dbfs: float = -65.0  # any open microphone hears more of a room, and of a whisper
    nothing_dbfs: float = -85.0  # muted, unplugged, or shut by the browser's noise filter
    mouth_swing: float = 0.10  # within a second a talking mouth swings by 0.11 and more, a resting one by 0.05
    mouth_window_ms: int = 1_000  # a few syllables
    mute_ms: int = 4_000  # a sentence; a yawn is shorter
    mute_bridge_ms: int = 1_000  # the breath between two sentences
    nothing_ms: int = 15_000  # noise filters silence a thinking pause, but hardly a longer one
    unheard_ms: int = 5_000  # shorter holes in the sound keep nobody from judging the rest

    page_hidden_ms: int = 1_000  # a notification that is touched away takes less
    page_hidden_medium_ms: int = 5_000  # long enough to read something
    focus_lost_ms: int = 3_000  # password managers and the browser's own menus take the focus too
    recording_gap_ms: int = 500  # a word; shorter holes are jitter of the recorder
    recording_gap_medium_ms: int = 5_000  # an answer may have lost its sense


RULES = Rules()


def find_flags(measurements: Measurements, rules: Rules = RULES) -> list[Flag]:
    """All flags of one recording, in time order; the same measurements always give the same flags."""
    ahead = straight_ahead(measurements.observations, rules)
    parts = [_from_gaps(measurements.gaps, rules), _from_events(measurements, rules)]
    for stretch in stretches(measurements):
        parts += [_from_picture(stretch, rules), _from_head(stretch, ahead, rules), _from_sound(stretch, rules)]
    return sorted(chain.from_iterable(parts), key=lambda flag: (flag.start_ms, flag.kind, flag.end_ms))


class View(StrEnum):
    """What one picture can be used for."""

    UNKNOWN = "unknown"
    LOST = "lost"
    DIM = "dim"
    EMPTY = "empty"
    FACE = "face"
    FACES = "faces"


def _view(row: Observation, rules: Rules) -> View:
    """A face that was found was found, however poor the picture; one that was not may only have been invisible."""
    if row.count is None:
        return View.UNKNOWN
    if row.count > 0:
        return View.FACE if row.count == 1 else View.FACES
    if _is_below(row.brightness, rules.dark_brightness) or _is_below(row.sharpness, rules.flat_sharpness):
        return View.LOST
    return View.DIM if _is_below(row.brightness, rules.dim_brightness) else View.EMPTY


def _is_below(value: float | None, limit: float) -> bool:
    return value is not None and value < limit


def _from_picture(stretch: Stretch, rules: Rules) -> Iterator[Flag]:
    rows = stretch.observations
    views = [_view(row, rules) for row in rows]
    stills = [bool(row.frozen) for row in rows]
    absent = _absent(views, stills)
    stood = known_earlier([row.t_ms for row in rows], stills, rules.still_known_after_ms)
    still = [s and view is not View.LOST and not a for s, view, a in zip(stood, views, absent, strict=True)]
    lost = _picture_lost("The picture was dark or covered", rules.picture_lost_ms)
    yield from flags_of(stretch, absent, _no_face(rules))
    yield from flags_of(stretch, [view is View.FACES for view in views], _several_faces(rules))
    yield from flags_of(stretch, [view is View.LOST for view in views], lost)
    yield from flags_of(stretch, still, _picture_lost("The picture did not change", rules.picture_still_ms))
    yield from flags_of(stretch, [view is View.DIM for view in views], _too_dim(rules))


def _absent(views: Sequence[View], stills: Sequence[bool]) -> list[bool]:
    """A stalled camera shows what it showed before, so nobody leaves a still picture; but an empty room stays still."""
    empty = [view is View.EMPTY for view in views]
    return kept_on([e and not still for e, still in zip(empty, stills, strict=True)], empty)


def _no_face(rules: Rules) -> Watch:
    return Watch(
        rule="no_face/1",
        kind=FlagKind.NO_FACE,
        says="No face was seen",
        at_least_ms=rules.no_face_ms,
        bridge_ms=rules.no_face_bridge_ms,
        severity=Severity.MEDIUM,
        raised_at_ms=rules.no_face_high_ms,
        raised_to=Severity.HIGH,
    )


def _several_faces(rules: Rules) -> Watch:
    return Watch(
        rule="several_faces/1",
        kind=FlagKind.SEVERAL_FACES,
        says="Two or more faces were seen",
        at_least_ms=rules.several_faces_ms,
        bridge_ms=rules.several_faces_bridge_ms,
        severity=Severity.MEDIUM,
        raised_at_ms=rules.several_faces_high_ms,
        raised_to=Severity.HIGH,
    )


def _picture_lost(says: str, at_least_ms: int) -> Watch:
    return Watch("picture_lost/1", FlagKind.PICTURE_LOST, says, at_least_ms, severity=Severity.MEDIUM)


def _too_dim(rules: Rules) -> Watch:
    says = "It was too dark to tell whether a face was there"
    return Watch("picture_dim/1", FlagKind.PICTURE_LOST, says, rules.picture_lost_ms, assessable=False)


@dataclass(frozen=True)
class Ahead:
    """Where this person's head points when they look at their screen."""

    yaw_deg: float
    pitch_deg: float


def straight_ahead(rows: Sequence[Observation], rules: Rules = RULES) -> Ahead:
    """The median direction, but no farther from the camera than a camera may stand aside."""
    yaws = [row.yaw_deg for row in rows if row.yaw_deg is not None]
    pitches = [row.pitch_deg for row in rows if row.pitch_deg is not None]
    return Ahead(*(_within(median(values or [0.0]), rules.camera_aside_deg) for values in (yaws, pitches)))


def _within(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))


@dataclass(frozen=True)
class Turn:
    """How far a head points away: `share` of 1 and more is beyond the rule's angle."""

    share: float
    words: str


def _turn(row: Observation, ahead: Ahead, rules: Rules) -> Turn:
    if row.yaw_deg is None or row.pitch_deg is None:
        return Turn(0.0, "")
    aside, up = row.yaw_deg - ahead.yaw_deg, row.pitch_deg - ahead.pitch_deg
    turns = [
        _turned(aside, rules.away_yaw_deg, "turned to the picture's right"),
        _turned(-aside, rules.away_yaw_deg, "turned to the picture's left"),
        _turned(-up, rules.away_down_deg, "lowered"),
        _turned(up, rules.away_up_deg, "raised"),
    ]
    return max(turns, key=lambda turn: turn.share)


def _turned(angle_deg: float, limit_deg: float, way: str) -> Turn:
    return Turn(angle_deg / limit_deg, f"{way} by up to {angle_deg:.0f}° (rule: {limit_deg:.0f}° or more)")


def _from_head(stretch: Stretch, ahead: Ahead, rules: Rules) -> Iterator[Flag]:
    """A face that is seen but can no longer be read may still be turning: it does not end what has begun."""
    rows = stretch.observations
    turns = [_turn(row, ahead, rules) for row in rows]
    unreadable = [row.yaw_deg is None and (row.count or 0) >= 1 for row in rows]
    away = kept_on([turn.share >= 1 for turn in turns], unreadable)
    watch = Watch(
        rule="face_turned_away/1",
        kind=FlagKind.FACE_TURNED_AWAY,
        says="",
        at_least_ms=rules.away_ms,
        bridge_ms=rules.away_bridge_ms,
        raised_at_ms=rules.away_medium_ms,
    )
    for span in lasting(stretch, away, watch):
        inside = [turn for row, turn in zip(rows, turns, strict=True) if span.start_ms <= row.t_ms < span.end_ms]
        farthest = max(inside, key=lambda turn: turn.share)
        yield flag_of(span, replace(watch, says=f"The head was {farthest.words}"))


def _from_sound(stretch: Stretch, rules: Rules) -> Iterator[Flag]:
    rows = stretch.observations
    swings = swing([row.t_ms for row in rows], [row.mouth_open for row in rows], rules.mouth_window_ms)
    levels = [row.level_dbfs for row in rows]
    speaking = [amount >= rules.mouth_swing for amount in swings]
    mute = [s and level is not None and level < rules.silence_dbfs for s, level in zip(speaking, levels, strict=True)]
    nothing = [level is not None and level < rules.nothing_dbfs for level in levels]
    unheard = [row.level_dbfs is None and row.brightness is not None for row in rows]
    says = "The mouth moved as in speech, but no sound came"
    mute_flags = list(flags_of(stretch, mute, _no_sound(says, rules.mute_ms, rules.mute_bridge_ms, Severity.MEDIUM)))
    silent = flags_of(stretch, nothing, _no_sound("The microphone delivered nothing", rules.nothing_ms))
    yield from mute_flags
    yield from (flag for flag in silent if not any(_overlap(flag, other) for other in mute_flags))
    watch = _no_sound("No sound was recorded", rules.unheard_ms)
    yield from flags_of(stretch, unheard, replace(watch, rule="no_sound_track/1", assessable=False))


def _no_sound(says: str, at_least_ms: int, bridge_ms: int = 0, severity: Severity = Severity.LOW) -> Watch:
    return Watch("no_sound/1", FlagKind.NO_SOUND, says, at_least_ms, bridge_ms, severity)


def _from_gaps(gaps: Sequence[Gap], rules: Rules) -> Iterator[Flag]:
    """Losses of ours: thinking time between answers is none, and no loss counts against a person."""
    for gap in gaps:
        if gap.cause is not GapCause.BETWEEN_ANSWERS:
            watch = Watch(
                rule="recording_gap/1",
                kind=FlagKind.RECORDING_GAP,
                says=f"The system has no measurements ({GAP_WORDS[gap.cause]})",
                at_least_ms=rules.recording_gap_ms,
                raised_at_ms=rules.recording_gap_medium_ms,
                assessable=False,
            )
            yield from flag_if_long(Span(gap.start_ms, gap.end_ms), watch)


GAP_WORDS = {
    GapCause.INTERRUPTED: "the recording was interrupted",
    GapCause.DAMAGED: "the file is damaged",
    GapCause.NOT_MEASURED: "no picture could be measured",
}


def _event_watches(rules: Rules) -> dict[str, Watch]:
    """What the page reports as lasting, by the name it uses."""
    hidden = Watch("page_hidden/1", FlagKind.PAGE_HIDDEN, "The page was not in view", rules.page_hidden_ms)
    focus = FlagKind.FOCUS_LOST
    return {
        "tab_hidden": replace(hidden, raised_at_ms=rules.page_hidden_medium_ms),
        "focus_lost": Watch("focus_lost/1", focus, "Another window had the focus", rules.focus_lost_ms),
    }


MOMENTS = {  # reported without a length
    "fullscreen_left": (FlagKind.FULLSCREEN_LEFT, "Full screen was left."),
    "paste": (FlagKind.PASTE, "Text was pasted into the page."),
    "second_display": (FlagKind.SECOND_DISPLAY, "The page reported a second display."),
}


def _from_events(measurements: Measurements, rules: Rules) -> Iterator[Flag]:
    """A page out of view has lost the focus, too: that is said once."""
    watches = _event_watches(rules)
    spans = [(event.kind, _event_span(event, measurements)) for event in measurements.events]
    hidden = [span for kind, span in spans if kind == "tab_hidden"]
    for kind, span in spans:
        is_said = kind == "focus_lost" and any(span.overlaps(other) for other in hidden)
        if kind in watches and not is_said:
            yield from flag_if_long(span, watches[kind])
        elif kind in MOMENTS:
            flag_kind, reason = MOMENTS[kind]
            rule = f"{flag_kind}/1"
            yield Flag(flag_kind, span.start_ms, span.start_ms, Severity.LOW, 1, 1, "times", rule, reason)


def _event_span(event: PageEvent, measurements: Measurements) -> Span:
    """What has no end lasted until the answer's end; nothing reaches into the next answer."""
    ends = [answer.end_ms for answer in measurements.answers if answer.start_ms <= event.t_ms < answer.end_ms]
    last_ms = ends[0] if ends else measurements.duration_ms
    return Span(event.t_ms, max(event.t_ms, min(last_ms if event.until_ms is None else event.until_ms, last_ms)))


def _overlap(one: Flag, other: Flag) -> bool:
    return one.start_ms < other.end_ms and other.start_ms < one.end_ms
