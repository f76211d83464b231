"""The interview pages in a real Chromium with a fake camera, against a real gunicorn: what a
candidate sees and does, and what is on the server afterwards. Asserts words and times, never
frame counts: under load frames are fewer.
"""

import re
from collections.abc import Iterator

import pytest
from browsing import (
    PATIENCE_MS,
    Candidate,
    media_ms,
)
from playwright.sync_api import Browser, Page, expect
from servers import LiveServer

from portal.extensions import db
from portal.models import AnswerState, InterviewSession

pytestmark = pytest.mark.browser

LOST_MAX_MS = 2_000  # what may be missing after a crash, by the project's own promise


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("room"))
    server.start()
    yield server
    server.stop()


@pytest.mark.long
def test_an_interview_goes_from_consent_to_receipt(candidate: Candidate) -> None:
    candidate.consent()
    candidate.press("Start the check")
    candidate.page.get_by_role("link", name="Go to the questions").click()
    for button in ["Save and continue"] * 2:
        candidate.press("Show the question")
        candidate.record(2)
        candidate.press("Stop and play back")
        played = candidate.page.locator("[data-playback]")
        expect(played).to_have_js_property("error", None)
        candidate.press(button)
    candidate.press("Finish the interview")
    candidate.page.wait_for_url("**/receipt")
    candidate.sees("Question number 2?")
    assert [a.state for a in candidate.answers()] != [AnswerState.RECORDING] * 2
    assert all(
        answer.length_bytes and answer.recorded_ms >= 2_000 for answer in candidate.answers()
    )
    # the page gave its word
    assert all(answer.watched and answer.completed_at for answer in candidate.answers())


def test_consent_needs_the_choice_to_record(candidate: Candidate) -> None:
    candidate.page.goto(candidate.url("consent"))
    candidate.press("Continue to the device check")
    candidate.sees("Tick it to go on")
    assert not candidate.page.get_by_label("Measure picture and sound").is_checked()


def test_refused_analysis_is_said_in_the_room(candidate: Candidate) -> None:
    candidate.consent(analyse=False)
    candidate.enter_room()
    candidate.sees("Not measured, as you chose")


def test_a_take_can_be_recorded_again_while_takes_are_left(candidate: Candidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.press("Start my answer now")
    candidate.record(1)
    candidate.press("Stop and play back")
    candidate.press("Record again (1 take left)")
    candidate.record(1)
    candidate.press("Stop and play back")
    candidate.sees_state("review")
    assert candidate.page.get_by_role("button", name="Record again").count() == 0
    assert [answer.take for answer in candidate.answers()] == [1, 2]


@pytest.mark.long
def test_the_answer_ends_by_itself_at_its_limit(candidate: Candidate, server: LiveServer) -> None:
    with server.app.app_context():
        interview = db.session.get_one(InterviewSession, candidate.interview_id)
        interview.application.job.questions[0].limit_ms = 5_000
        db.session.commit()
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.sees_state("review")
    candidate.sees("saved 00:05")


@pytest.mark.long
@pytest.mark.parametrize("seconds", [7, pytest.param(64, marks=pytest.mark.torture)])
def test_a_lost_connection_loses_nothing(
    candidate: Candidate, server: LiveServer, seconds: int
) -> None:
    with server.app.app_context():
        db.session.get_one(InterviewSession, candidate.interview_id).application.job.questions[
            0
        ].limit_ms = 90_000
        db.session.commit()
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(2)
    candidate.context.set_offline(True)
    candidate.sees("No connection. Keep talking")
    for second in range(4, seconds + 1, 3):
        candidate.runs_for(second)
    candidate.context.set_offline(False)
    candidate.press("Stop and play back")
    candidate.sees("saved 0")
    [answer] = candidate.answers()
    assert media_ms(candidate, answer) > answer.recorded_ms - LOST_MAX_MS / 2


@pytest.mark.long
def test_a_killed_server_loses_nothing(candidate: Candidate, server: LiveServer) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(2)
    server.kill()
    candidate.sees("No connection. Keep talking")
    server.start()
    candidate.runs_for(6)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:")
    [answer] = candidate.answers()
    assert media_ms(candidate, answer) > answer.recorded_ms - LOST_MAX_MS / 2


@pytest.mark.long
def test_a_reloaded_page_goes_on_with_the_answer(candidate: Candidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(4)
    candidate.page.reload()
    candidate.sees("Your answer was interrupted at 00:0")
    candidate.press("Go on with this answer")
    candidate.record(1)
    candidate.press("Stop and play back")
    candidate.press("Save and continue")
    candidate.answers_the_second_question_and_finishes()
    candidate.sees("take 1, in 2 parts")
    first, second, _ = candidate.answers()
    assert (first.take, first.part, second.take, second.part) == (1, 1, 1, 2)
    assert media_ms(candidate, first) >= first.recorded_ms - LOST_MAX_MS
    assert first.recorded_ms >= 4_000
    assert first.watched  # the page that completed it had all that the other one noticed


@pytest.mark.long
def test_a_reload_while_offline_pieces_wait_sends_them(candidate: Candidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(1)
    candidate.page.route(re.compile("/capture/uploads/"), lambda route: route.abort())
    candidate.sees("No connection. Keep talking")
    candidate.runs_for(5)
    candidate.page.reload()
    candidate.page.unroute_all()
    candidate.sees("What you said is saved")
    candidate.sees("saved 00:")
    [answer] = candidate.answers()
    assert media_ms(candidate, answer) >= 5_000 - LOST_MAX_MS


@pytest.mark.long
def test_a_second_tab_is_told_and_may_take_over(candidate: Candidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(2)
    other = candidate.context.new_page()
    other.goto(candidate.url("room"))
    candidate.sees_state("elsewhere", other)
    other.get_by_role("button", name="Take over here").click()
    candidate.sees_state("elsewhere")
    candidate.sees("What you said is saved", other)
    [answer] = candidate.answers()
    assert media_ms(candidate, answer) >= answer.recorded_ms - LOST_MAX_MS / 2


@pytest.fixture
def other_device(candidate: Candidate, browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    candidate.sign_in(page)
    yield page
    context.close()


@pytest.mark.long
def test_another_device_waits_for_what_the_first_one_has(
    candidate: Candidate, other_device: Page
) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(2)
    other_device.goto(candidate.url("room"))
    other_device.get_by_role("button", name="Take over here").click()
    candidate.sees("Waiting for the other device", other_device)
    candidate.sees_state("elsewhere")
    candidate.sees("Your answer is saved", other_device)
    other_device.get_by_role("button", name="Go on with this answer").click()
    candidate.sees_state("recording", other_device)
    first, second = candidate.answers()
    assert (first.take, second.take, second.part) == (1, 1, 2)
    assert media_ms(candidate, first) >= first.recorded_ms - LOST_MAX_MS / 2


@pytest.mark.long
def test_a_device_that_says_no_more_is_not_waited_for_forever(
    candidate: Candidate, other_device: Page
) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(3)
    candidate.has_saved(2)
    candidate.page.close()
    other_device.goto(candidate.url("room"))
    other_device.get_by_role("button", name="Take over here").click()
    candidate.sees("Your answer was interrupted", other_device)
    candidate.sees("What you said is saved as far as it arrived.", other_device)
    row = other_device.locator("[data-text=answer_1]")
    expect(row).to_have_text("saved as far as it arrived")  # nobody here knows how long it is
    [answer] = candidate.answers()
    assert (answer.recorded_ms, media_ms(candidate, answer) > 1_000) == (None, True)
    assert answer.watched is False  # what the silent device noticed is not known here
