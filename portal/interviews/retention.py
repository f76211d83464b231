"""Deletes recordings: when the promised time is over, or when a candidate asks for it.

Files are deleted between two transactions, so these functions open transactions of their own.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask

from portal import audit, mail
from portal.audit import By
from portal.config import settings
from portal.database import changed_one, drop_old_pages, release_lock, transaction
from portal.extensions import db
from portal.hiring import resumes, stopped_interviews, used_takes
from portal.interviews.observation_cache import finished_rows
from portal.interviews.paths import folder_of
from portal.models import (
    Answer,
    Application,
    AuditEvent,
    InterviewSession,
    InterviewState,
    User,
    utc_now,
)
from portal.work import LEASE

log = logging.getLogger(__name__)

CLEAR_BACK = timedelta(days=1)  # a killed process is restarted long before this
LEFT_ALONE = timedelta(
    days=1
)  # much longer than a request takes between writing the file and its row
# A crash leaves one or two résumés without a row. If there are many, or if no résumé has a row, the
# database is a wrong or an old one, and nothing may be deleted. So we delete more than a few
# only if they are a small share of all.
FEW_LEFT_OVER, MOST_LEFT_OVER_SHARE = 3, 0.05
PURGE_EVERY_S = 3_600.0  # we promise days, and are at most an hour late


def purge(now: datetime) -> int:
    """Delete all interviews whose promised time is over, with rows and files. Returns how many.

    If RETENTION_DAYS is shorter than the promise, RETENTION_DAYS counts.
    """
    gone = 0
    for interview_id in _expired(now):
        with _continue_after_errors(f"deleting interview {interview_id}"):
            remove(interview_id, by=audit.SYSTEM)
            gone += 1
    return gone


def _expired(now: datetime) -> list[uuid.UUID]:
    """One query for each promised number of days. There are few, since settings change rarely."""
    present, began = (
        settings().retention_days,
        sa.func.coalesce(InterviewSession.start_time, InterviewSession.created_at),
    )
    promised = db.session.scalars(sa.select(InterviewSession.consent_days).distinct()).all()
    found: list[uuid.UUID] = []
    for days in promised:
        oldest_kept = now - timedelta(days=min(present, days or present))
        old = sa.select(InterviewSession.id).where(
            began < oldest_kept, InterviewSession.consent_days == days
        )
        found += db.session.scalars(old).all()
    return found


@contextmanager
def _continue_after_errors(what: str) -> Iterator[None]:
    """Log an error and continue with the other deletions. This one is retried within the hour."""
    try:
        yield
    except Exception:
        release_lock()
        log.exception("%s failed and is tried again within the hour", what)


def remove(interview_id: uuid.UUID, *, by: By) -> None:
    """Delete one interview with rows and files.

    A process that measures it sees a newer fencing token, and stops.
    """
    # with a lease, so that no other process begins to work on it meanwhile
    with transaction():
        stopped_interviews.end_work([interview_id], free_at=utc_now() + LEASE)
    # files first: if this process is killed here, the row still leads to the files that are left
    folder_of(interview_id).delete()  # takes time, and no lock is held meanwhile
    with transaction():
        own = sa.select(sa.func.count(Answer.id)).where(Answer.interview_id == interview_id)
        answers = db.session.scalar(own) or 0
        if changed_one(sa.delete(InterviewSession).where(InterviewSession.id == interview_id)):
            thing = audit.Thing("interview", interview_id)
            audit.record(by, AuditEvent.DELETED, thing, {"answers": answers})


def clear_up(now: datetime) -> None:
    """Delete temporary files of finished interviews, which a killed process could not delete."""
    lately = InterviewSession.end_time > now - CLEAR_BACK
    ready = sa.select(InterviewSession.id).where(
        InterviewSession.state == InterviewState.READY, lately
    )
    ids = db.session.scalars(ready).all()
    release_lock()  # deleting files takes long; no transaction stays open for it
    for interview_id in ids:
        with (
            _continue_after_errors(f"clearing up interview {interview_id}"),
            suppress(FileNotFoundError),  # the interview is deleted, perhaps just now
        ):
            folder_of(interview_id).delete_temporary()


def finish_account_deletions() -> int:
    """Finish interrupted deletions of accounts. Returns the number of deleted accounts."""
    gone = 0
    for user_id in db.session.scalars(sa.select(User.id).where(User.leaving_at.is_not(None))).all():
        with _continue_after_errors(f"deleting account {user_id}"):
            erase(user_id, by=audit.SYSTEM)
            gone += 1
    return gone


def erase(user_id: uuid.UUID, *, by: By) -> None:
    """Delete a person with every row and file.

    Files go first: if this process is killed, the rows still lead to the files that are left.
    """
    with transaction():  # first, because it counts rows that are deleted below
        used_takes.remember(user_id)
    of_person = sa.select(Application.id).where(Application.user_id == user_id)
    stored = db.session.scalars(
        sa.select(Application.resume_path).where(Application.user_id == user_id)
    ).all()
    recorded = sa.select(InterviewSession.id).where(InterviewSession.application_id.in_(of_person))
    for interview_id in db.session.scalars(recorded).all():
        remove(interview_id, by=by)
    release_lock()
    for name in stored:
        resumes.remove(name, settings().resumes_folder)
    mail.delete_files_of(user_id)
    with transaction():
        # the database deletes the rows that refer to it (ON DELETE CASCADE)
        if changed_one(sa.delete(User).where(User.id == user_id)):
            thing = audit.Thing("account", user_id)
            audit.record(by, AuditEvent.DELETED, thing, {"applications": len(stored)})
    drop_old_pages()


def delete_orphaned_resumes(now: datetime) -> int:
    """Delete résumé files that no row names. Returns how many.

    They remain when a process is killed after it wrote the file and before it wrote the row.
    """
    folder = settings().resumes_folder
    oldest_kept = (now - LEFT_ALONE).timestamp()
    stored = {path.name: path.stat().st_mtime for path in folder.iterdir() if path.is_file()}
    unnamed = set(stored) - set(db.session.scalars(sa.select(Application.resume_path)))
    release_lock()  # deleting files takes long; no transaction stays open for it
    left_over = {name for name in unnamed if stored[name] < oldest_kept}
    if _is_another_database(len(stored), len(unnamed), len(left_over)):
        log.error(
            "%d of %d résumés belong to no application: is this their database? None is deleted",
            len(left_over),
            len(stored),
        )
        return 0
    for name in left_over:
        resumes.remove(name, folder)
    return len(left_over)


def _is_another_database(stored: int, unnamed: int, left_over: int) -> bool:
    """Whether so many files have no row that this is probably the wrong database."""
    if not left_over:
        return False
    return unnamed == stored or left_over > max(FEW_LEFT_OVER, stored * MOST_LEFT_OVER_SHARE)


class Housekeeper:
    """Work that is due once an hour, for background threads that have nothing else to do."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._purged_at = float("-inf")

    def find_work(self) -> Callable[[threading.Event], None] | None:
        finished_rows.drop_unused()
        if time.monotonic() - self._purged_at < PURGE_EVERY_S:
            return None
        self._purged_at = time.monotonic()
        return self._purge

    def _purge(self, _stop: threading.Event) -> None:
        with self._app.app_context():
            with _continue_after_errors("clearing up"):
                clear_up(utc_now())
            with _continue_after_errors("deleting old interviews"):
                if gone := purge(utc_now()):
                    log.info("%d interviews were older than RETENTION_DAYS and are deleted", gone)
            with _continue_after_errors("deleting résumés without an application"):
                if gone := delete_orphaned_resumes(utc_now()):
                    log.info("%d résumés that belong to no application are deleted", gone)
            with _continue_after_errors("deleting old audit entries"), transaction():
                audit.forget_old(utc_now(), settings().audit_days)
            with _continue_after_errors("finishing the deletion of accounts"):
                if gone := finish_account_deletions():
                    log.info("%d accounts are deleted whose deletion had been interrupted", gone)
