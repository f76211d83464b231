"""Actions on a person's account: register, check a password, sign in and out, disable.

The pages and the API share this module. Hashing a password is slow on purpose, so no transaction is
open while we hash. Sign-ins are rows in the database, and every request asks for its row. So a
sign-out takes effect in all processes at once.
"""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.errors import PortalError
from portal.extensions import db
from portal.models import Role, SignIn, User, utc_now
from portal.people import passwords, throttle
from portal.people.contact_details import tidy_email, tidy_text

# After this time the cookie is worthless, and so is a copy of it.
SIGN_IN_LIFETIME = timedelta(days=14)
# Longer than an interview. It signs out a person who left the kiosk without signing out.
KIOSK_SIGN_IN_LIFETIME = timedelta(hours=2)


class EmailTaken(PortalError):
    """An account with this e-mail address exists already."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    field = "email"
    message = "This address cannot be registered. If it is yours, sign in instead."


class WrongCredentials(PortalError):
    """The e-mail or the password is wrong. We do not say which, so as not to reveal accounts."""

    status = HTTPStatus.UNAUTHORIZED
    message = "This e-mail and password do not belong together. Check both, or register."


class WrongPassword(PortalError):
    """A signed-in user confirmed something with a wrong password; `field` is where it stood."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    message = "This is not the password of your account."

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field


class AccountDisabled(PortalError):
    """The password is right, but an admin has disabled the account."""

    status = HTTPStatus.FORBIDDEN
    message = "This account is disabled. Write to the team that you applied to."


@dataclass(frozen=True)
class Credentials:
    """What a person enters to sign in, and the network address that it came from.

    `device` is the name of the browser if it is a known one (see `known_browsers`).
    """

    email: str
    password: str
    address: str | None
    device: str | None = None


@dataclass(frozen=True)
class _StoredPassword:
    """A user's id and password hash; both None if there is no such user."""

    user_id: uuid.UUID | None = None
    password_hash: str | None = None


def register(credentials: Credentials, full_name: str, now: datetime | None = None) -> User:
    """Create a candidate's account. Raises EmailTaken and throttle.RateLimitReached."""
    db.session.rollback()
    network, at = throttle.network_of(credentials.address), now or utc_now()
    throttle.count_try(throttle.REGISTER_PER_ADDRESS, network, at)
    taken = throttle.count_try(throttle.TAKEN_PER_ADDRESS, network, at)
    user = create_user(credentials.email, credentials.password, full_name)
    throttle.uncount([taken])
    return user


def create_user(email: str, password: str, full_name: str, role: Role = Role.CANDIDATE) -> User:
    """Create an account, without a rate limit. Raises EmailTaken."""
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
    """The user with this e-mail and password.

    Raises WrongCredentials, AccountDisabled and throttle.RateLimitReached.
    """
    db.session.rollback()
    tries = _count_sign_in(credentials, now or utc_now())
    stored = _stored_password(User.email == tidy_email(credentials.email))
    if not passwords.is_right(credentials.password, stored.password_hash):
        raise WrongCredentials
    throttle.uncount(tries)
    assert stored.password_hash is not None
    current = _with_current_parameters(stored, credentials.password)
    user = db.session.get(User, stored.user_id)
    if user is None or user.password_hash != current:  # deleted or changed since we looked it up
        raise WrongCredentials
    if not user.is_active:
        raise AccountDisabled
    return user


def confirm(user: User, password: str, address: str | None, now: datetime | None = None) -> None:
    """Check the password of a signed-in user.

    Raises WrongPassword and throttle.RateLimitReached.
    """
    if _confirmed(user.id, password, address, now or utc_now()) is None:
        raise WrongPassword("password")


def change_password(user: User, old: str, new: str, address: str | None) -> None:
    """Set a new password, and end all sign-ins and API tokens.

    Raises WrongPassword and throttle.RateLimitReached.
    """
    user_id = user.id
    if (stored := _confirmed(user_id, old, address, utc_now())) is None:
        raise WrongPassword("old")
    new_hash = passwords.hash_password(new)
    unchanged = sa.update(User).where(
        User.id == user_id, User.password_hash == stored.password_hash
    )
    changed = db.session.execute(unchanged.values(password_hash=new_hash))
    if not cast(Any, changed).rowcount:  # another device changed it while we were hashing
        db.session.rollback()
        raise WrongPassword("old")
    sign_out_everywhere(db.session.get_one(User, user_id))


def start_sign_in(user: User, lifetime: timedelta = SIGN_IN_LIFETIME) -> uuid.UUID:
    """Start a sign-in and return its id, which goes into the browser's cookie."""
    now = utc_now()
    db.session.execute(sa.delete(SignIn).where(SignIn.expires_at < now))
    sign_in = SignIn(user_id=user.id, expires_at=now + lifetime)
    db.session.add(sign_in)
    db.session.commit()
    return sign_in.id


def end_sign_in(sign_in_id: uuid.UUID) -> None:
    """End one browser's sign-in. From now on its cookie and all copies of it are worthless."""
    # This request may have read already. SQLite refuses to write in a transaction that read older
    # data, so we start a new one.
    db.session.rollback()
    db.session.execute(sa.delete(SignIn).where(SignIn.id == sign_in_id))
    db.session.commit()


def sign_out_everywhere(user: User) -> None:
    """End all of this person's sign-ins and API tokens."""
    user.session_key = secrets.token_urlsafe(32)
    db.session.execute(sa.delete(SignIn).where(SignIn.user_id == user.id))
    db.session.commit()


def count_sign_ins(user: User) -> int:
    alive = sa.select(sa.func.count(SignIn.id)).where(
        SignIn.user_id == user.id, SignIn.expires_at > utc_now()
    )
    return db.session.scalar(alive) or 0


def disable(user: User) -> None:
    """Disable the account and sign it out everywhere.

    This deletes no data. The server refuses the rest of an upload that is running now, but keeps
    all bytes that it has confirmed.
    """
    user.disabled_at = user.disabled_at or utc_now()
    sign_out_everywhere(user)


def enable(user: User) -> None:
    """Let the owner of a disabled account sign in again."""
    user.disabled_at = None
    db.session.commit()


def find(email: str) -> User | None:
    return db.session.scalar(sa.select(User).where(User.email == tidy_email(email)))


def _count_sign_in(credentials: Credentials, now: datetime) -> list[int]:
    """Count one sign-in. Returns the tries for `uncount`, which the caller calls after a success.

    The network address counts first: when its limit is reached, its tries cannot lock accounts too.
    A known browser has its own count, so that strangers cannot lock an account for its owner.
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


def _confirmed(
    user_id: uuid.UUID, password: str, address: str | None, now: datetime
) -> _StoredPassword | None:
    """What is stored of this user's password, or None if `password` is another one."""
    db.session.rollback()
    tries = [
        throttle.count_try(throttle.SIGN_IN_PER_ADDRESS, throttle.network_of(address), now),
        throttle.count_try(throttle.CONFIRM_PER_ACCOUNT, str(user_id), now),
    ]
    stored = _stored_password(User.id == user_id)
    if not passwords.is_right(password, stored.password_hash):
        return None
    throttle.uncount(tries)
    return stored


def _stored_password(who: sa.ColumnElement[bool]) -> _StoredPassword:
    row = db.session.execute(sa.select(User.id, User.password_hash).where(who)).first()
    db.session.rollback()
    return _StoredPassword(row.id, row.password_hash) if row else _StoredPassword()


def _with_current_parameters(stored: _StoredPassword, password: str) -> str:
    """The stored hash; if its parameters are outdated, hash the password again and store that."""
    assert stored.password_hash is not None
    if not passwords.needs_rehash(stored.password_hash):
        return stored.password_hash
    new_hash = passwords.hash_password(password)
    # Update only if the old hash is still stored. Otherwise an old password would come back.
    unchanged = sa.update(User).where(
        User.id == stored.user_id, User.password_hash == stored.password_hash
    )
    db.session.execute(unchanged.values(password_hash=new_hash))
    db.session.commit()
    return new_hash
