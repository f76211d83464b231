"""Replaces the résumé of an application until the hiring team opens it."""

from functools import partial

import sqlalchemy as sa

from portal import audit, database, edit_conflicts
from portal.audit import By
from portal.choice_words import words_within
from portal.extensions import db
from portal.hiring import resumes
from portal.hiring.errors import ACCOUNT_DISABLED, CannotChange, ResumeReplaced
from portal.hiring.resumes import StoredResume
from portal.languages import gettext as _
from portal.models import Application, ApplicationStatus, AuditEvent, utc_now

# With these statuses the candidate can no longer change the application.
FINAL = {ApplicationStatus.OFFERED, ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN}


def check_may_replace_resume(application: Application) -> None:
    """Raise CannotChange if this application's résumé can no longer be replaced."""
    if not application.user.is_active:
        raise CannotChange(_(ACCOUNT_DISABLED))
    if application.status in FINAL:
        raise CannotChange(
            _(
                "This application is %(status)s, so its résumé stays as it is.",
                status=words_within(application.status),
            )
        )
    if application.resume_opened_at:
        raise CannotChange(
            _("The hiring team has opened your résumé, so it cannot be replaced any more.")
        )


def resume_version(application: Application) -> str:
    """The version of the stored résumé (an entity tag). Another file has another version."""
    return edit_conflicts.fingerprint(application.resume_path)


def check_is_resume_seen(application: Application, seen: str | None) -> None:
    """Raise ResumeReplaced if the résumé is not the version that its owner saw."""
    if seen != resume_version(application):
        raise ResumeReplaced


def replace_resume(
    application: Application, resume: StoredResume, before: str | None, *, by: By
) -> None:
    """Replace the file `before`, if the team has not opened it. Raises CannotChange.

    `before` is the path of the résumé that the owner saw. Inspecting the new file takes a while,
    and another tab may replace the old one in that time. None replaces the stored file without this
    comparison. The old file is deleted after the commit.
    """
    application = _locked(application)
    before = before or application.resume_path
    if application.resume_path != before:
        raise ResumeReplaced
    check_may_replace_resume(application)
    application.resume_path, application.resume_name = resume.path, resume.name
    application.resume_changes = resume.changes
    audit.record(by, AuditEvent.RESUME_REPLACED, application)
    database.after_commit(partial(resumes.remove, before, resume.folder))


def _locked(application: Application) -> Application:
    """The row as it is now. Nobody else can open or replace the résumé until we commit."""
    found = db.session.get(
        Application, application.id, with_for_update=True, populate_existing=True
    )
    if found is None:
        raise ResumeReplaced
    return found


def note_opened(application: Application) -> None:
    """Note that the team opens the résumé: from now on the candidate cannot replace it."""
    row = sa.update(Application).where(
        Application.id == application.id, Application.resume_opened_at.is_(None)
    )
    db.session.execute(row.values(resume_opened_at=utc_now()))
