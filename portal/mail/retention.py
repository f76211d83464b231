"""Deletes mails: when they are older than MAIL_DAYS, and the files of an account that is deleted.

Files go before their rows: if the process is killed, the rows still lead to what is left.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask

from portal.config import settings
from portal.database import release_lock, transaction
from portal.extensions import db
from portal.mail.folder import Folder
from portal.models import Mail, utc_now
from portal.work import LEASE

log = logging.getLogger(__name__)

PURGE_EVERY_S = 3_600.0  # MAIL_DAYS counts days, and an hour more does not matter
AT_A_TIME = 500  # rows in one transaction, so that nobody waits long for SQLite's lock


def purge(now: datetime) -> int:
    """Delete all mails older than MAIL_DAYS, whatever became of them. Returns how many."""
    oldest_kept = now - timedelta(days=settings().mail_days)
    free = sa.or_(Mail.lease_until.is_(None), Mail.lease_until < now)
    old = sa.select(Mail.id, Mail.created_at).where(Mail.created_at < oldest_kept, free)
    gone = 0
    while found := db.session.execute(old.limit(AT_A_TIME)).all():
        release_lock()
        _delete_files([(row.id, row.created_at) for row in found])
        with transaction():
            # one that is being sent meanwhile is deleted within the hour
            ids = [row.id for row in found]
            db.session.execute(sa.delete(Mail).where(Mail.id.in_(ids), free))
        gone += len(found)
        if len(found) < AT_A_TIME:
            break
    return gone


def delete_files_of(user_id: uuid.UUID) -> None:
    """Delete the files of a person's mails. A process that sends one stops.

    The rows go with the account.
    """
    own = Mail.user_id == user_id
    with transaction():
        taken = {"fence": Mail.fence + 1, "lease_until": utc_now() + LEASE}
        db.session.execute(sa.update(Mail).where(own).values(**taken))
    rows = db.session.execute(sa.select(Mail.id, Mail.created_at).where(own)).all()
    release_lock()
    _delete_files([(row.id, row.created_at) for row in rows])


def _delete_files(mails: list[tuple[uuid.UUID, datetime]]) -> None:
    # also when a server takes the mails now, because some may have been files before
    folder = Folder(settings().mail_folder)
    for mail_id, written_at in mails:
        folder.forget(mail_id, written_at)


class Housekeeper:
    """Deletes old mails once an hour."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._purged_at = float("-inf")

    def find_work(self) -> Callable[[threading.Event], None] | None:
        if time.monotonic() - self._purged_at < PURGE_EVERY_S:
            return None
        self._purged_at = time.monotonic()
        return self._purge

    def _purge(self, _stop: threading.Event) -> None:
        with self._app.app_context():
            if gone := purge(utc_now()):
                log.info("%d mails were older than MAIL_DAYS and are deleted", gone)
