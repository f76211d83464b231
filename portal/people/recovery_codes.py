"""Recovery codes: what a person types who has lost the app or the device. Each works once.

Only keyed hashes (HMAC-SHA-256) are stored: a code is shown when it is made, and never again. A new
set replaces the old one. No function commits.
"""

import secrets
import uuid

import sqlalchemy as sa

from portal.database import changed_one
from portal.extensions import db
from portal.keyed_hashes import keyed_hash
from portal.models import RecoveryCode

MANY = 10
# Letters and digits that nobody confuses when they are read from paper: without 0, O, 1, I, L, U.
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
# 117 bits. From 112 on, ASVS 5.0 (6.5.2) allows to store a plain hash instead of a slow one.
GROUP_CHARS, GROUPS = 6, 4
CHARS = GROUP_CHARS * GROUPS


def make(user_id: uuid.UUID) -> list[str]:
    """Replace this person's codes by new ones, and return those."""
    forget(user_id)
    codes = ["".join(secrets.choice(LETTERS) for _ in range(CHARS)) for _ in range(MANY)]
    db.session.add_all(
        RecoveryCode(user_id=user_id, code_hash=_hash(user_id, code)) for code in codes
    )
    return [_grouped(code) for code in codes]


def use(user_id: uuid.UUID, typed: str) -> bool:
    """End this code. False if it is none of this person's, or was used."""
    code = "".join(char for char in typed.upper() if char.isalnum())
    if len(code) != CHARS:
        return False
    mine = sa.delete(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.code_hash == _hash(user_id, code)
    )
    return changed_one(mine)


def count_left(user_id: uuid.UUID) -> int:
    mine = sa.select(sa.func.count(RecoveryCode.id)).where(RecoveryCode.user_id == user_id)
    return db.session.scalar(mine) or 0


def forget(user_id: uuid.UUID) -> None:
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _grouped(code: str) -> str:
    """The code for people who type it: in groups, with dashes between them."""
    return "-".join(code[at : at + GROUP_CHARS] for at in range(0, CHARS, GROUP_CHARS))


def _hash(user_id: uuid.UUID, code: str) -> str:
    return keyed_hash(b"recovery code\0" + user_id.bytes + code.encode()).hex()
