"""What Safari 15.0 to 15.6 lacks and the room does without, taken away from a Chromium; the
recordings are its own.
"""

from collections.abc import Iterator

import pytest
from browsing import PATIENCE_MS, Candidate, media_ms
from playwright.sync_api import Browser
from servers import LiveServer

pytestmark = pytest.mark.browser

WITHOUT = """for (const [owner, name] of [
    [AbortSignal, "timeout"], [AbortSignal, "any"], [crypto, "randomUUID"],
    [window, "BroadcastChannel"],
    [window, "structuredClone"], [Object, "hasOwn"], [navigator, "wakeLock"],
]) Object.defineProperty(owner, name, { value: undefined });
Object.defineProperty(navigator, "locks", { value: undefined });"""


@pytest.fixture
def candidate(server: LiveServer, browser: Browser) -> Iterator[Candidate]:
    candidate = Candidate(server, browser)
    candidate.context.add_init_script(WITHOUT)
    yield candidate
    candidate.context.close()
    assert not candidate.complaints


@pytest.mark.long
def test_an_older_safari_passes_the_check_records_and_finds_its_answer_again(
    candidate: Candidate,
) -> None:
    candidate.consent()
    candidate.press("Start the check")
    candidate.page.get_by_role("link", name="Go to the questions").click(timeout=2 * PATIENCE_MS)
    candidate.press("Show the question")
    candidate.record(3)
    candidate.page.reload()
    candidate.sees("Your answer was interrupted at 00:0")
    candidate.press("Go on with this answer")
    candidate.record(1)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:0")


@pytest.mark.long
def test_a_second_tab_of_an_older_safari_is_told_and_waits_until_the_first_has_noticed(
    candidate: Candidate,
) -> None:
    candidate.starts_answering()
    candidate.runs_for(2)
    other = candidate.context.new_page()
    other.goto(candidate.url("room"))
    candidate.sees_state("elsewhere", other)
    other.get_by_role("button", name="Take over here").click()
    candidate.sees_state("elsewhere")
    candidate.sees("What you said is saved", other)
    [answer] = candidate.answers()
    assert media_ms(candidate, answer) >= answer.recorded_ms - 1_000
