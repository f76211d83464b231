"""The registered kinds of work, and the next task among them."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from flask import Flask, g

from portal.models import Leased
from portal.work.claims import Claim, Waiting, one_is_on_trial
from portal.work.manager import Task

KINDS = "kinds_of_work"  # where an app keeps them

ClaimedWork = Callable[[Claim, threading.Event], None]
FindTask = Callable[[], Task | None]


@dataclass(frozen=True)
class RowKind:
    """Work on rows of one table, each done by the one process that claims it."""

    # the free rows that want work now, the most urgent first; only reads
    waiting: Callable[[], Sequence[Leased]]
    do: ClaimedWork
    give_up: ClaimedWork  # what is done instead after `max_attempts` tries without progress
    max_attempts: int

    def task(self, row: Waiting, claim: Claim) -> Task:
        return partial(self.do if row.attempts < self.max_attempts else self.give_up, claim)


@dataclass
class Kinds:
    """What one app has registered, the most urgent first."""

    load_rows: list[Callable[[], Sequence[RowKind]]] = field(default_factory=list)
    idle: list[FindTask] = field(default_factory=list)

    def rows(self) -> list[RowKind]:
        return [kind for load in self.load_rows for kind in load()]


def register_rows(app: Flask, load: Callable[[], Sequence[RowKind]]) -> None:
    """Register work on rows. A process calls `load` only when it looks for work.

    So a process that only serves pages need not import what the work needs.
    """
    kinds_of(app).load_rows.append(load)


def register_idle(app: Flask, find: FindTask) -> None:
    """Register work by the clock: `find` is called while no row waits, and returns a task that is
    due.
    """
    kinds_of(app).idle.append(find)


def kinds_of(app: Flask) -> Kinds:
    kinds: Kinds = app.extensions[KINDS]
    return kinds


def next_task(app: Flask) -> Task | None:
    """The next row to work on, claimed."""
    kinds = kinds_of(app).rows()
    with app.app_context():
        g.only_reads_database = True
        waiting = [(kind, Waiting.of(row)) for kind in kinds for row in kind.waiting()]
        if any(row.attempts for _, row in waiting) and one_is_on_trial():
            waiting = [(kind, row) for kind, row in waiting if not row.attempts]
    for kind, row in waiting:
        if claim := row.claim(app):
            return kind.task(row, claim)
    return None


def next_or_idle_task(app: Flask) -> Task | None:
    """What a free thread does now: work on rows first, then what is due by the clock."""
    if task := next_task(app):
        return task
    found = (find() for find in kinds_of(app).idle)
    return next((task for task in found if task), None)
