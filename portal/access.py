"""Fetch and authorise in one step, so that no view can do one without the other.

Who may see a row is said here and nowhere else. What a person may not see does not exist for that
person: 404.
"""

import uuid
from ipaddress import ip_address
from typing import TypeVar

from flask import Flask, abort, current_app, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user

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
NOT_YOURS = "There is nothing of yours at this address. If it is yours, sign in with the account that it belongs to."


def init_app(app: Flask) -> None:
    login_manager.user_loader(load_user)


def load_user(user_id: str) -> User | None:
    """The person of a session cookie; none once its sign-in was ended, ran out, or the account was
    disabled.

    Asked with every request, so that what one process ends is over in all of them. The cookie's
    sign-in alone decides.
    """
    if (sign_in := sign_in_here()) is None:
        return None
    valid = db.select(User).join(SignIn, SignIn.user_id == User.id).where(SignIn.id == sign_in)
    return db.session.scalar(valid.where(SignIn.expires_at > utc_now(), User.disabled_at.is_(None)))


def sign_in_here() -> uuid.UUID | None:
    """Which sign-in this browser's cookie names."""
    try:
        return uuid.UUID(session.get(SIGN_IN, ""))
    except (ValueError, TypeError, AttributeError):  # a cookie of an earlier version
        return None


def owner_of(row: Application | InterviewSession | Answer) -> User:
    if isinstance(row, Answer):
        row = row.interview
    if isinstance(row, InterviewSession):
        row = row.application
    return row.user


def fetch_own(model: type[Row], row_id: uuid.UUID, user: User | None = None) -> Row:
    """The row if it belongs to the user (default: who is signed in), else 404. For what only its
    owner may do.
    """
    user = user or current_user
    row = db.session.get(model, row_id)
    if row is None or owner_of(row).id != user.id:
        abort(404, NOT_YOURS)
    return row


def fetch_visible(model: type[Row], row_id: uuid.UUID, user: User | None = None) -> Row:
    """The row if it belongs to the user or the user is an admin, else 404. For reading."""
    user = user or current_user
    row = db.session.get(model, row_id)
    if row is None or not (user.is_admin or owner_of(row).id == user.id):
        abort(404)
    return row


def fetch_any(model: type[Row], row_id: uuid.UUID, user: User | None = None) -> Row:
    """The row for an admin, else 403 or 404. For review."""
    user = user or current_user
    if not user.is_admin:
        abort(403)
    return db.get_or_404(model, row_id)


def fetch_person(user_id: uuid.UUID) -> User:
    """Somebody's account for an admin, else 403 or 404."""
    if not current_user.is_admin:
        abort(403)
    return db.get_or_404(User, user_id)


def fetch_job(key: str | uuid.UUID, user: User | None = None) -> Job:
    """A job that was published (open, or closed and read-only) for everybody; a draft for its
    admins and applicants.
    """
    user = user or current_user
    named = Job.id == key if isinstance(key, uuid.UUID) else Job.slug == key
    job = db.session.scalar(db.select(Job).where(named))
    if job is None or (job.status is JobStatus.DRAFT and not _may_look_back(job, user)):
        abort(404)
    return job


def _may_look_back(job: Job, user: User) -> bool:
    if not user.is_authenticated:
        return False
    return user.is_admin or any(application.user_id == user.id for application in job.applications)


def is_at_the_machine() -> bool:
    """Whether the browser runs on this very machine. Behind a proxy that was not announced nobody
    knows: then no.
    """
    is_forwarded = any(
        name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP")
    )
    if is_forwarded and not current_app.config["PORTAL"].trusted_proxies:
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def is_at_a_kiosk() -> bool:
    """Whether the browser is one that many people use, one after another."""
    return current_app.config["PORTAL"].records_itself and is_at_the_machine()


def sign_out_here() -> None:
    """End this browser's sign-in, and every copy of its cookie."""
    if sign_in := sign_in_here():
        accounts.end_sign_in(sign_in)
    logout_user()
    session.clear()


def admins_only() -> ResponseReturnValue | None:
    """For `before_request` of a blueprint: sign-in for the anonymous, 403 for everybody who is no
    admin.
    """
    if not current_user.is_authenticated:
        return login_manager.unauthorized()
    if not current_user.is_admin:
        abort(403)
    return None
