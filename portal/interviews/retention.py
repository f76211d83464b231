"""How recordings leave: when the time that candidates were told is over, or when one asks for
it.
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

from capture.store.recording import Recording
from portal.extensions import db, drop_old_pages
from portal.hiring import resumes, stopped_interviews, used_takes
from portal.interviews.observation_cache import finished_rows
from portal.interviews.paths import config, folder_of
from portal.models import Application, InterviewSession, InterviewState, User, utc_now
from portal.work import LEASE

log = logging.getLogger(__name__)

CLEAR_BACK = timedelta(days=1)  # a process that was killed is up again long before
LEFT_ALONE = timedelta(days=1)  # a file whose row is still being written is a second old
# Crashes leave one or two résumés without a row. More of them, or nothing but such, mean another or
# an older database, and then nothing may go: more than a few are deleted only where they are also
# few of all.
FEW_LEFT_OVER, MOST_LEFT_OVER_SHARE = 3, 0.05
PURGE_EVERY_S = 3_600.0  # what was promised in days is kept to the hour


def purge(now: datetime) -> int:
    """Delete every interview, rows and files, that is older than promised, or than RETENTION_DAYS
    where that is less.

    Returns how many went.
    """
    gone = 0
    for interview_id in _outlived(now):
        with _going_on(f"deleting interview {interview_id}"):
            remove(interview_id)
            gone += 1
    return gone


def _outlived(now: datetime) -> list[uuid.UUID]:
    """One query for each promise that was ever made: settings change seldom."""
    present, began = (
        config().retention_days,
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
def _going_on(what: str) -> Iterator[None]:
    """Whatever one deletion meets, the others were promised too. This one is due again the next
    time.
    """
    try:
        yield
    except Exception:
        db.session.rollback()
        log.exception("%s failed and is tried again within the hour", what)


def remove(interview_id: uuid.UUID) -> None:
    """Delete one interview, rows and files. Whoever measures it finds the fence moved, and
    stops.
    """
    stopped_interviews.end_work(
        [interview_id], free_at=utc_now() + LEASE
    )  # nobody else begins meanwhile
    db.session.commit()  # deleting files takes its time, and holds nothing meanwhile
    folder_of(
        interview_id
    ).delete()  # first: should we be stopped here, the row still leads to what is left
    db.session.execute(sa.delete(InterviewSession).where(InterviewSession.id == interview_id))
    db.session.commit()


def clear_up(now: datetime) -> None:
    """Delete what only mattered on the way, where whoever finished an interview was killed before
    it could.
    """
    lately = InterviewSession.end_time > now - CLEAR_BACK
    ready = sa.select(InterviewSession.id).where(
        InterviewSession.state == InterviewState.READY, lately
    )
    ids = db.session.scalars(ready).all()
    db.session.rollback()  # deleting files takes its time
    for interview_id in ids:
        with _going_on(f"clearing up interview {interview_id}"):
            _clear_up(folder_of(interview_id))


def _clear_up(place: Recording) -> None:
    with suppress(FileNotFoundError):  # the interview is deleted, perhaps just now
        place.delete_temporary()


def erase_leaving() -> int:
    """Finish the deletion of accounts that was asked for and interrupted. Returns how many people
    went.
    """
    gone = 0
    for user_id in db.session.scalars(sa.select(User.id).where(User.leaving_at.is_not(None))).all():
        with _going_on(f"deleting account {user_id}"):
            erase(user_id)
            gone += 1
    return gone


def erase(user_id: uuid.UUID) -> None:
    """Delete a person with every row and file. Files first: should we be stopped, rows still lead
    to what is left.
    """
    used_takes.remember(user_id)  # first: what is deleted below is what it is made of
    of_person = sa.select(Application.id).where(Application.user_id == user_id)
    stored = db.session.scalars(
        sa.select(Application.resume_path).where(Application.user_id == user_id)
    ).all()
    recorded = sa.select(InterviewSession.id).where(InterviewSession.application_id.in_(of_person))
    for interview_id in db.session.scalars(recorded).all():
        remove(interview_id)
    db.session.rollback()
    for name in stored:
        resumes.remove(name, config().resumes_folder)
    # the database takes along what hangs on it
    db.session.execute(sa.delete(User).where(User.id == user_id))
    db.session.commit()
    drop_old_pages()


def sweep_resumes(now: datetime) -> int:
    """Delete résumés that no row names: somebody was stopped between writing the file and its row.
    Returns how many.
    """
    folder = config().resumes_folder
    oldest_kept = (now - LEFT_ALONE).timestamp()
    stored = {path.name: path.stat().st_mtime for path in folder.iterdir() if path.is_file()}
    unnamed = set(stored) - set(db.session.scalars(sa.select(Application.resume_path)))
    db.session.rollback()  # deleting files takes its time
    left_over = {name for name in unnamed if stored[name] < oldest_kept}
    if _is_another_database(len(stored), len(unnamed), len(left_over)):
        log.error(
            "%d of %d résumés belong to no application: is this their database? None is deleted",
            len(left_over), len(stored),
        )  # fmt: skip
        return 0
    for name in left_over:
        resumes.remove(name, folder)
    return len(left_over)


def _is_another_database(stored: int, unnamed: int, left_over: int) -> bool:
    """Whether so much has no row that the rows, and not the files, are likely the ones that are
    missing.
    """
    if not left_over:
        return False
    return unnamed == stored or left_over > max(FEW_LEFT_OVER, stored * MOST_LEFT_OVER_SHARE)


class Housekeeper:
    """Gives the measuring threads the work that is due by the clock, when nothing else is to do."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._purged_at = float("-inf")

    def find_work(self) -> Callable[[threading.Event], None] | None:
        finished_rows.drop_unused()
        if time.monotonic() - self._purged_at < PURGE_EVERY_S:
            return None
        self._purged_at = time.monotonic()
        return self._purge

    def _purge(self, stop: threading.Event) -> None:
        with self._app.app_context():
            with _going_on("clearing up"):
                clear_up(utc_now())
            with _going_on("deleting old interviews"):
                if gone := purge(utc_now()):
                    log.info("%d interviews were older than RETENTION_DAYS and are deleted", gone)
            with _going_on("deleting résumés without an application"):
                if gone := sweep_resumes(utc_now()):
                    log.info("%d résumés that belong to no application are deleted", gone)
            with _going_on("finishing the deletion of accounts"):
                if gone := erase_leaving():
                    log.info("%d accounts are deleted whose deletion had been interrupted", gone)
