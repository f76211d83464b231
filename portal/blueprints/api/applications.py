"""A candidate's applications through the API."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any

import sqlalchemy as sa
from flask import request
from flask.typing import ResponseReturnValue
from flask_jwt_extended import current_user
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import FileStorage

from portal import access, hiring
from portal.blueprints.api.base import ApiBlueprint, paged
from portal.blueprints.api.schemas import (
    ApplicationForm,
    ApplicationFull,
    ApplicationPage,
    PageQuery,
    ResumeForm,
)
from portal.config import settings
from portal.database import release_lock, transaction
from portal.hiring import resumes
from portal.languages import gettext as _
from portal.models import Application, utc_now
from portal.people import throttle
from portal.web.error_pages import problem

bp = ApiBlueprint("Applications", "/applications", "A candidate's own")


@bp.post("/apply")
@bp.signed_in()
@bp.arguments(ApplicationForm, location="multipart")
@bp.response(201, ApplicationFull)
@bp.alt_response(404, "NOT_FOUND")
@bp.alt_response(409, "CONFLICT")
@bp.alt_response(413, "REQUEST_ENTITY_TOO_LARGE")
@bp.alt_response(429, "TOO_MANY_REQUESTS")
def apply(form: dict[str, Any]) -> Application | ResponseReturnValue:
    """Apply for a position with a résumé"""
    job = access.fetch_job(form["job_id"], current_user)
    hiring.check_may_apply(current_user, job)
    resume = _read(form["resume"], current_user.id)
    with _stored(resume) as stored, transaction():
        return hiring.apply(job, stored, form["note"], by=current_user)


def _own_application_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """Check the owner before reading the body. Another person's application gives 404."""

    @wraps(view)
    def checked(application_id: uuid.UUID) -> Any:
        access.fetch_own(Application, application_id, current_user)
        release_lock()  # the body may arrive slowly
        return view(application_id=application_id)

    return checked


IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string"},
    "example": "*",
    "description": ("The `resume_version` to replace, in quotes; or `*` to replace any version"),
}


@bp.put("/<uuid:application_id>/resume")
@bp.doc(parameters=[IF_MATCH])
@bp.signed_in()
@_own_application_only
@bp.arguments(ResumeForm, location="multipart")
@bp.response(200, ApplicationFull)
@bp.alt_response(404, "NOT_FOUND")
@bp.alt_response(409, "CONFLICT")
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(413, "REQUEST_ENTITY_TOO_LARGE")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
@bp.alt_response(429, "TOO_MANY_REQUESTS")
def replace_resume(
    form: dict[str, Any], application_id: uuid.UUID
) -> Application | ResponseReturnValue:
    """Replace the résumé, until the hiring team has opened it"""
    application = access.fetch_own(Application, application_id, current_user)
    before = None if request.if_match.star_tag else application.resume_path
    if not request.if_match:
        return problem(
            428,
            _("Which résumé?"),
            _("Send If-Match with the resume_version to replace, or with *."),
        )
    if not request.if_match.contains(hiring.resume_version(application)):
        raise hiring.ResumeReplaced
    hiring.check_may_replace_resume(application)
    resume = _read(form["resume"], current_user.id)
    with _stored(resume) as stored, transaction():
        hiring.replace_resume(application, stored, before, by=current_user)
    return application


def _read(file: FileStorage, who: uuid.UUID) -> resumes.Resume:
    """Check a file, which counts as one try. Raises ResumeRefused and RetryLater."""
    scan_command = settings().scan_command
    with throttle.counted(throttle.APPLY, who, request.remote_addr, utc_now()):
        release_lock()  # while we check the file
        return resumes.read(file.filename, file.stream, str(who), scan_command)


def _stored(resume: resumes.Resume) -> AbstractContextManager[resumes.StoredResume]:
    return resumes.stored(resume, settings().resumes_folder)


@bp.get("")
@bp.signed_in()
@bp.arguments(PageQuery, location="query")
@bp.response(200, ApplicationPage)
def list_applications(arguments: dict[str, Any]) -> Pagination:
    """My applications, newest first"""
    mine = (
        access.own(sa.select(Application), current_user)
        .options(joinedload(Application.job), joinedload(Application.interview))
        .order_by(Application.created_at.desc(), Application.id)
    )
    return paged(mine, arguments)
