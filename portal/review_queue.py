"""The review queue: filters interviews with one SQL query, and sums up each interview's flags.

The admin's table and the JSON API share this module. It reads the filters from the URL and knows no
templates. It ignores URL values that it does not understand, so that old links still open.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload
from werkzeug.datastructures import MultiDict

from portal import access, interviews, time_zones
from portal.extensions import db
from portal.models import (
    AnswerState,
    Application,
    Flag,
    FlagKind,
    InterviewSession,
    InterviewState,
    Severity,
    User,
    utc_now,
)
from portal.text_search import mentions

KINDS = tuple(FlagKind)  # the most important first
SEVERITIES = tuple(reversed(Severity))

# Interviews without consent are hidden unless the admin asks for them.
SHOWN_STATES = tuple(state for state in InterviewState if state is not InterviewState.PENDING)

# A recording page reports every few seconds. A short network failure does not last this long.
AWAY_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class InterviewFilter:
    """The filter of the queue. An interview must match every field that is set.

    Several values in one field mean that any of them matches.
    """

    candidate: str = ""
    kinds: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    states: tuple[InterviewState, ...] = ()
    job_id: uuid.UUID | None = None
    from_day: date | None = None
    to_day: date | None = None  # including this day; days are those of the reader's time zone

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> "InterviewFilter":
        """Read the filter from a URL's arguments.

        These are `candidate`, `kind`, `severity`, `state`, `job`, `from` and `to`. `kind`,
        `severity` and `state` may appear several times.
        """
        return cls(
            candidate=args.get("candidate", "").strip()[:100],
            kinds=tuple(kind for kind in KINDS if kind in args.getlist("kind")),
            severities=tuple(level for level in SEVERITIES if level in args.getlist("severity")),
            states=tuple(state for state in InterviewState if state in args.getlist("state")),
            job_id=_parsed(args.get("job"), uuid.UUID),
            from_day=_parsed(args.get("from"), date.fromisoformat),
            to_day=_parsed(args.get("to"), date.fromisoformat),
        )

    def to_args(self) -> dict[str, Any]:
        """The filter as arguments of `url_for`, without the fields that are not set."""
        args = {
            "candidate": self.candidate,
            "kind": list(self.kinds),
            "severity": list(self.severities),
            "state": [state.value for state in self.states],
            "job": str(self.job_id or ""),
            "from": str(self.from_day or ""),
            "to": str(self.to_day or ""),
        }
        return {name: value for name, value in args.items() if value}

    @property
    def is_backwards(self) -> bool:
        """Whether the first day is later than the last one, so that nothing can match."""
        return bool(self.from_day and self.to_day and self.from_day > self.to_day)

    def left_out(self, viewer: access.Viewer) -> int:
        """How many matching interviews the list hides because they have not begun."""
        if self.states:
            return 0
        not_begun = replace(self, states=(InterviewState.PENDING,))
        found = access.reviewed(select(InterviewSession.id), viewer)
        found = found.join(InterviewSession.application).join(Application.user)
        return access.count(found.where(*not_begun.conditions()))

    def __bool__(self) -> bool:
        return bool(self.to_args())

    def select(self, viewer: access.Viewer) -> Select[InterviewSession]:
        """What the viewer may see of it, newest first.

        It loads all that the rows show in a fixed number of queries.
        """
        application = InterviewSession.application
        return (
            access.reviewed(select(InterviewSession), viewer)
            .join(application)
            .join(Application.user)
            .join(Application.job)
            .options(
                contains_eager(application).contains_eager(Application.user),
                contains_eager(application).contains_eager(Application.job),
                selectinload(InterviewSession.questions),
                selectinload(InterviewSession.flags),
                selectinload(InterviewSession.answers),
            )
            .where(*self.conditions())
            .order_by(*NEWEST_FIRST)
        )

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """The WHERE conditions, for a query that joins the application and its user."""
        yield InterviewSession.state.in_(self.states or SHOWN_STATES)
        yield from mentions(self.candidate, User.full_name, User.email)
        if self.job_id:
            yield Application.job_id == self.job_id
        if self.from_day:
            yield InterviewSession.start_time >= time_zones.midnight(self.from_day)
        if self.to_day and self.to_day < date.max:
            yield InterviewSession.start_time < time_zones.midnight(self.to_day + timedelta(days=1))
        if self.kinds or self.severities:
            yield self._has_flag()

    def _has_flag(self) -> ColumnElement[bool]:
        """Requires one flag that has both a wanted kind and a wanted severity.

        A stretch that the engine could not assess does not count as a flag.
        """
        wanted = [Flag.assessable.is_(True)]
        if self.kinds:
            wanted.append(Flag.kind.in_(self.kinds))
        if self.severities:
            wanted.append(Flag.severity.in_(self.severities))
        return InterviewSession.flags.any(and_(*wanted))


# `id` comes last, so that interviews with the same start keep one order on every page.
NEWEST_FIRST = (
    InterviewSession.start_time.desc(),
    InterviewSession.created_at.desc(),
    InterviewSession.id,
)


def _parsed(text: str | None, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(text) if text else None
    except ValueError:
        return None


@dataclass(frozen=True)
class ListPosition:
    """An interview's position in a list, the list's length, and the two neighbours."""

    newer: uuid.UUID | None
    older: uuid.UUID | None
    number: int
    total: int


def position_of(
    interview: InterviewSession, wanted: InterviewFilter, viewer: access.Viewer
) -> ListPosition:
    """The interview's place in the filtered list.

    The list includes this interview even when it no longer matches the filter.
    """
    columns = select(
        InterviewSession.id,
        func.lag(InterviewSession.id, type_=InterviewSession.id.type)
        .over(order_by=NEWEST_FIRST)
        .label("newer"),
        func.lead(InterviewSession.id, type_=InterviewSession.id.type)
        .over(order_by=NEWEST_FIRST)
        .label("older"),
        func.row_number().over(order_by=NEWEST_FIRST).label("number"),
        func.count().over().label("total"),
    )
    listed = (
        access.reviewed(columns, viewer)
        .join(InterviewSession.application)
        .join(Application.user)
        .where(or_(and_(*wanted.conditions()), InterviewSession.id == interview.id))
        .subquery()
    )
    row = db.session.execute(select(listed).where(listed.c.id == interview.id)).one()
    return ListPosition(row.newer, row.older, row.number, row.total)


@dataclass(frozen=True)
class FlagSegment:
    """Where one flag is on the timeline, in per cent of the recording."""

    x: float
    width: float
    severity: str  # "none" when the engine could not assess this stretch


def state_counts(viewer: access.Viewer) -> dict[InterviewState, int]:
    """How many interviews are in each state, without any filter."""
    counted = access.reviewed(select(InterviewSession.state, func.count()), viewer)
    rows = db.session.execute(counted.group_by(InterviewSession.state))
    return dict(rows.all())


def is_away(interview: InterviewSession, now: datetime | None = None) -> bool:
    """Whether the candidate has begun, but the page is closed or offline at the moment."""
    if interview.state is not InterviewState.RECORDING:
        return False
    seen_at = interview.holder_seen_at or interview.start_time
    return seen_at is None or (now or utc_now()) - seen_at > AWAY_AFTER


class Activity(StrEnum):
    """What a candidate in an interview does at the moment, as far as the server knows."""

    AWAY = "away"
    # The page is open but records nothing: the candidate reads or thinks, or recording failed.
    WAITING = "waiting"
    RECORDING = "recording"  # the server has received a part of the answer that runs now


@dataclass(frozen=True)
class Progress:
    activity: Activity
    answers: int  # questions for which the server has at least a part of an answer


def progress(interview: InterviewSession, now: datetime | None = None) -> Progress:
    """How far the candidate is, judged only by the data that has arrived."""
    there = interviews.arrived(interview)
    count = len({answer.question_position for answer in there})
    if is_away(interview, now):
        return Progress(Activity.AWAY, count)
    is_recording = any(answer.state is AnswerState.RECORDING for answer in there)
    return Progress(Activity.RECORDING if is_recording else Activity.WAITING, count)


def severity_counts(flags: Iterable[Flag]) -> dict[str, int]:
    """The number of flags of each severity, highest first, without unassessable stretches."""
    counted = Counter(flag.severity for flag in flags if flag.assessable)
    return {level: counted[level] for level in SEVERITIES if counted[level]}


def kind_counts(flags: Iterable[Flag]) -> dict[str, int]:
    """The number of flags of each kind, without unassessable stretches."""
    counted = Counter(flag.kind for flag in flags if flag.assessable)
    return {kind: counted[kind] for kind in KINDS if counted[kind]}


@dataclass(frozen=True)
class FlagView:
    """What the player's list shows about one flag. `level` is its severity, or "none"."""

    key: uuid.UUID
    kind: FlagKind
    level: str
    start_ms: int
    end_ms: int
    sentence: str
    rule: str
    measured: float
    threshold: float
    unit: str
    assessable: bool


def flag_view(flag: Flag) -> FlagView:
    return FlagView(
        key=flag.key,
        kind=flag.kind,
        level=flag.severity if flag.assessable else "none",
        start_ms=flag.start_ms,
        end_ms=flag.end_ms,
        sentence=interviews.flag_sentence(flag),
        rule=flag.rule,
        measured=flag.measured,
        threshold=flag.threshold,
        unit=flag.unit,
        assessable=flag.assessable,
    )


def unassessable_percent(interview: InterviewSession) -> int:
    """The part of the recording that the engine could not assess. Overlaps count once."""
    total_ms, reached_ms = 0, 0
    for flag in sorted(
        (flag for flag in interview.flags if not flag.assessable), key=lambda flag: flag.start_ms
    ):
        total_ms += max(0, flag.end_ms - max(flag.start_ms, reached_ms))
        reached_ms = max(reached_ms, flag.end_ms)
    return round(100 * total_ms / length_so_far_ms(interview)) if total_ms else 0


def marks(interview: InterviewSession) -> list[FlagSegment]:
    """The flags for a row's timeline. The most severe come last, so that they are drawn on top."""
    whole_ms = length_so_far_ms(interview)
    rank = ("none", *reversed(SEVERITIES))
    placed = [_mark(flag, whole_ms) for flag in interview.flags]
    return sorted(placed, key=lambda mark: rank.index(mark.severity))


@dataclass(frozen=True)
class InterviewSummary:
    """What one row of the queue shows about an interview."""

    interview: InterviewSession
    by_severity: dict[str, int]
    by_kind: dict[str, int]
    unassessable_percent: int
    marks: list[FlagSegment]
    progress: Progress

    @property
    def is_away(self) -> bool:
        return self.interview.state is InterviewState.RECORDING and (
            self.progress.activity is Activity.AWAY
        )


def summary(interview: InterviewSession) -> InterviewSummary:
    return InterviewSummary(
        interview=interview,
        by_severity=severity_counts(interview.flags),
        by_kind=kind_counts(interview.flags),
        unassessable_percent=unassessable_percent(interview),
        marks=marks(interview),
        progress=progress(interview),
    )


# A narrower mark would be invisible on a row's small timeline.
MARK_MIN_PERCENT = 1.5


def _mark(flag: Flag, whole_ms: int) -> FlagSegment:
    x = min(100 * flag.start_ms / whole_ms, 100 - MARK_MIN_PERCENT)
    width = max(100 * (flag.end_ms - flag.start_ms) / whole_ms, MARK_MIN_PERCENT)
    return FlagSegment(
        round(x, 2), round(min(width, 100 - x), 2), flag.severity if flag.assessable else "none"
    )


def length_so_far_ms(interview: InterviewSession) -> int:
    """The recording's length. During the interview: the length so far. Never 0."""
    last_ms = max((flag.end_ms for flag in interview.flags), default=0)
    measured_ms = sum(answer.measured_ms for answer in interview.kept_answers())
    return max(interview.duration_ms or measured_ms, last_ms, 1)
