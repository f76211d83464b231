"""The candidate's pages of an interview, in order: consent, device check, room, receipt."""

import uuid
from dataclasses import dataclass
from itertools import groupby

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from portal import consent as consents
from portal import interviews
from portal.access import fetch_own, is_at_a_kiosk, is_at_the_machine, sign_out_here
from portal.blueprints.capture.bp import bp
from portal.blueprints.capture.room import room_state
from portal.config import settings
from portal.database import transaction
from portal.forms.consent import ConsentForm
from portal.hiring.next_step import DECIDED
from portal.models import Answer, AnswerState, InterviewSession, InterviewState

RECEIPT_SHOWN_S = 120  # a kiosk shows the receipt long enough to read it
PAGE_OF = {InterviewState.PENDING: "capture.consent", InterviewState.RECORDING: "capture.check"}


@bp.get("/<uuid:interview_id>")
@login_required
def interview(interview_id: uuid.UUID) -> ResponseReturnValue:
    """Redirect to the page on which the candidate can continue."""
    row = fetch_own(InterviewSession, interview_id)
    page = PAGE_OF.get(row.state, "capture.receipt")
    return redirect(url_for(page, interview_id=row.id), code=303)


@bp.route("/<uuid:interview_id>/consent", methods=["GET", "POST"])
@login_required
def consent(interview_id: uuid.UUID) -> ResponseReturnValue:
    row = fetch_own(InterviewSession, interview_id)
    if row.state is not InterviewState.PENDING:
        return redirect(url_for("capture.interview", interview_id=row.id), code=303)
    interviews.refuse_uninterviewable(row.application)
    form = ConsentForm()
    view = {"form": form, "retention_days": settings().retention_days} | names(row)
    shown = consents.shown(render_template("capture/_consent_text.html", **view), *form.choices())
    if form.agrees_to(shown.sha256):
        with transaction():
            interviews.give_consent(row, analyse=form.analyse.data, shown=shown, by=current_user)
        return redirect(url_for("capture.check", interview_id=row.id), code=303)
    return render_template("capture/consent.html", **view), 422 if request.method == "POST" else 200


@bp.get("/<uuid:interview_id>/check")
@login_required
def check(interview_id: uuid.UUID) -> ResponseReturnValue:
    return recording_page(interview_id, "capture/check.html")


@bp.get("/<uuid:interview_id>/room")
@login_required
def room(interview_id: uuid.UUID) -> ResponseReturnValue:
    return recording_page(interview_id, "capture/room.html")


@bp.get("/<uuid:interview_id>/receipt")
@login_required
def receipt(interview_id: uuid.UUID) -> ResponseReturnValue:
    row = fetch_own(InterviewSession, interview_id)
    if row.state in {InterviewState.PENDING, InterviewState.RECORDING}:
        return redirect(url_for("capture.interview", interview_id=row.id), code=303)
    view = names(row) | {
        "status": interviews.status(row),
        "decided": DECIDED.get(row.application.status),
        "answers": received_answers(row),
    }
    if not is_at_a_kiosk():
        return render_template("capture/receipt.html", **view)
    with transaction():
        sign_out_here()  # the next person at this kiosk must not be signed in as this one
    page = render_template("capture/receipt.html", **view)
    return page, {"Refresh": f"{RECEIPT_SHOWN_S}; url={url_for('auth.login')}"}


@dataclass(frozen=True)
class ReceivedAnswer:
    """One answer on the receipt: the parts of an interrupted one count together."""

    position: int
    prompt: str
    take: int
    parts: int
    length_ms: int | None
    size_bytes: int
    states: frozenset[AnswerState]

    @classmethod
    def of(cls, parts: list[Answer]) -> "ReceivedAnswer":
        length_ms = sum(part.duration_ms or part.recorded_ms or 0 for part in parts)
        return cls(
            position=parts[0].question_position,
            prompt=parts[0].prompt,
            take=parts[0].take,
            parts=len(parts),
            length_ms=length_ms or None,
            size_bytes=sum(part.length_bytes or 0 for part in parts),
            states=frozenset(part.state for part in parts),
        )


def received_answers(interview: InterviewSession) -> list[ReceivedAnswer]:
    def question(answer: Answer) -> int:
        return answer.question_position

    ordered = sorted(interview.kept_answers(), key=question)
    return [ReceivedAnswer.of(list(parts)) for _, parts in groupby(ordered, key=question)]


@bp.get("/<uuid:interview_id>/status")
@login_required
def interview_status(interview_id: uuid.UUID) -> ResponseReturnValue:
    row = fetch_own(InterviewSession, interview_id)
    return render_template(
        "capture/_interview_status.html", interview=row, status=interviews.status(row)
    )


@bp.post("/<uuid:interview_id>/finish")
@login_required
def finish(interview_id: uuid.UUID) -> ResponseReturnValue:
    row = fetch_own(InterviewSession, interview_id)
    with transaction():
        interviews.finish(row, by=current_user)
    return redirect(url_for("capture.receipt", interview_id=row.id), code=303)


def recording_page(interview_id: uuid.UUID, template: str) -> ResponseReturnValue:
    """A page for the time between consent and finish. Else redirects to the page for this state."""
    row = fetch_own(InterviewSession, interview_id)
    if row.state is not InterviewState.RECORDING:
        return redirect(url_for("capture.interview", interview_id=row.id), code=303)
    interviews.refuse_uninterviewable(row.application)
    records_itself = settings().records_itself
    if records_itself:
        interviews.refuse_visitors(is_at_the_machine())
    view = {
        "room": room_state(row),
        "limits": {"chunk_max_bytes": settings().upload_chunk_max_bytes},
    }
    status = interviews.status(row)
    return render_template(
        template, status=status, records_itself=records_itself, **view, **names(row)
    )


def names(row: InterviewSession) -> dict[str, object]:
    """The variables that all templates of an interview need."""
    application = row.application
    return {"interview": row, "job": application.job, "questions": application.questions}
