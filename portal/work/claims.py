"""Claims: an UPDATE with a condition claims a row, a lease keeps it, a fencing token proves it.

If a process is killed, its lease runs out and another process continues. If a process only sleeps,
its fencing token (`fence`) is outdated when it wakes up, so it cannot write a result.
"""

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError, NoResultFound, SQLAlchemyError
from sqlalchemy.orm import aliased

from disk import space as disk
from portal.database import changed_one, transaction
from portal.extensions import db
from portal.models import Leased, utc_now
from portal.work.errors import ClaimLost

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)
RENEW_EVERY_S = 4.0  # three renewals may fail before the lease is lost
# the errors that work meets when its row or file was deleted, or when the disk is full
GONE = (NoResultFound, OSError, DBAPIError)
MAX_ATTEMPTS = 3  # attempts without progress


@dataclass
class Claim:
    """The right of this process to work on one row. `lost` is set when another process has it."""

    app: Flask
    model: type[Leased]
    row_id: uuid.UUID
    fence: int
    lost: threading.Event = field(default_factory=threading.Event)

    def write(self, *, keep: bool, **values: Any) -> bool:
        """Set columns if the fencing token is still ours. Returns False when the claim is lost.

        `keep=True` renews the lease; `keep=False` gives it back.
        """
        values["lease_until"] = utc_now() + LEASE if keep else None
        with self.app.app_context(), transaction():
            is_ours = changed_one(
                sa.update(self.model)
                .where(self.model.id == self.row_id, self.model.fence == self.fence)
                .values(**values)
            )
        if not is_ours:
            self.lost.set()
        return not self.lost.is_set()

    def confirm(self) -> None:
        """Confirm the claim before a finished file is renamed into its place.

        This process may have slept, and another one may have made the file. Raises ClaimLost.
        """
        if not self.write(keep=True):
            raise ClaimLost(f"{self.row_id} is worked on by another process now")

    def excuse(self, error: Exception) -> bool:
        """Excuse an error that only says that the row was deleted, or that the disk is full.

        Returns whether it was excused. Then the attempt does not count. The next attempt begins
        after the lease expires and, after a full disk, when there is space again.
        """
        is_full = disk.is_full(error)
        self.write(keep=True, **({"attempts": 0} if is_full else {}))
        if self.lost.is_set():
            log.info("%s was taken away while it was worked on", self.row_id)
        elif is_full:
            log.warning("the disk is full: %s waits", self.row_id)
        return self.lost.is_set() or is_full

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Renew the lease from a thread of its own for as long as the block runs."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(RENEW_EVERY_S) and not self.lost.is_set():
                try:
                    self.write(keep=True)
                except SQLAlchemyError:
                    log.warning(
                        "the lease of %s could not be renewed just now", self.row_id, exc_info=True
                    )

        thread = threading.Thread(target=renew, name=f"lease-{self.row_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


@dataclass(frozen=True)
class Waiting:
    """A row that waits for work, as it was when we read it."""

    model: type[Leased]
    row_id: uuid.UUID
    fence: int
    attempts: int

    @classmethod
    def of(cls, row: Leased) -> "Waiting":
        return cls(type(row), row.id, row.fence, row.attempts)

    def claim(self, app: Flask, at_once: int | None = None) -> Claim | None:
        """Claim the row. None if another process has claimed it, or another row is on trial.

        None also if `at_once` rows of the table are claimed already.
        """
        model, now = self.model, utc_now()
        free = sa.or_(model.lease_until.is_(None), model.lease_until < now)
        conditions = [
            model.id == self.row_id,
            model.fence == self.fence,
            free,
            sa.or_(model.attempts == 0, sa.not_(_on_trial(model, now))),
        ]
        if at_once is not None:
            conditions.append(_claimed_rows(model, now) < at_once)
        with app.app_context(), transaction():
            is_ours = changed_one(
                sa.update(model)
                .where(*conditions)
                .values(fence=self.fence + 1, attempts=model.attempts + 1, lease_until=now + LEASE)
            )
        return Claim(app, model, self.row_id, self.fence + 1) if is_ours else None


def is_retry_running(model: type[Leased]) -> bool:
    """Whether a process is working again on a row whose last attempt failed ("on trial").

    Such a row may have killed the process. So these rows are tried one at a time: if the process
    dies again, no other row loses an attempt with it. Rows of another `trial_group` do not wait.
    """
    return bool(db.session.scalar(sa.select(_on_trial(model, utc_now()))))


def _on_trial(model: type[Leased], now: datetime) -> sa.ColumnElement[bool]:
    # aliased, because the UPDATE must look at rows other than its own
    group = [one for one in Leased.__subclasses__() if one.trial_group == model.trial_group]
    rows = [aliased(one) for one in group]
    return sa.or_(*[sa.exists().where(row.attempts > 1, row.lease_until > now) for row in rows])


def _claimed_rows(model: type[Leased], now: datetime) -> sa.ScalarSelect[int]:
    """How many rows are claimed. On PostgreSQL, two claims at one moment may see one number."""
    row = aliased(model)
    return sa.select(sa.func.count(row.id)).where(row.lease_until > now).scalar_subquery()
