"""Fetch and authorise in one step, so that no view can do one without the other.

Who may see a row is said here and nowhere else. What a person may not see does not exist for that person: 404.
"""

import uuid
from typing import TypeVar

from flask import Flask, abort
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.extensions import db, login_manager
from portal.models import Answer, Application, InterviewSession, Job, JobStatus, User

Row = TypeVar("Row", bound=Application | InterviewSession | Answer)


NOT_YOURS = "There is nothing of yours at this address. If it is yours, sign in with the account that it belongs to."


def init_app(app: Flask) -> None:
    login_manager.user_loader(load_user)


def load_user(session_key: str) -> User | None:
    """The person of a session cookie; none once the key was changed (signed out everywhere)."""
    return db.session.scalar(db.select(User).where(User.session_key == session_key))


def owner_of(row: Application | InterviewSession | Answer) -> User:
    if isinstance(row, Answer):
        row = row.interview
    if isinstance(row, InterviewSession):
        row = row.application
    return row.user


def fetch_own(model: type[Row], row_id: uuid.UUID, user: User | None = None) -> Row:
    """The row if it belongs to the user (default: who is signed in), else 404. For what only its owner may do."""
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


def fetch_job(key: str | uuid.UUID, user: User | None = None) -> Job:
    """A job that was published (open, or closed and read-only) for everybody; a draft for its admins and applicants."""
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


def admins_only() -> ResponseReturnValue | None:
    """For `before_request` of a blueprint: sign-in for the anonymous, 403 for everybody who is no admin."""
    if not current_user.is_authenticated:
        return login_manager.unauthorized()
    if not current_user.is_admin:
        abort(403)
    return None
