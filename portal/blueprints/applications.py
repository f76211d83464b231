"""A candidate's applications: apply, follow, download the résumé, withdraw, start the interview."""

import uuid
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from sqlalchemy.orm import selectinload
from werkzeug.exceptions import RequestEntityTooLarge

from portal import access, audit, edit_conflicts, hiring, interviews
from portal.config import settings
from portal.database import release_lock, transaction
from portal.errors import PortalError
from portal.extensions import db
from portal.forms.applications import ApplyForm, ResumeForm
from portal.hiring import CannotChange, next_step, resume_changes, resumes
from portal.languages import gettext as _
from portal.models import Application, AuditEvent, Job, utc_now
from portal.people import throttle
from portal.people.throttle import RetryLater
from portal.web import security_headers
from portal.web.error_pages import beside_form, flashed_refusals
from portal.web.htmx import go_to, wants_fragment

bp = Blueprint("applications", __name__)

# A browser shows our response only after it has sent the whole request. So we read a request that
# is too large to its end, but not more than this.
DRAIN_MAX_BYTES = 32 * 1024 * 1024
TAKES_FILES = {"applications.apply", "applications.replace_resume"}
DRAIN_BLOCK_BYTES = 256 * 1024


@dataclass(frozen=True)
class ApplicationView:
    """What the dashboard shows about one application."""

    application: Application
    step: next_step.Step
    sentence: str
    recording_kept_until: datetime | None  # None if nothing was recorded
    resume_changes: str

    @classmethod
    def of(cls, application: Application) -> "ApplicationView":
        interview = application.interview
        kept_until = None
        if interview and interview.consent_record_at:
            kept_until = interview.kept_until(settings().retention_days)
        changes = hiring.changes_sentence(application)
        return cls(application, *next_step.next_step(application), kept_until, changes)


@bp.get("/dashboard")
@login_required
def dashboard() -> ResponseReturnValue:
    mine = access.own(db.select(Application), current_user)
    with_all = mine.options(
        selectinload(Application.job).selectinload(Job.questions),
        selectinload(Application.interview),
    )
    applications = db.session.scalars(with_all.order_by(Application.created_at.desc())).all()
    rows = [ApplicationView.of(application) for application in applications]
    return render_template("applications/dashboard.html", rows=rows)


@bp.route("/jobs/<slug>/apply", methods=["GET", "POST"])
@login_required
def apply(slug: str) -> ResponseReturnValue:
    job = access.fetch_job(slug)
    with flashed_refusals():
        hiring.check_may_apply(current_user, job)
        release_lock()  # while we check the file
        form = ApplyForm(str(current_user.id))
        try:
            if not _is_valid(form):
                status = 422 if form.is_submitted() else 200
                return render_template("applications/apply.html", job=job, form=form), status
        except RetryLater as error:
            return beside_form(error, "applications/apply.html", form, job=job)
        with _stored(form) as resume, transaction():
            hiring.apply(job, resume, form.note.data or "", by=current_user)
        done = _("You applied for %(job)s. Your résumé is saved.", job=job.title)
        flash(f"{done} {_changes(form)}".strip(), "success")
    if hiring.find_application(current_user, job):
        return go_to(url_for("applications.dashboard"))
    return go_to(url_for("jobs.job", slug=slug))


def _is_valid(form: ResumeForm) -> bool:
    """Whether the form was sent with an acceptable file. Each check counts as one try.

    Raises RetryLater.
    """
    if not form.is_submitted():
        return False
    with throttle.counted(throttle.APPLY, current_user.id, request.remote_addr, utc_now()):
        is_valid: bool = form.validate()
    return is_valid


def _stored(form: ResumeForm) -> AbstractContextManager[resumes.StoredResume]:
    return resumes.stored(form.checked, settings().resumes_folder)


def _changes(form: ResumeForm) -> str:
    return resume_changes.sentence(form.checked.changes, form.checked.kind)


@bp.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Show the form again with the reason.

    We could not read the other fields, because the request was too large. With HTMX the note is
    still on the page. Without HTMX the user finds it again with the browser's Back button.
    """
    _drain_body()
    if not current_user.is_authenticated or request.endpoint not in TAKES_FILES:
        return go_to(url_for("applications.dashboard"))
    if request.endpoint == "applications.replace_resume":
        application = access.fetch_own(Application, request.view_args["application_id"])  # type: ignore[index]
        form = ResumeForm(str(current_user.id), formdata=None)
        form.resume.errors = [_too_large()]
        seen = hiring.resume_version(application)
        return render_template(
            "applications/replace_resume.html", application=application, form=form, seen=seen
        ), 413
    job = access.fetch_job(request.view_args["slug"])  # type: ignore[index]
    form = ApplyForm(str(current_user.id), formdata=None)
    form.resume.errors = [_too_large()]
    return render_template(
        "applications/apply.html", job=job, form=form, unread=True, lost_note=not wants_fragment()
    ), 413


def _too_large() -> str:
    return _(
        "This file is larger than %(number)s MB. "
        "Save it with smaller pictures and choose it again.",
        number=resumes.MAX_MB,
    )


def _drain_body() -> None:
    stream = request.environ["wsgi.input"]
    left = min(request.content_length or 0, DRAIN_MAX_BYTES)
    while left > 0 and (piece := stream.read(min(left, DRAIN_BLOCK_BYTES))):
        left -= len(piece)


@bp.get("/applications/<uuid:application_id>/resume")
@login_required
def resume(application_id: uuid.UUID) -> ResponseReturnValue:
    application = access.fetch_visible(Application, application_id)
    if request.method == "GET" and application.user_id != current_user.id:
        audit.record_apart(current_user, AuditEvent.DOWNLOADED, application)
        if not application.resume_opened_at:
            # Before we look for the file: from now on the candidate cannot replace it.
            with transaction():
                hiring.note_opened(application)
    path = settings().resumes_folder / application.resume_path
    if not path.is_file():
        abort(410, _("This file is not on our disk any more. Ask its owner to send it again."))
    response = send_file(path, mimetype=resumes.mimetype(application.resume_path))
    response.headers["Content-Disposition"] = resumes.disposition(application.resume_name)
    response.headers["Content-Security-Policy"] = security_headers.FILE_POLICY
    return response


@bp.route("/applications/<uuid:application_id>/resume/replace", methods=["GET", "POST"])
@login_required
def replace_resume(application_id: uuid.UUID) -> ResponseReturnValue:
    """Replace a wrong file, as long as nobody in the team has opened it."""
    application = access.fetch_own(Application, application_id)
    seen = hiring.resume_version(application)
    view: dict[str, Any] = {"form": None, "application": application, "seen": seen}
    try:
        hiring.check_may_replace_resume(application)
        before = application.resume_path
        if request.method == "POST":
            hiring.check_is_resume_seen(application, request.form.get(edit_conflicts.FIELD))
        release_lock()  # while we check the file
        form = view["form"] = ResumeForm(str(current_user.id))
        if not _is_valid(form):
            status = 422 if form.is_submitted() else 200
            return render_template("applications/replace_resume.html", **view), status
        with _stored(form) as resume, transaction():
            hiring.replace_resume(application, resume, before, by=current_user)
    except PortalError as error:
        is_final = isinstance(error, CannotChange)
        return beside_form(error, "applications/replace_resume.html", **view, is_final=is_final)
    done = _("Your résumé is replaced; the file before it is deleted.")
    flash(f"{done} {_changes(form)}".strip(), "success")
    return go_to(url_for("applications.dashboard"))


@bp.post("/applications/<uuid:application_id>/withdraw")
@login_required
def withdraw(application_id: uuid.UUID) -> ResponseReturnValue:
    application = access.fetch_own(Application, application_id)
    with flashed_refusals():
        with transaction():
            seen = request.form.get(edit_conflicts.FIELD, "")
            hiring.withdraw(application, seen, by=current_user)
        flash(_("You withdrew your application for %(job)s.", job=application.job.title), "success")
    return go_to(url_for("applications.dashboard"))


@bp.post("/applications/<uuid:application_id>/interview")
@login_required
def start_interview(application_id: uuid.UUID) -> ResponseReturnValue:
    application = access.fetch_own(Application, application_id)
    with flashed_refusals():
        with transaction():
            interview = interviews.open_interview(application)
        return go_to(url_for("capture.interview", interview_id=interview.id))
    return go_to(url_for("applications.dashboard"))
