"""One candidate's bid for one job, and what remains of an earlier one whose account was deleted."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.choices import ApplicationStatus, InterviewState
from portal.models.columns import UtcDateTime, one_of, utc_now
from portal.models.jobs import Job, Question
from portal.models.people import User

if TYPE_CHECKING:
    from portal.models.interviews import InterviewQuestion, InterviewSession


# What ends an interview that is being recorded, in a sentence to its candidate. Closing the job
# does not.
STOPS_RECORDING = {
    ApplicationStatus.WITHDRAWN: "You withdrew this application.",
    ApplicationStatus.REJECTED: "This application has been decided.",
    ApplicationStatus.OFFERED: "This application has been decided.",
}


RECORDED_ALREADY = "Your interview for this job was recorded already."


class Application(db.Model):
    """One candidate's bid for one job."""

    __tablename__ = "applications"
    __table_args__ = (sa.UniqueConstraint("user_id", "job_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    job_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("jobs.id", ondelete="RESTRICT"), index=True
    )
    status: Mapped[ApplicationStatus] = mapped_column(
        one_of(ApplicationStatus), default=ApplicationStatus.APPLIED
    )
    note: Mapped[str] = mapped_column(sa.Text, default="")
    # a name we made, inside the resumes folder
    resume_path: Mapped[str] = mapped_column(sa.String(80))
    # what the candidate called it; only ever shown
    resume_name: Mapped[str] = mapped_column(sa.String(160))
    # with an account that was deleted since
    was_recorded: Mapped[bool] = mapped_column(default=False)
    # what was left out of it; the candidate was told
    resume_changes: Mapped[str] = mapped_column(sa.Text, default="")
    # first fetched by the team; now it stays
    resume_opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    user: Mapped[User] = relationship(back_populates="applications")
    job: Mapped[Job] = relationship(back_populates="applications")
    interview: Mapped["InterviewSession | None"] = relationship(
        back_populates="application", cascade="all, delete-orphan"
    )

    @property
    def questions(self) -> "Sequence[Question | InterviewQuestion]":
        """What is asked here: as it was when the interview began, else what the job asks now."""
        if self.interview is None or self.interview.state is InterviewState.PENDING:
            return self.job.questions
        return self.interview.questions

    def why_not_interviewable(self) -> str | None:
        """A sentence for the candidate where no interview may be recorded (any more), else None."""
        if reason := STOPS_RECORDING.get(self.status):
            return reason
        if not self.questions:
            return "This job has no recorded interview."
        if self.interview is None and (
            self.was_recorded or self.status is ApplicationStatus.INTERVIEWED
        ):
            return RECORDED_ALREADY
        if self.interview is None and not self.job.is_open:
            return "This job is closed."
        return None


class EarlierInterview(db.Model):
    """Takes that somebody used for a job before deleting the account: a keyed mark, no address and
    no name.

    It goes when the job closes.
    """

    __tablename__ = "earlier_interviews"

    # keyed hash of e-mail address and job
    mark: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    job_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("jobs.id", ondelete="CASCADE"), index=True
    )
    is_finished: Mapped[bool]  # the candidate was done
    takes: Mapped[dict[str, int]] = mapped_column(sa.JSON)  # used ones, by the question's position
