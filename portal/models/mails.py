"""Mails that wait, were sent or failed, and the texts that admins gave them."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.choices import MailEvent, MailState
from portal.models.columns import Leased, UtcDateTime, one_of, utc_now
from portal.models.people import EmailLink, User


class MailText(db.Model):
    """One version of an admin's own words for an event. The latest version is used.

    Empty words mean: from this version on, the portal's own words again.
    """

    __tablename__ = "mail_texts"
    __table_args__ = (sa.UniqueConstraint("event", "language", "version"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    event: Mapped[MailEvent] = mapped_column(one_of(MailEvent, checked=False))
    language: Mapped[str] = mapped_column(sa.String(8))
    version: Mapped[int]
    subject: Mapped[str] = mapped_column(sa.String(200), default="")
    body: Mapped[str] = mapped_column(sa.Text, default="")
    by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class Mail(Leased, db.Model):
    """One mail to one person. It is written in the transaction of what it tells."""

    __tablename__ = "mails"
    trial_group = "mails"  # no interview waits for a mail on trial, and no mail for an interview
    __table_args__ = (sa.Index("ix_mails_state_try_at", "state", "try_at"),)

    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    event: Mapped[MailEvent] = mapped_column(one_of(MailEvent, checked=False))
    address: Mapped[str] = mapped_column(sa.String(254))
    language: Mapped[str] = mapped_column(sa.String(8))
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)  # fill the placeholders
    # The link that the mail carries. It is deleted when it is used or no longer valid.
    link_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("email_links.id", ondelete="SET NULL"), index=True
    )
    # the admin's words with which it was sent; empty: the portal's own
    text_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("mail_texts.id", ondelete="RESTRICT"), index=True
    )
    state: Mapped[MailState] = mapped_column(one_of(MailState), default=MailState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)  # those that a server or the network refused
    try_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)  # not before this time
    reason: Mapped[str] = mapped_column(sa.String(500), default="")  # of the last failure
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
    link: Mapped[EmailLink | None] = relationship()
    text: Mapped[MailText | None] = relationship()
