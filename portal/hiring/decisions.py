"""Moves an application from one status to the next: withdraw, invite, offer, reject.

A person calls each function (`by`); the portal decides nothing by itself.
"""

import sqlalchemy as sa

from portal import audit, mail
from portal.audit import By
from portal.choice_words import words_within
from portal.database import changed_one
from portal.extensions import db
from portal.hiring import stopped_interviews
from portal.hiring.errors import CannotChange, StatusChanged
from portal.languages import gettext as _
from portal.models import Application, ApplicationStatus, AuditEvent, MailEvent

# The statuses from which each status may be reached. The team may revise a decision. An application
# that the candidate withdrew stays withdrawn.
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

# The statuses of which a mail tells the candidate.
MAILS = {
    ApplicationStatus.OFFERED: MailEvent.OFFERED,
    ApplicationStatus.REJECTED: MailEvent.REJECTED,
}

# The hiring team must act on these next. (An invited application waits for the candidate.)
WAITS_FOR_THE_TEAM = (ApplicationStatus.APPLIED, ApplicationStatus.INTERVIEWED)


def withdraw(application: Application, seen: str | None = None, *, by: By) -> None:
    """The candidate withdraws the application; this is final. Raises CannotChange.

    `seen`, here and below, is the status that the page showed to the person who decides. If the
    status has changed since then, nothing is done (optimistic locking). None means that no page
    showed a status.
    """
    _move(application, ApplicationStatus.WITHDRAWN, seen, by)


def invite(application: Application, seen: str | None = None, *, by: By) -> None:
    """Ask the candidate for the interview. Raises CannotChange."""
    if not application.job.questions:
        raise CannotChange(_("This job has no questions to record answers for. Add some first."))
    _move(application, ApplicationStatus.INVITED, seen, by)


def mark_interviewed(application: Application) -> None:
    """Note that the interview was recorded. A decision or withdrawal in the meantime stays."""
    _try_to_move(application, ApplicationStatus.INTERVIEWED)


def offer(application: Application, seen: str | None = None, *, by: By) -> None:
    """Decide for the candidate. Raises CannotChange."""
    _move(application, ApplicationStatus.OFFERED, seen, by)


def reject(application: Application, seen: str | None = None, *, by: By) -> None:
    """Decide against the candidate. Raises CannotChange."""
    _move(application, ApplicationStatus.REJECTED, seen, by)


def _move(application: Application, status: ApplicationStatus, seen: str | None, by: By) -> None:
    before = _locked_status(application)
    if _try_to_move(application, status, seen):
        audit.record(by, AuditEvent.DECIDED, application, {"from": before, "to": status})
        if status in MAILS:
            mail.send(application.user, MAILS[status], job=application.job.title)
        return
    if seen is not None and application.status != seen:
        raise StatusChanged(application)
    raise CannotChange(
        _(
            "This application is %(status)s, so it cannot be %(wanted)s now.",
            status=words_within(application.status),
            wanted=words_within(status),
        )
    )


def _locked_status(application: Application) -> ApplicationStatus | None:
    """The status as it is now, not when this transaction read it. It stays so until we commit."""
    own = sa.select(Application.status).where(Application.id == application.id)
    return db.session.scalar(own.with_for_update(key_share=True))


def _try_to_move(
    application: Application, status: ApplicationStatus, seen: str | None = None
) -> bool:
    """Change the status, unless somebody changed it a moment ago. Returns whether it changed.

    If the new status stops the interview, background work on it can write no more results.
    """
    row = sa.update(Application).where(Application.id == application.id)
    if seen is not None:
        row = row.where(
            Application.status.in_([known for known in ApplicationStatus if known == seen])
        )
    change = row.where(Application.status.in_(REACHED_FROM[status])).values(status=status)
    moved = changed_one(change)
    if moved:
        stopped_interviews.end_work_if_stopped(application.id)
    db.session.refresh(application)
    return moved
