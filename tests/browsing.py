"""A candidate in front of a real Chromium with a fake camera: signs in, consents, records, and looks into the database
and the folder of the server she records to.
"""

import uuid

from conftest import CHROMIUM
from factories import PASSWORD, make_application, make_job, make_user
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from servers import LiveServer

from capture.container import probe
from portal.extensions import db
from portal.interviews import answer_path, open_interview
from portal.models import Answer, InterviewSession

FAKE_CAMERA = "--use-fake-device-for-media-stream"
ALLOW_CAMERA = "--use-fake-ui-for-media-stream"
PATIENCE_MS = 20_000  # for anything that depends on this machine's speed


def chromium(playwright: Playwright, *arguments: str) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", FAKE_CAMERA, *arguments])


class Candidate:
    """Somebody with an application for a job of two questions, signed in, with a page open."""

    def __init__(self, server: LiveServer, browser: Browser) -> None:
        self.server = server
        with server.app.app_context():
            user = make_user()
            job = make_job(slug=f"job-{uuid.uuid4()}")
            self.interview_id = open_interview(make_application(user, job)).id
            self.email = user.email
        self.context: BrowserContext = browser.new_context()
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: "Security Policy" in said.text and self.complaints.append(said.text))
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.sign_in()

    def sign_in(self) -> None:
        self.page.goto(f"{self.server.url}/login")
        self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def url(self, step: str) -> str:
        return f"{self.server.url}/capture/{self.interview_id}/{step}"

    def consent(self, *, analyse: bool = False) -> None:
        self.page.goto(self.url("consent"))
        self.page.get_by_label("Record my answers").check()
        self.page.get_by_label("Measure picture and sound").set_checked(analyse)
        self.press("Continue to the device check")

    def enter_room(self) -> None:
        self.page.goto(self.url("room"))
        self.sees_state("ready")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def sees_state(self, state: str, page: Page | None = None) -> None:
        expect((page or self.page).locator("#room")).to_have_attribute("data-state", state, timeout=PATIENCE_MS)

    def sees(self, text: str, page: Page | None = None) -> None:
        found = (page or self.page).get_by_text(text).and_((page or self.page).locator(":not(.sr-only)"))
        expect(found.filter(visible=True).first).to_be_visible(timeout=PATIENCE_MS)

    def record(self, seconds: int) -> None:
        """From a shown question on: wait for the recording and let it run."""
        self.sees_state("recording")
        self.runs_for(seconds)

    def runs_for(self, seconds: int) -> None:
        """Until the recording's own clock says that it has run this long in all."""
        used = f"() => document.querySelector('[data-text=saved]').textContent.match(/of (\\d+)/)?.[1] >= {seconds}"
        self.page.wait_for_function(used)

    def answers(self) -> list[Answer]:
        with self.server.app.app_context():
            db.session.rollback()
            return list(db.session.get_one(InterviewSession, self.interview_id).answers)


def set_hidden(page: Page, is_hidden: bool) -> None:
    """Headless Chromium never hides a page; this is what it would tell the page's script."""
    state = "true" if is_hidden else "false"
    page.evaluate(f"Object.defineProperty(document, 'hidden', {{ value: {state}, configurable: true }})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def media_ms(candidate: Candidate, answer: Answer) -> int:
    """How long the file on the server really is."""
    assert answer.length_bytes
    with candidate.server.app.app_context():
        return probe(answer_path(db.session.get_one(Answer, answer.id))).duration_ms
