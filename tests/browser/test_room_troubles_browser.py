"""The room in Chromium when something is in the way: sign-in, camera, permission, storage, page
events.
"""

import re

import pytest
from browsing import (
    PATIENCE_MS,
    Candidate,
    chromium,
    events_of,
    media_ms,
    set_hidden,
)
from playwright.sync_api import Playwright, expect
from servers import LiveServer

pytestmark = pytest.mark.browser

LOST_MAX_MS = 2_000  # what may be missing after a crash, by the project's own promise


@pytest.mark.long
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


@pytest.mark.long
def test_an_unplugged_camera_keeps_what_was_said(candidate: Candidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(2)
    candidate.page.evaluate(
        "document.querySelector('[data-camera]').srcObject.getVideoTracks()[0].dispatchEvent(new"
        " Event('ended'))"
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


@pytest.mark.long
def test_a_private_window_is_warned_and_still_records(candidate: Candidate) -> None:
    candidate.page.add_init_script(
        "Object.defineProperty(window, 'indexedDB', { value: undefined })"
    )
    candidate.consent()
    candidate.enter_room()
    candidate.sees("This browser cannot keep a copy of your answers")
    candidate.press("Show the question")
    candidate.record(2)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:")


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
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
    const { PieceStore } = await import("/static/upload/piece_store.js");
    const store = await PieceStore.open(() => {});
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
