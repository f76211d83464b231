"""Opens and closes jobs for applications."""

from portal import audit
from portal.audit import By
from portal.extensions import db
from portal.hiring import used_takes
from portal.hiring.errors import CannotChange
from portal.languages import gettext as _
from portal.models import AuditEvent, Job, JobStatus, utc_now


def publish(job: Job, *, by: By) -> None:
    """Open a job for applications, for the first time or again. Raises CannotChange."""
    _lock_status(job)
    if job.is_open:
        raise CannotChange(_("This job is open already."))
    _change_status(job, JobStatus.OPEN, by)
    job.published_at = job.published_at or utc_now()


def close(job: Job, *, by: By) -> None:
    """Take no more applications. Raises CannotChange.

    Candidates can still finish interviews that have begun.
    """
    _lock_status(job)
    if not job.is_open:
        raise CannotChange(_("This job is not open."))
    _change_status(job, JobStatus.CLOSED, by)
    used_takes.forget(job)


def _lock_status(job: Job) -> None:
    """Read the status as it is now, and keep others from changing it until we commit."""
    db.session.flush()  # a new job has no row before
    db.session.refresh(job, ["status"], with_for_update={"key_share": True})


def _change_status(job: Job, status: JobStatus, by: By) -> None:
    audit.record(by, AuditEvent.CHANGED, job, {"from": job.status, "to": status})
    job.status = status
