"""What only the interview's scripts show, in the language of brackets: the check, each state of the
room, and what stands in its way.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import (
    PATIENCE_MS,
    Candidate,
    KillableBrowser,
    chromium,
)
from factories import PASSWORD
from misbehaving import DELIVERS_NOTHING, NEVER_STARTS, TRACKS
from playwright.sync_api import Browser, Page, Playwright, Route, expect
from pseudo_language import BEGIN, END, accented, speak, write_catalog
from servers import LiveServer
from shown_text import GREEK, bare, misfits

from portal.extensions import db
from portal.models import InterviewSession

pytestmark = pytest.mark.browser

NAME, JOB, OTHER_JOB = GREEK
WIDTHS = (1440, 390)


def fails(route: Route) -> None:
    route.abort()


class GreekCandidate(Candidate):
    """A candidate whose job and name are in Greek, in a browser that wants German."""

    def open(self, browser: Browser | KillableBrowser) -> None:
        assert isinstance(browser, Browser)
        self.found: list[str] = []
        self.context = browser.new_context(locale="de-DE", reduced_motion="reduce")
        self.context.set_default_timeout(PATIENCE_MS)
        speak(self.context)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.write_in_greek()
        self.sign_in()

    def write_in_greek(self) -> None:
        with self.server.app.app_context():
            interview = db.session.get_one(InterviewSession, self.interview_id)
            interview.application.user.full_name = NAME
            job = interview.application.job
            job.title, job.location, job.description = JOB, OTHER_JOB, JOB
            for question in job.questions:
                question.prompt = f"{JOB}; " * 4
            db.session.commit()

    def sign_in(self, page: Page | None = None) -> None:
        page = page or self.page
        page.goto(f"{self.portal}/login")
        page.locator("#email").fill(self.email)
        page.locator("#password").fill(PASSWORD)
        page.locator("main form button").first.click()
        page.wait_for_url(lambda url: "/login" not in url)

    def consent(self, *, analyse: bool = False) -> None:
        self.page.goto(self.url("consent"))
        self.page.locator("#record").check()
        self.page.locator("#analyse").set_checked(analyse)
        self.page.locator("main form button").first.click()
        self.page.wait_for_url("**/check")

    def press(self, name: str) -> None:
        super().press(accented(name))

    def does(self, action: str) -> None:
        self.page.locator(f"[data-do={action}]:visible").click()

    def looks(self, at: str, page: Page | None = None) -> None:
        """Read all that the page says now, at both widths."""
        page = page or self.page
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            faults = bare(page, BEGIN, END) + misfits(page)
            self.found += [f"{at} at {width} px: {fault}" for fault in faults]

    def records(self) -> None:
        self.does("show_question")
        self.does("start")
        self.sees_state("recording")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder: Path = tmp_path_factory.mktemp("pseudo-room")
    write_catalog(folder / "translations")
    translations = str(folder / "translations")
    server = LiveServer(folder, SITE_NAME=OTHER_JOB, TRANSLATIONS_FOLDER=translations)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def candidate(server: LiveServer, browser: Browser) -> Iterator[GreekCandidate]:
    candidate = GreekCandidate(server, browser)
    yield candidate
    candidate.context.close()
    assert not candidate.complaints
    assert candidate.found == []


@pytest.mark.long
def test_the_check_before_while_and_after_it_runs(candidate: GreekCandidate) -> None:
    candidate.consent()
    candidate.looks("the check before it begins")
    candidate.page.locator("[data-begin] button").click()
    expect(candidate.page.locator("[data-row=camera]")).to_have_attribute("data-result", "pass")
    candidate.looks("the check while it runs")
    expect(candidate.page.locator("[data-go]")).to_be_visible(timeout=PATIENCE_MS)
    candidate.looks("the check that was passed")


def test_devices_that_are_denied(server: LiveServer, playwright: Playwright) -> None:
    browser = chromium(playwright)
    candidate = GreekCandidate(server, browser)
    candidate.consent()
    candidate.page.locator("[data-begin] button").click()
    expect(candidate.page.locator("[data-row=camera]")).to_have_attribute("data-result", "fail")
    candidate.looks("the check without permission")
    candidate.page.goto(candidate.url("room"))
    candidate.sees_state("trouble")
    candidate.looks("the room without permission")
    browser.close()
    assert candidate.found == []


@pytest.mark.long
def test_an_interview_from_the_first_question_to_its_receipt(candidate: GreekCandidate) -> None:
    candidate.consent(analyse=True)
    candidate.enter_room()
    candidate.looks("a question that is announced")
    candidate.does("show_question")
    candidate.sees_state("thinking")
    candidate.looks("the time to think")
    candidate.sees_state("recording")
    candidate.looks("the recording")
    candidate.page.locator("[data-do=hide]").click()
    candidate.looks("the recording without one's own picture")
    candidate.does("stop")
    candidate.sees_state("review")
    candidate.looks("the review")
    candidate.does("accept")
    candidate.records()
    candidate.does("stop")
    candidate.sees_state("review")
    candidate.does("accept")
    candidate.sees_state("finish")
    candidate.looks("the end")
    candidate.page.locator("[data-finish]").click()
    candidate.page.wait_for_url("**/receipt")
    candidate.looks("the receipt")


def test_a_lost_connection_and_an_ended_sign_in(candidate: GreekCandidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.records()
    banner = candidate.page.locator("[data-text=connection]")
    candidate.context.set_offline(True)
    expect(banner).to_be_visible(timeout=PATIENCE_MS)
    candidate.looks("no connection while recording")
    candidate.does("stop")
    candidate.sees_state("review")
    candidate.looks("no connection after it")
    candidate.context.clear_cookies()
    candidate.context.set_offline(False)
    expect(candidate.page.locator("[data-if=sign_in]")).to_be_visible(timeout=PATIENCE_MS)
    candidate.looks("the sign-in has ended")


@pytest.mark.long
def test_an_interrupted_answer_and_a_kept_one(candidate: GreekCandidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.records()
    candidate.page.wait_for_timeout(3_000)
    candidate.page.reload()
    candidate.sees_state("interrupted")
    candidate.looks("an answer that a reload interrupted")
    candidate.does("go_on")
    candidate.sees_state("recording")
    candidate.looks("a further part of it")
    candidate.does("stop")
    candidate.sees_state("review")
    candidate.page.reload()
    candidate.sees_state("kept")
    candidate.looks("an answer that is found after a reload")
    candidate.does("again")
    candidate.sees_state("recording")
    candidate.looks("another take")


def test_a_second_tab(candidate: GreekCandidate) -> None:
    candidate.consent()
    candidate.enter_room()
    other = candidate.context.new_page()
    other.goto(candidate.url("room"))
    candidate.sees_state("elsewhere", other)
    candidate.looks("a second tab", other)


@pytest.mark.long
@pytest.mark.parametrize(
    "script",
    [
        pytest.param(NEVER_STARTS, id="never starts"),
        pytest.param(DELIVERS_NOTHING, id="delivers nothing"),
        pytest.param(
            "Object.defineProperty(window, 'indexedDB', { value: undefined })", id="keeps nothing"
        ),
        pytest.param("window.MediaRecorder = undefined", id="has no recorder"),
    ],
)
def test_a_browser_that_misbehaves(candidate: GreekCandidate, script: str) -> None:
    candidate.page.add_init_script(script)
    candidate.consent()
    candidate.page.goto(candidate.url("room"))
    candidate.page.locator("#room[data-state=ready], #room[data-state=trouble]").wait_for()
    candidate.looks("the room as it opens")
    if candidate.page.locator("#room").get_attribute("data-state") == "ready":
        candidate.does("show_question")
        candidate.does("start")
        is_over = "#room[data-state=trouble], #room[data-state=recording]"
        candidate.page.locator(is_over).wait_for()
        candidate.looks("the recording that misbehaves")


def test_a_camera_that_pauses_and_one_that_ends(candidate: GreekCandidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.records()
    candidate.page.wait_for_timeout(2_000)
    candidate.page.evaluate(TRACKS % ("Video", "mute"))
    expect(candidate.page.locator("[data-text=paused]")).to_be_visible(timeout=PATIENCE_MS)
    candidate.looks("a camera that pauses")
    candidate.page.evaluate(TRACKS % ("Video", "ended"))
    candidate.sees_state("interrupted")
    candidate.looks("a camera that was unplugged")


@pytest.mark.long
def test_a_script_that_does_not_come(candidate: GreekCandidate) -> None:
    candidate.page.route(re.compile("/static/(room/room|check/device_check).js"), fails)
    candidate.consent()
    for step in ("check", "room"):
        candidate.page.goto(candidate.url(step))
        candidate.page.locator("[data-not-started]").wait_for()
        candidate.looks(f"the {step} without its script")
