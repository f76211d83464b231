"""What a candidate can do next: one word for the page, and one sentence for the candidate."""

from enum import StrEnum

from portal.interview_words import state_words
from portal.languages import N_, ngettext
from portal.languages import gettext as _
from portal.models import Application, ApplicationStatus, InterviewState, asked_ms


class Step(StrEnum):
    """The action that the page offers next."""

    RECORD = "record"
    RESUME = "resume"
    RECEIPT = "receipt"
    NONE = "none"


WAIT = N_("A person reads every application; you will see the answer here.")
DECIDED = {
    ApplicationStatus.WITHDRAWN: N_(
        "You withdrew this application. Nothing more is recorded or measured."
    ),
    ApplicationStatus.REJECTED: N_(
        "This application was not successful. Thank you for the time you gave it."
    ),
    ApplicationStatus.OFFERED: N_(
        "You are offered this job. The team will contact you about what comes next."
    ),
}
BEGUN = {
    InterviewState.RECORDING: Step.RESUME,
    InterviewState.FINISHING: Step.RECEIPT,
    InterviewState.READY: Step.RECEIPT,
    InterviewState.FAILED: Step.RECEIPT,
}


def next_step(application: Application) -> tuple[Step, str]:
    """The next step, and a sentence that tells the candidate what happens now."""
    if application.status in DECIDED:
        return Step.NONE, _(DECIDED[application.status])
    if application.interview and (state := application.interview.state) in BEGUN:
        step, said = BEGUN[state], state_words(state).next_step
        return step, said if step is Step.RESUME else f"{said} {_(WAIT)}"
    if reason := application.why_not_interviewable():
        return Step.NONE, f"{reason} {_(WAIT)}"
    count, minutes = len(application.questions), about_minutes(asked_ms(application.questions))
    return Step.RECORD, ngettext(
        "Answer one question on camera, about %(minutes)s min. Now, or whenever it suits you.",
        "Answer %(num)s questions on camera, about %(minutes)s min. Now, or whenever it suits you.",
        count,
        minutes=minutes,
    )


def about_minutes(interview_ms: int) -> int:
    """The length of an interview in minutes, rounded up, at least 1."""
    return max(1, -(-interview_ms // 60_000))
