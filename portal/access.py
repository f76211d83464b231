"""Fetches rows and checks the viewer's permission in one step, so that no view forgets the check.

Only this module decides who may see a row, alone or in a list. A user without permission gets 404,
as if the row did not exist.
"""

import uuid
from ipaddress import ip_address
from typing import Any, NoReturn, TypeAlias, TypeVar

import sqlalchemy as sa
from flask import Flask, Response, abort, after_this_request, request, session
from flask.typing import ResponseReturnValue
from flask_jwt_extended import get_current_user
from flask_login import AnonymousUserMixin, current_user, logout_user
from sqlalchemy.orm import InstrumentedAttribute

from portal import activity, audit, languages, recording_now, time_zones
from portal.config import settings
from portal.extensions import Base, db, login_manager
from portal.languages import N_
from portal.languages import gettext as _
from portal.models import (
    Answer,
    Application,
    AuditEvent,
    Flag,
    InterviewSession,
    Job,
    JobStatus,
    Mail,
    SignIn,
    SignInKind,
    User,
    utc_now,
)
from portal.people import sign_ins

Row = TypeVar("Row", bound=Application | InterviewSession | Answer | Job | User | Mail | SignIn)
Query = TypeVar("Query", bound=sa.Select[*tuple[Any, ...]])
Viewer: TypeAlias = "User | AnonymousUserMixin"

SIGN_IN = "sign_in"  # the name of the sign-in's id in the session cookie
NOT_YOURS = N_(
    "There is nothing of yours at this address. "
    "If it is yours, sign in with the account that it belongs to."
)


def init_app(_app: Flask) -> None:
    login_manager.user_loader(load_user)


def load_user(_user_id: str) -> User | None:
    """The user whose session cookie this is, or None.

    None means that the sign-in has ended or run out, or that an admin disabled the account. Every
    request asks the database, so that a sign-out in one process takes effect in all of them.
    Flask-Login passes the user's id, but only the sign-in that the cookie names decides.
    """
    sign_in_id = sign_in_here()
    user = find_signed_in(sign_in_id, SignInKind.BROWSER) if sign_in_id else None
    languages.use_account(user.language if user else "")
    time_zones.use_account(user.time_zone if user else "")
    return user


def find_signed_in(sign_in_id: uuid.UUID, kind: SignInKind) -> User | None:
    """The user of this sign-in, or None. It notes that the sign-in is used.

    A sign-in that ran out goes on while its person records an interview.
    """
    now = utc_now()
    wanted = (
        sa.select(User, SignIn.seen_at, sign_ins.is_alive(now))
        .join(SignIn, SignIn.user_id == User.id)
        .where(SignIn.id == sign_in_id, SignIn.kind == kind, User.disabled_at.is_(None))
    )
    found = db.session.execute(wanted).first()
    if found is None:
        return None
    user: User = found[0]
    seen_at, is_alive = found[1:]
    if not is_alive and not recording_now.is_recording(user.id, now):
        return None
    activity.used(sign_in_id, seen_at)
    return user


def load_person() -> None:
    """Load who is signed in, if nothing in this request has asked for that yet."""
    current_user._get_current_object()


def who_asks() -> Any:
    """Who sent this request. The API knows people by its tokens, never by the cookie."""
    return get_current_user() if request.path.startswith("/api/") else current_user


def sign_in_here() -> uuid.UUID | None:
    """The id of the sign-in that this browser's cookie names, or None."""
    try:
        return uuid.UUID(session.get(SIGN_IN, ""))
    except (ValueError, TypeError, AttributeError):  # no cookie, or one from an earlier version
        return None


def reviewed_jobs(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The jobs that the viewer reviews, as a condition on Job: an admin all, others none.

    Everything that reviewers may see follows from this rule.
    """
    return sa.true() if viewer.is_authenticated and viewer.is_admin else sa.false()


def reviewed(query: Query, viewer: Viewer) -> Query:
    """The query, narrowed to rows of the jobs that the viewer reviews."""
    return query.where(_is_reviewed(_row_of(query), viewer))


def own(query: Query, viewer: Viewer) -> Query:
    """The query, narrowed to rows that belong to the viewer. For jobs: where the viewer applied."""
    return query.where(_is_own(_row_of(query), viewer))


def visible(query: Query, viewer: Viewer) -> Query:
    """The query, narrowed to all that the viewer may see: own rows, reviewed ones, published jobs.

    Every list, count, neighbour and export asks its rows through this function, or through `own` or
    `reviewed`, which are its parts: what is an applicant's and what is a reviewer's never mix.
    """
    row = _row_of(query)
    conditions = [_is_own(row, viewer), _is_reviewed(row, viewer)]
    if row is Job:
        conditions.append(Job.status != JobStatus.DRAFT)
    return query.where(sa.or_(*conditions))


def count(query: sa.Select[*tuple[Any, ...]]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def _row_of(query: sa.Select[*tuple[Any, ...]]) -> type[Base]:
    """The model of the query's first column, whose rows the query lists or counts."""
    model: type[Base] = query.column_descriptions[0]["entity"]
    return model


def _is_reviewed(row: type[Base], viewer: Viewer) -> sa.ColumnElement[bool]:
    jobs = reviewed_jobs(viewer)
    if row is Job or isinstance(jobs, sa.True_ | sa.False_):
        return jobs
    return _of_applications(row, Application.job_id.in_(_ids(Job.id, jobs)))


def _is_own(row: type[Base], viewer: Viewer) -> sa.ColumnElement[bool]:
    if not viewer.is_authenticated:
        return sa.false()
    if row is User:
        return User.id == viewer.id
    if row is Mail:
        return Mail.user_id == viewer.id
    if row is SignIn:
        return SignIn.user_id == viewer.id
    return _of_applications(row, Application.user_id == viewer.id)


def _of_applications(row: type[Base], wanted: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """The rows that belong to the wanted applications: their jobs, people, interviews and so on."""
    if row is Application:
        return wanted
    if row is InterviewSession:
        return InterviewSession.application_id.in_(_ids(Application.id, wanted))
    if row is Job:
        return Job.id.in_(_ids(Application.job_id, wanted))
    if row is User:
        return User.id.in_(_ids(Application.user_id, wanted))
    if row is Mail:
        return Mail.user_id.in_(_ids(Application.user_id, wanted))
    interviews = _ids(InterviewSession.id, _of_applications(InterviewSession, wanted))
    if row is Answer:
        return Answer.interview_id.in_(interviews)
    if row is Flag:
        return Flag.interview_id.in_(interviews)
    raise TypeError(f"no rule says who may see a {row.__name__}")


def _ids(
    column: InstrumentedAttribute[uuid.UUID], wanted: sa.ColumnElement[bool]
) -> sa.Select[uuid.UUID]:
    # the query around it may ask the same table, and must not lend it its row
    return sa.select(column).where(wanted).correlate(None)


def fetch_own(model: type[Row], row_id: uuid.UUID, user: User | None = None) -> Row:
    """The row if it belongs to the user, else 404. For actions that only the owner may do.

    Without `user` it is the user who is signed in.
    """
    user = user or current_user
    row: Row | None = db.session.scalar(own(_by_id(model, row_id), user))
    return row or _refuse(model, row_id, user, _(NOT_YOURS))


def fetch_visible(model: type[Row], row_id: uuid.UUID, user: User | None = None) -> Row:
    """The row if the user owns or reviews it, else 404. For reading."""
    user = user or current_user
    row: Row | None = db.session.scalar(visible(_by_id(model, row_id), user))
    return row or _refuse(model, row_id, user)


def fetch_any(model: type[Row], row_id: uuid.UUID, user: User | None = None) -> Row:
    """A row for an admin who reviews it, else 404. Others get 403."""
    user = user or current_user
    if not user.is_admin:
        audit.record_apart(user, AuditEvent.REFUSED)
        abort(403)
    row: Row | None = db.session.scalar(reviewed(_by_id(model, row_id), user))
    return row or _refuse(model, row_id, user)


def _refuse(
    model: type[Row], row_id: uuid.UUID, user: User, why_not: str | None = None
) -> NoReturn:
    """404. If the row is somebody else's, the audit log tells it."""
    if (row := db.session.get(model, row_id)) is not None:
        audit.record_apart(user, AuditEvent.REFUSED, row)
    abort(404, why_not)


def fetch_job(key: str | uuid.UUID, user: User | None = None) -> Job:
    """The job with this id or slug, else 404.

    Everybody may see a job that is or was published. Only its reviewers and its applicants may see
    a draft.
    """
    named = Job.id == key if isinstance(key, uuid.UUID) else Job.slug == key
    job: Job | None = db.session.scalar(visible(sa.select(Job).where(named), user or current_user))
    return job or _refuse_job(named, user or current_user)


def _refuse_job(named: sa.ColumnElement[bool], user: Viewer) -> NoReturn:
    """404. If there is such a draft, the audit log tells it."""
    if (job := db.session.scalar(sa.select(Job).where(named))) is not None:
        audit.record_apart(user, AuditEvent.REFUSED, job)
    abort(404)


def _by_id(model: type[Row], row_id: uuid.UUID) -> sa.Select[Row]:
    return sa.select(model).where(model.id == row_id)


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
        sign_ins.end(sign_in)
    logout_user()
    forget_here()


def forget_here() -> None:
    """Empty the session, and ask this browser to drop what it cached of our pages.

    It keeps its storage, where recorded pieces of an interview may wait for the server.
    """
    session.clear()

    @after_this_request
    def clear_cache(response: Response) -> Response:
        response.headers["Clear-Site-Data"] = '"cache"'
        return response


def admins_only() -> ResponseReturnValue | None:
    """A blueprint's `before_request`: asks for sign-in first, then gives 403 unless an admin."""
    if not current_user.is_authenticated:
        asks_to_sign_in: ResponseReturnValue = login_manager.unauthorized()
        return asks_to_sign_in
    if not current_user.is_admin:
        audit.record_apart(current_user, AuditEvent.REFUSED)
        abort(403)
    return None
