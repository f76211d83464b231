"""Alice and Bob with a thing of each kind, and Ada, who is an admin: for tests that try everybody's
key at every door.

The rows are made once in a test process, in a prepared database (see `prepared`). Each test gets a
copy of it, and files of its own.
"""

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from acting import start_sign_in
from factories import find_cast, make_application, make_cast
from interview_steps import begin_interview, start_answer
from papers import pdf

from portal import interviews, mail
from portal.config import settings
from portal.database import transaction
from portal.extensions import db
from portal.models import (
    FactorKind,
    InterviewSession,
    InterviewState,
    Mail,
    MailEvent,
    SecondFactor,
    SignIn,
    User,
)


@dataclass(frozen=True)
class Belongings:
    """What one candidate has: a running interview with an upload that goes on, and one that is
    finished. They are values: a row would be read again after each request.
    """

    application: uuid.UUID
    job: uuid.UUID
    slug: str
    interview: uuid.UUID
    answer: uuid.UUID
    ready: uuid.UUID
    mail: uuid.UUID
    sign_in: uuid.UUID
    factor: uuid.UUID


@dataclass(frozen=True)
class World:
    people: dict[str, uuid.UUID]
    things: dict[str, Belongings]

    def person(self, name: str) -> User:
        return db.session.get_one(User, self.people[name])


def make_world() -> None:
    cast = make_cast()
    for user in (cast.alice, cast.bob):
        start_sign_in(user)
        start_answer(begin_interview(make_application(user, resume_path=f"{user.id}.pdf")))
        ready = begin_interview(make_application(user))
        ready.state = InterviewState.READY
        db.session.commit()
        with transaction():
            mail.send(user, MailEvent.APPLIED, job=ready.application.job.title)
            db.session.add(SecondFactor(user_id=user.id, kind=FactorKind.TOTP, name="App"))


def find_world() -> World:
    """The world of a database that was made with it. Its files are written now."""
    cast = find_cast()
    assert cast
    people = {"alice": cast.alice.id, "bob": cast.bob.id, "ada": cast.ada.id}
    things = {"alice": belongings_of(cast.alice), "bob": belongings_of(cast.bob)}
    db.session.rollback()
    return World(people, things)


def belongings_of(user: User) -> Belongings:
    rows = db.session.scalars(
        sa.select(InterviewSession).where(InterviewSession.application.has(user=user))
    )
    running, ready = sorted(rows, key=lambda row: row.state is InterviewState.READY)
    application, (answer,) = running.application, running.answers
    (settings().resumes_folder / application.resume_path).write_bytes(pdf())
    interviews.answer_path(answer).parent.mkdir(parents=True)
    interviews.answer_path(answer).write_bytes(b"a piece")
    recording = interviews.recording(ready)
    for path in (recording.recording_path, recording.telemetry_path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    job = application.job
    told = db.session.scalars(sa.select(Mail.id).where(Mail.user_id == user.id)).first()
    factor = db.session.scalars(
        sa.select(SecondFactor.id).where(SecondFactor.user_id == user.id)
    ).first()
    assert told
    sign_in = db.session.scalars(sa.select(SignIn.id).where(SignIn.user_id == user.id)).first()
    assert sign_in
    assert factor
    return Belongings(
        application.id, job.id, job.slug, running.id, answer.id, ready.id, told, sign_in, factor
    )
