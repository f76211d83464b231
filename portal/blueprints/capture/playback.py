"""Plays a candidate's own answer back, as far as the server has it, while the interview runs."""

import uuid

from flask import abort, send_file
from flask.typing import ResponseReturnValue
from flask_login import login_required

from portal import interviews
from portal.access import is_at_the_machine
from portal.blueprints.capture.bp import bp
from portal.blueprints.capture.room import own_answer
from portal.config import settings
from portal.models import InterviewState
from portal.web.error_pages import for_programs


@bp.get("/<uuid:interview_id>/answers/<uuid:answer_id>/playback")
@for_programs
@login_required
def answer_playback(interview_id: uuid.UUID, answer_id: uuid.UUID) -> ResponseReturnValue:
    """The video of one answer, with byte ranges. Only the team can watch it after the interview."""
    answer = own_answer(interview_id, answer_id)
    if settings().records_itself:
        interviews.refuse_visitors(is_at_the_machine())
    path = interviews.answer_path(answer)
    if answer.interview.state is not InterviewState.RECORDING or not path.is_file():
        abort(404)
    return send_file(path, mimetype=f"video/{answer.container}", conditional=True, max_age=0)
