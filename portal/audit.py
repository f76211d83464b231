"""The audit log: who did what, and when. Entries have ids and numbers, and no personal data.

`record` writes an entry in the transaction of what it tells, so both happen or neither does.
`record_apart` is for what writes nothing itself, or is rolled back: a refusal, a look at a page.
Its entries are written after the request, in a short transaction of their own.
"""

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import Flask, Response, g
from sqlalchemy.exc import SQLAlchemyError

from portal.database import release_lock, transaction
from portal.extensions import db
from portal.models import (
    Answer,
    Application,
    AuditEntry,
    AuditEvent,
    InterviewSession,
    Job,
    Mail,
    MailText,
    SignIn,
    User,
    utc_now,
)

log = logging.getLogger(__name__)

# The facts that an entry may have. Numbers, words of our own (states, roles, names of fields and
# limits), and nothing that anybody typed.
FACTS = {
    "from", "to",  # states of an application or a job
    "role", "fields", "limit", "status",
    "factor",  # the kind of a second factor
    "state",  # what did not allow something: that of an application, an interview or an upload
    "seconds", "applications", "interviews", "answers", "is_analysed", "sign_ins",
}  # fmt: skip
KINDS: dict[type, str] = {
    User: "account",
    Job: "job",
    Application: "application",
    InterviewSession: "interview",
    Answer: "answer",
    Mail: "mail",
    MailText: "mail_text",
    SignIn: "sign-in",
}
# The same refusal or look again within this time gets no second entry. So strangers cannot fill the
# disk, and a page that is reloaded is one look.
ONCE_S = 60
# A player asks for the film in many pieces, over as long as somebody watches.
DOWNLOAD_ONCE_S = 3_600


class Agent(StrEnum):
    """Who acts: a person with an account, or somebody else."""

    PERSON = "person"
    VISITOR = "visitor"  # nobody is signed in
    OPERATOR = "operator"  # with a command of `flask`
    SYSTEM = "system"  # background work


class Actor(NamedTuple):
    """Who acts. `id` is the account of a person."""

    kind: Agent
    id: uuid.UUID | None = None


class Thing(NamedTuple):
    """What is acted on, where its row is not at hand."""

    kind: str
    id: uuid.UUID | None


NOTHING = Thing("", None)
OPERATOR, SYSTEM, VISITOR = Actor(Agent.OPERATOR), Actor(Agent.SYSTEM), Actor(Agent.VISITOR)
By = User | Actor
Of = User | Job | Application | InterviewSession | Answer | Mail | MailText | SignIn | Thing | None
Facts = Mapping[str, Any]


def init_app(app: Flask) -> None:
    app.after_request(_write_after_request)


def actor(by: Any) -> Actor:
    """Who acts. Flask-Login's anonymous user is a visitor."""
    if isinstance(by, Actor):
        return by
    return Actor(Agent.PERSON, by.id) if by.is_authenticated else VISITOR


def record(by: By, what: AuditEvent, of: Of = None, facts: Facts | None = None) -> None:
    """Add an entry to the open transaction."""
    db.session.add(_entry(by, what, of, facts))


def record_apart(by: By, what: AuditEvent, of: Of = None, facts: Facts | None = None) -> None:
    """Remember an entry. It is written after the request, even if the request fails."""
    g.setdefault("audit_entries", []).append(_entry(by, what, of, facts))


def write_apart() -> None:
    """Write the entries of `record_apart`. The transaction of the request is over then.

    If the database does not take them, the answer that the person gets stays the same.
    """
    entries: list[AuditEntry] = g.pop("audit_entries", [])
    if not entries:
        return
    release_lock()
    try:
        with transaction():
            db.session.add_all(entry for entry in entries if not _is_known(entry))
    except SQLAlchemyError as error:
        log.warning("%d audit entries are lost: %s", len(entries), type(error).__name__)


def about(user: User) -> list[AuditEntry]:
    """All entries by this person, and about the account, its applications and its interviews."""
    applications = sa.select(Application.id).where(Application.user_id == user.id)
    interviews = sa.select(InterviewSession.id).where(
        InterviewSession.application_id.in_(applications)
    )
    mails = sa.select(Mail.id).where(Mail.user_id == user.id)
    answers = sa.select(Answer.id).where(Answer.interview_id.in_(interviews))
    concerned = sa.or_(
        AuditEntry.by_id == user.id,
        AuditEntry.of_id == user.id,
        *(AuditEntry.of_id.in_(ids) for ids in (applications, interviews, answers, mails)),
    )
    return list(db.session.scalars(sa.select(AuditEntry).where(concerned).order_by(AuditEntry.id)))


def forget_old(now: datetime, days: int) -> int:
    """Delete the entries that are older than this. Returns how many."""
    old = sa.delete(AuditEntry).where(AuditEntry.at < now - timedelta(days=days))
    return int(getattr(db.session.execute(old), "rowcount", 0))


def as_dict(entry: AuditEntry) -> dict[str, Any]:
    """The entry for programs."""
    return {
        "at": entry.at.isoformat(),
        "by": entry.by_kind,
        "by_id": entry.by_id and str(entry.by_id),
        "what": entry.what,
        "of": entry.of_kind,
        "of_id": entry.of_id and str(entry.of_id),
        "facts": entry.facts,
    }


def _entry(by: By, what: AuditEvent, of: Of, facts: Facts | None) -> AuditEntry:
    said = dict(facts or {})
    if unknown := said.keys() - FACTS:
        raise ValueError(f"The audit log has no facts {', '.join(sorted(unknown))}.")
    who = actor(by)
    thing = _thing(of)
    return AuditEntry(
        at=utc_now(),
        by_kind=who.kind,
        by_id=who.id,
        what=what,
        of_kind=thing.kind,
        of_id=thing.id,
        facts=said,
    )


def _thing(of: Of) -> Thing:
    if of is None:
        return NOTHING
    if isinstance(of, Thing):
        return of
    if of.id is None:
        raise ValueError("The row has no id yet. Flush it first, so that the entry can name it.")
    return Thing(next(kind for model, kind in KINDS.items() if isinstance(of, model)), of.id)


def _is_known(entry: AuditEntry) -> bool:
    once_s = DOWNLOAD_ONCE_S if entry.what == AuditEvent.DOWNLOADED else ONCE_S
    same = (
        AuditEntry.at > entry.at - timedelta(seconds=once_s),
        AuditEntry.what == entry.what,
        AuditEntry.by_kind == entry.by_kind,
        AuditEntry.by_id == entry.by_id,
        AuditEntry.of_id == entry.of_id,
    )
    alike = db.session.scalars(sa.select(AuditEntry.facts).where(*same))
    return entry.facts in alike.all()


def _write_after_request(response: Response) -> Response:
    write_apart()
    return response
