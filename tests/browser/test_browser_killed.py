"""A browser that is killed in the middle of an answer, and a new one with the same profile folder
that goes on.
"""

from pathlib import Path

import pytest
from browsing import PATIENCE_MS, Candidate, KillableBrowser, media_ms
from playwright.sync_api import expect, sync_playwright
from servers import LiveServer

from portal.extensions import db
from portal.interviews import answer_path
from portal.models import Answer, InterviewSession, InterviewState

pytestmark = pytest.mark.browser

SAID_S, ON_SERVER_S = 6, 2  # recorded when it is killed, and what of it the server has confirmed
LOST_MAX_MS = 2_000  # what may be missing after a crash, by the project's own promise
READY_WITHIN_S = 60  # on a busy machine of two cores


def bytes_on_server(candidate: Candidate) -> bytes:
    [answer] = candidate.answers()
    with candidate.server.app.app_context():
        return answer_path(db.session.get_one(Answer, answer.id)).read_bytes()


def waits_until_ready(candidate: Candidate) -> InterviewState:
    for _ in range(READY_WITHIN_S * 2):
        with candidate.server.app.app_context():
            state = db.session.get_one(InterviewSession, candidate.interview_id).state
        if state in {InterviewState.READY, InterviewState.FAILED}:
            break
        candidate.page.wait_for_timeout(500)
    return state


def records_until_killed(candidate: Candidate, browser: KillableBrowser) -> bytes:
    """Speak, and from some moment on without the server. Returns what it had confirmed."""
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(ON_SERVER_S + 1)
    candidate.has_saved(ON_SERVER_S)
    candidate.context.set_offline(True)
    candidate.sees("No connection. Keep talking")
    candidate.runs_for(SAID_S)
    acknowledged = bytes_on_server(candidate)
    assert browser.kill() > 1
    return acknowledged


def comes_back(candidate: Candidate, browser: KillableBrowser) -> None:
    """A new browser: signed out, and for a few seconds the server believes that the old one still
    records.
    """
    candidate.open(browser)
    candidate.page.goto(candidate.url("room"))
    room = candidate.page.locator("#room:is([data-state=elsewhere], [data-state=interrupted])")
    expect(room).to_be_attached(timeout=PATIENCE_MS)
    if room.get_attribute("data-state") == "elsewhere":
        candidate.press("Take over here")
    candidate.sees_state("interrupted")


@pytest.mark.long
def test_a_killed_browser_loses_next_to_nothing_and_a_new_one_goes_on(tmp_path: Path) -> None:
    server = LiveServer(tmp_path)
    server.start()
    try:
        with sync_playwright() as playwright:
            browser = KillableBrowser(playwright, tmp_path / "profile")
            candidate = Candidate(server, browser)
            acknowledged = records_until_killed(candidate, browser)
            comes_back(candidate, browser)
            candidate.sees("What you said is saved")
            candidate.sees("saved 00:0")
            assert len(acknowledged) > 0
            assert bytes_on_server(candidate).startswith(acknowledged)
            assert media_ms(candidate, candidate.answers()[0]) >= SAID_S * 1000 - LOST_MAX_MS

            candidate.press("Go on with this answer")
            candidate.record(1)
            candidate.press("Stop and play back")
            candidate.press("Save and continue")
            candidate.answers_the_second_question_and_finishes()
            assert waits_until_ready(candidate) is InterviewState.READY
            parts = [
                (answer.question_position, answer.take, answer.part)
                for answer in candidate.answers()
            ]
            assert parts == [(1, 1, 1), (1, 1, 2), (2, 1, 1)]
            assert not candidate.complaints
            candidate.context.close()
    finally:
        server.stop()
