"""Background work: finds it, does it, and ends it. Knows no kind of work.

A kind of work registers itself when the app is made: `register_rows` for work on rows that
processes claim one by one (`Leased`), `register_rows_beside` if that work waits for other machines,
`register_idle` for work that is due at certain times. To add a kind of work, nothing here changes.

`kinds` finds the next task among all kinds. `claims` lets one process at a time work on a row.
`manager` runs the threads of a process, `worker` is the process. `heartbeats` tells whether any
process works. `halting` ends work early.
"""

from threading import Event

from flask import Flask, current_app

from portal.config import settings
from portal.database import release_lock
from portal.models import WorkerKind
from portal.work.claims import GONE, LEASE, MAX_ATTEMPTS, Claim, Waiting
from portal.work.errors import ClaimLost, Halted
from portal.work.halting import Halt
from portal.work.heartbeats import workers_seen
from portal.work.kinds import (
    KINDS,
    Kinds,
    RowKind,
    next_task,
    register_idle,
    register_rows,
    register_rows_beside,
)
from portal.work.manager import BackgroundManager, Task
from portal.work.worker import Part, Worker, lower_priority, make_manager, start_working

__all__ = [
    "GONE",
    "LEASE",
    "MAX_ATTEMPTS",
    "BackgroundManager",
    "Claim",
    "ClaimLost",
    "Halt",
    "Halted",
    "Part",
    "RowKind",
    "Task",
    "Waiting",
    "Worker",
    "ensure_working",
    "lower_priority",
    "next_task",
    "register_idle",
    "register_rows",
    "register_rows_beside",
    "start_working",
    "wake_workers",
    "work_through",
    "workers_seen",
]

MANAGER = "background_manager"  # where an app keeps the threads of its process


def init_app(app: Flask) -> None:
    """Let this process do background work from its first request on (not in commands or tests)."""
    app.extensions[KINDS] = Kinds()
    app.extensions[MANAGER] = make_manager(app, WorkerKind.WEB)
    app.before_request(ensure_working)


def ensure_working() -> None:
    """Start this process's background threads, if the configuration wants them here."""
    if settings().capture_in_web and not current_app.testing:
        current_app.extensions[MANAGER].ensure_started()


def wake_workers() -> None:
    """Look for work now. Without this call, the threads look within a second."""
    current_app.extensions[MANAGER].wake()


def work_through(app: Flask) -> int:
    """Do all waiting work here and now, and return the number of tasks. For commands and tests."""
    release_lock()  # the work uses its own connections and would wait for the caller's lock
    done = 0
    while task := next_task(app):
        task(Event())
        done += 1
    return done
