"""The verbs on jobs and applications: publish, close, apply, withdraw, invite, offer, reject.

Knows who may do what to a job or an application, and when; knows no page, no form and nothing of
how an interview is recorded. Each verb commits. Nothing here is ever done by a machine alone: a
person calls each verb.
"""

import uuid

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError

from portal import edit_conflicts
from portal.extensions import db
from portal.hiring import resumes, stopped_interviews, used_takes
from portal.hiring.resumes import Resume
from portal.models import Application, ApplicationStatus, Job, JobStatus, User, utc_now

NOTE_MAX_CHARS = 2_000

# From where a status may be reached. A decision may be revised; what the candidate withdrew stays
# withdrawn.
REACHED_FROM = {
    ApplicationStatus.INVITED: {ApplicationStatus.APPLIED},
    ApplicationStatus.INTERVIEWED: {ApplicationStatus.APPLIED, ApplicationStatus.INVITED},
    ApplicationStatus.OFFERED: set(ApplicationStatus)
    - {ApplicationStatus.OFFERED, ApplicationStatus.WITHDRAWN},
    ApplicationStatus.REJECTED: set(ApplicationStatus)
    - {ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN},
    ApplicationStatus.WITHDRAWN: set(ApplicationStatus)
    - {ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN},
}

# What a person of the team has to answer next: an invitation waits for the candidate, these do not.
WAITS_FOR_THE_TEAM = (ApplicationStatus.APPLIED, ApplicationStatus.INTERVIEWED)

REPLACED = (
    "Your résumé was replaced in another tab or by a program meanwhile. See which one is there now."
)

WITHDRAWN_ONCE = (
    "You withdrew your application for this job, so you cannot apply for it again. "
    "If that was a mistake, write to the hiring team."
)

# Nothing that the candidate sent changes any more.
FINAL = {ApplicationStatus.OFFERED, ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN}


class HiringError(Exception):
    """This cannot be done as things stand; `reason` is a sentence for the person who tried."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CannotApply(HiringError):
    """No application can be made for this job by this person."""


class AlreadyApplied(CannotApply):
    """One candidate applies for one job once."""

    def __init__(self, application: Application | None = None) -> None:
        is_withdrawn = application is not None and application.status is ApplicationStatus.WITHDRAWN
        super().__init__(
            WITHDRAWN_ONCE if is_withdrawn else "You have already applied for this job."
        )


class CannotChange(HiringError):
    """The job or application is not in a state that allows this."""


class ResumeReplaced(CannotChange):
    """Another résumé is there than the one that its owner saw when choosing another."""

    def __init__(self) -> None:
        super().__init__(REPLACED)


def publish(job: Job) -> None:
    """Open a job for applications, for the first time or again. Raises CannotChange."""
    if job.is_open:
        raise CannotChange("This job is open already.")
    job.status = JobStatus.OPEN
    job.published_at = job.published_at or utc_now()
    db.session.commit()


def close(job: Job) -> None:
    """Take no more applications. Interviews that were begun can be finished. Raises CannotChange."""
    if not job.is_open:
        raise CannotChange("This job is not open.")
    job.status = JobStatus.CLOSED
    used_takes.forget(job)
    db.session.commit()


def find_application(user: User, job: Job) -> Application | None:
    mine = sa.select(Application).where(
        Application.user_id == user.id, Application.job_id == job.id
    )
    return db.session.scalar(mine)


def check_may_apply(user: User, job: Job) -> None:
    """Raise CannotApply or AlreadyApplied where an application could not be made now."""
    if not user.is_active:
        raise CannotApply("This account is disabled.")
    if user.is_admin:
        raise CannotApply(
            "Admins review applications. Sign in with a candidate's account to apply."
        )
    if application := find_application(user, job):
        raise AlreadyApplied(application)
    if not job.is_open:
        raise CannotApply("This job is closed and takes no more applications.")


def apply(user: User, job: Job, resume: Resume, note: str = "") -> Application:
    """Apply with a checked résumé. Raises CannotApply or AlreadyApplied, and then no file stays
    behind.
    """
    folder = current_app.config["PORTAL"].resumes_folder
    check_may_apply(user, job)
    db.session.rollback()  # no lock is held while the disk works
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
    check_may_apply(user, job)  # once more, now together with the insert
    application.user_id, application.job_id = user.id, job.id
    application.was_recorded = used_takes.takes_used(user, job) is None
    db.session.add(application)
    try:
        db.session.commit()
    except IntegrityError as exc:  # the same person, in another tab, a moment ago
        raise AlreadyApplied from exc
    return application


def check_may_replace_resume(application: Application) -> None:
    """Raise CannotChange where this application's résumé is final."""
    if not application.user.is_active:
        raise CannotChange("This account is disabled.")
    if application.status in FINAL:
        raise CannotChange(
            f"This application is {application.status}, so its résumé stays as it is."
        )
    if application.resume_opened_at:
        raise CannotChange(
            "The hiring team has opened your résumé, so it cannot be replaced any more."
        )


def resume_version(application: Application) -> str:
    """A mark of the résumé that is there; another file has another one."""
    return edit_conflicts.mark(application.resume_path)


def check_is_resume_seen(application: Application, seen: str | None) -> None:
    """Raise CannotChange where the résumé is not the one that its owner saw when choosing another."""
    if seen != resume_version(application):
        raise ResumeReplaced


def replace_resume(application: Application, resume: Resume, before: str | None = None) -> None:
    """Take another file in the place of `before`, as long as nobody opened that. Raises
    CannotChange, and then nothing changed.

    `before` is the path that was compared with what the owner saw: looking at the new file takes
    its time, and another tab may have replaced the old one meanwhile. None where nothing was
    compared: then it is whichever is there.
    """
    folder, application_id = current_app.config["PORTAL"].resumes_folder, application.id
    before = before or application.resume_path
    db.session.rollback()  # no lock is held while the disk works
    stored = resumes.store(resume, folder)
    try:
        _point_to(application_id, before, stored, resume)
    except BaseException:
        db.session.rollback()
        resumes.remove(stored, folder)
        raise
    resumes.remove(before, folder)


def _point_to(application_id: uuid.UUID, before: str, stored: str, resume: Resume) -> None:
    """Change the row, unless the team opened the file or another tab replaced it a moment ago."""
    application = db.session.get(
        Application, application_id, with_for_update=True, populate_existing=True
    )
    if application is None or application.resume_path != before:
        raise ResumeReplaced
    check_may_replace_resume(application)
    application.resume_path, application.resume_name = stored, resume.name
    application.resume_changes = resume.changes
    db.session.commit()


def note_opened(application: Application) -> None:
    """The team is about to see the résumé: from here on it stays as it is."""
    if application.resume_opened_at:
        return
    row = sa.update(Application).where(
        Application.id == application.id, Application.resume_opened_at.is_(None)
    )
    # what was read so far must not stand in the way of the one write of this GET
    db.session.rollback()
    db.session.execute(row.values(resume_opened_at=utc_now()))
    db.session.commit()
    db.session.refresh(application)  # it may have been replaced until a moment ago


def withdraw(application: Application, seen: str | None = None) -> None:
    """The candidate takes the application back, for good. Raises CannotChange.

    `seen` is the status that was shown to whoever decides, here and below: if it is another one by
    now, nothing is done. None where nobody was shown any.
    """
    _move(application, ApplicationStatus.WITHDRAWN, seen)


def invite(application: Application, seen: str | None = None) -> None:
    """Ask the candidate for the interview. Raises CannotChange."""
    if not application.job.questions:
        raise CannotChange("This job has no questions to record answers for. Add some first.")
    _move(application, ApplicationStatus.INVITED, seen)


def mark_interviewed(application: Application) -> None:
    """The interview was recorded. What has been decided or withdrawn meanwhile stays so."""
    _has_moved(application, ApplicationStatus.INTERVIEWED)


def offer(application: Application, seen: str | None = None) -> None:
    """Decide for the candidate. Raises CannotChange."""
    _move(application, ApplicationStatus.OFFERED, seen)


def reject(application: Application, seen: str | None = None) -> None:
    """Decide against the candidate. Raises CannotChange."""
    _move(application, ApplicationStatus.REJECTED, seen)


def _move(application: Application, status: ApplicationStatus, seen: str | None) -> None:
    if _has_moved(application, status, seen):
        return
    if seen is not None and application.status != seen:
        raise CannotChange(
            f"This application is {application.status} by now, so nothing was changed. Look again first."
        )
    raise CannotChange(f"This application is {application.status}, so it cannot be {status} now.")


def _has_moved(
    application: Application, status: ApplicationStatus, seen: str | None = None
) -> bool:
    """Change the status, unless it was changed to something else a moment ago. What it ends writes
    nothing more.
    """
    row = sa.update(Application).where(Application.id == application.id)
    if seen is not None:
        row = row.where(
            Application.status.in_([known for known in ApplicationStatus if known == seen])
        )
    change = row.where(Application.status.in_(REACHED_FROM[status])).values(status=status)
    moved = db.session.execute(change).rowcount == 1  # type: ignore[attr-defined]
    if moved:
        stopped_interviews.outdate_stopped(application.id)
    db.session.commit()
    db.session.refresh(application)
    return moved
