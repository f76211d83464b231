"""Work in the background: who looks for it, who does it, and how it is ended. Knows no kind of
work.

A kind registers itself when the app is made: `register_rows` for work on rows that are claimed one
by one (`Leased`), `register_idle` for what is due by the clock. Nothing here changes when one more
comes.

`kinds` has the kinds and finds the next task, `claims` makes one process the one that works on a
row, `manager` has the threads of a process, `worker` the process, `heartbeats` tells whether any is
there, `halting` ends work early.
"""

from threading import Event

from flask import Flask, current_app

from portal.config import Config
from portal.extensions import db
from portal.models import WorkerKind
from portal.work.claims import GONE, LEASE, MAX_ATTEMPTS, Claim, Waiting
from portal.work.errors import ClaimLost, Halted
from portal.work.halting import Halt
from portal.work.heartbeats import workers_seen
from portal.work.kinds import KINDS, Kinds, RowKind, next_task, register_idle, register_rows
from portal.work.manager import BackgroundManager, Task
from portal.work.worker import Worker, hold_back, make_manager, start_working

__all__ = [
    "GONE",
    "LEASE",
    "MAX_ATTEMPTS",
    "BackgroundManager",
    "Claim",
    "ClaimLost",
    "Halt",
    "Halted",
    "RowKind",
    "Task",
    "Waiting",
    "Worker",
    "ensure_working",
    "hold_back",
    "next_task",
    "register_idle",
    "register_rows",
    "start_working",
    "wake_workers",
    "work_through",
    "workers_seen",
]

MANAGER = "background_manager"  # where an app keeps the threads of its process


def init_app(app: Flask) -> None:
    """Let this process do background work, at the latest with its first request (not in commands,
    not in tests).
    """
    app.extensions[KINDS] = Kinds()
    app.extensions[MANAGER] = make_manager(app, WorkerKind.WEB)
    app.before_request(ensure_working)


def ensure_working() -> None:
    """Whatever the first request is: from then on this process works, where it shall (not in
    tests).
    """
    config: Config = current_app.config["PORTAL"]
    if config.capture_in_web and not current_app.testing:
        current_app.extensions[MANAGER].ensure_started()


def wake_workers() -> None:
    """Somebody waits for what is to do now; without this it begins with the next look, within a
    second.
    """
    current_app.extensions[MANAGER].wake()


def work_through(app: Flask) -> int:
    """Do all the waiting work here and now; returns how many tasks it was. For commands and
    tests.
    """
    db.session.rollback()  # the work has connections of its own and would wait for the caller's
    done = 0
    while task := next_task(app):
        task(Event())
        done += 1
    return done
