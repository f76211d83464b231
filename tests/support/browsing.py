"""A candidate in front of a real Chromium with a fake camera: signs in, consents, records, and
looks into the database and the folder of the server she records to.
"""

import json
import os
import re
import signal
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factories import PASSWORD, make_application, make_job, make_user
from machine import CHROMIUM
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    Route,
    TimeoutError,
    expect,
    sync_playwright,
)
from servers import LiveServer

from capture.media.container import probe
from portal.extensions import db
from portal.interviews import answer_path, open_interview
from portal.models import Answer, InterviewSession, PageEvent

FAKE_CAMERA = "--use-fake-device-for-media-stream"
ALLOW_CAMERA = "--use-fake-ui-for-media-stream"
PATIENCE_MS = 20_000  # for anything that depends on this machine's speed


def chromium(playwright: Playwright, *arguments: str) -> Browser:
    return playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", FAKE_CAMERA, *arguments]
    )


@contextmanager
def fake_camera_browser() -> Iterator[Browser]:
    """A browser whose camera may be used without asking."""
    with sync_playwright() as playwright:
        browser = chromium(playwright, ALLOW_CAMERA)
        yield browser
        browser.close()


@contextmanager
def unanswered(page: Page, pattern: str) -> Iterator[None]:
    """Requests for `pattern` get no answer in this block, and none at its end either: they are
    ended.

    A route that is left open for ever is complained about when Python clears it away, in whichever
    test then runs.
    """
    held: list[Route] = []
    page.route(pattern, lambda route: held.append(route))
    yield
    for route in held:
        route.abort()
    page.unroute(pattern)


@dataclass
class KillableBrowser:
    """A browser with a profile folder of its own, in which another one finds what a killed one has
    left.
    """

    playwright: Playwright
    profile: Path

    def new_context(self) -> BrowserContext:
        arguments = ["--no-sandbox", FAKE_CAMERA, ALLOW_CAMERA]
        launch = self.playwright.chromium.launch_persistent_context
        return launch(str(self.profile), executable_path=CHROMIUM, args=arguments)

    def kill(self) -> int:
        """End every process of it at once, as a loss of power would. Returns how many there
        were.
        """
        pids = processes_of(self.profile)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while processes_of(self.profile) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not processes_of(self.profile)
        return len(pids)


def processes_of(profile: Path) -> list[int]:
    """The browser that works in this folder, and all that it has started."""
    parents, found = {}, set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            parents[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
            if str(profile).encode() in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


class Candidate:
    """Somebody with an application for a job of two questions, signed in, with a page open."""

    def __init__(
        self, server: LiveServer, browser: Browser | KillableBrowser, url: str = ""
    ) -> None:
        self.server = server
        # as the browser reaches it: there may be something in between
        self.portal = url or server.url
        with server.app.app_context():
            user = make_user()
            job = make_job(slug=f"job-{uuid.uuid4()}")
            interview = open_interview(make_application(user, job))
            db.session.commit()
            self.interview_id = interview.id
            self.email = user.email
        self.complaints: list[str] = []
        self.open(browser)

    def open(self, browser: Browser | KillableBrowser) -> None:
        """Come to the portal with this browser and sign in."""
        self.context: BrowserContext = browser.new_context()
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self._note(message.text))
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.sign_in()

    def _note(self, text: str) -> None:
        """What no test may see: a refused script, or an unknown change of the room's state."""
        if "Security Policy" in text or "The room should not go from" in text:
            self.complaints.append(text)

    def sign_in(self, page: Page | None = None) -> None:
        page = page or self.page
        page.goto(f"{self.portal}/login")
        page.get_by_label("E-mail").fill(self.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/login" not in url)

    def url(self, step: str) -> str:
        return f"{self.portal}/capture/{self.interview_id}/{step}"

    def consent(self, *, analyse: bool = False) -> None:
        self.page.goto(self.url("consent"))
        self.page.get_by_label("Record my answers").check()
        self.page.get_by_label("Measure picture and sound").set_checked(analyse)
        self.press("Continue to the device check")
        self.page.wait_for_url("**/check")  # forms are sent by a script, a moment later

    def starts_answering(self) -> None:
        """From the job's page to the first question, recording."""
        self.consent()
        self.enter_room()
        self.press("Show the question")
        self.sees_state("recording")

    def goes_on_to_record(self) -> None:
        """Press what is offered until it records: the question may have to be shown, and may have
        time to think.
        """
        deadline = time.monotonic() + PATIENCE_MS / 1000
        offers = self.page.get_by_role(
            "button", name=re.compile("^(Show the question|Start my answer now)$")
        )
        while (
            self.page.locator("#room").get_attribute("data-state") != "recording"
            and time.monotonic() < deadline
        ):
            with suppress(TimeoutError):  # it was gone before it was pressed
                offers.first.click(timeout=500)
        self.sees_state("recording")

    def enter_room(self) -> None:
        self.page.goto(self.url("room"))
        self.sees_state("ready")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def sees_state(self, state: str, page: Page | None = None) -> None:
        expect((page or self.page).locator("#room")).to_have_attribute(
            "data-state", state, timeout=PATIENCE_MS
        )

    def sees(self, text: str, page: Page | None = None) -> None:
        found = (
            (page or self.page)
            .get_by_text(text)
            .and_((page or self.page).locator(":not(.sr-only)"))
        )
        expect(found.filter(visible=True).first).to_be_visible(timeout=PATIENCE_MS)

    def record(self, seconds: int) -> None:
        """From a shown question on: wait for the recording and let it run."""
        self.sees_state("recording")
        self.runs_for(seconds)

    def runs_for(self, seconds: int) -> None:
        """Until the recording's own clock says that it has run this long in all."""
        used = (
            "() => document.querySelector('[data-text=saved]').textContent.match(/of (\\d+)/)?.[1]"
            f" >= {seconds}"
        )
        self.page.wait_for_function(used)

    def has_saved(self, seconds: int) -> None:
        """Until so much of the recording is on the server."""
        saved = (
            "() => document.querySelector('[data-text=saved]').textContent.match(/(\\d+) of/)?.[1]"
            f" >= {seconds}"
        )
        self.page.wait_for_function(saved)

    def answers_the_second_question_and_finishes(self) -> None:
        self.press("Show the question")
        self.record(1)
        self.press("Stop and play back")
        self.press("Save and continue")
        self.press("Finish the interview")
        self.page.wait_for_url("**/receipt")

    def pastes(self, times: int) -> None:
        """Paste this often, each time at another millisecond."""
        self.page.evaluate(
            """async (times) => {
                for (let n = 0; n < times; n += 1) {
                    document.dispatchEvent(new Event("paste"));
                    await new Promise((resolve) => setTimeout(resolve, 5));
                }
            }""",
            times,
        )

    def answers(self) -> list[Answer]:
        with self.server.app.app_context():
            db.session.rollback()
            return list(db.session.get_one(InterviewSession, self.interview_id).answers)


def events_of(candidate: Candidate, number: int) -> Sequence[PageEvent]:
    """What the page noticed during the first answer, once that many are known; they travel after
    the recording.
    """
    of_answer = db.select(PageEvent).where(PageEvent.answer_id == candidate.answers()[0].id)
    deadline = time.monotonic() + PATIENCE_MS / 1000
    with candidate.server.app.app_context():
        while (
            len(found := db.session.scalars(of_answer).all()) < number
            and time.monotonic() < deadline
        ):
            db.session.rollback()
            candidate.page.wait_for_timeout(100)
        return found


def set_hidden(page: Page, is_hidden: bool) -> None:
    """Headless Chromium never hides a page; this is what it would tell the page's script."""
    state = "true" if is_hidden else "false"
    page.evaluate(
        f"Object.defineProperty(document, 'hidden', {{ value: {state}, configurable: true }})"
    )
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def media_ms(candidate: Candidate, answer: Answer) -> int:
    """How long the file on the server really is."""
    assert answer.length_bytes
    with candidate.server.app.app_context():
        return probe(answer_path(db.session.get_one(Answer, answer.id))).duration_ms


def bytes_on_server(candidate: Candidate, answer: Answer) -> bytes:
    """The answer's file as it is now; none before the first piece."""
    with candidate.server.app.app_context():
        path = answer_path(db.session.get_one(Answer, answer.id))
        return path.read_bytes() if path.exists() else b""


def keep_blobs(page: Page, bits_per_s: int | None = None) -> None:
    """From the next load on, have the page keep every blob that a recorder delivers, and when it
    did.
    """
    video = (
        {}
        if bits_per_s is None
        else {"videoBitsPerSecond": bits_per_s, "audioBitsPerSecond": 16_000}
    )
    page.add_init_script(
        """window.recorders = [];
        window.MediaRecorder = class extends MediaRecorder {
            constructor(stream, wanted) {
                super(stream, { ...wanted, ...BITS });
                const own = { blobs: [], started: null };
                recorders.push(own);
                this.addEventListener("start", () => (own.started = performance.now()));
                this.addEventListener("dataavailable", ({ data }) => {
                    own.blobs.push({ data, ms: performance.now() - own.started });
                });
            }
        };""".replace("BITS", json.dumps(video))
    )


def recorded_blobs(page: Page) -> list[dict[str, Any]]:
    """What each recorder of this page delivered: `size` and `sha256` in all, `ends` (bytes so far,
    and at which ms).
    """
    found: list[dict[str, Any]] = (
        page.evaluate("""() => Promise.all(recorders.map(async ({ blobs }) => {
            const all = new Blob(blobs.map(({ data }) => data));
            const buffer = await all.arrayBuffer();
            const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", buffer));
            const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
            const ends = [];
            for (const { data, ms } of blobs) ends.push([(ends.at(-1)?.[0] ?? 0) + data.size, ms]);
            return { size: all.size, sha256, ends };
        }))""")
    )
    return found
