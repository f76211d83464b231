"""Applies for a job with a checked résumé. Commits."""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal import access
from portal.config import settings
from portal.extensions import db
from portal.hiring import resumes, used_takes
from portal.hiring.errors import ACCOUNT_DISABLED, AlreadyApplied, CannotApply
from portal.hiring.resumes import Resume
from portal.models import Application, Job, User

NOTE_MAX_CHARS = 2_000


def find_application(user: User, job: Job) -> Application | None:
    mine = access.own(sa.select(Application), user)
    return db.session.scalar(mine.where(Application.job_id == job.id))


def check_may_apply(user: User, job: Job) -> None:
    """Raise CannotApply or AlreadyApplied if this person cannot apply for this job now."""
    if not user.is_active:
        raise CannotApply(ACCOUNT_DISABLED)
    if user.is_admin:
        raise CannotApply(
            "Admins review applications. Sign in with a candidate's account to apply."
        )
    if application := find_application(user, job):
        raise AlreadyApplied(application)
    if not job.is_open:
        raise CannotApply("This job is closed and takes no more applications.")


def apply(user: User, job: Job, resume: Resume, note: str = "") -> Application:
    """Apply with a checked résumé. Raises CannotApply or AlreadyApplied.

    If it raises, the stored file is deleted again.
    """
    folder = settings().resumes_folder
    check_may_apply(user, job)
    db.session.rollback()  # release the database's lock while the disk works
    stored = resumes.store(resume, folder)
    try:
        return _insert(user, job, _made(resume, stored, note))
    except BaseException:
        db.session.rollback()
        resumes.remove(stored, folder)
        raise


def _made(resume: Resume, stored: str, note: str) -> Application:
    return Application(
        resume_path=stored,
        resume_name=resume.name,
        resume_changes=resume.changes,
        note=note.strip(),
    )


def _insert(user: User, job: Job, application: Application) -> Application:
    check_may_apply(user, job)  # check again, in the same transaction as the insert
    application.user_id, application.job_id = user.id, job.id
    application.was_recorded = used_takes.takes_used(user, job) is None
    db.session.add(application)
    try:
        db.session.commit()
    except IntegrityError as exc:  # the same person has just applied in another tab
        raise AlreadyApplied from exc
    return application
