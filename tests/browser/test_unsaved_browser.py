"""Answers that the server refuses for good, wholly or from some byte on: the page says which and
why, never that all is saved, and gives a way on to the end of the interview.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from browsing import Candidate, bytes_on_server
from playwright.sync_api import Browser, Route, expect
from servers import LiveServer

pytestmark = pytest.mark.browser

MOST_BYTES = 120_000  # two or three seconds of Chromium's fake camera
NOT_TAKEN = "This is mp4, but webm was announced."
SAVED = re.compile(r"^saved 00:0\d$")
TOO_LARGE = "The recording is larger than this server takes."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("unsaved"), UPLOAD_MAX_BYTES=str(MOST_BYTES))
    server.start()
    yield server
    server.stop()


def finish_hint(candidate: Candidate) -> str:
    return candidate.page.locator("[data-text=finish_hint]").text_content() or ""


@pytest.mark.long
def test_an_answer_that_became_too_large_is_kept_as_far_as_it_came_and_says_so(
    candidate: Candidate,
) -> None:
    candidate.starts_answering()
    candidate.sees("Saving stopped at 00:")
    candidate.sees(f"Not all of it is saved: {TOO_LARGE}")
    assert "Everything is saved" not in finish_hint(candidate)
    candidate.press("Keep it and continue")
    answers_the_last_question(candidate)
    expect(candidate.page.locator("[data-text=answer_2]")).to_have_text(SAVED)
    hint = candidate.page.locator("[data-text=finish_hint]")
    expect(hint).to_contain_text(f"saved: {TOO_LARGE}")
    expect(hint).to_contain_text("Record it again, or finish with what there is.")
    first = candidate.answers()[0]
    assert 0 < len(bytes_on_server(candidate, first)) <= MOST_BYTES
    candidate.press("Record question 1 again")
    candidate.goes_on_to_record()
    candidate.runs_for(1)
    candidate.press("Stop and play back")
    candidate.press("Save and continue")
    candidate.sees("Everything is saved.")
    candidate.press("Finish the interview")
    candidate.page.wait_for_url("**/receipt")


@pytest.mark.long
def test_an_answer_of_which_nothing_was_taken_says_why_and_is_recorded_again(
    candidate: Candidate,
) -> None:
    candidate.page.route("**/answers", announce_another_kind, times=1)
    candidate.consent()
    candidate.enter_room()
    # it may be refused before anybody could see that it records
    candidate.press("Show the question")
    candidate.sees(f"Nothing of it is saved: {NOT_TAKEN}")
    candidate.press("Try again")
    candidate.goes_on_to_record()
    candidate.runs_for(1)
    candidate.press("Stop and play back")
    expect(candidate.page.locator("[data-text=answer_1]")).to_have_text(SAVED)
    assert [one.take for one in candidate.answers()] == [1]


@pytest.mark.long
def test_what_turns_out_after_the_answer_comes_before_the_next_question(
    candidate: Candidate,
) -> None:
    candidate.page.route("**/answers", announce_another_kind, times=1)
    candidate.page.route("**/capture/uploads/*", lambda route: route.abort())
    candidate.starts_answering()
    candidate.runs_for(1)
    candidate.press("Stop and play back")
    candidate.press("Save and continue")
    candidate.press("Show the question")
    candidate.sees_state("asking")
    candidate.page.unroute("**/capture/uploads/*")
    row = candidate.page.locator("[data-text=answer_1]")
    expect(row).to_have_text(f"not saved: {NOT_TAKEN}")
    candidate.sees("Question number 1?")
    candidate.goes_on_to_record()
    candidate.runs_for(1)
    candidate.press("Stop and play back")
    expect(row).to_have_text(SAVED)
    candidate.press("Save and continue")
    answers_the_last_question(candidate)
    candidate.sees("Everything is saved.")


def announce_another_kind(route: Route) -> None:
    wish = route.request.post_data_json | {"container": "webm"}
    route.continue_(post_data=json.dumps(wish))


def answers_the_last_question(candidate: Candidate) -> None:
    candidate.goes_on_to_record()
    candidate.runs_for(1)
    candidate.press("Stop and play back")
    candidate.press("Save and continue")


USE_STATUS = """async ([answers, uploads, leftMs]) => {
    const { finishStatus, answerStatus, timeLeft } = await import("/static/room/answer_status.js");
    const { Upload } = await import("/static/upload/upload.js");
    const question = { position: 1, takes: 2, answers };
    const own = uploads.map((upload) => new Upload(upload));
    return { ...answerStatus(question, own, leftMs), ...finishStatus([question], own, leftMs) };
}"""
WHOLE = {"answer_id": "a", "take": 1, "part": 1, "recorded_ms": 9_200}
AFTER = {"answer_id": "b", "take": 1, "part": 2, "recorded_ms": 3_000}
DONE = {"answer_id": "a", "is_ended": True, "is_complete": True, "saved_ms": 4_000}
LEFT = DONE | {"isFromEarlierLoad": True, "recorded_ms": 9_200}
UNKNOWN = {"recorded_ms": None, "duration_ms": 4_000}
PAUSED = {
    "upload_url": "/u",
    "events": [{"kind": "camera_paused", "t_ms": 1, "until_ms": None, "is_open": False}],
}
SENDING = {
    "answer_id": "a",
    "is_ended": True,
    "stored_bytes": 200,
    "sent_bytes": 100,
    "saved_ms": 4_000,
}


@pytest.mark.parametrize(
    ("answers", "uploads", "left_ms", "text", "hint", "may_finish"),
    [
        ([], [], None, "to come", "Question 1 has no answer yet.", False),
        ([WHOLE], [], None, "saved 00:09", "Everything is saved.", True),
        ([WHOLE | {"duration_ms": 8_000}], [], None, "saved 00:08", "Everything is saved.", True),
        (
            [WHOLE | {"duration_ms": 4_000}],
            [],
            None,
            "only 00:04 saved: its last 5 s are gone",
            "or finish with",
            True,
        ),
        (
            [WHOLE | UNKNOWN],
            [],
            None,
            "saved 00:04 as far as it arrived",
            "Everything that arrived is saved.",
            True,
        ),
        ([WHOLE], [LEFT], None, "only 00:04 saved: its last 5 s are gone", "Record it again", True),
        ([WHOLE], [LEFT | {"saved_ms": 7_500}], None, "saved 00:07", "Everything is saved.", True),
        ([WHOLE], [LEFT | {"stored_ms": 9_000}], None, "saved 00:04", "Everything is saved.", True),
        (
            [WHOLE],
            [LEFT | {"saved_ms": 0, "isSavedTimeUnknown": True}],
            None,
            "saved as far as it arrived",
            "arrived",
            True,
        ),
        (
            [WHOLE],
            [LEFT | {"recorded_ms": None}],
            None,
            "saved 00:04 as far as it arrived",
            "Everything that",
            True,
        ),
        (
            [WHOLE],
            [DONE | PAUSED],
            None,
            "saved 00:04",
            "The last pieces are still being saved.",
            False,
        ),
        ([WHOLE], [DONE], None, "saved 00:04", "Everything is saved.", True),
        ([WHOLE, AFTER], [DONE], None, "saved 00:07", "Everything is saved.", True),
        ([WHOLE], [SENDING], None, "saving 50 %", "The last pieces are still being saved.", False),
        (
            [WHOLE],
            [SENDING],
            41_000,
            "saving 50 %, about 50 s left",
            "being saved: about 50 s left.",
            False,
        ),
        (
            [WHOLE],
            [SENDING],
            330_000,
            "saving 50 %, about 6 min left",
            "being saved: about 6 min left.",
            False,
        ),
        (
            [WHOLE],
            [DONE | {"lost": "why"}],
            None,
            "only 00:04 saved: why",
            "finish with what there is",
            True,
        ),
        (
            [WHOLE],
            [DONE | {"is_complete": False, "failure": "why"}],
            None,
            "not saved: why",
            "is not saved: why",
            False,
        ),
        (
            [WHOLE, AFTER],
            [DONE | {"lost": "why"}],
            None,
            "only 00:07 saved: why",
            "only 00:07 saved",
            True,
        ),
    ],
)
def test_what_is_said_of_an_answer(
    page_of_scripts: Any,
    answers: list[Any],
    uploads: list[Any],
    left_ms: int,
    text: str,
    hint: str,
    may_finish: bool,
) -> None:
    seen = page_of_scripts([answers, uploads, left_ms])
    assert (seen["text"], seen["isFinishable"]) == (text, may_finish)
    assert hint in seen["hint"]


@pytest.fixture(scope="module")
def page_of_scripts(server: LiveServer, browser: Browser) -> Iterator[Any]:
    page = browser.new_page()
    page.goto(f"{server.url}/login")
    yield lambda given: page.evaluate(USE_STATUS, given)
    page.close()
