"""Moves an application from one status to the next: withdraw, invite, offer, reject.

Each function commits. A person calls each of them; the portal decides nothing by itself.
"""

import sqlalchemy as sa

from portal.extensions import db
from portal.hiring import stopped_interviews
from portal.hiring.errors import CannotChange, StatusChanged, StatusForbids
from portal.models import Application, ApplicationStatus

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
        raise StatusChanged(application)
    raise StatusForbids(application, f"it cannot be {status} now")


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
        stopped_interviews.end_work_if_stopped(application.id)
    db.session.commit()
    db.session.refresh(application)
    return moved
