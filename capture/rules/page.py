"""Rules about what the candidate's page reported, and about what the system itself lost."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from capture.rules.criteria import Criterion, flag_if_long
from capture.rules.segments import Span
from capture.rules.sentences import with_reason
from capture.rules.thresholds import Rules
from capture.types import (
    Finding,
    Flag,
    FlagKind,
    Gap,
    GapCause,
    Measurements,
    PageEvent,
    PageEventKind,
    Severity,
)


def from_gaps(gaps: Sequence[Gap], rules: Rules) -> Iterator[Flag]:
    """Flags for our own losses, which never count against a person.

    Thinking time between answers is no loss.
    """
    for gap in gaps:
        if gap.cause is not GapCause.BETWEEN_ANSWERS:
            criterion = Criterion(
                rule="recording_gap/1",
                kind=FlagKind.RECORDING_GAP,
                finding=GAP_FINDINGS[gap.cause],
                at_least_ms=rules.recording_gap_ms,
                raised_at_ms=rules.recording_gap_medium_ms,
                assessable=False,
            )
            yield from flag_if_long(Span(gap.start_ms, gap.end_ms), criterion)


GAP_FINDINGS = {
    GapCause.INTERRUPTED: Finding.GAP_INTERRUPTED,
    GapCause.DAMAGED: Finding.GAP_DAMAGED,
    GapCause.NOT_MEASURED: Finding.GAP_NOT_MEASURED,
}


def _event_criteria(rules: Rules) -> dict[str, Criterion]:
    """The criteria for page events with a length, by the kind of event."""
    hidden = Criterion(
        "page_hidden/1",
        FlagKind.PAGE_HIDDEN,
        Finding.PAGE_HIDDEN,
        rules.page_hidden_ms,
    )
    focus = FlagKind.FOCUS_LOST
    return {
        PageEventKind.TAB_HIDDEN: replace(hidden, raised_at_ms=rules.page_hidden_medium_ms),
        PageEventKind.FOCUS_LOST: Criterion(
            "focus_lost/1",
            focus,
            Finding.FOCUS_LOST,
            rules.focus_lost_ms,
        ),
    }


MOMENTS: dict[str, tuple[FlagKind, Finding]] = {  # reported without a length
    PageEventKind.FULLSCREEN_LEFT: (FlagKind.FULLSCREEN_LEFT, Finding.FULLSCREEN_LEFT),
    PageEventKind.PASTE: (FlagKind.PASTE, Finding.PASTE),
    PageEventKind.SECOND_DISPLAY: (FlagKind.SECOND_DISPLAY, Finding.SECOND_DISPLAY),
}


def from_events(measurements: Measurements, rules: Rules) -> Iterator[Flag]:
    """Flags for page events. A hidden page has also lost the focus: we flag only the former."""
    criteria = _event_criteria(rules)
    spans = [(event, _event_span(event, measurements)) for event in measurements.events]
    hidden = [span for event, span in spans if event.kind == PageEventKind.TAB_HIDDEN]
    for event, span in spans:
        kind = event.kind
        is_said = kind == PageEventKind.FOCUS_LOST and any(span.overlaps(other) for other in hidden)
        if kind in criteria and not is_said:
            yield from flag_if_long(span, criteria[kind])
        elif kind in MOMENTS:
            yield _moment(event, span.start_ms)


def _moment(event: PageEvent, t_ms: int) -> Flag:
    kind, finding = MOMENTS[event.kind]
    measured, unit = (1, "times") if event.characters is None else (event.characters, "characters")
    flag = Flag(kind, t_ms, t_ms, Severity.LOW, measured, 1, unit, f"{kind}/1", reason="")
    return with_reason(flag, finding)


def _event_span(event: PageEvent, measurements: Measurements) -> Span:
    """The interval of an event. An event without an end lasted until the answer's end."""
    ends = [
        answer.end_ms
        for answer in measurements.answers
        if answer.start_ms <= event.t_ms < answer.end_ms
    ]
    last_ms = ends[0] if ends else measurements.duration_ms
    return Span(
        event.t_ms,
        max(event.t_ms, min(last_ms if event.until_ms is None else event.until_ms, last_ms)),
    )
