"""A device that is turned while it records, where one file can hold the new picture and where it
cannot, with a connection, without one, and through a reload.
"""

import re

import pytest
from browsing import (
    PATIENCE_MS,
    Candidate,
    media_ms,
)
from misbehaving import asks_for, begins
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


TURN = """
    async (width = 320) => {
        const track = document.querySelector("[data-camera]").srcObject.getVideoTracks()[0];
        await track.applyConstraints({ width, height: (width * 3) / 4 });
    }
"""


@pytest.mark.long
def test_a_turned_picture_goes_on_in_a_further_part_where_one_file_cannot_hold_it(
    candidate: Candidate,
) -> None:
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


@pytest.mark.long
def test_a_turn_without_a_connection_loses_nothing(candidate: Candidate) -> None:
    begins(candidate, asks_for("/avc1/"))
    candidate.record(2)
    candidate.context.set_offline(True)
    candidate.page.evaluate(TURN)
    candidate.page.wait_for_function("() => window.asked.length === 2", timeout=PATIENCE_MS)
    candidate.page.wait_for_timeout(3_000)
    candidate.sees("Kept in this browser, saved later")
    candidate.press("Stop and play back")
    candidate.sees_state("review")
    candidate.sees("Your answer can be played here as soon as all of it is saved")
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


@pytest.mark.long
@pytest.mark.parametrize("turns", [1, 2])
def test_parts_that_the_server_never_heard_of_survive_a_reload(
    candidate: Candidate, turns: int
) -> None:
    begins(candidate, asks_for("/avc1/"))
    candidate.record(2)
    nothing_gets_through(candidate)
    for turn in range(turns):
        candidate.page.evaluate(TURN, 320 if turn == 0 else 640)
        candidate.page.wait_for_function(
            f"() => window.asked.length === {turn + 2}", timeout=PATIENCE_MS
        )
        candidate.page.wait_for_timeout(4_000)
    candidate.sees("Kept in this browser, saved later")
    candidate.page.reload()
    candidate.page.unroute_all()
    candidate.sees("What you said is saved")
    answers = candidate.answers()
    assert [(answer.take, answer.part) for answer in answers] == [
        (1, part + 1) for part in range(turns + 1)
    ]
    assert all(media_ms(candidate, answer) > 2_000 for answer in answers[1:])
    candidate.press("Go on with this answer")
    candidate.sees_state("recording")


@pytest.mark.long
def test_a_part_that_was_only_in_a_pages_memory_is_missed_after_a_reload(
    candidate: Candidate,
) -> None:
    begins(
        candidate,
        "Object.defineProperty(window, 'indexedDB', { value: undefined });" + asks_for("/avc1/"),
    )
    candidate.record(2)
    candidate.has_saved(2)
    nothing_gets_through(candidate)
    candidate.page.evaluate(TURN, 320)
    candidate.page.wait_for_function("() => window.asked.length === 2", timeout=PATIENCE_MS)
    candidate.page.wait_for_timeout(4_000)
    candidate.sees("Kept in this page, saved later")
    candidate.page.reload()
    candidate.page.unroute_all()
    candidate.sees("Not all of it is saved: its last")
    expect(candidate.page.locator("[data-text=answer_1]")).to_contain_text(
        re.compile("^only 00:0.*s are gone")
    )


@pytest.mark.long
def test_the_same_file_goes_on_where_it_can_hold_a_turned_picture(candidate: Candidate) -> None:
    begins(candidate, asks_for("/avc3/"))
    candidate.record(2)
    candidate.page.evaluate(TURN)
    candidate.runs_for(4)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:0")
    assert len(candidate.answers()) == 1
