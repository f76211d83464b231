"""The API for reviewers: the review queue, and one interview with its telemetry."""

import json
import uuid
from typing import Any

from flask import Response, jsonify, request
from flask_jwt_extended import current_user
from flask_sqlalchemy.pagination import Pagination

from portal import access, audit, interviews
from portal.blueprints.api.base import ApiBlueprint, paged
from portal.blueprints.api.schemas import InterviewFull, InterviewPage, InterviewQuery
from portal.models import AuditEvent, InterviewSession, InterviewState
from portal.review_queue import InterviewFilter

bp = ApiBlueprint("Interviews", "/admin", "For admins: the review queue, and all that was measured")


bp.for_admins_only()


@bp.get("/sessions")
@bp.documents_token
@bp.arguments(InterviewQuery, location="query")
@bp.response(200, InterviewPage)
@bp.alt_response(403, "FORBIDDEN")
def list_interviews(arguments: dict[str, Any]) -> Pagination:
    """The review queue

    Newest first. Repeat `kind`, `severity` or `state` to match any of several values. An interview
    must match all filters.
    """
    return paged(InterviewFilter.from_args(request.args).select(current_user), arguments)


@bp.get("/sessions/<uuid:interview_id>")
@bp.documents_token
@bp.response(200, InterviewFull)
@bp.alt_response(403, "FORBIDDEN")
@bp.alt_response(404, "NOT_FOUND")
def show_interview(interview_id: uuid.UUID) -> Response:
    """One interview, with its flags and its whole telemetry"""
    interview = access.fetch_any(InterviewSession, interview_id, current_user)
    audit.record_apart(current_user, AuditEvent.VIEWED, interview)
    path = interviews.recording(interview).telemetry_path
    is_ready = interview.state is InterviewState.READY and path.is_file()
    telemetry = json.loads(path.read_text(encoding="utf-8")) if is_ready else None
    return jsonify(InterviewFull().dump(interview) | {"telemetry": telemetry})
