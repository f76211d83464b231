"""The room's requests at a kiosk, whose own camera records: open devices, preview, record, stop.

The pages are the same as for other interviews. Only the source of video and sound differs.
"""

import uuid
from collections.abc import Iterator

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_login import login_required
from marshmallow import EXCLUDE

from portal import interviews
from portal.access import fetch_own, is_at_the_machine
from portal.blueprints.capture.bp import bp
from portal.blueprints.capture.room import QuestionSchema, TabSchema, begin_answer, body, started
from portal.database import transaction
from portal.models import InterviewSession
from portal.web.error_pages import for_programs

BOUNDARY = "picture"


@bp.post("/<uuid:interview_id>/kiosk/hold")
@for_programs
@login_required
def kiosk_hold(interview_id: uuid.UUID) -> ResponseReturnValue:
    return interviews.hold_devices(own_here(interview_id), tab_of_page())


@bp.get("/<uuid:interview_id>/kiosk/status")
@for_programs
@login_required
def kiosk_status(interview_id: uuid.UUID) -> ResponseReturnValue:
    return interviews.look_at_devices(own_here(interview_id), request.args.get("tab", ""))


@bp.get("/<uuid:interview_id>/kiosk/preview")
@for_programs
@login_required
def kiosk_preview(interview_id: uuid.UUID) -> ResponseReturnValue:
    """The camera's pictures (MJPEG) for an `<img>`, until the page closes or loses the camera."""
    pictures = interviews.preview(own_here(interview_id), request.args.get("tab", ""))
    response = Response(
        framed(pictures), mimetype=f"multipart/x-mixed-replace; boundary={BOUNDARY}"
    )
    response.call_on_close(pictures.close)
    response.headers["X-Accel-Buffering"] = "no"  # nginx must forward each picture at once
    return response


@bp.post("/<uuid:interview_id>/kiosk/answers")
@for_programs
@login_required
def kiosk_answers(interview_id: uuid.UUID) -> ResponseReturnValue:
    row = own_here(interview_id)
    wish = interviews.NewAnswer(
        **body(QuestionSchema(unknown=EXCLUDE)), container=interviews.KIOSK_CONTAINER
    )
    answer = begin_answer(row, wish)
    try:
        station = interviews.record_here(answer, wish.tab)
    except interviews.DevicesUnusable as error:
        with transaction():
            interviews.forget_unrecorded(answer, error)
        raise
    return started(answer) | {"station": station}, 201


@bp.post("/<uuid:interview_id>/kiosk/stop")
@for_programs
@login_required
def kiosk_stop(interview_id: uuid.UUID) -> ResponseReturnValue:
    return interviews.stop_here(own_here(interview_id), tab_of_page())


@bp.post("/<uuid:interview_id>/kiosk/release")
@for_programs
@login_required
def kiosk_release(interview_id: uuid.UUID) -> ResponseReturnValue:
    interviews.release_devices(own_here(interview_id), tab_of_page())
    return {}


def tab_of_page() -> str:
    return str(body(TabSchema(unknown=EXCLUDE))["tab"])


def own_here(interview_id: uuid.UUID) -> InterviewSession:
    """The candidate's own interview. Refuses browsers on other machines."""
    row = fetch_own(InterviewSession, interview_id)
    interviews.refuse_visitors(is_at_the_machine())
    return row


def framed(pictures: Iterator[bytes]) -> Iterator[bytes]:
    for jpeg in pictures:
        yield b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (
            BOUNDARY.encode(),
            len(jpeg),
        )
        yield jpeg + b"\r\n"
