"""Applies for a job with a résumé that is checked and stored."""

import sqlalchemy as sa

from portal import access, audit, mail
from portal.database import insert_unless_there
from portal.extensions import db
from portal.hiring import used_takes
from portal.hiring.errors import ACCOUNT_DISABLED, AlreadyApplied, CannotApply
from portal.hiring.resumes import StoredResume
from portal.languages import gettext as _
from portal.models import Application, AuditEvent, Job, MailEvent, User

NOTE_MAX_CHARS = 2_000


def find_application(user: User, job: Job) -> Application | None:
    mine = access.own(sa.select(Application), user)
    return db.session.scalar(mine.where(Application.job_id == job.id))


def check_may_apply(user: User, job: Job) -> None:
    """Raise CannotApply or AlreadyApplied if this person cannot apply for this job now."""
    if not user.is_active:
        raise CannotApply(_(ACCOUNT_DISABLED))
    if user.is_admin:
        raise CannotApply(
            _("Admins review applications. Sign in with a candidate's account to apply.")
        )
    if application := find_application(user, job):
        raise AlreadyApplied(application)
    if not job.is_open:
        raise CannotApply(_("This job is closed and takes no more applications."))


def apply(job: Job, resume: StoredResume, note: str = "", *, by: User) -> Application:
    """Apply with a stored résumé. Raises CannotApply or AlreadyApplied."""
    check_may_apply(by, job)  # again, in the same transaction as the insert
    application = Application(
        user_id=by.id,
        job_id=job.id,
        resume_path=resume.path,
        resume_name=resume.name,
        resume_changes=resume.changes,
        note=note.strip(),
        was_recorded=used_takes.takes_used(by, job) is None,
    )
    if not insert_unless_there(application):  # the same person has just applied in another tab
        raise AlreadyApplied
    audit.record(by, AuditEvent.APPLIED, application)
    mail.send(by, MailEvent.APPLIED, job=job.title)
    return application
