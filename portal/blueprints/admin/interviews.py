"""The review queue, and one interview with its recording, measurements and flags.

Only `interview_retry` changes an interview. Looking at one changes neither it nor its application;
the audit log tells who looked. In URLs an interview is called a session.
"""

import math
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import audit, interview_words, interviews, review_queue
from portal.access import fetch_any
from portal.blueprints import page_asked, page_links
from portal.blueprints.admin.applications import (
    APPLICATIONS,
    applications_kept,
    came_from_applications,
)
from portal.blueprints.admin.bp import bp
from portal.blueprints.admin.jobs import jobs_to_choose_from
from portal.config import settings
from portal.database import transaction
from portal.extensions import db
from portal.languages import gettext as _
from portal.models import Answer, AuditEvent, InterviewSession, InterviewState, utc_now
from portal.people import throttle
from portal.review_queue import InterviewFilter
from portal.web.error_pages import flashed_refusals
from portal.web.htmx import wants_fragment

ROWS_PER_PAGE = 25


@bp.get("/sessions")
def interview_list() -> ResponseReturnValue:
    wanted = InterviewFilter.from_args(request.args)
    page = db.paginate(
        wanted.select(current_user), page=page_asked(), per_page=ROWS_PER_PAGE, error_out=False
    )
    view = {
        "page": page,
        "summaries": [review_queue.summary(interview) for interview in page.items],
        "wanted": wanted,
        "left_out": wanted.left_out(current_user),
        "kept": wanted.to_args(),
        "links": page_links(page, "admin.interview_list", **wanted.to_args()),
    }
    if wants_fragment():
        return render_template("admin/_interviews.html", **view)
    return render_template(
        "admin/interviews.html",
        jobs=jobs_to_choose_from(current_user),
        states=InterviewState,
        severities=review_queue.SEVERITIES,
        kinds=review_queue.KINDS,
        counts=review_queue.state_counts(current_user),
        **view,
    )


@bp.get("/sessions/<uuid:interview_id>/row")
def interview_row(interview_id: uuid.UUID) -> ResponseReturnValue:
    interview = fetch_any(InterviewSession, interview_id)
    kept = InterviewFilter.from_args(request.args).to_args()
    return render_template(
        "admin/_interview_row.html", summary=review_queue.summary(interview), kept=kept
    )


@bp.get("/sessions/<uuid:interview_id>")
def interview_page(interview_id: uuid.UUID) -> ResponseReturnValue:
    interview = fetch_any(InterviewSession, interview_id)
    audit.record_apart(current_user, AuditEvent.VIEWED, interview)
    view = {"interview": interview} | _list_left(interview)
    if interview.state is not InterviewState.READY:
        return render_template("admin/interview_waiting.html", **_status(interview), **view)
    spans = interviews.answer_spans(interview)
    answers = {
        "questions": _first_parts(interview),
        "notes": _notes(interview),
        "spans": spans,
        "flags": [review_queue.flag_view(flag) for flag in interview.flags],
    }
    figure = {"lanes": interviews.lane_views(), "registry": interviews.signal_registry()}
    return render_template("admin/interview.html", start_s=_start_s(), **answers, **figure, **view)


def _list_left(interview: InterviewSession) -> dict[str, Any]:
    """The list from which the user came: its name, its URL and the interview's place in it.

    `kept` holds the arguments that other links of this interview must carry. The list of
    applications gives no place.
    """
    if came_from_applications():
        kept = applications_kept()
        url = url_for(
            "admin.applications", **kept, _anchor=f"application-{interview.application_id}"
        )
        return {
            "list_name": _("Applications, as filtered")
            if kept.keys() - {"page"}
            else _("Applications"),
            "list_url": url,
            "kept": {"list": APPLICATIONS, **kept},
            "place": None,
        }
    wanted = InterviewFilter.from_args(request.args)
    place = review_queue.position_of(interview, wanted, current_user)
    return {
        "list_name": _("Interviews, as filtered") if wanted else _("All interviews"),
        "list_url": _list_url(interview, wanted, place),
        "kept": wanted.to_args(),
        "place": place,
    }


def _list_url(
    interview: InterviewSession, wanted: InterviewFilter, place: review_queue.ListPosition
) -> str:
    """The URL of the filtered list, with the page and the row where this interview is now."""
    number = 1 + (place.number - 1) // ROWS_PER_PAGE
    args = wanted.to_args() | ({"page": number} if number > 1 else {})
    return url_for("admin.interview_list", _anchor=f"interview-row-{interview.id}", **args)


def _first_parts(interview: InterviewSession) -> list[Answer]:
    """The first part of each question's answer. An interrupted answer has several parts."""
    firsts = {answer.question_position: answer for answer in reversed(interview.kept_answers())}
    return [firsts[position] for position in sorted(firsts)]


@dataclass(frozen=True)
class Note:
    """How an answer arrived, in one sentence."""

    sentence: str
    is_about_missing_data: bool


def _notes(interview: InterviewSession) -> dict[int, list[Note]]:
    not_assessable = _(interviews.NOT_ASSESSABLE)
    return {
        question: [Note(sentence, not_assessable in sentence) for sentence in sentences]
        for question, sentences in interviews.notes_by_question(interview).items()
    }


def _start_s() -> float:
    """Where the recording should start, from the URL's `t`.

    Without JavaScript the browser starts there because of a media fragment.
    """
    start_s = request.args.get("t", 0.0, type=float)
    return start_s if math.isfinite(start_s) and start_s > 0 else 0.0


@bp.get("/sessions/<uuid:interview_id>/status")
def interview_status(interview_id: uuid.UUID) -> ResponseReturnValue:
    interview = fetch_any(InterviewSession, interview_id)
    view = {"interview": interview} | _status(interview) | _list_left(interview)
    return render_template("admin/_interview_status.html", **view)


def _status(interview: InterviewSession) -> dict[str, Any]:
    activity = review_queue.progress(interview).activity
    return {
        "status": interviews.status(interview),
        "heading": interview_words.heading(interview, activity),
    }


@bp.post("/sessions/<uuid:interview_id>/retry")
def interview_retry(interview_id: uuid.UUID) -> ResponseReturnValue:
    interview = fetch_any(InterviewSession, interview_id)
    with flashed_refusals(), transaction():
        interviews.retry(interview, by=current_user)
    kept = _list_left(interview)["kept"]
    return redirect(url_for("admin.interview_page", interview_id=interview.id, **kept), code=303)


@bp.post("/sessions/<uuid:interview_id>/played")
def interview_played(interview_id: uuid.UUID) -> ResponseReturnValue:
    """The player tells how many seconds were played. More than the film has is not believed."""
    interview = fetch_any(InterviewSession, interview_id)
    told_s = request.form.get("seconds", 0, type=int)
    if told_s < 1:
        abort(400)
    throttle.count_try(throttle.PLAYED_PER_ACCOUNT, str(current_user.id), utc_now())
    film_s = math.ceil((interview.duration_ms or 0) / 1000)
    with transaction():
        audit.record(current_user, AuditEvent.PLAYED, interview, {"seconds": min(told_s, film_s)})
    return "", 204


@bp.get("/sessions/<uuid:interview_id>/recording.mp4")
def interview_video(interview_id: uuid.UUID) -> ResponseReturnValue:
    interview = fetch_any(InterviewSession, interview_id)
    return _private_file(interview, interviews.recording(interview).recording_path, "video/mp4")


@bp.get("/sessions/<uuid:interview_id>/telemetry.json")
def interview_telemetry(interview_id: uuid.UUID) -> ResponseReturnValue:
    interview = fetch_any(InterviewSession, interview_id)
    return _private_file(
        interview, interviews.recording(interview).telemetry_path, "application/json"
    )


def _private_file(interview: InterviewSession, path: Path, mimetype: str) -> ResponseReturnValue:
    """A file of a finished interview, with support for byte ranges."""
    if interview.state is not InterviewState.READY or not path.is_file():
        abort(404)
    audit.record_apart(current_user, AuditEvent.DOWNLOADED, interview)
    prefix = settings().media_accel_prefix
    if prefix:  # nginx sends the file, so that no thread of ours waits for the viewer
        inside = path.relative_to(settings().interviews_folder)
        response = Response(headers={"X-Accel-Redirect": f"{prefix}/{inside}"})
    else:
        response = send_file(path, conditional=True, etag=True)
    response.mimetype = mimetype
    return response
