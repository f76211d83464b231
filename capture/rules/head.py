"""Where head and eyes point, seen from where this person looks when they look at their screen.

Says nothing before that is known, and nothing of faces that cannot be read well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from capture.rules.columns import Column, Columns, Seen
from capture.rules.criteria import Criterion, flag_of, flags_of, lasting
from capture.rules.segments import Segment, sustained
from capture.rules.thresholds import RULES, Rules
from capture.types import AnswerSpan, Flag, FlagKind


@dataclass(frozen=True)
class Ahead:
    """This person's own straight ahead and open eyes, and from when on they are known."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    gaze_x: float
    openness: float
    known_from_ms: int


def straight_ahead(rows: Columns, rules: Rules = RULES) -> Ahead | None:
    """The median of the first moments in which one person faced about where a camera may stand."""
    off = np.maximum(np.abs(rows.yaw_deg), np.abs(rows.pitch_deg))
    first = rows.part(
        np.flatnonzero((rows.count == 1) & (off <= rules.neutral_deg))[: rules.neutral_rows_at_most]
    )
    if len(first) < rules.neutral_rows:
        return None
    middles = {
        name: _median(getattr(first, name))
        for name in ("yaw_deg", "pitch_deg", "roll_deg", "gaze_x")
    }
    openness = _median(first.openness) or CAMERA.openness
    return Ahead(
        **middles, openness=openness, known_from_ms=int(first.t_ms[rules.neutral_rows - 1])
    )


def _median(values: Column) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else 0.0


CAMERA = Ahead(0.0, 0.0, 0.0, 0.0, 1.0, 0)  # what is ahead as long as nothing better is known


def from_head(
    segment: Segment, clear: Seen, ahead: Ahead, answers: Sequence[AnswerSpan], rules: Rules
) -> Iterator[Flag]:
    """`clear` says of which rows the face can be judged."""
    judged = clear & (segment.rows.t_ms > ahead.known_from_ms)
    yield from _turned_away(segment, judged, ahead, rules)
    yield from _looking_away(segment, judged, ahead, answers, rules)


def turn_share(rows: Columns, ahead: Ahead, rules: Rules) -> Column:
    """How far a head points away: 1 and more is beyond the rule's angle."""
    aside, up = rows.yaw_deg - ahead.yaw_deg, rows.pitch_deg - ahead.pitch_deg
    upward = np.maximum(-up / rules.away_down_deg, up / rules.away_up_deg)
    share: Column = np.maximum(np.abs(aside) / rules.away_yaw_deg, upward)
    return share


def _turned_away(segment: Segment, judged: Seen, ahead: Ahead, rules: Rules) -> Iterator[Flag]:
    """A face that is seen but can no longer be read may still be turning: it does not end what has
    begun.
    """
    rows = segment.rows
    shares = np.where(judged, turn_share(rows, ahead, rules), 0.0)
    unreadable = np.isnan(rows.yaw_deg) & (rows.count >= 1)
    criterion = Criterion(
        rule="face_turned_away/2",
        kind=FlagKind.FACE_TURNED_AWAY,
        says="",
        at_least_ms=rules.away_ms,
        bridge_ms=rules.away_bridge_ms,
        raised_at_ms=rules.away_medium_ms,
    )
    for span in lasting(segment, sustained(shares >= 1, unreadable), criterion):
        farthest = int(np.argmax(np.where(segment.within([span]), shares, -1.0)))
        yield flag_of(
            span, replace(criterion, says=f"The head was {_way(rows, farthest, ahead, rules)}")
        )


def _way(rows: Columns, number: int, ahead: Ahead, rules: Rules) -> str:
    aside, up = (
        float(rows.yaw_deg[number]) - ahead.yaw_deg,
        float(rows.pitch_deg[number]) - ahead.pitch_deg,
    )
    ways = [
        (aside, rules.away_yaw_deg, "turned to the picture's right"),
        (-aside, rules.away_yaw_deg, "turned to the picture's left"),
        (-up, rules.away_down_deg, "lowered"),
        (up, rules.away_up_deg, "raised"),
    ]
    angle, limit, way = max(ways, key=lambda way: way[0] / way[1])
    return f"{way} by up to {angle:.0f}° (rule: {limit:.0f}° or more)"


def _looking_away(
    segment: Segment, judged: Seen, ahead: Ahead, answers: Sequence[AnswerSpan], rules: Rules
) -> Iterator[Flag]:
    """Head and eyes together: eyes turn back while a head turns, and a camera is still looked
    at.
    """
    rows = segment.rows
    aside = np.abs(sight_aside_deg(rows, ahead, rules)) >= rules.sight_aside_deg
    is_open = ~(rows.openness < rules.shut_share * ahead.openness)
    is_late = rows.t_ms >= _asked_ms(int(rows.t_ms[0]), answers) + rules.sight_after_ms
    seen = judged & is_late & is_open & aside & (turn_share(rows, ahead, rules) < 1)
    says = f"The eyes looked aside by {rules.sight_aside_deg:.0f}° or more while the head stayed"
    yield from flags_of(
        segment,
        seen,
        Criterion(
            "looking_away/2", FlagKind.LOOKING_AWAY, says, rules.sight_ms, rules.sight_bridge_ms
        ),
    )


def sight_aside_deg(rows: Columns, ahead: Ahead, rules: Rules = RULES) -> Column:
    """The line of sight's yaw: head and eyes together, from straight ahead; positive to the
    picture's right.
    """
    return rows.yaw_deg - ahead.yaw_deg + rules.eye_deg * (rows.gaze_x - ahead.gaze_x)


def _asked_ms(t_ms: int, answers: Sequence[AnswerSpan]) -> int:
    return next(
        (answer.start_ms for answer in answers if answer.start_ms <= t_ms < answer.end_ms), 0
    )
