"""The life of an interview: open it, consent, claim the seat, finish it, retry a failed one.

No function commits.
"""

from datetime import timedelta

import sqlalchemy as sa

from portal import audit, hiring, work
from portal.audit import By
from portal.config import settings
from portal.consent import Shown
from portal.database import after_commit, changed_one
from portal.interviews import disk_space, questions
from portal.interviews.answers import parts_of
from portal.interviews.eligibility import (
    lock_application,
    lock_interview,
    refuse_closed,
    refuse_stopped,
    refuse_uninterviewable,
)
from portal.interviews.errors import AnswersMissing, InterviewError, OpenElsewhere
from portal.interviews.paths import recording
from portal.languages import gettext as _
from portal.models import (
    AnswerState,
    Application,
    AuditEvent,
    InterviewSession,
    InterviewState,
    utc_now,
)

SEAT_FREE_AFTER = timedelta(seconds=15)  # three missed heartbeats of the page


def open_interview(application: Application) -> InterviewSession:
    """Return the application's interview; create it on first use. Raises NotInterviewable."""
    lock_application(application.id)
    refuse_uninterviewable(application)
    if application.interview is None:
        application.interview = InterviewSession()
    return application.interview


def give_consent(
    interview: InterviewSession, *, analyse: bool, by: By, shown: Shown | None = None
) -> None:
    """Store the candidate's consent to the recording, and perhaps to the analysis.

    Also stores the text that was shown and the retention that we promised. The first consent
    counts; a later one changes nothing. The job's questions are copied into the interview now.
    """
    lock_interview(interview)
    refuse_closed(interview)
    if interview.state is InterviewState.PENDING:
        disk_space.refuse_new()
        questions.copy_from_job(interview)
        now = utc_now()
        interview.consent_record_at = now
        interview.consent_analyse_at = now if analyse is True else None
        interview.consent_days = settings().retention_days
        if shown:
            interview.consent_version, interview.consent_sha256 = shown.version, shown.sha256
        interview.start_time = now
        interview.state = InterviewState.RECORDING
        recording(interview).create()
        audit.record(by, AuditEvent.CONSENTED, interview, {"is_analysed": interview.is_analysed})


def claim_seat(interview: InterviewSession, tab: str, *, take_over: bool = False) -> None:
    """Make `tab` the page that records, or renew its lease. Raises Stopped and OpenElsewhere."""
    refuse_stopped(interview)
    now = utc_now()
    mine = InterviewSession.holder == tab
    free = sa.or_(
        InterviewSession.holder.is_(None), InterviewSession.holder_seen_at < now - SEAT_FREE_AFTER
    )
    is_taken = changed_one(
        sa.update(InterviewSession)
        .where(InterviewSession.id == interview.id, sa.true() if take_over else sa.or_(mine, free))
        .values(holder=tab, holder_seen_at=now)
    )
    if not is_taken:
        raise OpenElsewhere


def finish(interview: InterviewSession, *, by: By) -> bool:
    """End the recording, and let background work make the results. Raises AnswersMissing.

    Returns False if the interview was finished already (idempotent).
    """
    lock_interview(interview)
    if interview.state in {InterviewState.FINISHING, InterviewState.READY}:
        return False
    refuse_closed(interview)
    if missing := _missing(interview):
        raise AnswersMissing(missing)
    interview.state, interview.end_time, interview.holder = (
        InterviewState.FINISHING,
        utc_now(),
        None,
    )
    hiring.mark_interviewed(interview.application)
    audit.record(by, AuditEvent.FINISHED, interview)
    after_commit(work.wake_workers)
    return True


def retry(interview: InterviewSession, *, by: By) -> None:
    """Make the results again from the received answers. Raises InterviewError.

    Only for an interview that failed, or that has an answer that could not be used.
    """
    lock_interview(interview)
    if not interview.may_be_retried:
        raise InterviewError(_("This interview has not failed, and no answer is missing in it."))
    interview.state, interview.failure, interview.attempts = InterviewState.FINISHING, "", 0
    for answer in interview.kept_answers():
        answer.state, answer.failure, answer.attempts = AnswerState.RECEIVED, "", 0
    audit.record(by, AuditEvent.RETRIED, interview)
    after_commit(work.wake_workers)


def _missing(interview: InterviewSession) -> str:
    for question in interview.questions:
        parts = parts_of(interview, question.position)
        if not parts:
            return _("Question %(position)s has no answer yet.", position=question.position)
        if any(part.state is AnswerState.RECORDING for part in parts):
            return _(
                "The answer to question %(position)s is still being sent. Wait until it is saved.",
                position=question.position,
            )
    return ""
