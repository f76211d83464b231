"""Browsers and devices that misbehave while they record: events that never come, no bytes, a call,
a turned phone.

A script set before the page loads makes Chromium do so; everything else is the real room against a
real server.
"""

import re
from pathlib import Path

import pytest
from browsing import (
    Candidate,
    media_ms,
    set_hidden,
)
from misbehaving import DELIVERS_A_HEAD_AT_ITS_END, DELIVERS_NOTHING, NEVER_STARTS, asks_for, begins
from playwright.sync_api import expect

from capture.media.container import probe
from portal.extensions import db
from portal.interviews import answer_path
from portal.models import Answer, AnswerState

pytestmark = pytest.mark.browser


def file_of(candidate: Candidate, answer: Answer) -> Path:
    with candidate.server.app.app_context():
        return answer_path(db.session.get_one(Answer, answer.id))


WITHOUT = """
    Object.defineProperty(MediaRecorder.prototype, "on%s", { set() {}, get() { return null; } });
"""
STALLS_AFTER_TWO = """
    Object.defineProperty(MediaRecorder.prototype, "ondataavailable", {
        set(take) {
            let left = 2;
            this.addEventListener("dataavailable", (event) => left-- > 0 && take(event));
        },
    });
"""
NO_STOP = WITHOUT % "stop"


def test_a_file_that_can_hold_a_turned_picture_is_asked_for_first(candidate: Candidate) -> None:
    begins(candidate, asks_for("/./"))
    candidate.record(2)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:")

    assert candidate.page.evaluate("window.asked") == ['video/mp4;codecs="avc3.42E01E,opus"']
    [answer] = candidate.answers()
    assert b"avc3" in file_of(candidate, answer).read_bytes()[:4096]
    assert probe(file_of(candidate, answer)).video_codec == "h264"


def test_a_start_that_is_never_told_is_noticed_by_what_comes(candidate: Candidate) -> None:
    begins(candidate, WITHOUT % "start")
    candidate.record(2)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:0")
    [answer] = candidate.answers()
    assert media_ms(candidate, answer) > 1_000


@pytest.mark.long
def test_a_recording_that_never_starts_says_so_and_uses_no_take(candidate: Candidate) -> None:
    begins(candidate, NEVER_STARTS)
    candidate.sees("The recording did not start")
    candidate.sees("no take is used")
    expect(candidate.page.get_by_text("saved 00")).to_have_count(0)
    candidate.page.wait_for_timeout(1_000)
    assert candidate.answers() == []


@pytest.mark.long
def test_a_stop_that_is_never_told_keeps_what_came(candidate: Candidate) -> None:
    begins(candidate, NO_STOP)
    candidate.record(3)
    candidate.press("Stop and play back")
    candidate.sees_state("stopping")
    candidate.sees("did not finish this recording properly")
    candidate.sees("saved 00:0")
    [answer] = candidate.answers()
    assert media_ms(candidate, answer) > 1_500


def test_the_sign_of_recording_goes_with_the_press_on_stop(candidate: Candidate) -> None:
    """Neither the page nor the server's row says that anything is recorded, while the recorder
    still ends.
    """
    begins(candidate, NO_STOP)
    candidate.record(2)
    assert re.search(r"●\s*recording", candidate.page.locator("#room").inner_text())
    candidate.press("Stop and play back")
    candidate.sees_state("stopping")
    said = candidate.page.locator("#room").inner_text()
    assert "not recording" in said
    assert not re.search(r"●\s*recording|●\s*Recording", said)


@pytest.mark.long
@pytest.mark.parametrize(
    "script", [DELIVERS_NOTHING, DELIVERS_A_HEAD_AT_ITS_END], ids=["nothing", "a head"]
)
def test_a_browser_that_delivers_nothing_is_named_and_nothing_counts_as_saved(
    candidate: Candidate, script: str
) -> None:
    begins(candidate, script)
    candidate.sees("This browser delivers no recording")
    candidate.sees("use another browser or device")
    candidate.page.wait_for_timeout(1_000)
    assert candidate.answers() == []
    assert not re.search(r"[Ss]aved", candidate.page.locator("#room").inner_text())
    candidate.page.reload()
    candidate.sees("question 1 of 2")


@pytest.mark.long
def test_a_browser_that_stops_delivering_keeps_what_came_and_the_take_goes_on(
    candidate: Candidate,
) -> None:
    begins(candidate, STALLS_AFTER_TWO)
    candidate.sees("This browser stopped delivering the recording at 00:0")
    candidate.sees("saved 00:0")
    candidate.press("Go on with this answer")
    candidate.sees_state("recording")
    assert [(answer.take, answer.part) for answer in candidate.answers()] == [(1, 1), (1, 2)]
    assert candidate.answers()[0].state is not AnswerState.RECORDING


WAKE_LOCKS = """
    window.asked = 0;
    navigator.wakeLock.request = async () => {
        window.asked += 1;
        const lock = new EventTarget();
        window.lock = lock;
        lock.release = () => lock.dispatchEvent(new Event("release"));
        return lock;
    };
"""


def test_the_screen_is_kept_on_again_after_a_return(candidate: Candidate) -> None:
    begins(candidate, WAKE_LOCKS)
    candidate.record(1)
    set_hidden(candidate.page, True)
    candidate.page.evaluate("window.lock.release()")  # as browsers do whenever a page is hidden
    set_hidden(candidate.page, False)
    candidate.page.wait_for_function("() => window.asked === 2")
    candidate.press("Stop and play back")
    candidate.sees_state("review")
    set_hidden(candidate.page, False)
    assert candidate.page.evaluate("window.asked") == 2


@pytest.mark.long
def test_saving_rests_until_the_candidate_wants_the_next_question(candidate: Candidate) -> None:
    begins(candidate)
    candidate.record(1)
    candidate.press("Stop and play back")
    candidate.press("Save and continue")
    candidate.sees_state("ready")
    candidate.sees("Question 2 is next")
    candidate.sees("No clock runs, and nothing is recorded")
    candidate.page.wait_for_timeout(4_000)  # twice its time to think
    candidate.sees_state("ready")
    expect(candidate.page.get_by_text("Question number 2?").filter(visible=True)).to_have_count(0)
    candidate.press("Show the question")
    candidate.sees("Question number 2?")
    candidate.sees_state("recording")
    assert [answer.question_position for answer in candidate.answers()] == [1, 2]


RECORDS_WITH_A_TAKER_THAT_FAILS = """async () => {
    const { Recorder } = await import("/static/devices/recorder.js");
    const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
    const [taken, said] = [[], []];
    const onBlob = async (blob) => {
        taken.push(blob.size);
        if (taken.length === 2) throw new TypeError("cannot");
    };
    const recorder = new Recorder(stream, { onBlob, onLost: (why) => said.push(why) });
    await recorder.start();
    for (let n = 0; n < 100 && taken.length < 4; n += 1)
        await new Promise((resolve) => setTimeout(resolve, 100));
    await recorder.stop();
    await recorder.lastBlob;
    return { taken: taken.length, said };
}"""


def test_a_piece_that_cannot_be_taken_is_a_trouble_and_later_ones_go_on(
    candidate: Candidate,
) -> None:
    candidate.page.goto(f"{candidate.portal}/jobs")
    candidate.context.grant_permissions(["camera", "microphone"])
    seen = candidate.page.evaluate(RECORDS_WITH_A_TAKER_THAT_FAILS)
    assert seen["said"] == ["A piece of the recording could not be kept (TypeError)"]
    assert seen["taken"] >= 4


def test_a_piece_that_cannot_be_read_ends_the_answer_before_it_and_says_so(
    candidate: Candidate,
) -> None:
    begins(candidate)
    candidate.has_saved(2)
    unreadable = "throw new DOMException('', 'NotReadableError')"
    candidate.page.evaluate(
        f"() => {{ Blob.prototype.arrayBuffer = async () => {{ {unreadable}; }}; }}"
    )
    candidate.sees("Saving stopped at 00:0")
    candidate.sees("Not all of it is saved: the browser could not read it (NotReadableError)")
    expect(candidate.page.locator("[data-text=answer_1]")).to_contain_text("could not read it")
    assert media_ms(candidate, candidate.answers()[0]) > 1_000
