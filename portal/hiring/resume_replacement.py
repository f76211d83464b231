"""Replaces the résumé of an application, as long as nobody of the hiring team has opened it.
Commits.
"""

import uuid

import sqlalchemy as sa
from flask import current_app

from portal import edit_conflicts
from portal.extensions import db
from portal.hiring import resumes
from portal.hiring.errors import ACCOUNT_DISABLED, CannotChange, ResumeReplaced, StatusForbids
from portal.hiring.resumes import Resume
from portal.models import Application, ApplicationStatus, utc_now

# The candidate can no longer change what they sent.
FINAL = {ApplicationStatus.OFFERED, ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN}


def check_may_replace_resume(application: Application) -> None:
    """Raise CannotChange where this application's résumé is final."""
    if not application.user.is_active:
        raise CannotChange(ACCOUNT_DISABLED)
    if application.status in FINAL:
        raise StatusForbids(application, "its résumé stays as it is")
    if application.resume_opened_at:
        raise CannotChange(
            "The hiring team has opened your résumé, so it cannot be replaced any more."
        )


def resume_version(application: Application) -> str:
    """A mark of the résumé that is there; another file has another one."""
    return edit_conflicts.mark(application.resume_path)


def check_is_resume_seen(application: Application, seen: str | None) -> None:
    """Raise CannotChange where the résumé is not the one that its owner saw when choosing
    another.
    """
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
