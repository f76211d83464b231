"""What the room says of what is safe: each thing once and in one word, also while nothing can be
sent.
"""

import re
from collections.abc import Iterator

import pytest
from browsing import PATIENCE_MS, Candidate, fake_camera_browser
from playwright.sync_api import Browser, expect
from servers import LiveServer

pytestmark = pytest.mark.browser

KEPT = re.compile(r"^kept in this browser, \d+ % saved$")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with fake_camera_browser() as started:
        yield started


@pytest.fixture
def candidate(live_server: LiveServer, browser: Browser) -> Iterator[Candidate]:
    somebody = Candidate(live_server, browser)
    yield somebody
    somebody.context.close()
    assert not somebody.complaints


def words_about_saving(candidate: Candidate) -> list[str]:
    """Each line on the screen that speaks of it, without what explains the room."""
    lines = candidate.page.locator("#room").inner_text().splitlines()
    return [
        line for line in lines if re.match(r"sav(ed|ing)|on the server|kept", line, re.IGNORECASE)
    ]


@pytest.mark.long
def test_what_is_safe_is_said_once_and_in_one_word(candidate: Candidate) -> None:
    candidate.starts_answering()
    candidate.has_saved(1)
    assert words_about_saving(candidate) == ["Saving"]
    candidate.press("Stop and play back")
    candidate.sees("saved 00:0")
    assert [line[:8] for line in words_about_saving(candidate)] == ["saved 00"]


@pytest.mark.long
def test_without_a_connection_nothing_is_called_on_its_way(candidate: Candidate) -> None:
    candidate.starts_answering()
    candidate.has_saved(1)
    candidate.context.set_offline(True)
    row = candidate.page.get_by_text("Kept in this browser, saved later").locator("..")
    # how much of it, not how much is saved
    expect(row).to_contain_text(re.compile(r"[2-9] s"), timeout=PATIENCE_MS)
    assert words_about_saving(candidate) == ["Saving", "Kept in this browser, saved later"]
    candidate.press("Stop and play back")
    answer = candidate.page.locator("[data-text=answer_1]")
    expect(answer).to_have_text(KEPT, timeout=PATIENCE_MS)
    candidate.context.set_offline(False)
    expect(answer).to_have_text(re.compile("^saved 00:"), timeout=PATIENCE_MS)


@pytest.mark.long
def test_at_the_end_without_a_connection_the_last_pieces_are_kept_and_not_on_their_way(
    candidate: Candidate,
) -> None:
    candidate.starts_answering()
    candidate.has_saved(1)
    candidate.press("Stop and play back")
    candidate.press("Save and continue")
    candidate.press("Show the question")
    candidate.record(1)
    candidate.page.route("**/capture/uploads/*", lambda route: route.abort())
    candidate.runs_for(3)
    candidate.press("Stop and play back")
    candidate.press("Save and continue")
    candidate.sees("The last pieces are kept in this browser, and saved later.")
    candidate.page.unroute_all()
    candidate.sees("Everything is saved.")


def test_before_a_question_is_shown_the_room_says_that_recording_starts_by_itself(
    candidate: Candidate,
) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.sees("Then recording starts by itself, for up to")
