"""The words for an interview's state on the pages of reviewers and candidates.

All of these words are here, so that the queue, the player, the dashboard and the receipt say the
same about one interview.
"""

from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from flask import Flask
from werkzeug.local import LocalProxy

from portal.languages import N_
from portal.languages import gettext as _
from portal.models import ApplicationStatus, InterviewSession, InterviewState


@dataclass(frozen=True)
class StateWords:
    """The words for one state of an interview."""

    reviewer: str  # one or two words, in lists and filters
    candidate: str  # the same in the candidate's list of applications: "interview …"
    heading: str  # one sentence at the top of the reviewer's page
    next_step: str  # one sentence to the candidate: what has happened so far
    saved: str = ""  # to the candidate after the last answer: what happens to the recording


NOT_PUT_TOGETHER = N_(
    "Your answers are saved. We could not put them together yet and are looking into it."
)

INTERVIEW: dict[InterviewState, StateWords] = {
    InterviewState.PENDING: StateWords(
        reviewer=N_("Not started"),
        candidate=N_("not begun"),
        heading=N_("Not started: the candidate has not agreed to be recorded yet."),
        next_step="",
    ),
    InterviewState.RECORDING: StateWords(
        reviewer=N_("Begun"),
        candidate=N_("begun"),
        heading=N_("The candidate is recording."),
        next_step=N_("You have begun. Everything you saved is kept; go on where you stopped."),
    ),
    InterviewState.FINISHING: StateWords(
        reviewer=N_("Finishing"),
        candidate=N_("being put together"),
        heading=N_("All answers are here. They are being measured and joined."),
        next_step=N_("Your answers are saved and being put together."),
        saved=N_("Your answers are saved. We are putting them together; you may close this page."),
    ),
    InterviewState.READY: StateWords(
        reviewer=N_("Ready"),
        candidate=N_("recorded"),
        heading=N_("The recording is ready."),
        next_step=N_("Your interview is recorded."),
        saved=N_("Everything is saved and complete"),
    ),
    InterviewState.FAILED: StateWords(
        reviewer=N_("Not finished"),
        candidate=N_("saved"),
        heading=N_("The recording could not be put together."),
        next_step=NOT_PUT_TOGETHER,
        saved=N_(
            "Your answers are saved. We could not put them together yet and are looking into it."
            " You need not do anything."
        ),
    ),
}


@dataclass(frozen=True)
class ActivityWords:
    """The words for what a candidate does at the moment."""

    reviewer: str
    heading: str


Words = TypeVar("Words", StateWords, ActivityWords)

# The keys are the values of `review_queue.Activity`.
ACTIVITIES = {
    "recording": ActivityWords(N_("Recording"), INTERVIEW[InterviewState.RECORDING].heading),
    "waiting": ActivityWords(
        N_("Begun"),
        N_("The candidate is on the page. Nothing is being recorded at the moment."),
    ),
    "away": ActivityWords(
        N_("Paused"), N_("The candidate has begun, but is not on the page at the moment.")
    ),
}

# For an interview in any state that does not go on: its application was withdrawn or decided.
STOPPED = StateWords(
    reviewer=N_("Stopped"),
    candidate=N_("stopped"),
    heading=N_("Stopped: the application was decided."),
    next_step="",
    saved=N_("Stopped: nothing more is recorded, sent or measured"),
)
WITHDRAWN_HEADING = N_("Stopped: the application was withdrawn.")


def init_app(app: Flask) -> None:
    app.add_template_filter(state_words)
    app.add_template_filter(activity_words)
    app.add_template_filter(failure_words)
    app.jinja_env.globals["stopped_words"] = LocalProxy(lambda: _translated(STOPPED))


def state_words(state: InterviewState) -> StateWords:
    return _translated(INTERVIEW[state])


def activity_words(activity: str) -> ActivityWords:
    return _translated(ACTIVITIES[activity])


def failure_words(failure: str) -> str:
    """Why something has no result. It is stored in English; a cause that we know is translated."""
    return _(failure) if failure else ""


def heading(interview: InterviewSession, activity: str) -> str:
    """The heading of the reviewer's page. `activity` matters only while the candidate records."""
    if interview.is_stopped:
        is_withdrawn = interview.application.status is ApplicationStatus.WITHDRAWN
        return _(WITHDRAWN_HEADING if is_withdrawn else STOPPED.heading)
    if interview.state is InterviewState.RECORDING:
        return activity_words(activity).heading
    return state_words(interview.state).heading


def _translated(words: Words) -> Words:
    """The same words in the reader's language."""
    texts = {name: _(text) if text else "" for name, text in asdict(words).items()}
    return replace(words, **texts)
