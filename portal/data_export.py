"""Exports everything that the portal keeps about a person, as one ZIP file."""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from portal import access, audit, hiring, interviews
from portal.audit import Agent
from portal.config import settings
from portal.database import reading
from portal.extensions import db
from portal.mail import rendering
from portal.models import (
    Application,
    AuditEntry,
    InterviewQuestion,
    InterviewSession,
    Mail,
    SignIn,
    User,
)
from portal.people import recovery_codes, second_factors

WHO = {
    Agent.PERSON: "somebody else with an account here",
    Agent.VISITOR: "somebody who was not signed in",
    Agent.OPERATOR: "the operator of this portal",
    Agent.SYSTEM: "the portal itself",
}
NOT_IN_PROFILE = ("id", "password_hash", "session_key", "disabled_at", "leaving_at")
NOT_OF_SIGN_IN = ("id", "user_id")
READ_BYTES = 256 * 1024  # a recording may not fit into memory, so we read it in pieces


def export_data(user: User) -> Iterator[bytes]:
    """Everything we keep about a person, as pieces of a ZIP file.

    The ZIP is made while it is sent, because it may be larger than the free space on our disk.
    """
    # The request is a POST, but it only reads. Sending takes minutes and needs only the files.
    with reading():
        files = _files(user)
    return _zipped(files)


def _files(user: User) -> dict[str, bytes | Path]:
    """The content of each file of the ZIP, or where it lies."""
    files: dict[str, bytes | Path] = {
        "profile.json": _as_json(_columns(user, *NOT_IN_PROFILE)),
        "log.json": _as_json([_log_line(entry, user) for entry in audit.about(user)]),
        "sign_ins.json": _as_json([_columns(row, *NOT_OF_SIGN_IN) for row in _sign_ins(user)]),
        "consents.json": _as_json([_consent(interview) for interview in _consented(user)]),
    }
    if second_factors.has_any(user.id):
        files["second_factors.json"] = _as_json(_second_factors(user))
    if mails := db.session.scalars(
        access.own(sa.select(Mail), user).order_by(Mail.created_at)
    ).all():
        files["mails.json"] = _as_json([_mail(mail) for mail in mails])
    mine = access.own(sa.select(Application), user).order_by(Application.created_at)
    for number, application in enumerate(db.session.scalars(mine), 1):
        folder = f"applications/{number:02d}-{application.job.slug}"
        kind = application.resume_path.rpartition(".")[2]
        files[f"{folder}/application.json"] = _as_json(_application(application))
        files[f"{folder}/resume.{kind}"] = settings().resumes_folder / application.resume_path
        if application.interview:
            place = interviews.recording(application.interview)
            files |= {
                f"{folder}/interview/{path.relative_to(place.folder)}": path
                for path in place.files()
            }
    return files


def _zipped(files: dict[str, bytes | Path]) -> Iterator[bytes]:
    sink = _Sink()
    # Recordings and résumés are compressed already.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as package:
        for name, content in files.items():
            if isinstance(content, Path) and not content.is_file():  # deleted in the meantime
                continue
            with package.open(name, "w", force_zip64=True) as target:
                for piece in _pieces(content):
                    target.write(piece)
                    yield sink.drain()
    yield sink.drain()


def _pieces(content: bytes | Path) -> Iterator[bytes]:
    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
        while piece := source.read(READ_BYTES):
            yield piece


class _Sink(io.RawIOBase):
    """A write-only stream for `zipfile`, which keeps only the bytes that we have not sent yet."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        return len(data)

    def drain(self) -> bytes:
        ready, self._waiting = bytes(self._waiting), bytearray()
        return ready


def _as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str).encode()


def _columns(row: Any, *without: str) -> dict[str, Any]:
    """The row's columns and values, without the columns that only the portal itself needs."""
    return {
        column.name: getattr(row, column.name)
        for column in row.__table__.columns
        if column.name not in without
    }


def _application(application: Application) -> dict[str, Any]:
    interview = application.interview
    said = {"job": application.job.title} | _columns(
        application, "user_id", "job_id", "resume_path"
    )
    said["resume_changes"] = hiring.changes_sentence(application)
    return said | {"interview": _interview(interview) if interview else None}


def _sign_ins(user: User) -> Sequence[SignIn]:
    """Also those that ran out, as long as we keep them."""
    mine = access.own(sa.select(SignIn), user)
    return db.session.scalars(mine.order_by(SignIn.started_at)).all()


def _consented(user: User) -> Sequence[InterviewSession]:
    given = access.own(sa.select(InterviewSession), user).where(
        InterviewSession.consent_record_at.is_not(None)
    )
    return db.session.scalars(given.order_by(InterviewSession.consent_record_at)).all()


def _consent(interview: InterviewSession) -> dict[str, Any]:
    """What the person agreed to, when, and which text they saw."""
    return {
        "job": interview.application.job.title,
        "recording_agreed_at": interview.consent_record_at,
        "analysis_agreed_at": interview.consent_analyse_at,
        "text_version": interview.consent_version,
        "text_sha256": interview.consent_sha256,
        "kept_for_days": interview.consent_days,
    }


def _mail(mail: Mail) -> dict[str, Any]:
    """The mail as its reader got it, without the secret part of its link."""
    rendered = rendering.render_masked(mail)
    told = ("address", "state", "created_at", "sent_at")
    said = {name: getattr(mail, name) for name in told}
    return said | {"subject": rendered.subject, "text": rendered.plain}


def _interview(interview: InterviewSession) -> dict[str, Any]:
    ours = (
        "application_id",
        "interview_id",
        "answer_id",
        "attempts",
        "fence",
        "lease_until",
        "holder",
        "id",
    )
    answers = [
        _columns(answer, *ours)
        | {"page_events": [_columns(event, *ours) for event in answer.page_events]}
        for answer in interview.answers
    ]
    return _columns(interview, *ours) | {
        "questions": [_question(question) for question in interview.questions],
        "answers": answers,
        "flags": [
            _columns(flag, *ours) | {"reason": interviews.flag_sentence(flag)}
            for flag in interview.flags
        ],
    }


def _second_factors(user: User) -> dict[str, Any]:
    """The apps and passkeys, without what is secret in them, and how many codes are left."""
    shown = [
        {
            "kind": factor.kind,
            "name": factor.name,
            "created_at": factor.created_at,
            "used_at": factor.used_at,
        }
        for factor in second_factors.of(user)
    ]
    return {"factors": shown, "recovery_codes_left": recovery_codes.count_left(user.id)}


def _question(question: InterviewQuestion) -> dict[str, Any]:
    """The question, without its text as long as the candidate has not reached it."""
    return _columns(question, "interview_id", *(() if question.is_released else ("prompt",)))


def _log_line(entry: AuditEntry, user: User) -> dict[str, Any]:
    """What was done by this person or about them, in plain words. It names nobody else."""
    who = "you" if entry.by_id == user.id else WHO[Agent(entry.by_kind)]
    said = {"at": entry.at, "who": who, "what": entry.what.replace("_", " "), "to": entry.of_kind}
    return said | entry.facts
