"""What was just recorded is looked at again: all parts, as the server has them, and not before."""

import re

import pytest
from browsing import (
    PATIENCE_MS,
    Candidate,
    media_ms,
)
from misbehaving import begins
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


PLAYED_TO_THEIR_ENDS = """
    (video) => new Promise((resolve) => {
        const ends = [];
        const note = () => ends.push(video.currentTime) === 2 && resolve(ends);
        video.addEventListener("ended", note, { capture: true });
        video.play();
    })
"""


@pytest.mark.long
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


def test_an_answer_is_played_from_the_server_and_not_before_it_is_there(
    candidate: Candidate,
) -> None:
    begins(candidate)
    candidate.record(2)
    candidate.page.route("**/capture/uploads/*", lambda route: route.abort())
    candidate.press("Stop and play back")
    candidate.sees(
        "Your answer can be played here as soon as all of it is saved. You need not wait for that."
    )
    video = candidate.page.locator("[data-playback]")
    assert video.get_attribute("src") is None
    candidate.page.unroute("**/capture/uploads/*")
    expect(video).to_have_attribute("src", re.compile("/answers/.*/playback$"), timeout=PATIENCE_MS)
    expect(candidate.page.get_by_text("It can be played here")).to_be_hidden()
    candidate.page.wait_for_function(
        "() => document.querySelector('[data-playback]').readyState >= 2"
    )


@pytest.mark.long
def test_playback_that_cannot_be_loaded_is_tried_again(candidate: Candidate) -> None:
    begins(candidate)
    candidate.record(1)
    candidate.page.route("**/playback", lambda route: route.abort())
    candidate.press("Stop and play back")
    candidate.sees("It could not be loaded. We try again.")
    candidate.page.unroute("**/playback")
    candidate.page.wait_for_function(
        "() => document.querySelector('[data-playback]').readyState >= 2"
    )


def test_nobody_waits_for_playback(candidate: Candidate) -> None:
    begins(candidate)
    candidate.record(2)
    candidate.context.set_offline(True)
    candidate.press("Stop and play back")
    candidate.press("Save and continue")
    candidate.sees_state("ready")
    candidate.context.set_offline(False)
    expect(candidate.page.locator("[data-text=answer_1]")).to_have_text(re.compile("^saved 00:0"))
