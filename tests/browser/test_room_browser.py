"""The interview pages in a real Chromium with a fake camera, against a real gunicorn: what a
candidate sees and does, and what is on the server afterwards. Asserts words and times, never
frame counts: under load frames are fewer.
"""

import re
from collections.abc import Iterator

import pytest
from browsing import (
    ALLOW_CAMERA,
    PATIENCE_MS,
    Candidate,
    chromium,
    events_of,
    media_ms,
    set_hidden,
)
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
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


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = chromium(playwright, ALLOW_CAMERA)
    yield browser
    browser.close()


@pytest.fixture
def candidate(server: LiveServer, browser: Browser) -> Iterator[Candidate]:
    candidate = Candidate(server, browser)
    yield candidate
    candidate.context.close()
    assert not candidate.complaints


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


def test_an_ended_sign_in_disturbs_no_recording(candidate: Candidate) -> None:
    candidate.consent(analyse=True)
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(1)
    candidate.context.clear_cookies()
    candidate.sees("You are signed out. Keep talking")
    candidate.runs_for(8)
    candidate.press("Stop and play back")
    candidate.sees("What you recorded is kept")
    candidate.sign_in(candidate.context.new_page())
    candidate.press("Save and continue")
    candidate.answers_the_second_question_and_finishes()
    answer = candidate.answers()[0]
    assert answer.recorded_ms >= 8_000
    assert media_ms(candidate, answer) > answer.recorded_ms - LOST_MAX_MS / 2


def test_an_unplugged_camera_keeps_what_was_said(candidate: Candidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(2)
    candidate.page.evaluate(
        "document.querySelector('[data-camera]').srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))"
    )
    candidate.sees("Your camera or microphone stopped at 00:0")
    candidate.sees("saved 00:")
    candidate.press("Keep it and continue")
    candidate.press("Show the question")
    candidate.sees("Question number 2?")


def test_denied_permission_is_named(server: LiveServer, playwright: Playwright) -> None:
    browser = chromium(playwright)  # headless and not told to allow the camera, it denies it
    candidate = Candidate(server, browser)
    candidate.consent()
    candidate.press("Start the check")
    candidate.sees("Permission denied")
    expect(candidate.page.get_by_role("link", name="Go to the questions")).to_be_hidden()
    candidate.page.goto(candidate.url("room"))
    candidate.sees("Permission denied")
    browser.close()


def test_a_private_window_is_warned_and_still_records(candidate: Candidate) -> None:
    candidate.page.add_init_script(
        "Object.defineProperty(window, 'indexedDB', { value: undefined })"
    )
    candidate.consent()
    candidate.enter_room()
    candidate.sees("This browser keeps nothing")
    candidate.press("Show the question")
    candidate.record(2)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:")


def test_a_hidden_page_is_reported_on_the_answers_clock(candidate: Candidate) -> None:
    candidate.consent(analyse=True)
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(1)
    set_hidden(candidate.page, True)
    candidate.runs_for(3)
    set_hidden(candidate.page, False)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:")
    [event] = events_of(candidate, 1)
    assert event.kind == "tab_hidden"
    assert 1_000 <= event.t_ms < event.until_ms <= candidate.answers()[0].recorded_ms


def test_any_number_of_page_events_arrives(candidate: Candidate) -> None:
    candidate.consent(analyse=True)
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(1)
    candidate.context.set_offline(True)
    candidate.pastes(250)
    candidate.context.set_offline(False)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:")
    assert len(events_of(candidate, 250)) == 250


@pytest.mark.parametrize("status", [422, 500])
def test_page_events_that_are_not_taken_block_nothing(candidate: Candidate, status: int) -> None:
    candidate.page.route(re.compile("/events$"), lambda route: route.fulfill(status=status))
    candidate.consent(analyse=True)
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(1)
    candidate.pastes(3)
    candidate.press("Stop and play back")
    candidate.press("Save and continue")
    candidate.answers_the_second_question_and_finishes()
    candidate.sees("Question number 2?")


def test_the_status_tells_how_far_the_server_is(candidate: Candidate) -> None:
    candidate.consent(analyse=True)
    candidate.enter_room()
    room, status = candidate.page.locator("#room"), candidate.page.locator("#interview-status")
    expect(room).to_contain_text(re.compile(r"○\s*not recording"), use_inner_text=True)
    candidate.press("Show the question")
    expect(room).to_contain_text(
        re.compile(r"●\s*recording"), use_inner_text=True, timeout=PATIENCE_MS
    )
    expect(candidate.page.locator("[data-text=saved]")).to_have_text(
        re.compile(r"^[1-9]\d* of \d+ s$"), timeout=PATIENCE_MS
    )
    expect(status).to_contain_text(
        re.compile(r"Measured up to\s*00:(0[1-9]|[1-5]\d)"), timeout=PATIENCE_MS
    )


def test_pieces_stay_in_order_when_the_browsers_storage_is_full_for_a_while(
    candidate: Candidate,
) -> None:
    kept = candidate.page.evaluate(STORE_WHEN_FULL)
    assert kept == {"bytes": list(range(80)), "isDurable": False, "left": None}


STORE_WHEN_FULL = """async () => {
    const { Store } = await import("/static/upload/piece_store.js");
    const store = await Store.open(() => {});
    const put = IDBObjectStore.prototype.put;
    const full = () => { throw new DOMException("full", "QuotaExceededError"); };
    const id = crypto.randomUUID();
    for (let n = 0; n < 40; n += 1) {
        IDBObjectStore.prototype.put = n % 3 === 1 ? full : put;
        const bytes = new Uint8Array([2 * n, 2 * n + 1]).buffer;
        await store.putPiece({ answer_id: id, start: 2 * n, bytes, until_ms: n });
    }
    IDBObjectStore.prototype.put = put;
    const bytes = [];
    for (let next; (next = await store.read(id, bytes.length, 1000)); ) bytes.push(...next);
    return { bytes, isDurable: store.isDurable, left: await store.read(id, bytes.length, 1000) };
}"""


@pytest.mark.parametrize(
    ("answers", "accepted", "interrupted", "stage", "position"),
    [
        ([[], [], []], 0, None, "ready", 1),
        ([["a"], [], []], 0, "a", "interrupted", 1),
        ([["a"], [], []], 0, None, "kept", 1),
        ([["a"], [], []], 1, None, "ready", 2),
        ([["a"], ["b"], []], 1, "b", "interrupted", 2),
        ([["a"], ["b"], ["c"]], 3, None, "finish", 3),
        ([[], [], []], 2, None, "ready", 1),  # notes of a browser whose server was set up anew
    ],
)
def test_where_an_interview_goes_on(
    candidate: Candidate,
    answers: list[list[str]],
    accepted: int,
    interrupted: str,
    stage: str,
    position: int,
) -> None:
    questions = [
        {"position": n, "answers": [{"answer_id": key, "take": 1} for key in keys]}
        for n, keys in enumerate(answers, 1)
    ]
    script = (
        "async (given) => (await import('/static/room/resume_point.js')).whereToResume(...given)"
    )
    found = candidate.page.evaluate(script, [questions, accepted, interrupted])
    assert (found["stage"], found["question"]["position"]) == (stage, position)
