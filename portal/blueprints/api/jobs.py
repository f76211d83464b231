"""Published positions for everybody, and drafts for users who may see them."""

import uuid
from typing import Any

from flask import request
from flask_jwt_extended import get_current_user
from flask_sqlalchemy.pagination import Pagination

from portal import access
from portal.blueprints.api.base import NOBODY, ApiBlueprint, paged
from portal.blueprints.api.schemas import JobFull, JobPage, JobQuery
from portal.hiring.job_search import JobSearch
from portal.models import Job

bp = ApiBlueprint("Positions", "/jobs", "For anybody")


@bp.get("")
@bp.arguments(JobQuery, location="query")
@bp.response(200, JobPage)
def list_jobs(arguments: dict[str, Any]) -> Pagination:
    """Search positions

    Newest first. Repeat `workplace` or `type` to match any of several values. A position must match
    all filters.
    """
    return paged(JobSearch.from_args(request.args).select(NOBODY), arguments)


@bp.get("/<uuid:job_id>")
@bp.signed_in(optional=True)
@bp.response(200, JobFull)
@bp.alt_response(404, "NOT_FOUND")
def show_job(job_id: uuid.UUID) -> Job:
    """One position

    Admins with a token also see drafts.
    """
    return access.fetch_job(job_id, get_current_user() or NOBODY)
