"""The registered kinds of work, and the next task among them."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from flask import Flask

from portal.database import reading
from portal.models import Leased
from portal.work.claims import Claim, Waiting, is_retry_running
from portal.work.manager import Lane, Task

KINDS = "kinds_of_work"  # the key in `app.extensions`

ClaimedWork = Callable[[Claim, threading.Event], None]
FindTask = Callable[[], Task | None]


@dataclass(frozen=True)
class RowKind:
    """Work on the rows of one table. The process that claims a row works on it alone."""

    # finds the unclaimed rows that need work now, the most urgent first; only reads
    waiting: Callable[[], Sequence[Leased]]
    do: ClaimedWork
    # runs instead of `do` after `max_attempts` attempts without progress
    give_up: Callable[[Claim], None]
    max_attempts: int
    # how many of its rows all processes together work on at the same time; None: any number
    at_once: int | None = None

    def task(self, row: Waiting, claim: Claim) -> Task:
        if row.attempts < self.max_attempts:
            return partial(self.do, claim)
        return lambda _stop: self.give_up(claim)


LoadRows = Callable[[], Sequence[RowKind]]


@dataclass
class Kinds:
    """What one app has registered, the most urgent first."""

    load_rows: list[LoadRows] = field(default_factory=list)
    load_rows_beside: list[LoadRows] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)  # one for each of `load_rows_beside`
    idle: list[FindTask] = field(default_factory=list)

    def rows(self) -> list[RowKind]:
        return [kind for load in self.load_rows for kind in load()]

    def rows_beside(self) -> list[RowKind]:
        return [kind for load in self.load_rows_beside for kind in load()]


def register_rows(app: Flask, load: LoadRows) -> None:
    """Register work on rows. A process calls `load` only when it looks for work.

    So a process that only serves pages does not import the modules of the work.
    """
    kinds_of(app).load_rows.append(load)


def register_rows_beside(app: Flask, load: LoadRows, max_threads: int) -> None:
    """Register work on rows that waits for other machines, and hardly computes.

    It has so many threads of its own in each process: however long another machine takes to answer,
    no other work waits for it, and it waits for no other work.
    """
    kinds = kinds_of(app)
    kinds.load_rows_beside.append(load)
    kinds.lanes.append(Lane(lambda: _next_of(app, load()), max_threads))


def register_idle(app: Flask, find: FindTask) -> None:
    """Register work that is due at certain times. `find` returns a task, or None if none is due.

    A process calls `find` only when no row waits for work.
    """
    kinds_of(app).idle.append(find)


def kinds_of(app: Flask) -> Kinds:
    kinds: Kinds = app.extensions[KINDS]
    return kinds


def next_task(app: Flask) -> Task | None:
    """Claim the next row of any kind, and return the task for it. None if no row waits."""
    return _next_of(app, [*kinds_of(app).rows(), *kinds_of(app).rows_beside()])


def next_or_idle_task(app: Flask) -> Task | None:
    """The next task for a free thread: work on rows first, then work that is due by time.

    Work that has threads of its own is left to them.
    """
    if task := _next_of(app, kinds_of(app).rows()):
        return task
    found = (find() for find in kinds_of(app).idle)
    return next((task for task in found if task), None)


def _next_of(app: Flask, kinds: Sequence[RowKind]) -> Task | None:
    with app.app_context(), reading():
        waiting = [(kind, Waiting.of(row)) for kind in kinds for row in kind.waiting()]
        tried = {row.model for _, row in waiting if row.attempts}
        on_hold = {model for model in tried if is_retry_running(model)}
        waiting = [
            (kind, row) for kind, row in waiting if not (row.attempts and row.model in on_hold)
        ]
    for kind, row in waiting:
        if claim := row.claim(app, kind.at_once):
            return kind.task(row, claim)
    return None
