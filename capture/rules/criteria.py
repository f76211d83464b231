"""Criteria: how long something must last to become a flag, how severe the flag is, what it says.

What is seen, and all numbers, come from the rules in the modules beside this one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from capture.rules.columns import Seen
from capture.rules.segments import Segment, Span
from capture.rules.sentences import with_reason
from capture.types import Finding, Flag, FlagKind, Severity


@dataclass(frozen=True)
class Criterion:
    """Which flag a rule raises, and how long something must last first.

    Intervals that are at most `bridge_ms` apart count as one. A flag of `raised_at_ms` or longer
    has the severity `raised_to`.
    """

    rule: str
    kind: FlagKind
    finding: Finding
    at_least_ms: int
    bridge_ms: int = 0
    severity: Severity = Severity.LOW
    raised_at_ms: int | None = None
    raised_to: Severity = Severity.MEDIUM
    assessable: bool = True
    angle_limit_deg: float | None = None  # for the sentence of a rule that compares an angle


def flags_of(segment: Segment, seen: Seen, criterion: Criterion) -> Iterator[Flag]:
    """One flag for each interval in which `seen` stays true for long enough."""
    return (flag_of(span, criterion) for span in lasting(segment, seen, criterion))


def lasting(segment: Segment, seen: Seen, criterion: Criterion) -> list[Span]:
    return [
        span
        for span in segment.runs(seen, criterion.bridge_ms)
        if span.length_ms >= criterion.at_least_ms
    ]


def flag_if_long(span: Span, criterion: Criterion) -> list[Flag]:
    return [flag_of(span, criterion)] if span.length_ms >= criterion.at_least_ms else []


def flag_of(span: Span, criterion: Criterion, angle_deg: float | None = None) -> Flag:
    is_raised = criterion.raised_at_ms is not None and span.length_ms >= criterion.raised_at_ms
    flag = Flag(
        kind=criterion.kind,
        start_ms=span.start_ms,
        end_ms=span.end_ms,
        severity=criterion.raised_to if is_raised else criterion.severity,
        measured=span.length_ms,
        threshold=criterion.at_least_ms,
        unit="ms",
        rule=criterion.rule,
        reason="",
        assessable=criterion.assessable,
        angle_deg=angle_deg,
        angle_limit_deg=criterion.angle_limit_deg,
    )
    return with_reason(flag, criterion.finding)
