"""How recordings leave: when the time that candidates were told is over."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask, current_app

from portal.extensions import db
from portal.interviews.places import folder_of
from portal.models import InterviewSession, utc_now

log = logging.getLogger(__name__)

PURGE_EVERY_S = 3_600.0  # what was promised in days is kept to the hour


def purge(now: datetime) -> int:
    """Delete every interview, rows and files, that is older than RETENTION_DAYS. Returns how many went."""
    oldest_kept = now - timedelta(days=current_app.config["PORTAL"].retention_days)
    began = sa.func.coalesce(InterviewSession.start_time, InterviewSession.created_at)
    old = db.session.scalars(sa.select(InterviewSession.id).where(began < oldest_kept)).all()
    for interview_id in old:
        db.session.rollback()  # deleting files takes its time, and holds nothing meanwhile
        folder_of(interview_id).delete()  # first: should we be stopped here, the row still leads to what is left
        if interview := db.session.get(InterviewSession, interview_id):
            db.session.delete(interview)
            db.session.commit()
    return len(old)


class Housekeeper:
    """Gives the measuring threads the work that is due by the clock, when nothing else is to do."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._purged_at = float("-inf")

    def find_work(self) -> Callable[[threading.Event], None] | None:
        if time.monotonic() - self._purged_at < PURGE_EVERY_S:
            return None
        self._purged_at = time.monotonic()
        return self._purge

    def _purge(self, stop: threading.Event) -> None:
        with self._app.app_context():
            if gone := purge(utc_now()):
                log.info("%d interviews were older than RETENTION_DAYS and are deleted", gone)
