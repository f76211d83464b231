"""Authenticator apps of other makers than the portal's library: codes after RFC 6238, by hand."""

import base64
import hashlib
import hmac
import struct
import time
import uuid
from datetime import UTC, datetime

from acting import committed
from factories import PASSWORD
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.extensions import db
from portal.models import FactorKind, SecondFactor, User
from portal.people import recovery_codes, totp

SECRET = base64.b32encode(b"12345678901234567890").decode()  # that of the RFC's test vectors


def code_at(seconds: float, secret: str = SECRET, digits: int = 6) -> str:
    """HOTP of the number of the half minute, as RFC 4226 writes it."""
    counter = struct.pack(">Q", int(seconds) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def code_now(secret: str = SECRET, steps: int = 0) -> str:
    return code_at(time.time() + 30 * steps, secret)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def give_app(user: User, secret: str = SECRET, name: str = "Phone") -> uuid.UUID:
    """An app that this person has set up some time ago."""
    factor_id = uuid.uuid4()
    db.session.add(
        SecondFactor(
            id=factor_id, user_id=user.id, kind=FactorKind.TOTP, name=name,
            secret=totp.encrypt(secret, factor_id),
        )
    )  # fmt: skip
    db.session.commit()
    return factor_id


def give_codes(user: User) -> list[str]:
    codes: list[str] = committed(recovery_codes.make)(user.id)
    return codes


def enter_password(
    client: FlaskClient, email: str = "alice@example.org", **args: str
) -> TestResponse:
    data = {"email": email, "password": PASSWORD}
    return client.post("/login", query_string=args, data=data)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account/").status_code == 200
