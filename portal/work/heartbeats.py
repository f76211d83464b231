"""Heartbeats: each process that looks for work writes a row of its own every few seconds.

The row holds no host name, no process id and no personal data. When a process dies, its heartbeat
stops, so the other processes see that it is gone.
"""

import logging
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portal.database import changed_one, transaction
from portal.extensions import db
from portal.models import WorkerBeat, WorkerKind, utc_now

log = logging.getLogger(__name__)

# as with a lease, three heartbeats may fail before the process counts as dead
BEAT_EVERY_S = 4.0
SEEN_WITHIN = timedelta(seconds=15)
SWEPT_AFTER = timedelta(hours=1)  # long enough for an operator to see that this process existed


class Heartbeat:
    """The row of this process. Call `beat` often; it writes at most every BEAT_EVERY_S."""

    def __init__(self, app: Flask, kind: WorkerKind) -> None:
        self._app = app
        self._kind = kind
        self._id = uuid.uuid4()
        self._beaten_at = float("-inf")

    def beat(self, tasks: int) -> None:
        if time.monotonic() - self._beaten_at < BEAT_EVERY_S:
            return
        self._beaten_at = time.monotonic()
        try:
            with self._app.app_context(), transaction():
                self._write(tasks, utc_now())
        except SQLAlchemyError:
            log.warning("this process could not say just now that it measures", exc_info=True)

    def _write(self, tasks: int, now: datetime) -> None:
        mine = (
            sa.update(WorkerBeat).where(WorkerBeat.id == self._id).values(seen_at=now, tasks=tasks)
        )
        if not changed_one(mine):
            db.session.add(
                WorkerBeat(id=self._id, kind=self._kind, started_at=now, seen_at=now, tasks=tasks)
            )
        db.session.execute(sa.delete(WorkerBeat).where(WorkerBeat.seen_at < now - SWEPT_AFTER))


def workers_seen(now: datetime) -> Sequence[WorkerBeat]:
    """The processes that look for work now. Empty when none does."""
    return db.session.scalars(
        sa.select(WorkerBeat).where(WorkerBeat.seen_at > now - SEEN_WITHIN)
    ).all()
