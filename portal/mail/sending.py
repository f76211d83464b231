"""Background work that sends mails: which of them wait, one try, and when the next one is due.

A mail is sent at most once: it counts as sent as soon as the server took it. If the process is
killed between the server's answer and the commit, it is sent again, with the same Message-ID.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound, SQLAlchemyError
from sqlalchemy.orm import contains_eager

from portal import work
from portal.config import settings
from portal.database import reading, transaction
from portal.extensions import db
from portal.mail import errors
from portal.mail.errors import NotSent
from portal.mail.message import Letter, build, mailbox
from portal.mail.rendering import LinkGone, render
from portal.mail.texts import ALWAYS_SENT, TEXTS, WARNINGS
from portal.mail.transports import sender, site_host, transport
from portal.models import Mail, MailState, User, utc_now
from portal.work import Claim, ClaimLost, Halted

log = logging.getLogger(__name__)

AT_ONCE = 2  # in all processes together; a mail server that hangs gets no more connections
# The wait after each try that a server or the network refused. After the last try there is none.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
MOST_TRIES = len(PAUSES) + 1
# If processes died twice while they sent this mail, it may be the cause. Then it waits, so that the
# interviews of the next process make progress before it is tried again.
MAX_ATTEMPTS = 5
SUSPECTED_FROM, SUSPECTED_PAUSE = 2, timedelta(minutes=5)
LOOKED_AT = 10  # rows of one look; one of them is claimed
WRITE_AGAIN_S, WRITE_FOR_S = 0.5, 120.0


def is_due() -> sa.ColumnElement[bool]:
    """Whether the mail of this row (joined with its user) may be sent now."""
    is_well = sa.and_(User.confirmed_at.is_not(None), User.mail_refused_at.is_(None))
    to_another = sa.and_(Mail.event.in_(WARNINGS), Mail.address != User.email)
    return sa.and_(
        Mail.state == MailState.WAITING,
        Mail.try_at <= utc_now(),
        User.disabled_at.is_(None),
        User.leaving_at.is_(None),
        sa.or_(Mail.event.in_(ALWAYS_SENT), to_another, is_well),
    )


def _waiting() -> Sequence[Mail]:
    """Links first, because people wait for them, then those that no server has refused yet."""
    now = utc_now()
    free = sa.or_(Mail.lease_until.is_(None), Mail.lease_until < now)
    has_rested = sa.or_(Mail.attempts < SUSPECTED_FROM, Mail.lease_until < now - SUSPECTED_PAUSE)
    return db.session.scalars(
        sa.select(Mail)
        .join(Mail.user)
        .options(contains_eager(Mail.user))
        .where(is_due(), free, has_rested)
        .order_by(Mail.event.not_in(ALWAYS_SENT), Mail.tries, Mail.try_at)
        .limit(LOOKED_AT)
    ).all()


def send_mail(claim: Claim, stop: threading.Event) -> None:
    """Try once to send this mail."""
    with claim.renewed():
        try:
            _try(claim, stop)
        except (ClaimLost, NoResultFound):
            log.info("mail %s was deleted, or another process sends it", claim.row_id)
        except Halted as reason:
            log.info("mail %s is given back: %s", claim.row_id, reason)
            claim.write(keep=False, attempts=0)
        except NotSent as fault:
            _note_failure(claim, fault)
        except SQLAlchemyError:
            raise  # the row stays as it is: the lease runs out, and a process tries again
        except Exception:
            log.exception("mail %s could not be made or sent", claim.row_id)
            _note_failure(claim, NotSent(errors.UNFORESEEN))


@dataclass(frozen=True)
class _Finished:
    """A mail that is ready to go, and what its row says afterwards."""

    letter: Letter
    columns: dict[str, Any]


def _try(claim: Claim, stop: threading.Event) -> None:
    with claim.app.app_context(), reading():
        finished = _compose(db.session.get_one(Mail, claim.row_id))

    def confirm() -> None:
        if stop.is_set():
            raise Halted("this process ends")
        claim.confirm()

    with transport(claim.app).delivered(finished.letter, confirm):
        _note_sent(claim, finished.columns)


def _compose(mail: Mail) -> _Finished:
    if not mail.user.is_active:
        raise Halted("the account is disabled")
    address = mail.address
    if mail.event not in ALWAYS_SENT | WARNINGS:
        address = mail.user.email  # the address may have changed while the mail waited
    try:
        rendering = render(mail)
    except LinkGone:
        raise NotSent(errors.LINK_IS_GONE, is_final=True) from None
    name = mail.user.full_name if TEXTS[mail.event].knows_name else ""
    # A mail that an admin sends again is another one for the reader's mailbox, too.
    again = f".{mail.sent_at.timestamp():.0f}" if mail.sent_at else ""
    letter = build(
        mail,
        f"<{mail.id}{again}@{site_host(settings())}>",
        sender(),
        mailbox(address, name),
        rendering,
        utc_now(),
    )
    text_id = rendering.text and rendering.text.id
    return _Finished(letter, {"address": address, "text_id": text_id})


def _note_sent(claim: Claim, columns: dict[str, Any]) -> None:
    """The server has the mail. If the row did not say so, it would be sent again.

    So this tries for long, also when the database takes nothing just now.
    """
    columns |= {"state": MailState.SENT, "sent_at": utc_now(), "reason": "", "attempts": 0}
    until_s = time.monotonic() + WRITE_FOR_S
    while True:
        try:
            claim.write(keep=False, **columns)
        except SQLAlchemyError:
            if time.monotonic() > until_s:
                raise
            log.warning("mail %s is sent, and its row could not say so yet", claim.row_id)
            time.sleep(WRITE_AGAIN_S)
        else:
            log.info("mail %s is sent", claim.row_id)
            return


def _note_failure(claim: Claim, fault: NotSent) -> None:
    """Note why the mail did not go out, and when it is tried again. No log has the reason."""
    with claim.app.app_context(), reading():
        tries = 1 + (db.session.scalar(sa.select(Mail.tries).where(Mail.id == claim.row_id)) or 0)
    if fault.address_is_refused:
        _mark_address(claim)  # first: if this process dies here, the server says it again
    facts: dict[str, Any] = {"tries": tries, "reason": fault.reason, "attempts": 0}
    if fault.is_final or tries >= MOST_TRIES:
        log.warning("mail %s failed for good after %d tries", claim.row_id, tries)
        claim.write(keep=False, state=MailState.FAILED, **facts)
        return
    pause = PAUSES[tries - 1]
    log.info("mail %s is tried again in %d minutes", claim.row_id, pause.total_seconds() / 60)
    claim.write(keep=False, try_at=utc_now() + pause, **facts)


def _mark_address(claim: Claim) -> None:
    """The server says that nobody reads mail there. Other addresses of the account stay usable."""
    mail = sa.select(Mail.user_id, Mail.address).where(Mail.id == claim.row_id).subquery()
    is_its_address = sa.exists().where(mail.c.user_id == User.id, mail.c.address == User.email)
    with claim.app.app_context(), transaction():
        db.session.execute(sa.update(User).where(is_its_address).values(mail_refused_at=utc_now()))


def give_up(claim: Claim) -> None:
    """Too many processes ended while they sent this mail. An admin sees it."""
    claim.write(keep=False, attempts=0, state=MailState.FAILED, reason=errors.GIVEN_UP)


ROW_KINDS = (work.RowKind(_waiting, send_mail, give_up, MAX_ATTEMPTS, at_once=AT_ONCE),)
