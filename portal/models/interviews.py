"""Interviews and their questions, answers, page events and flags.

The user's plan gives the name `InterviewSession` for the table of interviews. Everywhere else the
code says *interview*, because *session* is Flask's and SQLAlchemy's word.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.applications import STOPS_RECORDING, Application
from portal.models.choices import (
    AnswerState,
    ApplicationStatus,
    Finding,
    FlagKind,
    InterviewState,
    PageEventKind,
    Severity,
)
from portal.models.columns import Leased, UtcDateTime, one_of, utc_now


class InterviewSession(Leased, db.Model):
    """The interview of one application. A process leases it to make its film and telemetry."""

    __tablename__ = "interview_sessions"
    __table_args__ = (
        sa.Index("ix_interview_sessions_start_time", "start_time"),
        sa.Index("ix_interview_sessions_state_start_time", "state", "start_time"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("applications.id", ondelete="CASCADE"), unique=True
    )
    state: Mapped[InterviewState] = mapped_column(
        one_of(InterviewState), default=InterviewState.PENDING
    )
    consent_record_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # None: the candidate refused the analysis, so nothing is measured
    consent_analyse_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # the version of the consent text, and the SHA-256 of the text as the page showed it
    consent_version: Mapped[str | None] = mapped_column(sa.String(16))
    consent_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    consent_days: Mapped[int | None]  # the longest retention that we promised
    start_time: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_time: Mapped[datetime | None] = mapped_column(UtcDateTime)
    duration_ms: Mapped[int | None]
    # the largest shift of the sound against the picture that joining applied
    av_offset_ms: Mapped[int | None]
    result_json_mapping: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    failure: Mapped[str] = mapped_column(sa.String(300), default="")

    holder: Mapped[str | None] = mapped_column(sa.String(64))  # the browser tab that records
    holder_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    # optimistic locking: an older result never overwrites a newer one
    flags_version: Mapped[int] = mapped_column(default=0)
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
        return (
            self.state in {InterviewState.RECORDING, InterviewState.FINISHING}
            and not self.is_stopped
        )

    @property
    def is_stopped(self) -> bool:
        """Whether the application was withdrawn before finishing, or decided while recording."""
        if self.state is InterviewState.FINISHING:
            return self.application.status is ApplicationStatus.WITHDRAWN
        return self.state is InterviewState.RECORDING and self.application.status in STOPS_RECORDING

    def kept_until(self, retention_days: int) -> datetime:
        """When it is deleted: as promised at consent, or earlier if RETENTION_DAYS is less now."""
        days = min(retention_days, self.consent_days or retention_days)
        return (self.start_time or self.created_at) + timedelta(days=days)

    @property
    def is_analysed(self) -> bool:
        return self.consent_analyse_at is not None

    @property
    def may_be_retried(self) -> bool:
        """Whether an admin may retry it: it failed, or one of its answers could not be used."""
        if self.application.status is ApplicationStatus.WITHDRAWN:
            return False
        lacks_one = any(answer.state is AnswerState.FAILED for answer in self.kept_answers())
        return self.state is InterviewState.FAILED or (
            self.state is InterviewState.READY and lacks_one
        )

    def kept_answers(self) -> list["Answer"]:
        """All parts of the take that counts for each question, in order.

        That is the newest take with a usable part. If no take has one, it is the newest take.
        """
        there = [answer for answer in self.answers if answer.state is not AnswerState.DISCARDED]
        # answers are in order, so the last take wins
        newest = {answer.question_position: answer.take for answer in there}
        usable = [answer for answer in there if answer.state is not AnswerState.FAILED]
        newest |= {answer.question_position: answer.take for answer in usable}
        return [answer for answer in there if answer.take == newest[answer.question_position]]


class InterviewQuestion(db.Model):
    """One question of this interview: a copy of the job's question, and when it was shown."""

    __tablename__ = "interview_questions"

    interview_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("interview_sessions.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 1 is first
    prompt: Mapped[str] = mapped_column(sa.String(500))
    think_ms: Mapped[int]
    limit_ms: Mapped[int]
    takes: Mapped[int]
    # takes used with an account that is now deleted
    takes_before: Mapped[int] = mapped_column(default=0)
    # None: the candidate has not seen it yet
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def takes_left(self) -> int:
        """The takes that this interview may use, counted before it uses any."""
        return self.takes - self.takes_before

    @property
    def is_released(self) -> bool:
        return self.released_at is not None

    def think_left_ms(self, now: datetime) -> int:
        """The thinking time that is left. It starts once, when the prompt is first shown."""
        if self.released_at is None:
            return self.think_ms
        gone_ms = int((now - self.released_at).total_seconds() * 1000)
        return min(self.think_ms, max(0, self.think_ms - gone_ms))


class Answer(Leased, db.Model):
    """One part of one take of a question: one upload, one file, one unit of background work.

    After an interruption (closed tab, crash) the take continues in a further `part`.
    """

    __tablename__ = "answers"
    __table_args__ = (
        sa.UniqueConstraint("interview_id", "question_position", "take", "part"),
        sa.Index("ix_answers_state_lease_until", "state", "lease_until"),
    )

    interview_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("interview_sessions.id", ondelete="CASCADE")
    )
    question_position: Mapped[int]
    # a copy, because the question may change later
    prompt: Mapped[str] = mapped_column(sa.String(500))
    take: Mapped[int]
    part: Mapped[int] = mapped_column(default=1)
    limit_ms: Mapped[int]  # how long this part may be recorded
    container: Mapped[str] = mapped_column(sa.String(8))
    state: Mapped[AnswerState] = mapped_column(one_of(AnswerState), default=AnswerState.RECORDING)
    # sent at the end; until then, use the size of the file
    length_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    # Upload-Length, if a tus client sent it in advance
    announced_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    recorded_ms: Mapped[int | None]  # how long the recorder ran, as the page reported it
    duration_ms: Mapped[int | None]  # length of the media that counts
    measured_ms: Mapped[int] = mapped_column(default=0)
    # file size when measuring paused because no more bytes came
    idle_at_bytes: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    damaged_at_ms: Mapped[int | None]
    # how far normalising shifted the sound; None without sound
    av_offset_ms: Mapped[int | None]
    # losses of our own recorder when it was too slow; None if no recorder reported them
    pictures_dropped: Mapped[int | None]
    sound_lost_ms: Mapped[int | None]
    # The next four say how the answer arrived, for reviewers (`interviews/arrival_notes.py`). None
    # means that it was not stored.
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # length of the media as sent; the part beyond the limit is cut
    sent_ms: Mapped[int | None]
    codecs: Mapped[str | None] = mapped_column(sa.String(40))  # for example "h264 aac"
    # whether our page recorded it and sent all its reports
    watched: Mapped[bool | None]
    failure: Mapped[str] = mapped_column(sa.String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    interview: Mapped[InterviewSession] = relationship(back_populates="answers")
    page_events: Mapped[list["PageEvent"]] = relationship(
        back_populates="answer", cascade="all, delete-orphan", order_by="PageEvent.t_ms"
    )


class Flag(db.Model):
    """An interval that a reviewer should look at, on the recording's timeline.

    All flags of an interview are replaced together each time it is judged.
    """

    __tablename__ = "flags"
    __table_args__ = (
        sa.Index("ix_flags_interview_id_start_ms", "interview_id", "start_ms"),
        sa.Index("ix_flags_kind_severity_interview_id", "kind", "severity", "interview_id"),
        sa.UniqueConstraint("interview_id", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    interview_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("interview_sessions.id", ondelete="CASCADE")
    )
    # The same question to a reviewer keeps its key when the interview is judged again. See
    # portal/interviews/flag_keys.py.
    key: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4)
    kind: Mapped[FlagKind] = mapped_column(one_of(FlagKind))
    severity: Mapped[Severity] = mapped_column(one_of(Severity))
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    measured: Mapped[float]
    threshold: Mapped[float]
    unit: Mapped[str] = mapped_column(sa.String(16))
    rule: Mapped[str] = mapped_column(sa.String(40))
    # The sentence is made when it is shown: portal/interviews/flag_sentences.py.
    finding: Mapped[Finding] = mapped_column(one_of(Finding, checked=False))
    angle_deg: Mapped[float | None]
    angle_limit_deg: Mapped[float | None]
    assessable: Mapped[bool] = mapped_column(default=True)

    interview: Mapped[InterviewSession] = relationship(back_populates="flags")


class PageEvent(db.Model):
    """An event that the candidate's page reported, on the answer's own timeline."""

    __tablename__ = "page_events"
    # if the page sends a report twice, it is stored once
    __table_args__ = (sa.UniqueConstraint("answer_id", "kind", "t_ms"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("answers.id", ondelete="CASCADE"))
    kind: Mapped[PageEventKind] = mapped_column(one_of(PageEventKind))
    t_ms: Mapped[int]
    until_ms: Mapped[int | None]
    characters: Mapped[int | None]  # number of pasted characters; the text is never sent

    answer: Mapped[Answer] = relationship(back_populates="page_events")
