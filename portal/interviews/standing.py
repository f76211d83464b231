"""Whether an interview goes on, and which page may go on with it. Asked by every verb; knows no file and no device."""

from portal.interviews.errors import HeldElsewhere, NotAgreed, NotInterviewable
from portal.models import InterviewSession, InterviewState

OVER = {InterviewState.FINISHING, InterviewState.READY, InterviewState.FAILED}


def refuse_closed(interview: InterviewSession) -> None:
    """Raises NotInterviewable where the candidate is done, or the application no longer asks for an interview."""
    if interview.state in OVER:
        raise NotInterviewable("This interview is finished. Its answers are with the hiring team.")
    if reason := interview.application.why_not_interviewable():
        raise NotInterviewable(reason)


def refuse_unless_seated(interview: InterviewSession, tab: str) -> None:
    """Raises NotInterviewable, NotAgreed or HeldElsewhere where this page may not go on with the interview."""
    refuse_closed(interview)
    if interview.state is not InterviewState.RECORDING:
        raise NotAgreed("Agree to the recording first.")
    if interview.holder != tab:
        raise HeldElsewhere("This interview is open in another tab or on another device.")
