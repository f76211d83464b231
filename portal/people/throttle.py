"""Counts tries (sign-in, registration, applying …) in the database, so that all processes count
together.

Knows no e-mail and no address, only keyed hashes of them. A refusal is an HTTP 429 that says how
long to wait.
"""

import hashlib
import hmac
import ipaddress
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app
from werkzeug.exceptions import TooManyRequests

from portal.extensions import db
from portal.models import ThrottleHit


@dataclass(frozen=True)
class Limit:
    """At most so many tries within a sliding window."""

    name: str
    tries: int
    window_s: int


# Ten wrong passwords in a quarter of an hour is more than a person needs and hopeless for guessing.
SIGN_IN_PER_EMAIL = Limit("sign-in e-mail", tries=10, window_s=15 * 60)
# Many people may share one address (a school, a phone network), so it gets five times as many.
SIGN_IN_PER_ADDRESS = Limit("sign-in address", tries=50, window_s=15 * 60)
# Right passwords count as well, since checking one costs as much: a program signs in now and then,
# not each second.
ALL_SIGN_INS_PER_EMAIL = Limit("all sign-ins e-mail", tries=60, window_s=15 * 60)
ALL_SIGN_INS_PER_ADDRESS = Limit("all sign-ins address", tries=600, window_s=15 * 60)
# A browser that signed in before counts by itself: nobody else's tries make its owner wait.
SIGN_IN_PER_DEVICE = Limit("sign-in device", tries=10, window_s=15 * 60)
# The password asked for once more (to change it, to delete or download everything); wrong ones
# count.
CONFIRM_PER_ACCOUNT = Limit("confirm account", tries=10, window_s=15 * 60)
# Enough for a university behind one address. Tries with an e-mail that has an account count by
# themselves as well: too few of these to find out who has one.
REGISTER_PER_ADDRESS = Limit("register address", tries=400, window_s=60 * 60)
TAKEN_PER_ADDRESS = Limit("register taken address", tries=40, window_s=60 * 60)
# Each file is opened and looked at, which costs us; a person who applies for a job tries a few
# files at most.
APPLY_PER_ACCOUNT = Limit("apply account", tries=30, window_s=60 * 60)
APPLY_PER_ADDRESS = Limit("apply address", tries=600, window_s=60 * 60)
APPLY = (APPLY_PER_ACCOUNT, APPLY_PER_ADDRESS)
# A program needs a new pair every 15 minutes; this leaves room for several of them.
REFRESH_PER_ACCOUNT = Limit("refresh account", tries=60, window_s=15 * 60)
REFRESH_PER_ADDRESS = Limit("refresh address", tries=600, window_s=15 * 60)
REFRESH = (REFRESH_PER_ACCOUNT, REFRESH_PER_ADDRESS)
# A new recording every ten seconds is a broken page; takes and parts are bounded beside this.
ANSWERS_PER_ACCOUNT = Limit("answers account", tries=60, window_s=10 * 60)
# Everything we hold of somebody may be gigabytes.
EXPORT_PER_ACCOUNT = Limit("export account", tries=5, window_s=60 * 60)

KEEP_S = 60 * 60  # no limit looks further back, so older hits are forgotten
# One customer of an IPv6 network usually holds a whole /64, so that is what counts as one address.
IPV6_NETWORK_BITS = 64


class HaveToWait(TooManyRequests):
    """Not now; `retry_after` (seconds) goes out as the header of that name."""

    def __init__(self, why: str, wait_s: int) -> None:
        super().__init__(why, retry_after=wait_s)
        self.wait_s = wait_s

    def headers(self) -> dict[str, str]:
        """For a page of its own that says how long to wait."""
        return {"Retry-After": str(self.wait_s)}


class TooManyTries(HaveToWait):
    """The limit is reached."""

    def __init__(self, wait_s: int) -> None:
        minutes = math.ceil(wait_s / 60)
        wait = "about a minute" if minutes == 1 else f"about {minutes} minutes"
        super().__init__(f"There were too many tries. Wait {wait}, then try again.", wait_s)


def count_try(limit: Limit, subject: str, now: datetime) -> int:
    """Count one try and return its id for `forgive`. Raises TooManyTries, and then the try is not
    counted.
    """
    bucket = bucket_of(limit, subject)
    hit = ThrottleHit(bucket=bucket, at=now)
    db.session.add(hit)
    # Committed before it is counted: of many tries at once, never more than the limit get through.
    db.session.commit()
    since = now - timedelta(seconds=limit.window_s)
    recent = sa.select(ThrottleHit.at).where(ThrottleHit.bucket == bucket, ThrottleHit.at > since)
    others = db.session.scalars(
        recent.where(ThrottleHit.id != hit.id).order_by(ThrottleHit.at)
    ).all()
    hit_id = hit.id
    if len(others) < limit.tries:
        _forget_old(now)
        return hit_id
    forgive([hit_id])
    room_at = others[-limit.tries] + timedelta(seconds=limit.window_s)
    raise TooManyTries(max(1, math.ceil((room_at - now).total_seconds())))


def count_both(
    limits: tuple[Limit, Limit], account: object, address: str | None, now: datetime
) -> list[int]:
    """Count one try of a person against their network first and then their account; its ids for
    `forgive`.

    Raises TooManyTries, and then neither is counted: one account uses up nothing that its
    neighbours need.
    """
    per_account, per_address = limits
    at_address = count_try(per_address, network_of(address), now)
    try:
        return [at_address, count_try(per_account, str(account), now)]
    except TooManyTries:
        forgive([at_address])
        raise


@contextmanager
def counted(
    limits: tuple[Limit, Limit], account: object, address: str | None, now: datetime
) -> Iterator[None]:
    """Count a try at what the block does, unless its turn does not come: then nothing was done."""
    hits = count_both(limits, account, address, now)
    try:
        yield
    except HaveToWait:
        forgive(hits)
        raise


def forgive(hit_ids: list[int]) -> None:
    """Take tries back that turned out to be fine, so that only failures count."""
    db.session.execute(sa.delete(ThrottleHit).where(ThrottleHit.id.in_(hit_ids)))
    db.session.commit()


def bucket_of(limit: Limit, subject: str) -> str:
    """What a count is kept under: nobody can read back whose it is without the server's secret."""
    secret = current_app.secret_key
    assert isinstance(secret, str)
    return hmac.new(
        secret.encode(), f"{limit.name}\0{subject}".encode(), hashlib.sha256
    ).hexdigest()


def network_of(address: str | None) -> str:
    """The part of an address that one customer holds."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:  # no address at all behind a Unix socket: all of those count as one
        return "unknown"
    if ip.version == 4:
        return str(ip)
    return str(ipaddress.ip_network((ip, IPV6_NETWORK_BITS), strict=False))


def _forget_old(now: datetime) -> None:
    db.session.execute(
        sa.delete(ThrottleHit).where(ThrottleHit.at <= now - timedelta(seconds=KEEP_S))
    )
    db.session.commit()
