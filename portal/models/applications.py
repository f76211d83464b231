"""Applications for jobs, and the takes that deleted accounts have used."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.languages import N_
from portal.languages import gettext as _
from portal.models.choices import ApplicationStatus, InterviewState
from portal.models.columns import UtcDateTime, one_of, utc_now
from portal.models.jobs import Job, Question
from portal.models.people import User

if TYPE_CHECKING:
    from portal.models.interviews import InterviewQuestion, InterviewSession


# These statuses stop an interview that is being recorded; each has a sentence for the candidate.
# Closing the job does not stop it.
STOPS_RECORDING = {
    ApplicationStatus.WITHDRAWN: N_("You withdrew this application."),
    ApplicationStatus.REJECTED: N_("This application has been decided."),
    ApplicationStatus.OFFERED: N_("This application has been decided."),
}


RECORDED_ALREADY = N_("Your interview for this job was recorded already.")


class Application(db.Model):
    """One candidate's application for one job."""

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
    # our own name for the file, in the folder for résumés
    resume_path: Mapped[str] = mapped_column(sa.String(80))
    # the candidate's name for the file; pages only display it
    resume_name: Mapped[str] = mapped_column(sa.String(160))
    # whether this person recorded the interview with an account that is now deleted
    was_recorded: Mapped[bool] = mapped_column(default=False)
    # What the inspection changed in the file. The sentence is made when it is shown:
    # portal/hiring/resume_changes.py.
    resume_changes: Mapped[str] = mapped_column(sa.Text, default="")
    # when the team first opened it; after that the candidate cannot replace it
    resume_opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    user: Mapped[User] = relationship(back_populates="applications")
    job: Mapped[Job] = relationship(back_populates="applications")
    interview: Mapped["InterviewSession | None"] = relationship(
        back_populates="application", cascade="all, delete-orphan"
    )

    @property
    def questions(self) -> "Sequence[Question | InterviewQuestion]":
        """The questions copied when the interview began, or the job's questions before that."""
        if self.interview is None or self.interview.state is InterviewState.PENDING:
            return self.job.questions
        return self.interview.questions

    def why_not_interviewable(self) -> str | None:
        """Why no interview may be recorded (any more), for the candidate. None if it may."""
        if self.status in STOPS_RECORDING:
            return _(STOPS_RECORDING[self.status])
        if not self.questions:
            return _("This job has no recorded interview.")
        if self.interview is None and (
            self.was_recorded or self.status is ApplicationStatus.INTERVIEWED
        ):
            return _(RECORDED_ALREADY)
        if self.interview is None and not self.job.is_open:
            return _("This job is closed.")
        return None


class EarlierInterview(db.Model):
    """The takes that a person used for a job with an account that is now deleted.

    The row has a keyed hash, and no address or name. It is deleted when the job closes.
    """

    __tablename__ = "earlier_interviews"

    # keyed hash (HMAC) of e-mail address and job
    mark: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    job_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("jobs.id", ondelete="CASCADE"), index=True
    )
    is_finished: Mapped[bool]  # the candidate finished the interview
    # number of used takes, by the question's position
    takes: Mapped[dict[str, int]] = mapped_column(sa.JSON)
