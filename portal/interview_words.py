"""The words for an interview's state on the pages of reviewers and candidates.

All of these words are here, so that the queue, the player, the dashboard and the receipt say the
same about one interview.
"""

from dataclasses import dataclass

from flask import Flask

from portal.models import ApplicationStatus, InterviewSession, InterviewState


@dataclass(frozen=True)
class StateWords:
    """The words for one state of an interview."""

    reviewer: str  # one or two words, in lists and filters
    candidate: str  # the same in the candidate's list of applications: "interview …"
    heading: str  # one sentence at the top of the reviewer's page
    next_step: str  # one sentence to the candidate: what has happened so far
    saved: str = ""  # to the candidate after the last answer: what happens to the recording


NOT_PUT_TOGETHER = (
    "Your answers are saved. We could not put them together yet and are looking into it."
)

INTERVIEW: dict[InterviewState, StateWords] = {
    InterviewState.PENDING: StateWords(
        reviewer="Not started",
        candidate="not begun",
        heading="Not started: the candidate has not agreed to be recorded yet.",
        next_step="",
    ),
    InterviewState.RECORDING: StateWords(
        reviewer="Begun",
        candidate="begun",
        heading="The candidate is recording.",
        next_step="You have begun. Everything you saved is kept; go on where you stopped.",
    ),
    InterviewState.FINISHING: StateWords(
        reviewer="Finishing",
        candidate="being put together",
        heading="All answers are here. They are being measured and joined.",
        next_step="Your answers are saved and being put together.",
        saved="Your answers are saved. We are putting them together; you may close this page.",
    ),
    InterviewState.READY: StateWords(
        reviewer="Ready",
        candidate="recorded",
        heading="The recording is ready.",
        next_step="Your interview is recorded.",
        saved="Everything is saved and complete",
    ),
    InterviewState.FAILED: StateWords(
        reviewer="Not finished",
        candidate="saved",
        heading="The recording could not be put together.",
        next_step=NOT_PUT_TOGETHER,
        saved=f"{NOT_PUT_TOGETHER} You need not do anything.",
    ),
}


@dataclass(frozen=True)
class ActivityWords:
    """The words for what a candidate does at the moment."""

    reviewer: str
    heading: str


# The keys are the values of `review_queue.Activity`.
ACTIVITIES = {
    "recording": ActivityWords("Recording", INTERVIEW[InterviewState.RECORDING].heading),
    "waiting": ActivityWords(
        "Begun", "The candidate is on the page. Nothing is being recorded at the moment."
    ),
    "away": ActivityWords(
        "Paused", "The candidate has begun, but is not on the page at the moment."
    ),
}

# For an interview in any state that does not go on: its application was withdrawn or decided.
STOPPED = StateWords(
    reviewer="Stopped",
    candidate="stopped",
    heading="Stopped: the application was {reason}.",
    next_step="",
    saved="Stopped: nothing more is recorded, sent or measured",
)


def init_app(app: Flask) -> None:
    app.add_template_filter(state_words)
    app.add_template_filter(activity_words)
    app.jinja_env.globals["stopped_words"] = STOPPED


def state_words(state: InterviewState) -> StateWords:
    return INTERVIEW[state]


def activity_words(activity: str) -> ActivityWords:
    return ACTIVITIES[activity]


def heading(interview: InterviewSession, activity: str) -> str:
    """The heading of the reviewer's page. `activity` matters only while the candidate records."""
    if interview.is_stopped:
        is_withdrawn = interview.application.status is ApplicationStatus.WITHDRAWN
        return STOPPED.heading.format(reason="withdrawn" if is_withdrawn else "decided")
    if interview.state is InterviewState.RECORDING:
        return activity_words(activity).heading
    return state_words(interview.state).heading
