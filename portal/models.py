"""The tables, and the rules that concern one row. Knows no request, no file and no thread."""

import secrets
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from portal.extensions import db


def utc_now() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC, on databases that keep time zones and on those that drop them."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def one_of(enum: type[StrEnum]) -> sa.Enum:
    """A text column that the database itself holds to the enum's values."""
    return sa.Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=24,
        name=enum.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


class Role(StrEnum):
    CANDIDATE = "candidate"
    ADMIN = "admin"


class JobStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class Workplace(StrEnum):
    ON_SITE = "on_site"
    HYBRID = "hybrid"
    REMOTE = "remote"


class EmploymentType(StrEnum):
    FULL_TIME = "full_time"
    PART_TIME = "part_time"
    CONTRACT = "contract"
    INTERNSHIP = "internship"


class ApplicationStatus(StrEnum):
    APPLIED = "applied"
    INVITED = "invited"
    INTERVIEWED = "interviewed"
    OFFERED = "offered"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class InterviewState(StrEnum):
    PENDING = "pending"  # no consent to record yet
    RECORDING = "recording"  # answers are being taken
    FINISHING = "finishing"  # the candidate is done; measuring and joining go on
    READY = "ready"  # video and telemetry are there
    FAILED = "failed"  # finishing did not succeed; the answers are still there


class AnswerState(StrEnum):
    RECORDING = "recording"  # bytes are still coming
    RECEIVED = "received"  # all bytes are on disk
    READY = "ready"  # measured (where agreed) and normalised
    FAILED = "failed"  # three tries did not succeed
    DISCARDED = "discarded"  # recorded again, or taken back; its media is deleted when the sitting ends


class WorkerKind(StrEnum):
    WEB = "web"  # threads beside the ones that answer requests
    WORKER = "worker"  # a process of its own, `flask capture-worker`


class User(UserMixin, db.Model):
    """A person who signs in."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)  # always lower case
    password_hash: Mapped[str] = mapped_column(sa.String(255))
    role: Mapped[Role] = mapped_column(one_of(Role), default=Role.CANDIDATE)
    full_name: Mapped[str] = mapped_column(sa.String(120))
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    location: Mapped[str] = mapped_column(sa.String(120), default="")
    headline: Mapped[str] = mapped_column(sa.String(160), default="")
    # The API's tokens carry a mark of it: changing it ends them all.
    session_key: Mapped[str] = mapped_column(sa.String(43), unique=True, default=lambda: secrets.token_urlsafe(32))
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # nobody gets in any more, nothing is deleted
    leaving_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # asked for deletion, which goes on until done
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    applications: Mapped[list["Application"]] = relationship(back_populates="user", cascade="all, delete-orphan")

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def initials(self) -> str:
        words = self.full_name.split() or [self.email]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


class Job(db.Model):
    """An opening."""

    __tablename__ = "jobs"
    __table_args__ = (sa.Index("ix_jobs_status_published_at", "status", "published_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    slug: Mapped[str] = mapped_column(sa.String(120), unique=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    description: Mapped[str] = mapped_column(sa.Text)  # Markdown
    location: Mapped[str] = mapped_column(sa.String(120))
    workplace: Mapped[Workplace] = mapped_column(one_of(Workplace), default=Workplace.ON_SITE)
    employment_type: Mapped[EmploymentType] = mapped_column(one_of(EmploymentType), default=EmploymentType.FULL_TIME)
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
        """How long the interview takes at most, thinking included, one take each."""
        return asked_ms(self.questions)


class Question(db.Model):
    """One question of a job's interview. An interview that begins takes a copy: editing never changes the past."""

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


# What ends an interview that is being recorded, in a sentence to its candidate. Closing the job does not.
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
    job_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("jobs.id", ondelete="RESTRICT"), index=True)
    status: Mapped[ApplicationStatus] = mapped_column(one_of(ApplicationStatus), default=ApplicationStatus.APPLIED)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    resume_path: Mapped[str] = mapped_column(sa.String(80))  # a name we made, inside the resumes folder
    resume_name: Mapped[str] = mapped_column(sa.String(160))  # what the candidate called it; only ever shown
    was_recorded: Mapped[bool] = mapped_column(default=False)  # with an account that was deleted since
    resume_changes: Mapped[str] = mapped_column(sa.Text, default="")  # what was left out of it; the candidate was told
    resume_opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # first fetched by the team; now it stays
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
        if self.interview is None and (self.was_recorded or self.status is ApplicationStatus.INTERVIEWED):
            return RECORDED_ALREADY
        if self.interview is None and not self.job.is_open:
            return "This job is closed."
        return None


class InterviewSession(db.Model):
    """One sitting for one application. `interview` in code, so that `session` stays Flask's."""

    __tablename__ = "interview_sessions"
    __table_args__ = (
        sa.Index("ix_interview_sessions_start_time", "start_time"),
        sa.Index("ix_interview_sessions_state_start_time", "state", "start_time"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("applications.id", ondelete="CASCADE"), unique=True)
    state: Mapped[InterviewState] = mapped_column(one_of(InterviewState), default=InterviewState.PENDING)
    consent_record_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    consent_analyse_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: refused, nothing is measured
    consent_version: Mapped[str | None] = mapped_column(sa.String(16))  # which words were agreed to
    consent_sha256: Mapped[str | None] = mapped_column(sa.String(64))  # of these words as they were shown
    consent_days: Mapped[int | None]  # how long we promised to keep it at most
    start_time: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_time: Mapped[datetime | None] = mapped_column(UtcDateTime)
    duration_ms: Mapped[int | None]
    av_offset_ms: Mapped[
        int | None
    ]  # how far picture and sound of the film are apart at most, beyond the recorder's own
    result_json_mapping: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    failure: Mapped[str] = mapped_column(sa.String(300), default="")

    holder: Mapped[str | None] = mapped_column(sa.String(64))  # the browser tab that records
    holder_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    flags_version: Mapped[int] = mapped_column(default=0)  # so that an older result never overwrites a newer one
    # Finishing (joining the film) is claimed like measuring an answer is.
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    application: Mapped[Application] = relationship(back_populates="interview")
    questions: Mapped[list["InterviewQuestion"]] = relationship(
        cascade="all, delete-orphan", order_by=lambda: InterviewQuestion.position
    )
    answers: Mapped[list["Answer"]] = relationship(
        back_populates="interview",
        cascade="all, delete-orphan",
        order_by=lambda: (Answer.question_position, Answer.take, Answer.part),
    )
    flags: Mapped[list["Flag"]] = relationship(
        back_populates="interview",
        cascade="all, delete-orphan",
        order_by=lambda: (Flag.start_ms, Flag.id),
    )

    @property
    def is_live(self) -> bool:
        return self.state in {InterviewState.RECORDING, InterviewState.FINISHING} and not self.is_stopped

    @property
    def is_stopped(self) -> bool:
        """Whether it goes no further: withdrawn before it was put together, or decided while it was recorded."""
        if self.state is InterviewState.FINISHING:
            return self.application.status is ApplicationStatus.WITHDRAWN
        return self.state is InterviewState.RECORDING and self.application.status in STOPS_RECORDING

    def kept_until(self, retention_days: int) -> datetime:
        """When it is deleted: after what was promised, or earlier where this portal keeps less by now."""
        days = min(retention_days, self.consent_days or retention_days)
        return (self.start_time or self.created_at) + timedelta(days=days)

    @property
    def is_analysed(self) -> bool:
        return self.consent_analyse_at is not None

    @property
    def may_be_retried(self) -> bool:
        """Whether it failed, or was finished without an answer that could not be used."""
        if self.application.status is ApplicationStatus.WITHDRAWN:
            return False
        lacks_one = any(answer.state is AnswerState.FAILED for answer in self.kept_answers())
        return self.state is InterviewState.FAILED or (self.state is InterviewState.READY and lacks_one)

    def kept_answers(self) -> list["Answer"]:
        """All parts of each question's newest take of which something can be used (else of the newest), in order."""
        there = [answer for answer in self.answers if answer.state is not AnswerState.DISCARDED]
        newest = {answer.question_position: answer.take for answer in there}  # ordered: the last one wins
        usable = [answer for answer in there if answer.state is not AnswerState.FAILED]
        newest |= {answer.question_position: answer.take for answer in usable}
        return [answer for answer in there if answer.take == newest[answer.question_position]]


class InterviewQuestion(db.Model):
    """One question as this interview asks it: the job's, copied when the interview began, and when it was shown."""

    __tablename__ = "interview_questions"

    interview_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("interview_sessions.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 1 is first
    prompt: Mapped[str] = mapped_column(sa.String(500))
    think_ms: Mapped[int]
    limit_ms: Mapped[int]
    takes: Mapped[int]
    takes_before: Mapped[int] = mapped_column(default=0)  # used with an account that was deleted
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: nobody but admins has read it yet

    @property
    def takes_left(self) -> int:
        """Of those that this interview may use at all, before any is used."""
        return self.takes - self.takes_before

    @property
    def is_released(self) -> bool:
        return self.released_at is not None

    def think_left_ms(self, now: datetime) -> int:
        """What is left of the time to think. Its clock starts when the prompt is shown, and never anew."""
        if self.released_at is None:
            return self.think_ms
        gone_ms = int((now - self.released_at).total_seconds() * 1000)
        return min(self.think_ms, max(0, self.think_ms - gone_ms))


def asked_ms(questions: "Sequence[Question | InterviewQuestion]") -> int:
    """How long it takes at most to answer these, thinking included, one take each."""
    return sum(question.think_ms + question.limit_ms for question in questions)


class Answer(db.Model):
    """One take of one question: one upload, one file; the unit that is measured, retried and leased.

    A take that was interrupted (closed tab, crash) goes on in a further `part`.
    """

    __tablename__ = "answers"
    __table_args__ = (
        sa.UniqueConstraint("interview_id", "question_position", "take", "part"),
        sa.Index("ix_answers_state_lease_until", "state", "lease_until"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    interview_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("interview_sessions.id", ondelete="CASCADE"))
    question_position: Mapped[int]
    prompt: Mapped[str] = mapped_column(sa.String(500))  # as it was asked, whatever becomes of the question
    take: Mapped[int]
    part: Mapped[int] = mapped_column(default=1)
    limit_ms: Mapped[int]  # how long this part may be recorded
    container: Mapped[str] = mapped_column(sa.String(8))
    state: Mapped[AnswerState] = mapped_column(one_of(AnswerState), default=AnswerState.RECORDING)
    length_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)  # said at the end; until then the file's size tells
    announced_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)  # by a tus client that knew it beforehand
    recorded_ms: Mapped[int | None]  # how long the recorder says it ran
    duration_ms: Mapped[int | None]  # how long the media is
    measured_ms: Mapped[int] = mapped_column(default=0)
    idle_at_bytes: Mapped[int] = mapped_column(sa.BigInteger, default=0)  # measured that far, then nothing more came
    damaged_at_ms: Mapped[int | None]
    av_offset_ms: Mapped[int | None]  # how far its sound was moved when it was normalised; None without sound
    pictures_dropped: Mapped[int | None]  # by a recorder of ours that could not keep up; None where nobody told
    sound_lost_ms: Mapped[int | None]  # likewise
    # How it came, kept beside the answer for reviewers (`interviews/arrival.py`); None where nobody noted it.
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_ms: Mapped[int | None]  # how long the media is that was sent; what is beyond the limit is cut
    codecs: Mapped[str | None] = mapped_column(sa.String(40))  # what it is coded in: "h264 aac"
    watched: Mapped[bool | None]  # whether our page recorded it, and nothing it was to report is missing
    failure: Mapped[str] = mapped_column(sa.String(300), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    interview: Mapped[InterviewSession] = relationship(back_populates="answers")
    page_events: Mapped[list["PageEvent"]] = relationship(
        back_populates="answer", cascade="all, delete-orphan", order_by="PageEvent.t_ms"
    )


class Flag(db.Model):
    """An interval worth a look, on the recording's clock. Replaced as a whole while the interview is measured."""

    __tablename__ = "flags"
    __table_args__ = (
        sa.Index("ix_flags_interview_id_start_ms", "interview_id", "start_ms"),
        sa.Index("ix_flags_kind_severity_interview_id", "kind", "severity", "interview_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    interview_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("interview_sessions.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.String(24))
    severity: Mapped[str] = mapped_column(sa.String(8))
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    measured: Mapped[float]
    threshold: Mapped[float]
    unit: Mapped[str] = mapped_column(sa.String(16))
    rule: Mapped[str] = mapped_column(sa.String(40))
    reason: Mapped[str] = mapped_column(sa.String(300))
    assessable: Mapped[bool] = mapped_column(default=True)

    interview: Mapped[InterviewSession] = relationship(back_populates="flags")


class PageEvent(db.Model):
    """Something the candidate's page reported, on the answer's own clock."""

    __tablename__ = "page_events"
    __table_args__ = (sa.UniqueConstraint("answer_id", "kind", "t_ms"),)  # a report sent twice is one event

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("answers.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.String(24))
    t_ms: Mapped[int]
    until_ms: Mapped[int | None]
    characters: Mapped[int | None]  # how much was pasted, never what

    answer: Mapped[Answer] = relationship(back_populates="page_events")


class SignIn(db.Model):
    """One browser that is signed in. Its cookie names this row and is worth nothing without it."""

    __tablename__ = "sign_ins"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class RevokedToken(db.Model):
    """An API token that was signed out before it expired."""

    __tablename__ = "revoked_tokens"

    jti: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ThrottleHit(db.Model):
    """One counted try (a failed sign-in, say). Kept in the database so that all processes count together."""

    __tablename__ = "throttle_hits"
    __table_args__ = (sa.Index("ix_throttle_hits_bucket_at", "bucket", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    bucket: Mapped[str] = mapped_column(sa.String(64))  # keyed hash of what is counted; no address, no e-mail
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class EarlierInterview(db.Model):
    """Takes that somebody used for a job before deleting the account: a keyed mark, no address and no name.

    It goes when the job closes.
    """

    __tablename__ = "earlier_interviews"

    mark: Mapped[str] = mapped_column(sa.String(64), primary_key=True)  # keyed hash of e-mail address and job
    job_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    is_finished: Mapped[bool]  # the candidate was done
    takes: Mapped[dict[str, int]] = mapped_column(sa.JSON)  # used ones, by the question's position


class WorkerBeat(db.Model):
    """One process that measures, as it last said."""

    __tablename__ = "worker_beats"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[WorkerKind] = mapped_column(one_of(WorkerKind))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    jobs: Mapped[int]  # what it works on
