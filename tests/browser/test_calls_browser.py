"""A phone call takes camera and microphone away: told on the page at once, to the server as soon,
and never held against anybody.
"""

import time

import pytest
from browsing import PATIENCE_MS, Candidate, events_of
from misbehaving import TRACKS, begins
from playwright.sync_api import expect
from scripts import with_constants

pytestmark = pytest.mark.browser


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


def test_a_call_is_told_to_the_server_while_it_lasts_and_its_end_later(
    candidate: Candidate,
) -> None:
    begins(candidate, analyse=True)
    candidate.record(1)
    candidate.page.evaluate(TRACKS % ("Video", "mute"))
    [during] = events_of(candidate, 1)
    assert (during.kind, during.until_ms) == ("camera_paused", None)
    candidate.page.evaluate(TRACKS % ("Video", "unmute"))
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while (after := events_of(candidate, 1)[0]).until_ms is None and time.monotonic() < deadline:
        candidate.page.wait_for_timeout(100)
    assert (after.t_ms, after.until_ms > after.t_ms) == (during.t_ms, True)


@pytest.mark.long
@pytest.mark.parametrize("tries", [1_000, 2])
def test_the_end_waits_until_a_call_is_told_but_not_for_ever(
    candidate: Candidate, tries: int
) -> None:
    with_constants(candidate.page, {"PAUSE_ATTEMPTS": tries})
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
    candidate.press("Save and continue")
    finish = candidate.page.get_by_role("button", name="Finish the interview")
    if tries > 2:
        candidate.sees("saved 00:0")
        candidate.sees("The last pieces are still being saved.")
        expect(finish).to_be_disabled()
        candidate.page.unroute("**/events")
        assert [event.kind for event in events_of(candidate, 1)] == ["microphone_paused"]
    expect(finish).to_be_enabled(timeout=PATIENCE_MS)


@pytest.mark.long
def test_a_long_call_ends_the_part_and_the_take_goes_on(candidate: Candidate) -> None:
    begins(candidate)
    candidate.record(1)
    candidate.page.evaluate(TRACKS % ("Video", "mute"))
    candidate.sees("Your device paused the camera at 00:1")
    candidate.press("Go on with this answer")
    candidate.sees_state("recording")
    assert [(answer.take, answer.part) for answer in candidate.answers()] == [(1, 1), (1, 2)]
