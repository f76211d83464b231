"""The random number that a passkey signs, so that an old answer is worth nothing.

It lies in the signed session of the browser that asked, for one purpose and for a few minutes.
`used_once` remembers that it was used: a copy of the cookie must not make it good again.
"""

import base64
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from portal.people import passkeys

KEPT_AS = "passkey_challenge"
LIFETIME = timedelta(minutes=5)  # longer than a browser waits for the person


class Purpose(StrEnum):
    """What a passkey is asked for. An answer to one question is none to another."""

    ADD = "add"
    SIGN_IN = "sign_in"  # alone, without a password
    SECOND_STEP = "second_step"
    CONFIRM = "confirm"


@dataclass(frozen=True)
class Challenge:
    """A challenge, and until when an answer to it is taken."""

    value: bytes
    ends_at: datetime


def begin(session: MutableMapping[str, Any], purpose: Purpose, now: datetime) -> bytes:
    """A new challenge. It replaces the one that this browser had before."""
    challenge = passkeys.new_challenge()
    ends_at = int((now + LIFETIME).timestamp())
    session[KEPT_AS] = [purpose, base64.b64encode(challenge).decode(), ends_at]
    return challenge


def take(session: MutableMapping[str, Any], purpose: Purpose, now: datetime) -> Challenge | None:
    """This browser's challenge, which it has no longer. None if there is none for this purpose."""
    kept = session.pop(KEPT_AS, None)
    if kept is None or kept[0] != purpose:
        return None
    ends_at = datetime.fromtimestamp(kept[2], UTC)
    return Challenge(base64.b64decode(kept[1]), ends_at) if now < ends_at else None
