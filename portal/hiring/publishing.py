"""Opens and closes jobs for applications."""

from portal.hiring import used_takes
from portal.hiring.errors import CannotChange
from portal.models import Job, JobStatus, utc_now


def publish(job: Job) -> None:
    """Open a job for applications, for the first time or again. Raises CannotChange."""
    if job.is_open:
        raise CannotChange("This job is open already.")
    job.status = JobStatus.OPEN
    job.published_at = job.published_at or utc_now()


def close(job: Job) -> None:
    """Take no more applications. Raises CannotChange.

    Candidates can still finish interviews that have begun.
    """
    if not job.is_open:
        raise CannotChange("This job is not open.")
    job.status = JobStatus.CLOSED
    used_takes.forget(job)
