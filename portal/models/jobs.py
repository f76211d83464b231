"""Jobs (openings), and the questions of their interviews."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.choices import EmploymentType, JobStatus, Workplace
from portal.models.columns import UtcDateTime, one_of, utc_now

if TYPE_CHECKING:
    from portal.models.applications import Application
    from portal.models.interviews import InterviewQuestion


class Job(db.Model):
    """An opening that candidates can apply for."""

    __tablename__ = "jobs"
    __table_args__ = (sa.Index("ix_jobs_status_published_at", "status", "published_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    slug: Mapped[str] = mapped_column(sa.String(120), unique=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    description: Mapped[str] = mapped_column(sa.Text)  # Markdown
    location: Mapped[str] = mapped_column(sa.String(120))
    workplace: Mapped[Workplace] = mapped_column(one_of(Workplace), default=Workplace.ON_SITE)
    employment_type: Mapped[EmploymentType] = mapped_column(
        one_of(EmploymentType), default=EmploymentType.FULL_TIME
    )
    salary_range: Mapped[str] = mapped_column(sa.String(60), default="")
    status: Mapped[JobStatus] = mapped_column(one_of(JobStatus), default=JobStatus.DRAFT)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    questions: Mapped[list["Question"]] = relationship(
        back_populates="job", cascade="all, delete-orphan", order_by="Question.position"
    )
    applications: Mapped[list["Application"]] = relationship(back_populates="job")

    @property
    def is_open(self) -> bool:
        return self.status is JobStatus.OPEN

    @property
    def interview_ms(self) -> int:
        """The longest time of the interview: thinking and answering, one take per question."""
        return asked_ms(self.questions)


class Question(db.Model):
    """One question of a job's interview.

    Each interview takes a copy when it begins, so editing a question never changes the past.
    """

    __tablename__ = "questions"
    __table_args__ = (
        sa.UniqueConstraint("job_id", "position"),
        sa.CheckConstraint("takes >= 1", name="takes"),
        sa.CheckConstraint("limit_ms >= 5000", name="limit_ms"),
        sa.CheckConstraint("think_ms >= 0", name="think_ms"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"))
    position: Mapped[int]  # 1 is first
    prompt: Mapped[str] = mapped_column(sa.String(500))
    think_ms: Mapped[int] = mapped_column(default=30_000)
    limit_ms: Mapped[int] = mapped_column(default=120_000)
    takes: Mapped[int] = mapped_column(default=2)

    job: Mapped[Job] = relationship(back_populates="questions")


def asked_ms(questions: "Sequence[Question | InterviewQuestion]") -> int:
    """The longest time for these questions: thinking and answering, one take each."""
    return sum(question.think_ms + question.limit_ms for question in questions)
