"""The device check in a Chromium that lacks or breaks something: it names what, and who cannot
record stays here.
"""

import re

import pytest
from browsing import PATIENCE_MS, Candidate
from misbehaving import DELIVERS_A_HEAD_AT_ITS_END, DELIVERS_NOTHING, NEVER_STARTS
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.browser


def checks(candidate: Candidate, script: str) -> None:
    candidate.page.add_init_script(script)
    candidate.consent()
    candidate.press("Start the check")


def row(candidate: Candidate, name: str) -> Locator:
    return candidate.page.locator(f"[data-row={name}]")


def has_result(candidate: Candidate, name: str, result: str) -> None:
    expect(row(candidate, name)).to_have_attribute("data-result", result, timeout=PATIENCE_MS)


def nobody_goes_on(candidate: Candidate) -> None:
    candidate.sees("Something needs you")
    expect(candidate.page.get_by_role("link", name="Go to the questions")).to_be_hidden()


def test_the_check_records_and_plays_what_came(candidate: Candidate) -> None:
    checks(candidate, "")
    has_result(candidate, "recording", "pass")
    expect(row(candidate, "recording")).to_contain_text(
        re.compile(r"3 s, \d+ kB, 640 × 480 pixels")
    )
    video = candidate.page.locator("[data-trial]")
    expect(video).to_be_visible()
    assert video.evaluate("(video) => video.currentTime") > 0.9
    assert candidate.answers() == []  # nothing of it left the page
    expect(candidate.page.get_by_role("link", name="Go to the questions")).to_be_visible(
        timeout=PATIENCE_MS
    )


RECORDS_ONLY = """
    const Real = MediaRecorder;
    window.MediaRecorder = class extends Real {
        constructor(stream, options) { super(new MediaStream(stream.get%sTracks()), options); }
    };
"""
DELIVERS_RUBBISH = """
    Object.defineProperty(MediaRecorder.prototype, "ondataavailable", {
        set(take) {
            const data = new Blob(["no film at all"]);
            this.addEventListener("dataavailable", () => take({ data }));
        },
    });
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("script", "said"),
    [
        (DELIVERS_NOTHING, "This browser delivers no recording"),
        (DELIVERS_A_HEAD_AT_ITS_END, "This browser delivers no recording"),
        (DELIVERS_RUBBISH, "What this browser records cannot be played"),
        (NEVER_STARTS, "The recording did not start"),
        (RECORDS_ONLY % "Video", "There is no sound in what this browser records"),
        (RECORDS_ONLY % "Audio", "There is no picture in what this browser records"),
    ],
    ids=["nothing", "a head at the end", "rubbish", "no start", "no sound", "no picture"],
)
def test_a_recording_that_would_be_of_no_use_fails_the_check(
    candidate: Candidate, script: str, said: str
) -> None:
    checks(candidate, script)
    has_result(candidate, "recording", "fail")
    expect(row(candidate, "recording")).to_contain_text(said)
    nobody_goes_on(candidate)


SILENT = """
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        for (const track of stream.getAudioTracks()) track.enabled = false;
        return stream;
    };
"""


@pytest.mark.long
def test_nobody_is_called_ready_whom_we_do_not_hear(candidate: Candidate) -> None:
    checks(candidate, SILENT)
    has_result(candidate, "recording", "pass")
    has_result(candidate, "microphone", "warn")
    candidate.sees("We hear nothing yet.")
    candidate.sees("Not ready yet: say something first")
    expect(candidate.page.get_by_text("You are ready")).to_have_count(0)


BROKEN_ONCE = """
    const { play } = HTMLMediaElement.prototype;
    HTMLMediaElement.prototype.play = function () {
        HTMLMediaElement.prototype.play = play;
        throw new TypeError("a fault of this browser");
    };
"""


@pytest.mark.long
def test_the_check_can_be_tried_again_after_any_fault(candidate: Candidate) -> None:
    checks(candidate, BROKEN_ONCE)
    again = candidate.page.get_by_role("button", name="Check again")
    expect(again).to_be_enabled(timeout=PATIENCE_MS)
    assert candidate.complaints == ["a fault of this browser"]
    candidate.complaints.clear()
    again.click()
    has_result(candidate, "recording", "pass")
    expect(candidate.page.get_by_role("link", name="Go to the questions")).to_be_visible(
        timeout=PATIENCE_MS
    )


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        ("delete window.MediaRecorder", "MediaRecorder"),
        ("delete window.AudioContext", "AudioContext"),
        ("delete window.AbortController", "AbortController"),
        ("delete Array.prototype.at", "Array.at"),
        ("delete Blob.prototype.arrayBuffer", "Blob.arrayBuffer"),
        ("MediaRecorder.isTypeSupported = () => false", "neither MP4 with H.264 nor WebM with VP8"),
    ],
)
def test_what_the_browser_lacks_is_named(candidate: Candidate, lacks: str, said: str) -> None:
    checks(candidate, lacks)
    has_result(candidate, "browser", "fail")
    expect(row(candidate, "browser")).to_contain_text(said)
    nobody_goes_on(candidate)
    candidate.page.goto(candidate.url("room"))
    candidate.sees("This browser cannot record video")
    candidate.sees(said)


@pytest.mark.long
@pytest.mark.parametrize("page", ["check", "room"])
def test_a_browser_too_old_for_the_script_is_told_so(candidate: Candidate, page: str) -> None:
    candidate.consent()
    too_new = {"body": "class { #not yet", "content_type": "text/javascript"}
    candidate.page.route(
        re.compile("/static/server/seat.js"), lambda route: route.fulfill(**too_new)
    )
    candidate.page.goto(candidate.url(page))
    candidate.sees("This page's script does not run in this browser")
    candidate.complaints = [
        text for text in candidate.complaints if "identifier" not in text and "token" not in text
    ]
