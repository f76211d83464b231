"""Rows for tests, made through the real models. Everything is committed, so that requests see
it.
"""

import itertools
from dataclasses import dataclass
from typing import Any, TypeVar

from acting import start_sign_in
from argon2 import PasswordHasher
from flask.testing import FlaskClient

from portal import access
from portal.extensions import db
from portal.models import Application, Job, JobStatus, Question, Role, User, utc_now

Row = TypeVar("Row")

PASSWORD = "a long enough pass phrase"
# The cheapest parameters Argon2 allows: tests make many users, and none of them guards anything.
_quick_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
_number = itertools.count(1)


@dataclass
class Cast:
    alice: User
    bob: User
    ada: User


def make_cast() -> Cast:
    return Cast(
        alice=make_user("alice@example.org", full_name="Alice Moreau"),
        bob=make_user("bob@example.org", full_name="Bob Okafor"),
        ada=make_user("ada@example.org", full_name="Ada Lind", role=Role.ADMIN),
    )


def find_cast() -> Cast | None:
    """The cast of a database that was made with it."""
    users = {user.email: user for user in db.session.scalars(db.select(User))}
    names = [f"{name}@example.org" for name in ("alice", "bob", "ada")]
    db.session.rollback()
    return Cast(*(users[name] for name in names)) if users.keys() >= set(names) else None


def save(row: Row) -> Row:
    db.session.add(row)
    db.session.commit()
    return row


def make_user(email: str | None = None, **values: Any) -> User:
    email = email or f"person{next(_number)}@example.org"
    return save(
        User(
            **{
                "email": email,
                "password_hash": _quick_hash,
                "full_name": "A Person",
                "confirmed_at": utc_now(),
            }
            | values
        )
    )


def make_job(title: str = "Data engineer", questions: int = 2, **values: Any) -> Job:
    slug = f"{title.lower().replace(' ', '-')}-{next(_number)}"
    defaults = {
        "description": "Build **pipelines**.",
        "location": "Lisbon",
        "status": JobStatus.OPEN,
    }
    job = Job(**{"title": title, "slug": slug, "published_at": utc_now()} | defaults | values)
    job.questions = [make_question(position) for position in range(1, questions + 1)]
    return save(job)


def make_question(position: int, **values: Any) -> Question:
    defaults = {
        "prompt": f"Question number {position}?",
        "think_ms": 2_000,
        "limit_ms": 60_000,
        "takes": 2,
    }
    return Question(position=position, **defaults | values)


def make_application(user: User, job: Job | None = None, **values: Any) -> Application:
    defaults = {"resume_path": "none.pdf", "resume_name": "resume.pdf"}
    return save(Application(**{"user": user, "job": job or make_job()} | defaults | values))


def sign_in(client: FlaskClient, user: User) -> FlaskClient:
    """Sign in without walking through the login page (which has tests of its own)."""
    user_id, sign_in_id = user.id, start_sign_in(user)
    with client.session_transaction() as session:
        session["_user_id"] = str(user_id)
        session[access.SIGN_IN] = str(sign_in_id)
        session["_fresh"] = True
    return client
