"""Rules about where head and eyes point, relative to this person's own direction to the screen.

They raise nothing until we know that direction, and nothing about faces that we cannot read well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from capture.rules.columns import Column, Columns, Seen
from capture.rules.criteria import Criterion, flag_of, flags_of, lasting
from capture.rules.segments import Segment, sustained
from capture.rules.thresholds import RULES, Rules
from capture.types import AnswerSpan, Finding, Flag, FlagKind


@dataclass(frozen=True)
class Ahead:
    """Where this person looks when they look at the screen, and how open their eyes are then.

    We know this from `known_from_ms` on.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    gaze_x: float
    openness: float
    known_from_ms: int


def straight_ahead(rows: Columns, rules: Rules = RULES) -> Ahead | None:
    """The median direction at the beginning, while one person looked roughly at the camera."""
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


CAMERA = Ahead(0.0, 0.0, 0.0, 0.0, 1.0, 0)  # straight ahead, until we know better


def from_head(
    segment: Segment, clear: Seen, ahead: Ahead, answers: Sequence[AnswerSpan], rules: Rules
) -> Iterator[Flag]:
    """The flags about head and eyes. `clear`: the rows whose face we can judge."""
    judged = clear & (segment.rows.t_ms > ahead.known_from_ms)
    yield from _turned_away(segment, judged, ahead, rules)
    yield from _looking_away(segment, judged, ahead, answers, rules)


def turn_share(rows: Columns, ahead: Ahead, rules: Rules) -> Column:
    """How far the head points away, as a share of the rule's angle: from 1 on it is turned away."""
    aside, up = rows.yaw_deg - ahead.yaw_deg, rows.pitch_deg - ahead.pitch_deg
    upward = np.maximum(-up / rules.away_down_deg, up / rules.away_up_deg)
    share: Column = np.maximum(np.abs(aside) / rules.away_yaw_deg, upward)
    return share


def _turned_away(segment: Segment, judged: Seen, ahead: Ahead, rules: Rules) -> Iterator[Flag]:
    """Flags for a head that was turned away.

    A face that we see but can no longer read may still be turning, so it does not end the interval.
    """
    rows = segment.rows
    shares = np.where(judged, turn_share(rows, ahead, rules), 0.0)
    unreadable = np.isnan(rows.yaw_deg) & (rows.count >= 1)
    criterion = Criterion(
        rule="face_turned_away/2",
        kind=FlagKind.FACE_TURNED_AWAY,
        finding=Finding.HEAD_LEFT,  # `_farthest` says which way each head was turned
        at_least_ms=rules.away_ms,
        bridge_ms=rules.away_bridge_ms,
        raised_at_ms=rules.away_medium_ms,
    )
    for span in lasting(segment, sustained(shares >= 1, unreadable), criterion):
        row = int(np.argmax(np.where(segment.within([span]), shares, -1.0)))
        finding, angle_deg, limit_deg = _farthest(rows, row, ahead, rules)
        turned = replace(criterion, finding=finding, angle_limit_deg=limit_deg)
        yield flag_of(span, turned, angle_deg)


def _farthest(rows: Columns, row: int, ahead: Ahead, rules: Rules) -> tuple[Finding, float, float]:
    """Which way the head was turned in a row, by how many degrees, and the rule's angle."""
    aside_deg = float(rows.yaw_deg[row]) - ahead.yaw_deg
    up_deg = float(rows.pitch_deg[row]) - ahead.pitch_deg
    ways = [
        (Finding.HEAD_RIGHT, aside_deg, rules.away_yaw_deg),
        (Finding.HEAD_LEFT, -aside_deg, rules.away_yaw_deg),
        (Finding.HEAD_LOWERED, -up_deg, rules.away_down_deg),
        (Finding.HEAD_RAISED, up_deg, rules.away_up_deg),
    ]
    return max(ways, key=lambda way: way[1] / way[2])


def _looking_away(
    segment: Segment, judged: Seen, ahead: Ahead, answers: Sequence[AnswerSpan], rules: Rules
) -> Iterator[Flag]:
    """Flags for eyes that looked aside while the head stayed.

    We add the angles of head and eyes: while the head turns, the eyes may turn back and still look
    at the camera.
    """
    rows = segment.rows
    aside = np.abs(sight_aside_deg(rows, ahead, rules)) >= rules.sight_aside_deg
    is_open = ~(rows.openness < rules.shut_share * ahead.openness)
    first_ms = int(rows.t_ms[0])
    asked_ms = next(
        (answer.start_ms for answer in answers if answer.start_ms <= first_ms < answer.end_ms), 0
    )
    is_late = rows.t_ms >= asked_ms + rules.sight_after_ms
    seen = judged & is_late & is_open & aside & (turn_share(rows, ahead, rules) < 1)
    criterion = Criterion(
        "looking_away/2",
        FlagKind.LOOKING_AWAY,
        Finding.EYES_ASIDE,
        rules.sight_ms,
        rules.sight_bridge_ms,
        angle_limit_deg=rules.sight_aside_deg,
    )
    yield from flags_of(segment, seen, criterion)


def sight_aside_deg(rows: Columns, ahead: Ahead, rules: Rules = RULES) -> Column:
    """The yaw of the line of sight, relative to straight ahead; positive to the picture's right.

    It is the head's yaw plus the eyes' angle within the head.
    """
    return rows.yaw_deg - ahead.yaw_deg + rules.eye_deg * (rows.gaze_x - ahead.gaze_x)
