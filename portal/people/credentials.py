"""Checks and changes passwords. Each function opens transactions of its own.

Hashing a password is slow on purpose, so no transaction is open meanwhile: the tries are counted in
one, the stored hash is read in another, and what follows from the password is written in a third.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import sqlalchemy as sa

from portal import audit
from portal.database import changed_one, release_lock, transaction
from portal.errors import PortalError
from portal.extensions import db
from portal.languages import N_
from portal.models import AuditEvent, User, utc_now
from portal.people import passwords, recovery, throttle
from portal.people.contact_details import tidy_email


class WrongCredentials(PortalError):
    """The e-mail or the password is wrong. We do not say which, so as not to reveal accounts."""

    status = HTTPStatus.UNAUTHORIZED
    message = N_("This e-mail and password do not belong together. Check both, or register.")


class WrongPassword(PortalError):
    """A signed-in user confirmed something with a wrong password; `field` is where it stood."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    message = N_("This is not the password of your account.")

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field


class AccountDisabled(PortalError):
    """The password is right, but an admin has disabled the account."""

    status = HTTPStatus.FORBIDDEN
    message = N_("This account is disabled. Write to the team that you applied to.")


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


def authenticate(credentials: Credentials, now: datetime | None = None) -> User:
    """The user with this e-mail and password.

    Raises WrongCredentials, AccountDisabled and throttle.RateLimitReached.
    """
    release_lock()
    tries = _count_sign_in(credentials, now or utc_now())
    stored = _stored_password(User.email == tidy_email(credentials.email))
    if not passwords.is_right(credentials.password, stored.password_hash):
        raise _failed(stored.user_id)
    throttle.uncount(tries)
    assert stored.password_hash is not None
    current = _with_current_parameters(stored, credentials.password)
    user = db.session.get(User, stored.user_id)
    if user is None or user.password_hash != current:  # deleted or changed since we looked it up
        raise _failed(stored.user_id)
    if not user.is_active:
        _failed(user.id)
        raise AccountDisabled
    return user


def confirm(user: User, password: str, address: str | None, now: datetime | None = None) -> None:
    """Check the password of a signed-in user.

    Raises WrongPassword and throttle.RateLimitReached.
    """
    _confirm(user.id, password, address, now or utc_now(), "password")


def change_password(user: User, old: str, new: str, address: str | None) -> None:
    """Set a new password, and end all sign-ins, API tokens and links to set one.

    Raises WrongPassword and throttle.RateLimitReached.
    """
    user_id = user.id
    stored = _confirm(user_id, old, address, utc_now(), "old")
    new_hash = passwords.hash_password(new)
    unchanged = sa.update(User).where(
        User.id == user_id, User.password_hash == stored.password_hash
    )
    with transaction():
        if not changed_one(unchanged.values(password_hash=new_hash)):
            raise WrongPassword("old")  # another device changed it while we were hashing
        changed = db.session.get_one(User, user_id)
        recovery.password_changed(changed)


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


def _failed(user_id: uuid.UUID | None) -> WrongCredentials:
    """Note that a password was wrong. The entry names the account, if there is one, never the text.

    Who tried is unknown: whoever knows an address can try.
    """
    account = audit.Thing("account", user_id)
    audit.record_apart(audit.VISITOR, AuditEvent.SIGN_IN_FAILED, account)
    return WrongCredentials()


def _confirm(
    user_id: uuid.UUID, password: str, address: str | None, now: datetime, field: str
) -> _StoredPassword:
    """What is stored of this user's password. Raises WrongPassword for this field."""
    release_lock()
    tries = [
        throttle.count_try(throttle.SIGN_IN_PER_ADDRESS, throttle.network_of(address), now),
        throttle.count_try(throttle.CONFIRM_PER_ACCOUNT, str(user_id), now),
    ]
    stored = _stored_password(User.id == user_id)
    if not passwords.is_right(password, stored.password_hash):
        _failed(user_id)
        raise WrongPassword(field)
    throttle.uncount(tries)
    return stored


def _stored_password(who: sa.ColumnElement[bool]) -> _StoredPassword:
    row = db.session.execute(sa.select(User.id, User.password_hash).where(who)).first()
    release_lock()
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
    with transaction():
        db.session.execute(unchanged.values(password_hash=new_hash))
    return new_hash
