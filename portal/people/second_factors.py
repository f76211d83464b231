"""A person's second factors: authenticator apps, passkeys, and the codes for whoever lost them.

It adds, removes and lists them. `second_step` checks what somebody enters when signing in. Each
change is told by mail, to the person whom somebody else may be pretending to be. No function
commits.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import sqlalchemy as sa

from portal import audit, mail
from portal.audit import By
from portal.config import settings
from portal.database import changed_one, insert_unless_there
from portal.errors import PortalError
from portal.extensions import db
from portal.languages import N_
from portal.models import AuditEvent, FactorKind, MailEvent, Role, SecondFactor, User
from portal.people import accounts, passkeys, recovery_codes, totp, used_once
from portal.people.passkey_challenges import Challenge

NAME_MAX_CHARS = 80
WORDS = {FactorKind.TOTP: "app", FactorKind.PASSKEY: "passkey"}  # as mails name them
MOST = 20  # more than anybody's devices; a program must not fill the list


class LastFactor(PortalError):
    """The account must have a second factor, and this is the only one."""

    message = N_("Your account must have a second factor. Add another one before you remove this.")


class TooManyFactors(PortalError):
    """No more second factors fit into the list."""

    message = N_("You have many second factors already. Remove one before you add another.")


class WrongNewCode(PortalError):
    """The code of an app that is being set up is wrong."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    field = "code"
    message = N_(
        "This is not the code that the app shows now. Check the clock of the device with the app, "
        "then type the newest code."
    )


class SetUpOver(PortalError):
    """The page with the QR code is too old, or its code was used."""

    message = N_("This page is too old, so nothing was added. Begin once more with a new code.")


class WrongNewPasskey(PortalError):
    """The browser's answer is not that of a new passkey, or came too late."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    message = N_("The passkey could not be added. Press the button once more.")


class PasskeyKnown(PortalError):
    """This passkey is in the list already."""

    message = N_("This passkey is known already. Use it, or add one of another device.")


@dataclass(frozen=True)
class Added:
    """What was added, and the recovery codes if these are the person's first."""

    factor: SecondFactor
    codes: list[str]


def of(user: User) -> Sequence[SecondFactor]:
    """This person's second factors, the oldest first."""
    mine = sa.select(SecondFactor).where(SecondFactor.user_id == user.id)
    return db.session.scalars(mine.order_by(SecondFactor.created_at, SecondFactor.id)).all()


def has_any(user_id: uuid.UUID) -> bool:
    return bool(db.session.scalar(sa.select(sa.exists().where(SecondFactor.user_id == user_id))))


def kinds(user_id: uuid.UUID) -> set[FactorKind]:
    mine = sa.select(SecondFactor.kind).where(SecondFactor.user_id == user_id).distinct()
    return set(db.session.scalars(mine))


def find(user: User, factor_id: uuid.UUID) -> SecondFactor | None:
    mine = sa.select(SecondFactor).where(
        SecondFactor.id == factor_id, SecondFactor.user_id == user.id
    )
    return db.session.scalar(mine)


def is_required(user: User) -> bool:
    """Whether this account must have one: everybody's who sees data of other people."""
    return settings().require_second_factor and user.role is not Role.CANDIDATE


def is_missing(user: User) -> bool:
    """Whether this account must get a second factor before anything else."""
    return is_required(user) and not has_any(user.id)


def add_app(
    user: User, set_up: totp.SetUp, typed: str, name: str, now: datetime, *, by: By
) -> Added:
    """Add the app that has just given a right code.

    Raises WrongNewCode, SetUpOver and TooManyFactors.
    """
    step = totp.step_of(set_up.secret, typed, now)
    if step is None:
        raise WrongNewCode
    if not used_once.use(set_up.id.bytes, "set-up of an app", set_up.ends_at):
        raise SetUpOver
    factor = SecondFactor(
        id=set_up.id,
        user_id=user.id,
        kind=FactorKind.TOTP,
        name=name,
        secret=totp.encrypt(set_up.secret, set_up.id),
        last_step=step,
    )
    return _add(user, factor, by=by)


def add_passkey(
    user: User, answer: str, challenge: Challenge | None, name: str, *, by: By
) -> Added:
    """Add the passkey that a browser has made.

    Raises WrongNewPasskey, PasskeyKnown and TooManyFactors.
    """
    made = passkeys.read_new(answer, challenge.value) if challenge else None
    if challenge is None or made is None:
        raise WrongNewPasskey
    if not used_once.use(challenge.value, "challenge", challenge.ends_at):
        raise WrongNewPasskey
    factor = SecondFactor(
        user_id=user.id,
        kind=FactorKind.PASSKEY,
        name=name,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
    )
    return _add(user, factor, by=by)


def remove(user: User, factor: SecondFactor, *, by: By) -> bool:
    """Remove one. With the last one the recovery codes go, too. False if it is gone already.

    Raises LastFactor.
    """
    kind, factor_id = factor.kind, factor.id
    _lock(user)
    is_last = len(of(user)) == 1
    if is_last and is_required(user):
        raise LastFactor
    mine = sa.delete(SecondFactor).where(
        SecondFactor.id == factor_id, SecondFactor.user_id == user.id
    )
    if not changed_one(mine):
        return False
    if is_last:
        recovery_codes.forget(user.id)
    audit.record(by, AuditEvent.FACTOR_REMOVED, user, {"factor": kind})
    _tell(user, f"{WORDS[kind]}_removed")
    return True


def remove_all(user: User, *, by: By) -> bool:
    """Remove all of them, for somebody who has lost them, and end all sign-ins.

    False if there are none. Where a second factor is required, the next sign-in asks for a new one.
    """
    factors = sa.delete(SecondFactor).where(SecondFactor.user_id == user.id)
    if not has_any(user.id):
        return False
    db.session.execute(factors)
    recovery_codes.forget(user.id)
    accounts.end_all_sign_ins(user)
    audit.record(by, AuditEvent.FACTOR_REMOVED, user, {"factor": "all"})
    _tell(user, "all_removed")
    return True


def make_codes(user: User, *, by: By) -> list[str]:
    """Give this person new recovery codes. The old ones work no more."""
    codes = _make_codes(user, by)
    _tell(user, "codes_made")
    return codes


def tell_code_used(user: User) -> None:
    """Note that this person, or whoever has the list, used a recovery code."""
    audit.record(user, AuditEvent.CODE_USED, user)
    _tell(user, "code_used")


def _add(user: User, factor: SecondFactor, *, by: By) -> Added:
    _lock(user)
    before = len(of(user))
    if before >= MOST:
        raise TooManyFactors
    if not insert_unless_there(factor):
        raise PasskeyKnown
    audit.record(by, AuditEvent.FACTOR_ADDED, user, {"factor": factor.kind})
    _tell(user, f"{WORDS[factor.kind]}_added")
    return Added(factor, [] if before else _make_codes(user, by))


def _make_codes(user: User, by: By) -> list[str]:
    audit.record(by, AuditEvent.CODES_MADE, user)
    return recovery_codes.make(user.id)


def _lock(user: User) -> None:
    """Let changes of one person's factors follow one another: they count what is there."""
    db.session.execute(sa.select(User.id).where(User.id == user.id).with_for_update())


def _tell(user: User, change: str) -> None:
    mail.send(user, MailEvent.SECOND_FACTOR_CHANGED, change=change)
