"""Users, their sign-ins, links and second factors, used API tokens, and counted tries."""

import secrets
import uuid
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.choices import FactorKind, LinkPurpose, Role, SignInKind
from portal.models.columns import UtcDateTime, one_of, utc_now

if TYPE_CHECKING:
    from portal.models.applications import Application


class User(UserMixin, db.Model):
    """A person who signs in."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)  # always lower case
    password_hash: Mapped[str] = mapped_column(sa.String(255))
    role: Mapped[Role] = mapped_column(one_of(Role), default=Role.CANDIDATE)
    full_name: Mapped[str] = mapped_column(sa.String(120))
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    location: Mapped[str] = mapped_column(sa.String(120), default="")
    headline: Mapped[str] = mapped_column(sa.String(160), default="")
    # the language that the person chose, or read when registering; empty: the browser decides
    language: Mapped[str] = mapped_column(sa.String(8), default="")
    # a name of the IANA time zone database; empty: pages show times in UTC
    time_zone: Mapped[str] = mapped_column(sa.String(40), default="")
    # when the person showed, with a link in a mail, that the address is theirs
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # when a mail server said that there is no such address
    mail_refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # API tokens contain a hash of this key, so a new key ends all of them.
    session_key: Mapped[str] = mapped_column(
        sa.String(43), unique=True, default=lambda: secrets.token_urlsafe(32)
    )
    # since then the account cannot be used; nothing is deleted
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # when the person asked for deletion; housekeeping repeats it until it is done
    leaving_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    applications: Mapped[list["Application"]] = relationship(
        back_populates="user", cascade="all, delete-orphan"
    )

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def initials(self) -> str:
        words = self.full_name.split() or [self.email]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


class SignIn(db.Model):
    """One signed-in browser or program. Its cookie or tokens name this row, and need it."""

    __tablename__ = "sign_ins"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[SignInKind] = mapped_column(one_of(SignInKind), default=SignInKind.BROWSER)
    # what the browser or program calls itself (`User-Agent`)
    device: Mapped[str] = mapped_column(sa.String(300), default="")
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)  # exact to minutes
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class EmailLink(db.Model):
    """A link that went out by mail. It works once; whoever uses it reads mail at its address.

    No column has the secret part of the link: `portal/people/email_links.py` derives it.
    """

    __tablename__ = "email_links"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    purpose: Mapped[LinkPurpose] = mapped_column(one_of(LinkPurpose, checked=False))
    email: Mapped[str] = mapped_column(sa.String(254))  # the address that it was sent to
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    user: Mapped[User] = relationship()


class SecondFactor(db.Model):
    """An authenticator app or a passkey of a person."""

    __tablename__ = "second_factors"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[FactorKind] = mapped_column(one_of(FactorKind, checked=False))
    name: Mapped[str] = mapped_column(sa.String(80), default="")  # given by the person
    # an app's shared secret, encrypted with a key that is not in the database
    secret: Mapped[bytes | None]
    last_step: Mapped[int] = mapped_column(
        default=0
    )  # the app's latest used code: none works twice
    # a passkey's id, public key and counter, as WebAuthn defines them
    credential_id: Mapped[bytes | None] = mapped_column(sa.LargeBinary(1023), unique=True)
    public_key: Mapped[bytes | None]
    sign_count: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(db.Model):
    """One of the codes that replace a lost second factor. Each works once."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    code_hash: Mapped[str] = mapped_column(sa.String(64))  # keyed hash (HMAC-SHA-256)


class RevokedToken(db.Model):
    """What works once and was used: a refresh token, a passkey's challenge, an app's set-up.

    The table has the name that it had for tokens alone.
    """

    __tablename__ = "revoked_tokens"

    jti: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ThrottleHit(db.Model):
    """One counted attempt, for example a failed sign-in.

    Attempts are in the database, so that all processes count together.
    """

    __tablename__ = "throttle_hits"
    __table_args__ = (sa.Index("ix_throttle_hits_bucket_at", "bucket", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    # keyed hash of what is counted, so no IP or e-mail address is stored
    bucket: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
