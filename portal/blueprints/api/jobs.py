"""Published positions, for anybody; with a token also the drafts that its person may see."""

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

    Newest first. Repeat `workplace` or `type` for any of several; different filters must all hold.
    """
    return paged(JobSearch.from_args(request.args).select(), arguments)


@bp.get("/<uuid:job_id>")
@bp.signed_in(optional=True)
@bp.response(200, JobFull)
@bp.alt_response(404, "NOT_FOUND")
def show_job(job_id: uuid.UUID) -> Job:
    """One position

    A position that is being drafted is shown to admins, with their token.
    """
    return access.fetch_job(job_id, get_current_user() or NOBODY)
