"""The whole kiosk in Chromium: check, room and receipt with the machine's devices, and never with
the browser's own.

The camera is a clip played by the station, the microphone a PulseAudio's; Chromium gets no fake
media, no permission.
"""

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsers import Complaints, chromium
from clips import sound_samples
from factories import PASSWORD, make_application
from kiosks import Kiosk
from microphones import VirtualMicrophone, from_clip
from playwright.sync_api import BrowserContext, Page, expect
from senses_support import film_sitter

from capture.media.container import probe
from portal.extensions import db
from portal.interviews import answer_path, open_interview, recording
from portal.models import Answer, InterviewSession, InterviewState, User

pytestmark = [pytest.mark.browser, pytest.mark.sound]

NO_CAMERA_OF_ITS_OWN = """
    navigator.mediaDevices.getUserMedia = () => {
        throw new Error("the page asked for the browser's camera");
    };
"""
PATIENCE_MS = 40_000
MEASURED_WITHIN_S = 120


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film_sitter(
        tmp_path_factory.mktemp("camera") / "sitter.mp4", 90, fps=6, sound=None, options={"g": "6"}
    )


@pytest.fixture
def kiosk(tmp_path: Path, camera: Path, microphone: VirtualMicrophone) -> Iterator[Kiosk]:
    spoken = sound_samples("speechlike", 10)
    microphone.say(lambda t_s: from_clip(spoken, 0)(t_s % 10))
    kiosk = Kiosk(tmp_path, camera)
    kiosk.start()
    yield kiosk
    kiosk.stop()


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    complaints = Complaints()
    yield complaints
    assert complaints.found == []


def sees_state(page: Page, state: str) -> None:
    expect(page.locator("#room")).to_have_attribute("data-state", state, timeout=PATIENCE_MS)


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name).click()


def runs_for(page: Page, seconds: int, place: int = 2) -> None:
    """Until the recording has run so long (place 2), or so much of it is on disk (place 1)."""
    said = "document.querySelector('[data-text=saved]').textContent.match(/(\\d+) of (\\d+)/)"
    page.wait_for_function(
        f"([s, place]) => {said}?.[place] >= s",
        arg=[seconds, place],
        timeout=(seconds + 40) * 1000,
    )


def picture_moves(page: Page) -> None:
    """The preview is a picture that was really decoded, and it changes."""
    look = """() => {
        const picture = document.querySelector("img[data-camera]");
        if (!picture.naturalWidth) return null;
        const canvas = new OffscreenCanvas(64, 48);
        canvas.getContext("2d").drawImage(picture, 0, 0, 64, 48);
        return canvas.getContext("2d").getImageData(0, 0, 64, 48).data.join();
    }"""
    first = page.wait_for_function(look, timeout=PATIENCE_MS).json_value()
    page.wait_for_function(f"(before) => ({look})() !== before", arg=first, timeout=PATIENCE_MS)


def sign_in(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    page.wait_for_url(re.compile("(?<!/login)$"))


def come_to_the_check(
    browser: BrowserContext, complaints: Complaints, kiosk: Kiosk, email: str
) -> Page:
    server = kiosk.server
    with server.app.app_context():
        user = db.session.scalars(db.select(User).where(User.email == email)).one()
        interview = open_interview(make_application(user))
        db.session.commit()
        interview_id = interview.id
    page = browser.new_page()
    complaints.watch(page)
    page.add_init_script(NO_CAMERA_OF_ITS_OWN)
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page, server.url, email)
    page.goto(f"{server.url}/capture/{interview_id}/consent")
    page.get_by_label("Record my answers").check()
    page.get_by_label("Measure picture and sound").check()
    press(page, "Continue to the device check")
    return page


def pass_the_check(page: Page) -> None:
    press(page, "Start the check")
    expect(page.locator("[data-row=microphone]")).to_have_attribute(
        "data-result", "pass", timeout=PATIENCE_MS
    )
    assert page.locator("[data-row]").count() == 2  # camera and microphone; nothing is uploaded
    picture_moves(page)


def the_interview() -> InterviewSession:
    db.session.rollback()
    return db.session.scalars(db.select(InterviewSession)).one()


def wait_until_measured() -> None:
    until_s = time.monotonic() + MEASURED_WITHIN_S
    while the_interview().state is not InterviewState.READY:
        db.session.rollback()  # a transaction, also one that only reads, holds the write lock
        assert time.monotonic() < until_s, "it was not measured in time"
        time.sleep(0.5)


def look_at_both_widths(page: Page, name: str, folder: Path) -> None:
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{name}-{width}.png")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1440, "height": 900})


def answer_the_second_question(page: Page) -> None:
    press(page, "Show the question")
    sees_state(page, "recording")
    runs_for(page, 3)
    press(page, "Stop and play back")
    sees_state(page, "review")
    press(page, "Save and continue")
    sees_state(page, "finish")


@pytest.mark.long
def test_the_whole_sitting_at_a_kiosk(kiosk: Kiosk, complaints: Complaints, tmp_path: Path) -> None:
    with chromium(profile=tmp_path / "candidate") as browser:
        page = come_to_the_check(browser, complaints, kiosk, "alice@example.org")
        pass_the_check(page)
        look_at_both_widths(page, "check", tmp_path)
        page.get_by_role("link", name="Go to the questions").click()
        sees_state(page, "ready")
        press(page, "Show the question")
        sees_state(page, "recording")
        picture_moves(page)
        runs_for(page, 4, place=1)
        look_at_both_widths(page, "room", tmp_path)
        press(page, "Stop and play back")
        sees_state(page, "review")
        page.wait_for_function(
            "() => document.querySelector('[data-playback]').readyState >= 2", timeout=PATIENCE_MS
        )
        press(page, "Save and continue")
        answer_the_second_question(page)
        expect(page.get_by_role("button", name="Finish the interview")).to_be_enabled(
            timeout=PATIENCE_MS
        )
        press(page, "Finish the interview")
        expect(page.get_by_text("You are signed out of this machine")).to_be_visible(
            timeout=PATIENCE_MS
        )
        page.get_by_role("link", name="Done").click()
        expect(page).to_have_url(f"{kiosk.server.url}/login")
    with kiosk.server.app.app_context():
        wait_until_measured()
        check_the_results(the_interview())


def check_the_results(interview: InterviewSession) -> None:
    telemetry = json.loads(recording(interview).telemetry_path.read_text())

    assert interview.state is InterviewState.READY
    for answer in interview.answers:
        info = probe(answer_path(answer))
        assert answer_path(answer).name == f"{answer.question_position:02d}-1.mp4"
        assert (info.video_codec, info.audio_codec) == ("h264", "aac")
        assert info.duration_ms == pytest.approx(answer.recorded_ms, abs=500)
    assert set(telemetry["face"]["count"]) == {1}
    assert max(level for level in telemetry["audio"]["level_dbfs"] if level is not None) > -45


def kill_web_workers(kiosk: Kiosk) -> None:
    """Both at once; gunicorn starts others."""
    assert kiosk.server.process
    children = (
        Path(f"/proc/{kiosk.server.process.pid}/task/{kiosk.server.process.pid}/children")
        .read_text()
        .split()
    )
    for pid in children:
        os.kill(int(pid), signal.SIGKILL)


@pytest.mark.torture
@pytest.mark.logs_errors
def test_killed_web_processes_do_not_end_the_recording_and_a_killed_station_leaves_what_there_was(
    kiosk: Kiosk, complaints: Complaints, tmp_path: Path
) -> None:
    complaints.expected = (
        "Failed to load resource",
        "htmx:",
        "Failed to fetch",
        "ERR_CONNECTION",
        "Failed to",
    )
    with chromium(profile=tmp_path / "candidate") as browser:
        page = come_to_the_check(browser, complaints, kiosk, "alice@example.org")
        page.goto(page.url.replace("/check", "/room"))
        sees_state(page, "ready")
        press(page, "Show the question")
        sees_state(page, "recording")
        runs_for(page, 3, place=1)
        kill_web_workers(kiosk)
        runs_for(page, 9, place=1)
        picture_moves(page)
        kiosk.kill_station()
        sees_state(page, "interrupted")
        kiosk.start_station()
        press(page, "Go on with this answer")
        sees_state(page, "recording")
        runs_for(page, 3, place=1)
        press(page, "Stop and play back")
        sees_state(page, "review")
        page.wait_for_function(
            "() => document.querySelector('[data-text=saved_label]').textContent === 'Saved'"
        )
    with kiosk.server.app.app_context():
        check_parts(list(the_interview().answers))


def check_parts(answers: list[Answer]) -> None:
    first, second = answers

    assert [(answer.take, answer.part) for answer in answers] == [(1, 1), (1, 2)]
    assert probe(answer_path(first)).duration_ms >= 9_000
    assert (first.recorded_ms or 0) - probe(answer_path(first)).duration_ms < 4_000
    assert probe(answer_path(second)).duration_ms >= 3_000
