"""Codes of an authenticator app (TOTP, RFC 6238): the secret, its QR code, which code is right.

An app and the portal share a secret. It is stored encrypted, with a key that comes from
`SECRET_KEY`, so a copy of the database gives no codes. This module knows no rows.
"""

import hmac
import re
import secrets
import struct
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.keyed_hashes import keyed_hash

STEP_S = 30  # what every app uses; so are SHA-1 and six digits
# Clocks differ, and typing takes time: the code before and the one after are right, too.
STEPS_AROUND = 1
CODE = re.compile(r"[0-9]{6}", re.ASCII)
SECRET_CHARS = 32  # of base32: 160 bits, the length that RFC 4226 recommends
SET_UP_WITHIN = timedelta(minutes=15)  # enough to install an app first
NONCE_BYTES = 12
PURPOSE = b"secret of an authenticator app"
SET_UP = b"set-up of an authenticator app"


@dataclass(frozen=True)
class SetUp:
    """An app that somebody is setting up. Nothing of it is stored before it gave a right code."""

    id: uuid.UUID
    secret: str
    started_at: datetime

    @property
    def ends_at(self) -> datetime:
        return self.started_at + SET_UP_WITHIN


def start_set_up(now: datetime) -> SetUp:
    return SetUp(uuid.uuid4(), pyotp.random_base32(SECRET_CHARS), now.replace(microsecond=0))


def seal(set_up: SetUp, user_id: uuid.UUID) -> bytes:
    """The set-up for a hidden field of its form. Only this person's next request can use it."""
    at = struct.pack(">Q", int(set_up.started_at.timestamp()))
    return _encrypted(set_up.id.bytes + at + set_up.secret.encode(), SET_UP + user_id.bytes)


def unseal(sealed: bytes, user_id: uuid.UUID, now: datetime) -> SetUp | None:
    """The set-up of such a field. None if it is too old, or not ours, or of somebody else."""
    plain = _decrypted(sealed, SET_UP + user_id.bytes)
    if plain is None:
        return None
    started_at = datetime.fromtimestamp(struct.unpack(">Q", plain[16:24])[0], UTC)
    set_up = SetUp(uuid.UUID(bytes=plain[:16]), plain[24:].decode(), started_at)
    return set_up if now < set_up.ends_at else None


def encrypt(secret: str, factor_id: uuid.UUID) -> bytes:
    """The secret for the row with this id. In another row it cannot be read."""
    return _encrypted(secret.encode(), PURPOSE + factor_id.bytes)


def decrypt(encrypted: bytes, factor_id: uuid.UUID) -> str | None:
    """The secret, or None if it was encrypted with another SECRET_KEY, or for another row."""
    plain = _decrypted(encrypted, PURPOSE + factor_id.bytes)
    return None if plain is None else plain.decode()


def step_of(secret: str, typed: str, now: datetime) -> int | None:
    """The time step that this code belongs to: its number since 1970. None if the code is wrong."""
    code = "".join(typed.split())
    if not CODE.fullmatch(code):
        return None
    app, here = pyotp.TOTP(secret, interval=STEP_S), int(now.timestamp()) // STEP_S
    steps = range(here - STEPS_AROUND, here + STEPS_AROUND + 1)
    # compare with all of them, so that the time does not tell which one was right
    right = [step for step in steps if hmac.compare_digest(app.generate_otp(step), code)]
    return max(right, default=None)


def address_of(secret: str, email: str, site_name: str) -> str:
    """The address (`otpauth://`) that the QR code holds; an app reads all it needs from it."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=email, issuer_name=site_name)


def grouped(secret: str) -> str:
    """The secret for people who type it: in groups of four letters."""
    return " ".join(re.findall(".{1,4}", secret))


@dataclass(frozen=True)
class QrCode:
    """A QR code for SVG: the side of its square in modules, and the path of the dark ones."""

    side: int
    path: str


def qr_code(text: str) -> QrCode:
    """Draw the text, with the margin of four modules that readers need."""
    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=4))
    path = "".join(
        f"M{run.start()} {y}h{len(run[0])}v1h-{len(run[0])}z"
        for y, row in enumerate(rows)
        for run in re.finditer("1+", "".join(str(int(module)) for module in row))
    )
    return QrCode(len(rows), path)


def _encrypted(plain: bytes, belongs_to: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _cipher().encrypt(nonce, plain, belongs_to)


def _decrypted(sealed: bytes, belongs_to: bytes) -> bytes | None:
    try:
        return _cipher().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], belongs_to)
    except (InvalidTag, ValueError):  # ValueError: too short
        return None


def _cipher() -> AESGCM:
    return AESGCM(keyed_hash(PURPOSE))
