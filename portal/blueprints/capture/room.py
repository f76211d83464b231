"""The JSON requests of the room's script: the state, the seat, questions, answers, page events."""

import uuid
from http import HTTPStatus
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from flask_wtf.csrf import generate_csrf
from marshmallow import Schema, ValidationError, fields, validate

from portal import interviews, tus, upload_tokens
from portal.access import fetch_own
from portal.blueprints.capture.bp import bp
from portal.config import settings
from portal.database import transaction
from portal.errors import PortalError
from portal.languages import gettext as _
from portal.models import (
    Answer,
    AnswerState,
    InterviewQuestion,
    InterviewSession,
    PageEventKind,
    utc_now,
)
from portal.people import throttle
from portal.web.error_pages import for_programs

ECHO_MAX_BYTES = 2 * 1024 * 1024  # enough to time an upload of a few seconds
DAY_MS = 24 * 60 * 60 * 1000
MAX_CHARACTERS = 100_000_000  # of one paste: more than any clipboard holds
milliseconds = validate.Range(min=0, max=DAY_MS)


class TabSchema(Schema):
    tab = fields.String(required=True, validate=validate.Length(8, 64))


class SeatSchema(TabSchema):
    take_over = fields.Boolean(load_default=False)


class QuestionSchema(TabSchema):
    question = fields.Integer(required=True)
    continues = fields.UUID(load_default=None, allow_none=True)


class AnswerSchema(QuestionSchema):
    container = fields.String(required=True)
    # The page chooses the id itself if it starts to record while it is offline.
    answer_id = fields.UUID(load_default=None)


class CompleteSchema(Schema):
    length = fields.Integer(required=True, validate=validate.Range(min=0))
    recorded_ms = fields.Integer(load_default=None, allow_none=True, validate=milliseconds)
    # True if our page recorded the answer and has reported all its page events.
    watched = fields.Boolean(load_default=False)


class EventSchema(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(list(PageEventKind)))
    t_ms = fields.Integer(required=True, validate=milliseconds)
    until_ms = fields.Integer(load_default=None, allow_none=True, validate=milliseconds)
    characters = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(0, MAX_CHARACTERS)
    )


class EventsSchema(Schema):
    answer_id = fields.UUID(required=True)
    events = fields.List(
        fields.Nested(EventSchema), required=True, validate=validate.Length(max=100)
    )


class BadBody(PortalError):
    """The request's body does not fit the schema."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


@bp.before_request
def take_in_body() -> None:
    """Read the whole body before a view asks the database.

    Otherwise a slow sender would hold SQLite's write lock.
    """
    if request.endpoint == "capture.echo":
        request.max_content_length = ECHO_MAX_BYTES
        while request.stream.read(64 * 1024):
            continue
    elif request.is_json:
        request.get_data()


@bp.get("/<uuid:interview_id>/room.json")
@for_programs
@login_required
def room_json(interview_id: uuid.UUID) -> ResponseReturnValue:
    row = fetch_own(InterviewSession, interview_id)
    interviews.refuse_stopped(row)
    return room_state(row)


@bp.post("/<uuid:interview_id>/seat")
@for_programs
@login_required
def seat(interview_id: uuid.UUID) -> ResponseReturnValue:
    row = fetch_own(InterviewSession, interview_id)
    wish = body(SeatSchema())
    with transaction():
        interviews.claim_seat(row, wish["tab"], take_over=wish["take_over"])
    return {"held": True}


@bp.post("/<uuid:interview_id>/questions/<int:position>/release")
@for_programs
@login_required
def release(interview_id: uuid.UUID, position: int) -> ResponseReturnValue:
    """Show a question. The first request starts the time to think."""
    row = fetch_own(InterviewSession, interview_id)
    tab = body(TabSchema())["tab"]
    with transaction():
        question = interviews.release(row, position, tab)
    return shown(question)


@bp.post("/<uuid:interview_id>/answers")
@for_programs
@login_required
def answers(interview_id: uuid.UUID) -> ResponseReturnValue:
    row = fetch_own(InterviewSession, interview_id)
    return started(begin_answer(row, interviews.NewAnswer(**body(AnswerSchema())))), 201


@bp.post("/<uuid:interview_id>/answers/<uuid:answer_id>/token")
@for_programs
@login_required
def answer_token(interview_id: uuid.UUID, answer_id: uuid.UUID) -> ResponseReturnValue:
    answer = own_answer(interview_id, answer_id)
    interviews.refuse_stopped(answer.interview)
    interviews.refuse_discarded(answer)
    return upload_of(answer) | {"state": answer.state, "offset": interviews.confirmed_bytes(answer)}


@bp.post("/<uuid:interview_id>/answers/<uuid:answer_id>/complete")
@for_programs
@login_required
def answer_complete(interview_id: uuid.UUID, answer_id: uuid.UUID) -> ResponseReturnValue:
    answer = own_answer(interview_id, answer_id)
    said = body(CompleteSchema())
    with interviews.locked_to_complete(answer) as upload, transaction():
        completed = interviews.complete_answer(
            upload, said["length"], said["recorded_ms"], watched=said["watched"]
        )
    return {
        "state": completed and completed.state,
        "duration_ms": completed and completed.duration_ms,
    }


@bp.post("/<uuid:interview_id>/events")
@for_programs
@login_required
def events(interview_id: uuid.UUID) -> ResponseReturnValue:
    fetch_own(InterviewSession, interview_id)
    said = body(EventsSchema())
    answer = own_answer(interview_id, said["answer_id"])
    with transaction():
        return {"kept": interviews.report_events(answer, said["events"])}


@bp.post("/<uuid:interview_id>/echo")
@for_programs
@login_required
def echo(interview_id: uuid.UUID) -> ResponseReturnValue:
    """Accept the body and drop it, so that the page can measure its upload speed."""
    fetch_own(InterviewSession, interview_id)
    return "", 204


def own_answer(interview_id: uuid.UUID, answer_id: uuid.UUID) -> Answer:
    answer = fetch_own(Answer, answer_id)
    if answer.interview_id != interview_id:
        abort(404)
    return answer


def room_state(row: InterviewSession) -> dict[str, Any]:
    """All that the room's script needs to continue the interview in its current state."""
    return {
        "interview_id": str(row.id),
        "state": row.state,
        "analyse": row.is_analysed,
        "csrf": generate_csrf(),
        "questions": [question_state(row, question) for question in row.questions],
        "chunk_max_bytes": settings().upload_chunk_max_bytes,
        "uploads_url": url_for("capture.create_upload"),
    }


def question_state(row: InterviewSession, question: InterviewQuestion) -> dict[str, Any]:
    """The state of one question. It contains the text only if the candidate has seen it."""
    rows = [answer for answer in row.answers if answer.question_position == question.position]
    not_given = {AnswerState.DISCARDED, AnswerState.FAILED}
    kept = row.kept_answers()  # may include an unusable answer if there is no better one
    given = [answer for answer in rows if answer.state not in not_given or answer in kept]
    return {
        **shown(question),
        "think_ms": question.think_ms,
        "limit_ms": question.limit_ms,
        "takes": question.takes_left,
        "takes_used": len({answer.take for answer in rows}),
        "answers": [answer_state(answer) for answer in given],
    }


def shown(question: InterviewQuestion) -> dict[str, Any]:
    """The parts of a question that the candidate may see now."""
    return {
        "position": question.position,
        "prompt": question.prompt if question.is_released else None,
        "think_left_ms": question.think_left_ms(utc_now()),
    }


def answer_state(answer: Answer) -> dict[str, Any]:
    saved = answer.length_bytes
    if answer.state is AnswerState.RECORDING:
        saved = tus.size(interviews.answer_path(answer))
    return {
        "answer_id": str(answer.id),
        "take": answer.take,
        "part": answer.part,
        "state": answer.state,
        "received_bytes": saved,
        "length_bytes": answer.length_bytes,
        "duration_ms": answer.duration_ms,
        "recorded_ms": answer.recorded_ms,
    }


def begin_answer(row: InterviewSession, wish: interviews.NewAnswer) -> Answer:
    """Start a new answer, within the rate limit of the account."""
    counted = throttle.count_try(throttle.ANSWERS_PER_ACCOUNT, str(current_user.id), utc_now())
    try:
        with transaction():
            return interviews.start_answer(row, wish)
    except PortalError:
        throttle.uncount([counted])  # a page that waits for disk space asks again and again
        raise


def started(answer: Answer) -> dict[str, Any]:
    """All that a page needs to know about an answer to record it."""
    taken = {"question": answer.question_position, "take": answer.take, "part": answer.part}
    return upload_of(answer) | taken | {"limit_ms": answer.limit_ms}


def upload_of(answer: Answer) -> dict[str, Any]:
    """The upload URL and the token for this answer."""
    return {
        "answer_id": str(answer.id),
        "upload_url": url_for("capture.upload", answer_id=answer.id),
        "upload_token": upload_tokens.make_upload_token(answer.id),
    }


def body(schema: Schema) -> dict[str, Any]:
    """The request's JSON, validated with the schema. Raises BadBody."""
    try:
        return dict(schema.load(request.get_json()))
    except ValidationError as exc:
        at_fault = sorted(set(schema.fields) & set(exc.messages_dict)) or [_("unknown fields")]
        text = _("These fields are not valid: %(names)s.", names=", ".join(at_fault))
        raise BadBody(text) from exc
