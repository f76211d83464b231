"""Verbs on a person's account: register, prove who one is, sign in and out, disable. Pages and API
share them.

Hashing takes a while on purpose, so it always happens while no transaction is open. Whatever ends
sign-ins ends them in the database, which every request of every process asks.
"""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from portal.models import Role, SignIn, User, utc_now
from portal.people import passwords, throttle
from portal.people.contact_details import tidy_email, tidy_text

# from then on a cookie is worth nothing, also one that was copied and kept
SIGN_IN_LIFETIME = timedelta(days=14)
# longer than a sitting; whoever left without a word is signed out by then
KIOSK_SIGN_IN_LIFETIME = timedelta(hours=2)


class EmailTaken(Exception):
    """Somebody registered with this e-mail already."""


class WrongCredentials(Exception):
    """No such person or not this password; which of the two is nobody's business."""


class AccountDisabled(Exception):
    """The password is right, but an admin has disabled the account."""


@dataclass(frozen=True)
class Credentials:
    """What somebody says to prove who they are, the address it came from, and the device if it is a
    known one.
    """

    email: str
    password: str
    address: str | None
    device: str | None = None


@dataclass(frozen=True)
class _Known:
    """What is looked up of a person before a password is checked."""

    user_id: uuid.UUID | None = None
    password_hash: str | None = None


def register(credentials: Credentials, full_name: str, now: datetime | None = None) -> User:
    """Make a candidate's account. Raises EmailTaken and throttle.TooManyTries."""
    db.session.rollback()
    network, at = throttle.network_of(credentials.address), now or utc_now()
    throttle.count_try(throttle.REGISTER_PER_ADDRESS, network, at)
    taken = throttle.count_try(throttle.TAKEN_PER_ADDRESS, network, at)
    user = create_user(credentials.email, credentials.password, full_name)
    throttle.forgive([taken])
    return user


def create_user(email: str, password: str, full_name: str, role: Role = Role.CANDIDATE) -> User:
    """Make an account, with no limit on how often. Raises EmailTaken."""
    password_hash = passwords.hash_password(password)
    user = User(
        email=tidy_email(email),
        password_hash=password_hash,
        full_name=tidy_text(full_name),
        role=role,
    )
    db.session.add(user)
    try:
        db.session.commit()
    except IntegrityError as exc:
        db.session.rollback()
        raise EmailTaken from exc
    return user


def authenticate(credentials: Credentials, now: datetime | None = None) -> User:
    """The person with this e-mail and password. Raises WrongCredentials, AccountDisabled and
    throttle.TooManyTries.
    """
    db.session.rollback()
    tries = _count_sign_in(credentials, now or utc_now())
    known = _look_up(User.email == tidy_email(credentials.email))
    if not passwords.is_right(credentials.password, known.password_hash):
        raise WrongCredentials
    throttle.forgive(tries)
    assert known.password_hash is not None
    current = _rehashed(known, credentials.password)
    user = db.session.get(User, known.user_id)
    if user is None or user.password_hash != current:  # removed or changed in this very moment
        raise WrongCredentials
    if not user.is_active:
        raise AccountDisabled
    return user


def confirm(user: User, password: str, address: str | None, now: datetime | None = None) -> None:
    """Have who is signed in prove it once more. Raises WrongCredentials and throttle.TooManyTries."""
    _confirm(user.id, password, address, now or utc_now())


def change_password(user: User, old: str, new: str, address: str | None) -> None:
    """Set another password and end every sign-in and token. Raises WrongCredentials and
    throttle.TooManyTries.
    """
    user_id = user.id
    known = _confirm(user_id, old, address, utc_now())
    new_hash = passwords.hash_password(new)
    unchanged = sa.update(User).where(User.id == user_id, User.password_hash == known.password_hash)
    changed = db.session.execute(unchanged.values(password_hash=new_hash))
    if not cast(Any, changed).rowcount:  # changed on another device while we were hashing
        db.session.rollback()
        raise WrongCredentials
    sign_out_everywhere(db.session.get_one(User, user_id))


def start_sign_in(user: User, lifetime: timedelta = SIGN_IN_LIFETIME) -> uuid.UUID:
    """Let a browser in; the id goes into its cookie."""
    now = utc_now()
    db.session.execute(sa.delete(SignIn).where(SignIn.expires_at < now))
    sign_in = SignIn(user_id=user.id, expires_at=now + lifetime)
    db.session.add(sign_in)
    db.session.commit()
    return sign_in.id


def end_sign_in(sign_in_id: uuid.UUID) -> None:
    """End one browser's sign-in: its cookie, and every copy of it, opens nothing from now on."""
    # a page has read already, and SQLite lets nobody write who read before others wrote
    db.session.rollback()
    db.session.execute(sa.delete(SignIn).where(SignIn.id == sign_in_id))
    db.session.commit()


def sign_out_everywhere(user: User) -> None:
    """Make every cookie and token of this person worthless."""
    user.session_key = secrets.token_urlsafe(32)
    db.session.execute(sa.delete(SignIn).where(SignIn.user_id == user.id))
    db.session.commit()


def count_sign_ins(user: User) -> int:
    alive = sa.select(sa.func.count(SignIn.id)).where(
        SignIn.user_id == user.id, SignIn.expires_at > utc_now()
    )
    return db.session.scalar(alive) or 0


def disable(user: User) -> None:
    """Let this person in no more, from this moment. Nothing of theirs is deleted; uploads that run
    end unharmed.
    """
    user.disabled_at = user.disabled_at or utc_now()
    sign_out_everywhere(user)


def enable(user: User) -> None:
    """Let this person sign in again."""
    user.disabled_at = None
    db.session.commit()


def find(email: str) -> User | None:
    return db.session.scalar(sa.select(User).where(User.email == tidy_email(email)))


def _count_sign_in(credentials: Credentials, now: datetime) -> list[int]:
    """Count against the address first: who fills that limit cannot then lock other people's
    accounts as well.

    A device that signed in before has a count of its own, so that strangers cannot lock an account
    for its owner. Returns what is forgiven where the password is right.
    """
    email, network = tidy_email(credentials.email), throttle.network_of(credentials.address)
    who = f"{email}\0{credentials.device}" if credentials.device else email
    throttle.count_try(throttle.ALL_SIGN_INS_PER_ADDRESS, network, now)
    throttle.count_try(throttle.ALL_SIGN_INS_PER_EMAIL, who, now)
    own = throttle.SIGN_IN_PER_DEVICE if credentials.device else throttle.SIGN_IN_PER_EMAIL
    return [
        throttle.count_try(throttle.SIGN_IN_PER_ADDRESS, network, now),
        throttle.count_try(own, who, now),
    ]


def _confirm(user_id: uuid.UUID, password: str, address: str | None, now: datetime) -> _Known:
    db.session.rollback()
    tries = [
        throttle.count_try(throttle.SIGN_IN_PER_ADDRESS, throttle.network_of(address), now),
        throttle.count_try(throttle.CONFIRM_PER_ACCOUNT, str(user_id), now),
    ]
    known = _look_up(User.id == user_id)
    if not passwords.is_right(password, known.password_hash):
        raise WrongCredentials
    throttle.forgive(tries)
    return known


def _look_up(who: sa.ColumnElement[bool]) -> _Known:
    row = db.session.execute(sa.select(User.id, User.password_hash).where(who)).first()
    db.session.rollback()
    return _Known(row.id, row.password_hash) if row else _Known()


def _rehashed(known: _Known, password: str) -> str:
    """The hash to be found from now on; made anew where it was made with other parameters than new
    ones are.
    """
    assert known.password_hash is not None
    if not passwords.needs_rehash(known.password_hash):
        return known.password_hash
    new_hash = passwords.hash_password(password)
    # Only while the old one still stands: a password changed meanwhile must not come back.
    unchanged = sa.update(User).where(
        User.id == known.user_id, User.password_hash == known.password_hash
    )
    db.session.execute(unchanged.values(password_hash=new_hash))
    db.session.commit()
    return new_hash
