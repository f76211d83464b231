"""Which interviews an admin asked to see, as one SQL query, and what one row of the queue says
about its flags.

Reads filters from the URL and knows nothing of pages: the admin's table and the JSON API share it.
A value in the URL that means nothing is left out, so an old link still opens.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload
from werkzeug.datastructures import MultiDict

from portal import interviews
from portal.extensions import db
from portal.models import (
    AnswerState,
    Application,
    Flag,
    InterviewSession,
    InterviewState,
    User,
    utc_now,
)
from portal.text_search import mentions

# The names of the telemetry contract, most telling first; a test holds them equal to the capture
# engine's.
KINDS = (
    "no_face",
    "several_faces",
    "face_turned_away",
    "looking_away",
    "other_voice",
    "no_sound",
    "picture_lost",
    "page_hidden",
    "focus_lost",
    "fullscreen_left",
    "second_display",
    "paste",
    "recording_gap",
)
SEVERITIES = ("high", "medium", "low")

# Who never agreed to be recorded is no work for a reviewer: such rows appear only when asked for.
SHOWN_STATES = tuple(state for state in InterviewState if state is not InterviewState.PENDING)


# The page of somebody who records reports every few seconds; this long a silence is no hiccup of
# the network.
AWAY_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class InterviewFilter:
    """What to look for. Several values of one field mean *any of them*; different fields must all
    hold.
    """

    candidate: str = ""
    kinds: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    states: tuple[InterviewState, ...] = ()
    job_id: uuid.UUID | None = None
    from_day: date | None = None
    to_day: date | None = None  # this whole day included; days are UTC

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> "InterviewFilter":
        """Read `candidate`, `kind`, `severity`, `state` (each of these three repeatable), `job`,
        `from`, `to`.
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
        """The same filter as arguments of `url_for`, without what is not set."""
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
        """Whether it asks for no day at all: from a later one to an earlier one."""
        return bool(self.from_day and self.to_day and self.from_day > self.to_day)

    def left_out(self) -> int:
        """How many that fit are not listed, because they have not begun and nobody asked for such."""
        if self.states:
            return 0
        counted = (
            select(func.count(InterviewSession.id))
            .join(InterviewSession.application)
            .join(Application.user)
        )
        not_begun = replace(self, states=(InterviewState.PENDING,))
        return db.session.scalar(counted.where(*not_begun.conditions())) or 0

    def __bool__(self) -> bool:
        return bool(self.to_args())

    def select(self) -> Select[InterviewSession]:
        """Newest first, with everything that a row shows loaded in a fixed number of queries."""
        application = InterviewSession.application
        return (
            select(InterviewSession)
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
        """What must hold, for a query that joins the application and its user."""
        yield InterviewSession.state.in_(self.states or SHOWN_STATES)
        yield from mentions(self.candidate, User.full_name, User.email)
        if self.job_id:
            yield Application.job_id == self.job_id
        if self.from_day:
            yield InterviewSession.start_time >= _midnight(self.from_day)
        if self.to_day and self.to_day < date.max:
            yield InterviewSession.start_time < _midnight(self.to_day + timedelta(days=1))
        if self.kinds or self.severities:
            yield self._has_flag()

    def _has_flag(self) -> ColumnElement[bool]:
        """One flag must have both the kind and the severity asked for; what could not be assessed
        is no flag.
        """
        wanted = [Flag.assessable.is_(True)]
        if self.kinds:
            wanted.append(Flag.kind.in_(self.kinds))
        if self.severities:
            wanted.append(Flag.severity.in_(self.severities))
        return InterviewSession.flags.any(and_(*wanted))


# `id` last, so that two interviews of the same moment never swap places between two pages.
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


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


@dataclass(frozen=True)
class Place:
    """Where an interview lies in a list of them: its neighbours, and which one of how many it is."""

    newer: uuid.UUID | None
    older: uuid.UUID | None
    number: int
    total: int


def place_of(interview: InterviewSession, wanted: InterviewFilter) -> Place:
    """Its place in the list that was asked for. It is counted even where it is no longer what was
    asked for.
    """
    listed = (
        select(
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
        .join(InterviewSession.application)
        .join(Application.user)
        .where(or_(and_(*wanted.conditions()), InterviewSession.id == interview.id))
        .subquery()
    )
    row = db.session.execute(select(listed).where(listed.c.id == interview.id)).one()
    return Place(row.newer, row.older, row.number, row.total)


@dataclass(frozen=True)
class Mark:
    """Where one flag lies, in per cent of the recording."""

    x: float
    width: float
    severity: str  # "none" where it could not be assessed


def state_counts() -> dict[InterviewState, int]:
    """How many interviews are in each state, whatever else is asked for."""
    counted = select(InterviewSession.state, func.count()).group_by(InterviewSession.state)
    return {state: count for state, count in db.session.execute(counted)}


def is_away(interview: InterviewSession, now: datetime | None = None) -> bool:
    """Whether the candidate has begun and is not there at the moment: closed the page, or lost the
    network.
    """
    if interview.state is not InterviewState.RECORDING:
        return False
    seen_at = interview.holder_seen_at or interview.start_time
    return seen_at is None or (now or utc_now()) - seen_at > AWAY_AFTER


class Doing(StrEnum):
    """What a candidate who has begun does at the moment, as far as the server can tell."""

    AWAY = "away"
    # there, and nothing is recorded: reading, thinking, or with a browser that cannot
    WAITING = "waiting"
    RECORDING = "recording"  # of the answer that runs, something has come


@dataclass(frozen=True)
class Progress:
    doing: Doing
    answers: int  # questions of whose answer something is here


def progress(interview: InterviewSession, now: datetime | None = None) -> Progress:
    """How far somebody is who has begun: said of what has arrived, not of what a page has begun."""
    there = interviews.arrived(interview)
    count = len({answer.question_position for answer in there})
    if is_away(interview, now):
        return Progress(Doing.AWAY, count)
    is_recording = any(answer.state is AnswerState.RECORDING for answer in there)
    return Progress(Doing.RECORDING if is_recording else Doing.WAITING, count)


def severity_counts(flags: Iterable[Flag]) -> dict[str, int]:
    """How many flags of each severity, highest first. What could not be assessed is not counted."""
    counted = Counter(flag.severity for flag in flags if flag.assessable)
    return {level: counted[level] for level in SEVERITIES if counted[level]}


def kind_counts(flags: Iterable[Flag]) -> dict[str, int]:
    """How many flags of each kind, without what could not be assessed."""
    counted = Counter(flag.kind for flag in flags if flag.assessable)
    return {kind: counted[kind] for kind in KINDS if counted[kind]}


def unassessable_percent(interview: InterviewSession) -> int:
    """How much of the recording could not be judged; overlapping stretches count once."""
    total_ms, reached_ms = 0, 0
    for flag in sorted(
        (flag for flag in interview.flags if not flag.assessable), key=lambda flag: flag.start_ms
    ):
        total_ms += max(0, flag.end_ms - max(flag.start_ms, reached_ms))
        reached_ms = max(reached_ms, flag.end_ms)
    return round(100 * total_ms / known_ms(interview)) if total_ms else 0


def marks(interview: InterviewSession) -> list[Mark]:
    """The flags along the recording, for the strip of a row; the gravest last, so that it lies on
    top.
    """
    whole_ms = known_ms(interview)
    rank = ("none", *reversed(SEVERITIES))
    placed = [_mark(flag, whole_ms) for flag in interview.flags]
    return sorted(placed, key=lambda mark: rank.index(mark.severity))


@dataclass(frozen=True)
class InterviewSummary:
    """What a row of the queue says about one interview, worked out for the page."""

    interview: InterviewSession
    by_severity: dict[str, int]
    by_kind: dict[str, int]
    unassessable_percent: int
    marks: list[Mark]
    progress: Progress

    @property
    def is_away(self) -> bool:
        return self.interview.state is InterviewState.RECORDING and (
            self.progress.doing is Doing.AWAY
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


# Narrower than this, a mark on the small strip of a row would not be seen.
MARK_MIN_PERCENT = 1.5


def _mark(flag: Flag, whole_ms: int) -> Mark:
    x = min(100 * flag.start_ms / whole_ms, 100 - MARK_MIN_PERCENT)
    width = max(100 * (flag.end_ms - flag.start_ms) / whole_ms, MARK_MIN_PERCENT)
    return Mark(
        round(x, 2), round(min(width, 100 - x), 2), flag.severity if flag.assessable else "none"
    )


def known_ms(interview: InterviewSession) -> int:
    """The recording's length, or as far as it is known while it is being made. Never 0."""
    last_ms = max((flag.end_ms for flag in interview.flags), default=0)
    measured_ms = sum(answer.measured_ms for answer in interview.kept_answers())
    return max(interview.duration_ms or measured_ms, last_ms, 1)
