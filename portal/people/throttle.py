"""Rate limits (throttling): counts tries to sign in, register, apply and so on.

The database keeps the counts, so that all processes count together. It stores no e-mail and no
network address, only keyed hashes (HMAC) of them. A refused request gets HTTP 429 and learns how
long to wait.

A try is counted in a transaction of its own: it counts also if the request then fails.
"""

import ipaddress
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import sqlalchemy as sa

from portal import audit
from portal.database import transaction
from portal.errors import PortalError
from portal.extensions import db
from portal.keyed_hashes import keyed_hash
from portal.languages import ngettext
from portal.models import AuditEvent, ThrottleHit


@dataclass(frozen=True)
class Limit:
    """At most `tries` tries within a sliding window of `window_s` seconds."""

    name: str
    tries: int
    window_s: int


# A person needs fewer than ten wrong passwords in 15 minutes; a program cannot guess with so few.
SIGN_IN_PER_EMAIL = Limit("sign-in e-mail", tries=10, window_s=15 * 60)
# Many people may share one address (a school, a phone network), so its limit is five times higher.
SIGN_IN_PER_ADDRESS = Limit("sign-in address", tries=50, window_s=15 * 60)
# These count right passwords too, because checking one costs the same. A program needs to sign in
# only now and then, not each second.
ALL_SIGN_INS_PER_EMAIL = Limit("all sign-ins e-mail", tries=60, window_s=15 * 60)
ALL_SIGN_INS_PER_ADDRESS = Limit("all sign-ins address", tries=600, window_s=15 * 60)
# A known browser has its own count, so that tries from elsewhere do not make its owner wait.
SIGN_IN_PER_DEVICE = Limit("sign-in device", tries=10, window_s=15 * 60)
# Wrong codes after a right password, so strangers cannot make an owner wait. At any moment three of
# a million codes are right. Who guesses all year, with the password at hand, has a chance of 2 %.
SECOND_STEP_PER_ACCOUNT = Limit("second step account", tries=5, window_s=15 * 60)
SECOND_STEP_PER_DAY = Limit("second step day", tries=20, window_s=24 * 60 * 60)
# Wrong passwords of a signed-in user, who must confirm a change of password, a deletion or an
# export.
CONFIRM_PER_ACCOUNT = Limit("confirm account", tries=10, window_s=15 * 60)
# Enough for a university behind one address. The limits for one e-mail count what was typed,
# whether it has an account or not, so that they tell nothing about it.
REGISTER_PER_EMAIL = Limit("register e-mail", tries=10, window_s=60 * 60)
REGISTER_PER_ADDRESS = Limit("register address", tries=400, window_s=60 * 60)
REGISTER = (REGISTER_PER_EMAIL, REGISTER_PER_ADDRESS)
# Each of these writes a mail to an address that somebody typed. Whoever floods one makes its owner
# wait a quarter of an hour at most, and the links of the last mails work meanwhile.
FORGOT_PER_EMAIL = Limit("forgot e-mail", tries=3, window_s=15 * 60)
FORGOT_PER_ADDRESS = Limit("forgot address", tries=60, window_s=60 * 60)
FORGOT = (FORGOT_PER_EMAIL, FORGOT_PER_ADDRESS)
SEND_AGAIN_PER_EMAIL = Limit("send again e-mail", tries=3, window_s=15 * 60)
SEND_AGAIN_PER_ADDRESS = Limit("send again address", tries=100, window_s=60 * 60)
SEND_AGAIN = (SEND_AGAIN_PER_EMAIL, SEND_AGAIN_PER_ADDRESS)
CHANGE_ADDRESS_PER_ACCOUNT = Limit("change address account", tries=5, window_s=60 * 60)
CHANGE_ADDRESS_PER_ADDRESS = Limit("change address address", tries=60, window_s=60 * 60)
CHANGE_ADDRESS = (CHANGE_ADDRESS_PER_ACCOUNT, CHANGE_ADDRESS_PER_ADDRESS)
# We open and check each file, which costs time. A person who applies tries a few files at most.
APPLY_PER_ACCOUNT = Limit("apply account", tries=30, window_s=60 * 60)
APPLY_PER_ADDRESS = Limit("apply address", tries=600, window_s=60 * 60)
APPLY = (APPLY_PER_ACCOUNT, APPLY_PER_ADDRESS)
# A program needs new tokens every 15 minutes; this is enough for several programs.
REFRESH_PER_ACCOUNT = Limit("refresh account", tries=60, window_s=15 * 60)
REFRESH_PER_ADDRESS = Limit("refresh address", tries=600, window_s=15 * 60)
REFRESH = (REFRESH_PER_ACCOUNT, REFRESH_PER_ADDRESS)
# Only a broken page starts a recording every ten seconds. Takes and parts have their own limits.
ANSWERS_PER_ACCOUNT = Limit("answers account", tries=60, window_s=10 * 60)
# A player tells every half minute what was played; this is enough for three players at once.
PLAYED_PER_ACCOUNT = Limit("played account", tries=100, window_s=15 * 60)
# One person's data may be gigabytes.
EXPORT_PER_ACCOUNT = Limit("export account", tries=5, window_s=60 * 60)

KEEP_S = 24 * 60 * 60  # no limit has a longer window, so we delete older tries
# An IPv6 customer usually has a whole /64 network, so we count it as one address.
IPV6_NETWORK_BITS = 64


class RetryLater(PortalError):
    """The client must wait; the response's `Retry-After` header says how many seconds."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, message: str, wait_s: int) -> None:
        super().__init__(message)
        self.wait_s = wait_s

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.wait_s)}


class RateLimitReached(RetryLater):
    """The client has reached a rate limit."""

    def __init__(self, wait_s: int) -> None:
        minutes = math.ceil(wait_s / 60)
        said = ngettext(
            "There were too many tries. Wait about a minute, then try again.",
            "There were too many tries. Wait about %(num)s minutes, then try again.",
            minutes,
        )
        super().__init__(said, wait_s)


def count_try(limit: Limit, subject: str, now: datetime) -> int:
    """Count one try and return its id for `uncount`. A refused try does not count.

    Raises RateLimitReached.
    """
    bucket = bucket_of(limit, subject)
    # Commit the try before counting the others, so that simultaneous tries cannot pass the limit.
    with transaction():
        hit = ThrottleHit(bucket=bucket, at=now)
        db.session.add(hit)
        db.session.flush()
        hit_id = hit.id
    with transaction():
        others = _others(limit, bucket, hit_id, now)
        if len(others) < limit.tries:
            old = ThrottleHit.at <= now - timedelta(seconds=KEEP_S)
            db.session.execute(sa.delete(ThrottleHit).where(old))
            return hit_id
        _delete([hit_id])
    # nobody can read from the hash who reached it: one entry for each limit and minute
    audit.record_apart(audit.VISITOR, AuditEvent.BYPASS_TRIED, None, {"limit": limit.name})
    room_at = others[-limit.tries] + timedelta(seconds=limit.window_s)
    raise RateLimitReached(max(1, math.ceil((room_at - now).total_seconds())))


def _others(limit: Limit, bucket: str, hit_id: int, now: datetime) -> Sequence[datetime]:
    """When the other tries were that still count, the oldest first."""
    since = now - timedelta(seconds=limit.window_s)
    recent = sa.select(ThrottleHit.at).where(ThrottleHit.bucket == bucket, ThrottleHit.at > since)
    return db.session.scalars(recent.where(ThrottleHit.id != hit_id).order_by(ThrottleHit.at)).all()


def count_both(
    limits: tuple[Limit, Limit], account: object, address: str | None, now: datetime
) -> list[int]:
    """Count one try for the network and then for the account. Returns the ids for `uncount`.

    Raises RateLimitReached. The try then counts for neither, so that an account that has reached
    its limit does not use up its network's limit.
    """
    per_account, per_address = limits
    at_address = count_try(per_address, network_of(address), now)
    try:
        return [at_address, count_try(per_account, str(account), now)]
    except RateLimitReached:
        uncount([at_address])
        raise


@contextmanager
def counted(
    limits: tuple[Limit, Limit], account: object, address: str | None, now: datetime
) -> Iterator[None]:
    """Count one try for the block. If the block raises RetryLater, the try does not count."""
    hits = count_both(limits, account, address, now)
    try:
        yield
    except RetryLater:
        uncount(hits)
        raise


def uncount(hit_ids: list[int]) -> None:
    """Delete tries that were successful or refused, so that they do not count."""
    with transaction():
        _delete(hit_ids)


def forget(limit: Limit, subject: str) -> None:
    """Delete all tries of this subject, in the open transaction of what makes them pointless."""
    same = sa.delete(ThrottleHit).where(ThrottleHit.bucket == bucket_of(limit, subject))
    db.session.execute(same)


def _delete(hit_ids: list[int]) -> None:
    db.session.execute(sa.delete(ThrottleHit).where(ThrottleHit.id.in_(hit_ids)))


def bucket_of(limit: Limit, subject: str) -> str:
    """A keyed hash (HMAC-SHA-256) of limit and subject. It hides whose tries these are."""
    return keyed_hash(f"{limit.name}\0{subject}").hex()


def network_of(address: str | None) -> str:
    """The network that counts as one customer: an IPv4 address, or an IPv6 /64 network."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:  # a Unix socket gives no address; all such clients count as one
        return "unknown"
    if ip.version == 4:
        return str(ip)
    return str(ipaddress.ip_network((ip, IPV6_NETWORK_BITS), strict=False))
