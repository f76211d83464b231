"""A candidate's applications through the API."""

from typing import Any

import sqlalchemy as sa
from flask import request
from flask.typing import ResponseReturnValue
from flask_jwt_extended import current_user
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy.orm import joinedload

from portal import access, hiring, resumes, throttle
from portal.blueprints.api.base import ApiBlueprint, field_errors, paged
from portal.blueprints.api.schemas import ApplicationForm, ApplicationFull, ApplicationPage, PageQuery
from portal.errors import problem
from portal.extensions import db
from portal.models import Application, utc_now

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
    try:
        hiring.check_may_apply(current_user, job)
        throttle.count_both(throttle.APPLY, current_user.id, request.remote_addr, utc_now())
        db.session.rollback()  # no lock is held while the file is read
        resume = resumes.read(form["resume"].filename, form["resume"].stream)
        return hiring.apply(current_user, job, resume, form["note"])
    except hiring.CannotApply as exc:
        return problem(409, "This application cannot be made", exc.reason)
    except resumes.ResumeRefused as exc:
        return field_errors({"resume": [str(exc)]})


@bp.get("")
@bp.signed_in()
@bp.arguments(PageQuery, location="query")
@bp.response(200, ApplicationPage)
def list_applications(arguments: dict[str, Any]) -> Pagination:
    """My applications, newest first"""
    mine = (
        sa.select(Application)
        .where(Application.user_id == current_user.id)
        .options(joinedload(Application.job), joinedload(Application.interview))
        .order_by(Application.created_at.desc(), Application.id)
    )
    return paged(mine, arguments)
