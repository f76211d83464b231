"""The interview pages in a real Chromium with a fake camera, against a real gunicorn: what a candidate sees and does,
and what is on the server afterwards. Asserts words and times, never frame counts: under load frames are fewer.
"""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import CHROMIUM
from factories import PASSWORD, make_application, make_job, make_user
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from servers import LiveServer

from capture.container import probe
from portal.extensions import db
from portal.interviews import open_interview
from portal.models import Answer, AnswerState, InterviewSession, PageEvent

pytestmark = pytest.mark.browser

FAKE_CAMERA = "--use-fake-device-for-media-stream"
ALLOW_CAMERA = "--use-fake-ui-for-media-stream"
LOST_MAX_MS = 2_000  # what may be missing after a crash, by the project's own promise
PATIENCE_MS = 20_000  # for anything that depends on this machine's speed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("room"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


def chromium(playwright: Playwright, *arguments: str) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", FAKE_CAMERA, *arguments])


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = chromium(playwright, ALLOW_CAMERA)
    yield browser
    browser.close()


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


@pytest.fixture
def candidate(server: LiveServer, browser: Browser) -> Iterator[Candidate]:
    candidate = Candidate(server, browser)
    yield candidate
    candidate.context.close()
    assert not candidate.complaints


def test_an_interview_goes_from_consent_to_receipt(candidate: Candidate) -> None:
    candidate.consent()
    candidate.press("Start the check")
    candidate.page.get_by_role("link", name="Go to the questions").click()
    candidate.press("Show the question")
    for button in ("Save and continue", "Save and finish"):
        candidate.record(2)
        candidate.press("Stop and play back")
        played = candidate.page.locator("[data-playback]")
        expect(played).to_have_js_property("error", None)
        candidate.press(button)
    candidate.press("Finish the interview")
    candidate.page.wait_for_url("**/receipt")
    candidate.sees("Question number 2?")
    assert [a.state for a in candidate.answers()] != [AnswerState.RECORDING] * 2
    assert all(answer.length_bytes and answer.recorded_ms >= 2_000 for answer in candidate.answers())


def test_consent_needs_the_choice_to_record(candidate: Candidate) -> None:
    candidate.page.goto(candidate.url("consent"))
    candidate.press("Continue to the device check")
    candidate.sees("Tick it to go on")
    assert not candidate.page.get_by_label("Measure picture and sound").is_checked()


def test_refused_analysis_is_said_in_the_room(candidate: Candidate) -> None:
    candidate.consent(analyse=False)
    candidate.enter_room()
    candidate.sees("Not measured, as you chose")


def test_a_take_can_be_recorded_again_while_takes_are_left(candidate: Candidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.press("Start my answer now")
    candidate.record(1)
    candidate.press("Stop and play back")
    candidate.press("Record again (1 take left)")
    candidate.record(1)
    candidate.press("Stop and play back")
    candidate.sees_state("review")
    assert candidate.page.get_by_role("button", name="Record again").count() == 0
    assert [answer.take for answer in candidate.answers()] == [1, 2]


def test_the_answer_ends_by_itself_at_its_limit(candidate: Candidate, server: LiveServer) -> None:
    with server.app.app_context():
        interview = db.session.get_one(InterviewSession, candidate.interview_id)
        interview.application.job.questions[0].limit_ms = 5_000
        db.session.commit()
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.sees_state("review")
    candidate.sees("saved 00:05")


def test_a_lost_connection_loses_nothing(candidate: Candidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(2)
    candidate.context.set_offline(True)
    candidate.sees("No connection. Keep talking")
    candidate.runs_for(7)
    candidate.context.set_offline(False)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:")
    [answer] = candidate.answers()
    assert media_ms(candidate, answer) > answer.recorded_ms - LOST_MAX_MS / 2


def test_a_killed_server_loses_nothing(candidate: Candidate, server: LiveServer) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(2)
    server.kill()
    candidate.sees("No connection. Keep talking")
    server.start()
    candidate.runs_for(6)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:")
    [answer] = candidate.answers()
    assert media_ms(candidate, answer) > answer.recorded_ms - LOST_MAX_MS / 2


def test_a_reloaded_page_goes_on_with_the_answer(candidate: Candidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(4)
    candidate.page.reload()
    candidate.sees("Your answer was interrupted at 00:0")
    candidate.press("Go on with this answer")
    candidate.record(1)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:")
    first, second = candidate.answers()
    assert (first.take, first.part, second.take, second.part) == (1, 1, 1, 2)
    assert media_ms(candidate, first) >= first.recorded_ms - LOST_MAX_MS
    assert first.recorded_ms >= 4_000


def test_a_reload_while_offline_pieces_wait_sends_them(candidate: Candidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(1)
    candidate.page.route(re.compile("/capture/uploads/"), lambda route: route.abort())
    candidate.sees("No connection. Keep talking")
    candidate.runs_for(5)
    candidate.page.unroute_all()
    candidate.page.reload()
    candidate.sees("What you said is saved")
    candidate.sees("saved 00:")
    [answer] = candidate.answers()
    assert media_ms(candidate, answer) >= 5_000 - LOST_MAX_MS


def test_a_second_tab_is_told_and_may_take_over(candidate: Candidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(2)
    other = candidate.context.new_page()
    other.goto(candidate.url("room"))
    candidate.sees_state("elsewhere", other)
    other.get_by_role("button", name="Take over here").click()
    candidate.sees_state("elsewhere")
    candidate.sees("What you said is saved", other)
    [answer] = candidate.answers()
    assert media_ms(candidate, answer) >= answer.recorded_ms - LOST_MAX_MS / 2


def test_an_unplugged_camera_keeps_what_was_said(candidate: Candidate) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(2)
    candidate.page.evaluate(
        "document.querySelector('[data-camera]').srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))"
    )
    candidate.sees("Your camera or microphone stopped at 00:0")
    candidate.sees("saved 00:")
    candidate.press("Keep it and continue")
    candidate.sees("Question number 2?")


def test_denied_permission_is_named(server: LiveServer, playwright: Playwright) -> None:
    browser = chromium(playwright)  # headless and not told to allow the camera, it denies it
    candidate = Candidate(server, browser)
    candidate.consent()
    candidate.press("Start the check")
    candidate.sees("Permission denied")
    expect(candidate.page.get_by_role("link", name="Go to the questions")).to_be_hidden()
    candidate.page.goto(candidate.url("room"))
    candidate.sees("Permission denied")
    browser.close()


def test_a_private_window_is_warned_and_still_records(candidate: Candidate) -> None:
    candidate.page.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    candidate.consent()
    candidate.enter_room()
    candidate.sees("This browser keeps nothing")
    candidate.press("Show the question")
    candidate.record(2)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:")


def test_a_hidden_page_is_reported_on_the_answers_clock(candidate: Candidate, server: LiveServer) -> None:
    candidate.consent(analyse=True)
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(1)
    set_hidden(candidate.page, True)
    candidate.runs_for(3)
    set_hidden(candidate.page, False)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:")
    with server.app.app_context():
        [event] = db.session.scalars(db.select(PageEvent).where(PageEvent.answer_id == candidate.answers()[0].id))
    assert event.kind == "tab_hidden"
    assert 1_000 <= event.t_ms < event.until_ms <= candidate.answers()[0].recorded_ms


@pytest.mark.parametrize(
    ("answers", "accepted", "interrupted", "stage", "position"),
    [
        ([[], [], []], 0, None, "ready", 1),
        ([["a"], [], []], 0, "a", "interrupted", 1),
        ([["a"], [], []], 0, None, "kept", 1),
        ([["a"], [], []], 1, None, "ready", 2),
        ([["a"], ["b"], []], 1, "b", "interrupted", 2),
        ([["a"], ["b"], ["c"]], 3, None, "finish", 3),
        ([[], [], []], 2, None, "ready", 1),  # notes of a browser whose server was set up anew
    ],
)
def test_where_an_interview_goes_on(
    candidate: Candidate, answers: list[list[str]], accepted: int, interrupted: str, stage: str, position: int
) -> None:
    questions = [
        {"position": n, "answers": [{"answer_id": key, "take": 1} for key in keys]} for n, keys in enumerate(answers, 1)
    ]
    script = "async (given) => (await import('/static/resume.js')).whereToResume(...given)"
    found = candidate.page.evaluate(script, [questions, accepted, interrupted])
    assert (found["stage"], found["question"]["position"]) == (stage, position)


def set_hidden(page: Page, is_hidden: bool) -> None:
    """Headless Chromium never hides a page; this is what it would tell the page's script."""
    state = "true" if is_hidden else "false"
    page.evaluate(f"Object.defineProperty(document, 'hidden', {{ value: {state}, configurable: true }})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def media_ms(candidate: Candidate, answer: Answer) -> int:
    """How long the file on the server really is."""
    assert answer.length_bytes
    folder = Path(candidate.server.folder) / "live" / "interviews" / str(candidate.interview_id) / "answers"
    name = f"{answer.question_position:02d}-{answer.take}{'' if answer.part == 1 else f'-{answer.part}'}.mp4"
    return probe(folder / name).duration_ms
