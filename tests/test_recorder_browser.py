"""Browsers and devices that misbehave while they record: events that never come, no bytes, a call, a turned phone.

A script set before the page loads makes Chromium do so; everything else is the real room against a real server.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import (
    ALLOW_CAMERA,
    PATIENCE_MS,
    Candidate,
    chromium,
    events_of,
    media_ms,
    set_hidden,
    with_constants,
)
from playwright.sync_api import Browser, Playwright, expect, sync_playwright
from servers import LiveServer

from capture.container import probe
from portal.extensions import db
from portal.interviews import answer_path
from portal.models import Answer, AnswerState

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("recorder"))
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


def begins(candidate: Candidate, script: str = "", *, analyse: bool = False) -> None:
    """In the room with a misbehaving browser, the first question's recording wanted."""
    candidate.page.add_init_script(script)
    candidate.consent(analyse=analyse)
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.press("Start my answer now")


def file_of(candidate: Candidate, answer: Answer) -> Path:
    with candidate.server.app.app_context():
        return answer_path(db.session.get_one(Answer, answer.id))


def asks_for(types: str) -> str:
    """A browser that records these types only."""
    return f"""
        const isSupported = MediaRecorder.isTypeSupported;
        MediaRecorder.isTypeSupported = (type) => {types}.test(type) && isSupported(type);
        window.asked = [];
        const Real = MediaRecorder;
        window.MediaRecorder = class extends Real {{
            constructor(stream, options) {{ super(stream, options); window.asked.push(options.mimeType); }}
        }};
    """


WITHOUT = """
    Object.defineProperty(MediaRecorder.prototype, "on%s", { set() {}, get() { return null; } });
"""
DELIVERS_NOTHING = """
    Object.defineProperty(MediaRecorder.prototype, "ondataavailable", {
        set(take) { this.addEventListener("dataavailable", () => take({ data: new Blob([]) })); },
    });
"""
DELIVERS_A_HEAD_AT_ITS_END = """
    Object.defineProperty(MediaRecorder.prototype, "ondataavailable", {
        set(take) {
            const atItsEnd = ({ data }) => this.state === "inactive" && take({ data: data.slice(0, 1219) });
            this.addEventListener("dataavailable", atItsEnd);
        },
    });
"""
STALLS_AFTER_TWO = """
    Object.defineProperty(MediaRecorder.prototype, "ondataavailable", {
        set(take) {
            let left = 2;
            this.addEventListener("dataavailable", (event) => left-- > 0 && take(event));
        },
    });
"""
NEVER_STARTS = """
    MediaRecorder.prototype.start = function () {};
"""
NO_STOP = WITHOUT % "stop"
TRACKS = "document.querySelector('[data-camera]').srcObject.get%sTracks()[0].dispatchEvent(new Event('%s'))"


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


def test_a_recording_that_never_starts_says_so_and_uses_no_take(candidate: Candidate) -> None:
    begins(candidate, NEVER_STARTS)
    candidate.sees("The recording did not start")
    candidate.sees("no take is used")
    expect(candidate.page.get_by_text("saved 00")).to_have_count(0)
    candidate.page.wait_for_timeout(1_000)
    assert candidate.answers() == []


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
    """Neither the page nor the server's row says that anything is recorded, while the recorder still ends."""
    begins(candidate, NO_STOP)
    candidate.record(2)
    expect(candidate.page.locator("#interview-status")).to_contain_text("Recording", timeout=PATIENCE_MS)
    candidate.press("Stop and play back")
    candidate.sees_state("stopping")
    said = candidate.page.locator("#room").inner_text()
    assert "not recording" in said
    assert not re.search(r"●\s*recording|●\s*Recording", said)


@pytest.mark.parametrize("script", [DELIVERS_NOTHING, DELIVERS_A_HEAD_AT_ITS_END], ids=["nothing", "a head"])
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


def test_a_browser_that_stops_delivering_keeps_what_came_and_the_take_goes_on(candidate: Candidate) -> None:
    begins(candidate, STALLS_AFTER_TWO)
    candidate.sees("This browser stopped delivering the recording at 00:0")
    candidate.sees("saved 00:0")
    candidate.press("Go on with this answer")
    candidate.sees_state("recording")
    assert [(answer.take, answer.part) for answer in candidate.answers()] == [(1, 1), (1, 2)]
    assert candidate.answers()[0].state is not AnswerState.RECORDING


def test_a_call_is_told_at_once_and_reported_beside_the_answer(candidate: Candidate) -> None:
    begins(candidate, analyse=True)
    candidate.record(1)
    candidate.page.evaluate(TRACKS % ("Video", "mute"))
    candidate.sees("Your device paused the camera, perhaps for a call")
    candidate.page.evaluate(TRACKS % ("Audio", "mute"))
    candidate.sees("Your device paused the camera and the microphone")
    candidate.runs_for(3)
    for kind in ("Video", "Audio"):
        candidate.page.evaluate(TRACKS % (kind, "unmute"))
    expect(candidate.page.get_by_text("Your device paused").filter(visible=True)).to_have_count(0)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:")
    found = {event.kind: event for event in events_of(candidate, 2)}
    assert set(found) == {"camera_paused", "microphone_paused"}
    assert 1_000 <= found["camera_paused"].t_ms < found["camera_paused"].until_ms
    assert found["camera_paused"].t_ms <= found["microphone_paused"].t_ms


def test_a_call_is_told_to_the_server_while_it_lasts_and_its_end_later(candidate: Candidate) -> None:
    begins(candidate, analyse=True)
    candidate.record(1)
    candidate.page.evaluate(TRACKS % ("Video", "mute"))
    [during] = events_of(candidate, 1)
    assert (during.kind, during.until_ms) == ("camera_paused", None)
    candidate.page.evaluate(TRACKS % ("Video", "unmute"))
    with candidate.page.expect_response("**/events") as told:
        candidate.press("Stop and play back")
    assert told.value.ok
    [after] = events_of(candidate, 1)
    assert (after.t_ms, after.until_ms > after.t_ms) == (during.t_ms, True)


@pytest.mark.parametrize("tries", [1_000, 2])
def test_the_end_waits_until_a_call_is_told_but_not_for_ever(candidate: Candidate, tries: int) -> None:
    with_constants(candidate.page, {"PAUSE_TRIES": tries})
    candidate.page.route("**/events", lambda route: route.abort())
    begins(candidate, analyse=True)
    candidate.record(1)
    candidate.page.evaluate(TRACKS % ("Audio", "mute"))
    candidate.page.evaluate(TRACKS % ("Audio", "unmute"))
    candidate.press("Stop and play back")
    candidate.press("Save and continue")
    candidate.press("Show the question")
    candidate.record(1)
    candidate.press("Stop and play back")
    candidate.press("Save and finish")
    finish = candidate.page.get_by_role("button", name="Finish the interview")
    if tries > 2:
        candidate.sees("saved 00:0")
        candidate.sees("The last pieces are still being sent.")
        expect(finish).to_be_disabled()
        candidate.page.unroute("**/events")
        assert [event.kind for event in events_of(candidate, 1)] == ["microphone_paused"]
    expect(finish).to_be_enabled(timeout=PATIENCE_MS)


def test_a_long_call_ends_the_part_and_the_take_goes_on(candidate: Candidate) -> None:
    begins(candidate)
    candidate.record(1)
    candidate.page.evaluate(TRACKS % ("Video", "mute"))
    candidate.sees("Your device paused the camera at 00:1")
    candidate.press("Go on with this answer")
    candidate.sees_state("recording")
    assert [(answer.take, answer.part) for answer in candidate.answers()] == [(1, 1), (1, 2)]


TURN = """
    async (width = 320) => {
        const track = document.querySelector("[data-camera]").srcObject.getVideoTracks()[0];
        await track.applyConstraints({ width, height: (width * 3) / 4 });
    }
"""


def test_a_turned_picture_goes_on_in_a_further_part_where_one_file_cannot_hold_it(candidate: Candidate) -> None:
    begins(candidate, asks_for("/avc1/"))
    candidate.record(2)
    candidate.page.evaluate(TURN)
    candidate.page.wait_for_function("() => window.asked.length === 2", timeout=PATIENCE_MS)
    candidate.sees("Your device was turned. Recording goes on")
    candidate.sees_state("recording")
    candidate.runs_for(2)
    candidate.press("Stop and play back")
    candidate.sees("part 1 of 2")
    candidate.sees("saved 00:0")
    first, second = candidate.answers()
    assert [(a.take, a.part) for a in (first, second)] == [(1, 1), (1, 2)]
    assert media_ms(candidate, first) > first.recorded_ms - 700
    assert media_ms(candidate, second) > second.recorded_ms - 700


def test_a_turn_without_a_connection_loses_nothing(candidate: Candidate) -> None:
    begins(candidate, asks_for("/avc1/"))
    candidate.record(2)
    candidate.context.set_offline(True)
    candidate.page.evaluate(TURN)
    candidate.page.wait_for_function("() => window.asked.length === 2", timeout=PATIENCE_MS)
    candidate.page.wait_for_timeout(3_000)
    candidate.sees("Kept in this browser, sent later")
    candidate.press("Stop and play back")
    candidate.sees_state("review")
    candidate.sees("It can be played here as soon as the server has all of it")
    candidate.context.set_offline(False)
    candidate.sees("your answer, part 1 of 2")
    candidate.sees("saved 00:0")
    second = candidate.answers()[1]
    assert (second.take, second.part) == (1, 2)
    assert media_ms(candidate, second) > 2_500


def nothing_gets_through(candidate: Candidate) -> None:
    """Of what is recorded; the page itself can be loaded, as in a moment between two tunnels."""
    for address in ("**/answers", "**/capture/uploads/*"):
        candidate.page.route(address, lambda route: route.abort())


@pytest.mark.parametrize("turns", [1, 2])
def test_parts_that_the_server_never_heard_of_survive_a_reload(candidate: Candidate, turns: int) -> None:
    begins(candidate, asks_for("/avc1/"))
    candidate.record(2)
    nothing_gets_through(candidate)
    for turn in range(turns):
        candidate.page.evaluate(TURN, 320 if turn == 0 else 640)
        candidate.page.wait_for_function(f"() => window.asked.length === {turn + 2}", timeout=PATIENCE_MS)
        candidate.page.wait_for_timeout(4_000)
    candidate.sees("Kept in this browser, sent later")
    candidate.page.unroute_all()
    candidate.page.reload()
    candidate.sees("What you said is saved")
    answers = candidate.answers()
    assert [(answer.take, answer.part) for answer in answers] == [(1, part + 1) for part in range(turns + 1)]
    assert all(media_ms(candidate, answer) > 2_000 for answer in answers[1:])
    candidate.press("Go on with this answer")
    candidate.sees_state("recording")


def test_a_part_that_was_only_in_a_pages_memory_is_missed_after_a_reload(candidate: Candidate) -> None:
    begins(candidate, "Object.defineProperty(window, 'indexedDB', { value: undefined });" + asks_for("/avc1/"))
    candidate.record(2)
    candidate.has_saved(2)
    nothing_gets_through(candidate)
    candidate.page.evaluate(TURN, 320)
    candidate.page.wait_for_function("() => window.asked.length === 2", timeout=PATIENCE_MS)
    candidate.page.wait_for_timeout(4_000)
    candidate.sees("Kept in this page, sent later")
    candidate.page.unroute_all()
    candidate.page.reload()
    candidate.sees("Not all of it is saved: its last")
    expect(candidate.page.locator("[data-text=answer_1]")).to_contain_text(re.compile("^only 00:0.*s are gone"))


def test_the_same_file_goes_on_where_it_can_hold_a_turned_picture(candidate: Candidate) -> None:
    begins(candidate, asks_for("/avc3/"))
    candidate.record(2)
    candidate.page.evaluate(TURN)
    candidate.runs_for(4)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:0")
    assert len(candidate.answers()) == 1


def test_an_answer_in_two_parts_is_played_whole_from_the_server(candidate: Candidate) -> None:
    begins(candidate)
    candidate.record(3)
    candidate.page.reload()
    candidate.press("Go on with this answer")
    candidate.record(2)
    candidate.press("Stop and play back")
    candidate.sees("your answer, part 1 of 2")
    video = candidate.page.locator("[data-playback]")
    expect(video).to_have_attribute("src", re.compile("/answers/.*/playback$"))
    played = video.evaluate(PLAYED_TO_THEIR_ENDS)
    candidate.sees("your answer, part 1 of 2")  # ready to be played again
    lengths_ms = [media_ms(candidate, answer) for answer in candidate.answers()]
    assert [1000 * end_s for end_s in played] == pytest.approx(lengths_ms, abs=100)


PLAYED_TO_THEIR_ENDS = """
    (video) => new Promise((resolve) => {
        const ends = [];
        const note = () => ends.push(video.currentTime) === 2 && resolve(ends);
        video.addEventListener("ended", note, { capture: true });
        video.play();
    })
"""


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
    const { Recorder } = await import("/static/recorder.js");
    const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
    const [taken, said] = [[], []];
    const onBlob = async (blob) => {
        taken.push(blob.size);
        if (taken.length === 2) throw new TypeError("cannot");
    };
    const recorder = new Recorder(stream, { onBlob, onLost: (why) => said.push(why) });
    await recorder.start();
    for (let n = 0; n < 100 && taken.length < 4; n += 1) await new Promise((resolve) => setTimeout(resolve, 100));
    await recorder.stop();
    await recorder.lastBlob;
    return { taken: taken.length, said };
}"""


def test_a_piece_that_cannot_be_taken_is_a_trouble_and_later_ones_go_on(candidate: Candidate) -> None:
    candidate.page.goto(f"{candidate.portal}/jobs")
    candidate.context.grant_permissions(["camera", "microphone"])
    seen = candidate.page.evaluate(RECORDS_WITH_A_TAKER_THAT_FAILS)
    assert seen["said"] == ["A piece of the recording could not be kept (TypeError)"]
    assert seen["taken"] >= 4


def test_a_piece_that_cannot_be_read_ends_the_answer_before_it_and_says_so(candidate: Candidate) -> None:
    begins(candidate)
    candidate.has_saved(2)
    unreadable = "throw new DOMException('', 'NotReadableError')"
    candidate.page.evaluate(f"() => {{ Blob.prototype.arrayBuffer = async () => {{ {unreadable}; }}; }}")
    candidate.sees("Saving stopped at 00:0")
    candidate.sees("Not all of it is saved: the browser could not read it (NotReadableError)")
    expect(candidate.page.locator("[data-text=answer_1]")).to_contain_text("could not read it")
    assert media_ms(candidate, candidate.answers()[0]) > 1_000


def test_an_answer_is_played_from_the_server_and_not_before_it_is_there(candidate: Candidate) -> None:
    begins(candidate)
    candidate.record(2)
    candidate.page.route("**/capture/uploads/*", lambda route: route.abort())
    candidate.press("Stop and play back")
    candidate.sees("It can be played here as soon as the server has all of it. You need not wait for that.")
    video = candidate.page.locator("[data-playback]")
    assert video.get_attribute("src") is None
    candidate.page.unroute("**/capture/uploads/*")
    expect(video).to_have_attribute("src", re.compile("/answers/.*/playback$"), timeout=PATIENCE_MS)
    expect(candidate.page.get_by_text("It can be played here")).to_be_hidden()
    candidate.page.wait_for_function("() => document.querySelector('[data-playback]').readyState >= 2")


def test_playback_that_cannot_be_loaded_is_tried_again(candidate: Candidate) -> None:
    begins(candidate)
    candidate.record(1)
    candidate.page.route("**/playback", lambda route: route.abort())
    candidate.press("Stop and play back")
    candidate.sees("It could not be loaded. We try again.")
    candidate.page.unroute("**/playback")
    candidate.page.wait_for_function("() => document.querySelector('[data-playback]').readyState >= 2")


def test_nobody_waits_for_playback(candidate: Candidate) -> None:
    begins(candidate)
    candidate.record(2)
    candidate.context.set_offline(True)
    candidate.press("Stop and play back")
    candidate.press("Save and continue")
    candidate.sees_state("ready")
    candidate.context.set_offline(False)
    expect(candidate.page.locator("[data-text=answer_1]")).to_have_text(re.compile("^saved 00:0"))
