"""Verbs on a person's account: register, prove who one is, sign out everywhere. Pages and API share them.

Hashing takes a while on purpose, so it always happens while no transaction is open.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal import passwords, throttle
from portal.extensions import db
from portal.models import Role, User, utc_now


class EmailTaken(Exception):
    """Somebody registered with this e-mail already."""


class WrongCredentials(Exception):
    """No such person or not this password; which of the two is nobody's business."""


@dataclass(frozen=True)
class Credentials:
    """What somebody says to prove who they are, and the address it came from."""

    email: str
    password: str
    address: str | None


def register(credentials: Credentials, full_name: str, now: datetime | None = None) -> User:
    """Make a candidate's account. Raises EmailTaken and throttle.TooManyTries."""
    db.session.rollback()
    throttle.count_try(throttle.REGISTER_PER_ADDRESS, throttle.network_of(credentials.address), now or utc_now())
    return create_user(credentials.email, credentials.password, full_name)


def create_user(email: str, password: str, full_name: str, role: Role = Role.CANDIDATE) -> User:
    """Make an account, with no limit on how often. Raises EmailTaken."""
    password_hash = passwords.hash_password(password)
    user = User(email=tidy_email(email), password_hash=password_hash, full_name=full_name.strip(), role=role)
    db.session.add(user)
    try:
        db.session.commit()
    except IntegrityError as exc:
        db.session.rollback()
        raise EmailTaken from exc
    return user


def authenticate(credentials: Credentials, now: datetime | None = None) -> User:
    """The person with this e-mail and password. Raises WrongCredentials and throttle.TooManyTries."""
    db.session.rollback()
    tries = _count_sign_in(credentials, now or utc_now())
    user_id, password_hash = _find(credentials.email)
    if not passwords.is_right(credentials.password, password_hash):
        raise WrongCredentials
    throttle.forgive(tries)
    assert password_hash is not None
    if passwords.needs_rehash(password_hash):
        _rehash(user_id, password_hash, credentials.password)
    user = db.session.get(User, user_id)
    if user is None:  # removed in this very moment
        raise WrongCredentials
    return user


def sign_out_everywhere(user: User) -> None:
    """Make every cookie and token of this person worthless."""
    user.session_key = secrets.token_urlsafe(32)
    db.session.commit()


def tidy_email(email: str) -> str:
    return email.strip().lower()


def _count_sign_in(credentials: Credentials, now: datetime) -> list[int]:
    """Count against the address first: who fills that limit cannot then lock other people's accounts as well."""
    by_address = throttle.count_try(throttle.SIGN_IN_PER_ADDRESS, throttle.network_of(credentials.address), now)
    by_email = throttle.count_try(throttle.SIGN_IN_PER_EMAIL, tidy_email(credentials.email), now)
    return [by_address, by_email]


def _find(email: str) -> tuple[object, str | None]:
    row = db.session.execute(sa.select(User.id, User.password_hash).where(User.email == tidy_email(email))).first()
    db.session.rollback()
    return (row.id, row.password_hash) if row else (None, None)


def _rehash(user_id: object, old_hash: str, password: str) -> None:
    new_hash = passwords.hash_password(password)
    # Only while the old one still stands: a password changed meanwhile must not come back.
    unchanged = sa.update(User).where(User.id == user_id, User.password_hash == old_hash)
    db.session.execute(unchanged.values(password_hash=new_hash))
    db.session.commit()
