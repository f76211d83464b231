"""Fetches a row and checks the user's permission in one step, so that no view can forget the check.

Only this module decides who may see a row. A user without permission gets 404, as if the row did
not exist.
"""

import uuid
from ipaddress import ip_address
from typing import TypeVar

from flask import Flask, abort, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user

from portal.config import settings
from portal.extensions import db, login_manager
from portal.models import (
    Answer,
    Application,
    InterviewSession,
    Job,
    JobStatus,
    SignIn,
    User,
    utc_now,
)
from portal.people import accounts

Row = TypeVar("Row", bound=Application | InterviewSession | Answer)

SIGN_IN = "sign_in"  # the name of the sign-in's id in the session cookie
NOT_YOURS = (
    "There is nothing of yours at this address. "
    "If it is yours, sign in with the account that it belongs to."
)


def init_app(_app: Flask) -> None:
    login_manager.user_loader(load_user)


def load_user(_user_id: str) -> User | None:
    """The user whose session cookie this is, or None.

    None means that the sign-in has ended or expired, or that an admin disabled the account. Every
    request asks the database, so that a sign-out in one process takes effect in all of them.
    Flask-Login passes the user's id, but only the sign-in that the cookie names decides.
    """
    if (sign_in := sign_in_here()) is None:
        return None
    valid = db.select(User).join(SignIn, SignIn.user_id == User.id).where(SignIn.id == sign_in)
    still_valid = valid.where(SignIn.expires_at > utc_now(), User.disabled_at.is_(None))
    user: User | None = db.session.scalar(still_valid)
    return user


def sign_in_here() -> uuid.UUID | None:
    """The id of the sign-in that this browser's cookie names, or None."""
    try:
        return uuid.UUID(session.get(SIGN_IN, ""))
    except (ValueError, TypeError, AttributeError):  # no cookie, or one from an earlier version
        return None


def owner_of(row: Application | InterviewSession | Answer) -> User:
    if isinstance(row, Answer):
        row = row.interview
    if isinstance(row, InterviewSession):
        row = row.application
    return row.user


def fetch_own(model: type[Row], row_id: uuid.UUID, user: User | None = None) -> Row:
    """The row if it belongs to the user, else 404. For actions that only the owner may do.

    Without `user` it is the user who is signed in.
    """
    user = user or current_user
    row = db.session.get(model, row_id)
    if row is None or owner_of(row).id != user.id:
        abort(404, NOT_YOURS)
    return row


def fetch_visible(model: type[Row], row_id: uuid.UUID, user: User | None = None) -> Row:
    """The row if the user owns it or is an admin, else 404. For reading."""
    user = user or current_user
    row = db.session.get(model, row_id)
    if row is None or not (user.is_admin or owner_of(row).id == user.id):
        abort(404)
    return row


def fetch_any(model: type[Row], row_id: uuid.UUID, user: User | None = None) -> Row:
    """Any row, for an admin who reviews it. Others get 403; a missing row gives 404."""
    user = user or current_user
    if not user.is_admin:
        abort(403)
    return db.get_or_404(model, row_id)


def fetch_person(user_id: uuid.UUID) -> User:
    """Any account, for an admin. Others get 403; a missing account gives 404."""
    if not current_user.is_admin:
        abort(403)
    return db.get_or_404(User, user_id)


def fetch_job(key: str | uuid.UUID, user: User | None = None) -> Job:
    """The job with this id or slug, else 404.

    Everybody may see a job that is or was published. Only admins and the job's applicants may see
    a draft.
    """
    user = user or current_user
    named = Job.id == key if isinstance(key, uuid.UUID) else Job.slug == key
    job: Job | None = db.session.scalar(db.select(Job).where(named))
    if job is None or (job.status is JobStatus.DRAFT and not _may_look_back(job, user)):
        abort(404)
    return job


def _may_look_back(job: Job, user: User) -> bool:
    if not user.is_authenticated:
        return False
    return user.is_admin or any(application.user_id == user.id for application in job.applications)


def is_at_the_machine() -> bool:
    """Whether the browser runs on the same machine as the portal.

    False when a proxy forwarded the request but TRUSTED_PROXIES is not set: the address that we
    see is then the proxy's.
    """
    is_forwarded = any(
        name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP")
    )
    if is_forwarded and not settings().trusted_proxies:
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def is_at_a_kiosk() -> bool:
    """Whether this is the kiosk's browser, which many people use one after another."""
    return settings().records_itself and is_at_the_machine()


def sign_out_here() -> None:
    """End this browser's sign-in. A copy of its cookie is then worthless as well."""
    if sign_in := sign_in_here():
        accounts.end_sign_in(sign_in)
    logout_user()
    session.clear()


def admins_only() -> ResponseReturnValue | None:
    """A blueprint's `before_request`: asks for sign-in first, then gives 403 unless an admin."""
    if not current_user.is_authenticated:
        asks_to_sign_in: ResponseReturnValue = login_manager.unauthorized()
        return asks_to_sign_in
    if not current_user.is_admin:
        abort(403)
    return None
