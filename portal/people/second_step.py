"""Checks the second factor of somebody who signs in, and the passkey of somebody who confirms.

Each wrong try is counted for the account and for the network. Each function opens transactions of
its own: a try counts, and an entry is written, also if the request then fails.
"""

import uuid
from datetime import datetime
from http import HTTPStatus
from typing import Any, NoReturn

import sqlalchemy as sa
from webauthn.helpers.structs import AuthenticationCredential

from portal import audit
from portal.database import changed_one, release_lock, transaction
from portal.errors import PortalError
from portal.extensions import db
from portal.languages import N_
from portal.models import AuditEvent, FactorKind, SecondFactor, User, utc_now
from portal.people import (
    passkeys,
    recovery_codes,
    second_factors,
    throttle,
    totp,
    used_once,
)
from portal.people.credentials import AccountDisabled
from portal.people.passkey_challenges import Challenge

# The kinds of refusals for programs: the member `code` of a problem document.
NEEDED, WRONG, MISSING = "second_factor_needed", "second_factor_wrong", "second_factor_missing"


class WrongCode(PortalError):
    """The code is none of this account's, or was used before."""

    status = HTTPStatus.UNAUTHORIZED
    message = N_(
        "This code is not right, or was used before. Type the one that the app shows now, "
        "or a recovery code that you have not used."
    )

    def __init__(self, field: str = "code") -> None:
        super().__init__()
        self.field = field

    def members(self) -> dict[str, Any]:
        return super().members() | {"code": WRONG}


class WrongPasskey(PortalError):
    """The browser's answer is not that of a passkey of this account, or came too late."""

    status = HTTPStatus.UNAUTHORIZED
    message = N_(
        "This passkey did not work here. It may have been removed, or the page was open too long. "
        "Try once more, or sign in in another way."
    )


class CodeNeeded(PortalError):
    """The password is right, and the account has a second factor: a program must send its code."""

    status = HTTPStatus.UNAUTHORIZED
    message = N_(
        "This account has a second factor. Send the code of its authenticator app, or a recovery "
        "code, as `code`."
    )

    def members(self) -> dict[str, Any]:
        return {"code": NEEDED}


class AppNeeded(CodeNeeded):
    """The account has passkeys only, and no program can use those."""

    message = N_(
        "This account has passkeys only, and a program cannot use them. Add an authenticator app "
        "on the page of your account and send its code as `code`, or send a recovery code."
    )


class FactorMissing(PortalError):
    """The account must have a second factor and has none, so programs get nothing."""

    status = HTTPStatus.FORBIDDEN
    message = N_(
        "This account must have a second factor and has none. Sign in with a browser and set one "
        "up there; then sign in here again, with its code."
    )

    def members(self) -> dict[str, Any]:
        return {"code": MISSING}


def prove_with_code(
    user_id: uuid.UUID,
    typed: str,
    address: str | None,
    now: datetime | None = None,
    field: str = "code",
) -> None:
    """Check the code of an app, or a recovery code, and use it up. It was typed into this field.

    Raises WrongCode and throttle.RateLimitReached.
    """
    release_lock()
    at = now or utc_now()
    tries = _count(user_id, address, at)
    with transaction():
        is_right = _use_app_code(user_id, typed, at) or _use_recovery_code(user_id, typed)
    if not is_right:
        _note_failure(user_id)
        raise WrongCode(field)
    throttle.uncount(tries)


def prove_with_passkey(
    user_id: uuid.UUID,
    answer: str,
    challenge: Challenge | None,
    address: str | None,
    *,
    alone: bool = False,
) -> None:
    """Check that a passkey of this account has answered. `alone`: in place of the password.

    Raises WrongPasskey and throttle.RateLimitReached.
    """
    release_lock()
    tries = _count(user_id, address, utc_now())
    with transaction():
        owner = _use_passkey(answer, challenge, alone=alone, of=user_id)
    if owner is None:
        _note_failure(user_id)
        raise WrongPasskey
    throttle.uncount(tries)


def sign_in_with_passkey(answer: str, challenge: Challenge | None, address: str | None) -> User:
    """The person whose passkey has answered, without a password.

    Raises WrongPasskey, AccountDisabled and throttle.RateLimitReached.
    """
    release_lock()
    network, at = throttle.network_of(address), utc_now()
    tries = [
        throttle.count_try(throttle.ALL_SIGN_INS_PER_ADDRESS, network, at),
        throttle.count_try(throttle.SIGN_IN_PER_ADDRESS, network, at),
    ]
    with transaction():
        owner = _use_passkey(answer, challenge, alone=True)
    user = db.session.get(User, owner) if owner else None
    if user is None:
        _note_failure(None)
        raise WrongPasskey
    throttle.uncount(tries[1:])
    if not user.is_active:
        _note_failure(user.id)
        raise AccountDisabled
    return user


def prove_for_program(user: User, code: str | None, address: str | None) -> None:
    """Check the code that a program has sent with the right password.

    Raises CodeNeeded, FactorMissing, WrongCode and throttle.RateLimitReached.
    """
    user_id, kinds = user.id, second_factors.kinds(user.id)
    refuse_without(user)
    if kinds and code:
        prove_with_code(user_id, code, address)
    elif kinds:
        _refuse_without_code(user_id, kinds)


def _refuse_without_code(user_id: uuid.UUID, kinds: set[FactorKind]) -> NoReturn:
    """Say that a code is needed. It counts as a try: it tells that the password is right."""
    release_lock()
    throttle.count_try(throttle.SECOND_STEP_PER_ACCOUNT, str(user_id), utc_now())
    raise CodeNeeded if FactorKind.TOTP in kinds else AppNeeded


def refuse_without(user: User) -> None:
    """Raise FactorMissing if this account must have a second factor and has none."""
    if second_factors.is_missing(user):
        raise FactorMissing


def _count(user_id: uuid.UUID, address: str | None, now: datetime) -> list[int]:
    """Count one try. Returns the ids for `uncount`. The network counts first, as for passwords."""
    return [
        throttle.count_try(throttle.SIGN_IN_PER_ADDRESS, throttle.network_of(address), now),
        throttle.count_try(throttle.SECOND_STEP_PER_ACCOUNT, str(user_id), now),
        throttle.count_try(throttle.SECOND_STEP_PER_DAY, str(user_id), now),
    ]


def _note_failure(user_id: uuid.UUID | None) -> None:
    account = audit.Thing("account", user_id)
    audit.record_apart(audit.VISITOR, AuditEvent.SIGN_IN_FAILED, account, {"factor": "wrong"})


def _use_app_code(user_id: uuid.UUID, typed: str, now: datetime) -> bool:
    """Whether an app of this account shows this code now, and nobody has used it."""
    apps = sa.select(SecondFactor).where(
        SecondFactor.user_id == user_id, SecondFactor.kind == FactorKind.TOTP
    )
    return any(_use_code_of(app, typed, now) for app in db.session.scalars(apps).all())


def _use_code_of(app: SecondFactor, typed: str, now: datetime) -> bool:
    secret = totp.decrypt(app.secret or b"", app.id)
    step = totp.step_of(secret, typed, now) if secret else None
    if step is None:
        return False
    unused = sa.update(SecondFactor).where(SecondFactor.id == app.id, SecondFactor.last_step < step)
    return changed_one(unused.values(last_step=step, used_at=now))


def _use_recovery_code(user_id: uuid.UUID, typed: str) -> bool:
    if not recovery_codes.use(user_id, typed):
        return False
    second_factors.tell_code_used(db.session.get_one(User, user_id))
    return True


def _use_passkey(
    answer: str, challenge: Challenge | None, *, alone: bool, of: uuid.UUID | None = None
) -> uuid.UUID | None:
    """The account whose passkey has answered this challenge, or None."""
    said = passkeys.read(answer)
    if said is None or challenge is None:
        return None
    factor = _passkey_of(said, of)
    if factor is None or not used_once.use(challenge.value, "challenge", challenge.ends_at):
        return None
    counter = passkeys.counter_if_right(
        said, challenge.value, factor.public_key or b"", alone=alone
    )
    if counter is None or not _raise_counter(factor, counter):
        return None
    return factor.user_id


def _passkey_of(said: AuthenticationCredential, of: uuid.UUID | None) -> SecondFactor | None:
    """The row of the passkey that speaks: of this account, or of the one that it names itself."""
    factor = db.session.scalar(
        sa.select(SecondFactor).where(SecondFactor.credential_id == said.raw_id)
    )
    named = said.response.user_handle
    if factor is None or (named is None and of is None):
        return None
    is_named = named is None or named == factor.user_id.bytes
    return factor if is_named and of in {None, factor.user_id} else None


def _raise_counter(factor: SecondFactor, counter: int) -> bool:
    """Store the passkey's counter. False if it did not grow: then there may be a copy of the key.

    Many devices do not count; theirs stays 0.
    """
    grew = SecondFactor.sign_count < counter if counter else SecondFactor.sign_count == 0
    same = sa.update(SecondFactor).where(SecondFactor.id == factor.id, grew)
    if changed_one(same.values(sign_count=counter, used_at=utc_now())):
        return True
    account = audit.Thing("account", factor.user_id)
    audit.record_apart(
        audit.VISITOR, AuditEvent.BYPASS_TRIED, account, {"state": "passkey_counter"}
    )
    return False
