"""Where head and eyes point, seen from where this person looks when they look at their screen.

Says nothing before that is known, and nothing of faces that cannot be read well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from statistics import median

from capture.stretches import Stretch, kept_on
from capture.thresholds import RULES, Rules
from capture.types import AnswerSpan, Flag, FlagKind, Observation
from capture.watch import Watch, flag_of, flags_of, lasting


@dataclass(frozen=True)
class Ahead:
    """This person's own straight ahead, and from when on it is known."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    gaze_x: float
    known_from_ms: int


def straight_ahead(rows: Sequence[Observation], rules: Rules = RULES) -> Ahead | None:
    """The median of the first moments in which one person faced about where a camera may stand."""
    first = list(islice((row for row in rows if _is_neutral(row, rules)), rules.neutral_rows_at_most))
    if len(first) < rules.neutral_rows:
        return None
    return Ahead(
        yaw_deg=median(row.yaw_deg or 0.0 for row in first),
        pitch_deg=median(row.pitch_deg or 0.0 for row in first),
        roll_deg=median(row.roll_deg or 0.0 for row in first),
        gaze_x=median(row.gaze_x or 0.0 for row in first),
        known_from_ms=first[rules.neutral_rows - 1].t_ms,
    )


def _is_neutral(row: Observation, rules: Rules) -> bool:
    if row.yaw_deg is None or row.pitch_deg is None or row.count != 1:
        return False
    return max(abs(row.yaw_deg), abs(row.pitch_deg)) <= rules.neutral_deg


def from_head(
    stretch: Stretch, clear: Sequence[bool], ahead: Ahead, answers: Sequence[AnswerSpan], rules: Rules
) -> Iterator[Flag]:
    """`clear` says of which rows the face can be judged."""
    rows = zip(stretch.observations, clear, strict=True)
    judged = [is_clear and row.t_ms > ahead.known_from_ms for row, is_clear in rows]
    yield from _turned_away(stretch, judged, ahead, rules)
    yield from _looking_away(stretch, judged, ahead, answers, rules)


CAMERA = Ahead(0.0, 0.0, 0.0, 0.0, 0)  # what is ahead as long as nothing better is known


def turn_share(row: Observation, ahead: Ahead, rules: Rules) -> float:
    """How far a head points away: 1 and more is beyond the rule's angle."""
    aside, up = (row.yaw_deg or 0.0) - ahead.yaw_deg, (row.pitch_deg or 0.0) - ahead.pitch_deg
    return max(abs(aside) / rules.away_yaw_deg, -up / rules.away_down_deg, up / rules.away_up_deg)


def _turned_away(stretch: Stretch, clear: Sequence[bool], ahead: Ahead, rules: Rules) -> Iterator[Flag]:
    """A face that is seen but can no longer be read may still be turning: it does not end what has begun."""
    rows = stretch.observations
    shares = [turn_share(row, ahead, rules) if c else 0.0 for row, c in zip(rows, clear, strict=True)]
    unreadable = [row.yaw_deg is None and (row.count or 0) >= 1 for row in rows]
    watch = Watch(
        rule="face_turned_away/2",
        kind=FlagKind.FACE_TURNED_AWAY,
        says="",
        at_least_ms=rules.away_ms,
        bridge_ms=rules.away_bridge_ms,
        raised_at_ms=rules.away_medium_ms,
    )
    for span in lasting(stretch, kept_on([share >= 1 for share in shares], unreadable), watch):
        inside = [pair for pair in zip(shares, rows, strict=True) if span.start_ms <= pair[1].t_ms < span.end_ms]
        farthest = max(inside, key=lambda pair: pair[0])[1]
        yield flag_of(span, replace(watch, says=f"The head was {_way(farthest, ahead, rules)}"))


def _way(row: Observation, ahead: Ahead, rules: Rules) -> str:
    aside, up = (row.yaw_deg or 0.0) - ahead.yaw_deg, (row.pitch_deg or 0.0) - ahead.pitch_deg
    ways = [
        (aside, rules.away_yaw_deg, "turned to the picture's right"),
        (-aside, rules.away_yaw_deg, "turned to the picture's left"),
        (-up, rules.away_down_deg, "lowered"),
        (up, rules.away_up_deg, "raised"),
    ]
    angle, limit, way = max(ways, key=lambda way: way[0] / way[1])
    return f"{way} by up to {angle:.0f}° (rule: {limit:.0f}° or more)"


def _looking_away(
    stretch: Stretch, clear: Sequence[bool], ahead: Ahead, answers: Sequence[AnswerSpan], rules: Rules
) -> Iterator[Flag]:
    """Head and eyes together: eyes turn back while a head turns, and a camera is still looked at."""
    rows = stretch.observations
    from_ms = _asked_ms(rows[0].t_ms, answers) + rules.sight_after_ms
    seen = [
        c
        and row.t_ms >= from_ms
        and (row.openness is None or row.openness >= rules.shut_openness)
        and abs(sight_aside_deg(row, ahead, rules)) >= rules.sight_aside_deg
        and turn_share(row, ahead, rules) < 1
        for row, c in zip(rows, clear, strict=True)
    ]
    says = f"The eyes looked aside by {rules.sight_aside_deg:.0f}° or more while the head stayed"
    yield from flags_of(
        stretch, seen, Watch("looking_away/1", FlagKind.LOOKING_AWAY, says, rules.sight_ms, rules.sight_bridge_ms)
    )


def sight_aside_deg(row: Observation, ahead: Ahead, rules: Rules = RULES) -> float:
    """Where head and eyes together point, from straight ahead; positive to the picture's right."""
    if row.yaw_deg is None or row.gaze_x is None:
        return 0.0
    return row.yaw_deg - ahead.yaw_deg + rules.eye_deg * (row.gaze_x - ahead.gaze_x)


def _asked_ms(t_ms: int, answers: Sequence[AnswerSpan]) -> int:
    return next((answer.start_ms for answer in answers if answer.start_ms <= t_ms < answer.end_ms), 0)
