"""The whole chain in a real browser: register, apply, consent, check, record, finish; an admin
replays it.

The camera shows a real clip of a person who leaves the picture for 5.5 s, stamped with the clip's
own time, so that the truth of every moment of the recording can be read from its pictures.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import jsonschema
import pytest
from browsers import Complaints, chromium, make_camera, read_stamp
from factories import PASSWORD
from machine import FOOTAGE
from papers import pdf
from playwright.sync_api import BrowserContext, Page, expect
from servers import LiveServer

from capture.demo import make_demo_clips
from portal.config import PROJECT_FOLDER
from portal.extensions import db
from portal.forms.robot_defence import SOONEST_MS
from portal.interviews import recording
from portal.models import ApplicationStatus, InterviewSession, InterviewState

pytestmark = pytest.mark.browser

CLIP = FOOTAGE / "video" / "composite_dev__dev_c1_noface_gap.webm"
EDGE_MS = 1_500  # how far a flag's edges may be from the truth
MEASURED_WITHIN_MS = 90_000  # measuring on a busy machine of two cores


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[Path, Path], range]:
    """A camera that shows a clip, and when in the clip nobody is in the picture (ms)."""
    folder = tmp_path_factory.mktemp("camera")
    if CLIP.exists():
        return make_camera(CLIP, folder), range(12_000, 17_520)
    clips = make_demo_clips(PROJECT_FOLDER / "instance" / "models" / "astronaut.png", folder)
    return make_camera(clips[1], folder), range(4_000, 11_000)


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    complaints = Complaints()
    yield complaints
    assert complaints.found == []


def open_page(browser: BrowserContext, complaints: Complaints, url: str) -> Page:
    page = browser.new_page()
    complaints.watch(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(url)
    return page


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("main").get_by_role("button", name=name).click()


def register_and_apply(page: Page) -> None:
    page.get_by_role("link", name="Data engineer").first.click()
    page.get_by_role("main").get_by_role("link", name=re.compile("Apply")).first.click()
    page.get_by_role("main").get_by_role(
        "link", name=re.compile("[Rr]egister|account")
    ).first.click()
    page.get_by_label("Full name").fill("Mei Tanaka")
    page.get_by_label("E-mail").fill("mei@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.wait_for_timeout(SOONEST_MS)  # as long as the quickest person takes
    press(page, "Create account")
    page.wait_for_url("**/register/sent**")
    page.get_by_role("main").get_by_role("link", name="Sign in", exact=True).click()
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    page.get_by_label("Where you live").fill("Porto")
    press(page, "Save and go on")
    page.get_by_role("main").get_by_role(
        "link", name=re.compile("Go on|Apply|application")
    ).first.click()
    page.get_by_label("Résumé").set_input_files(
        {"name": "mei.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    )
    press(page, "Send application")


def consent_and_check(page: Page) -> None:
    press(page, "Record your interview")
    page.get_by_label("Record my answers").check()
    page.get_by_label("Measure picture and sound").check()
    press(page, "Continue to the device check")
    press(page, "Start the check")
    page.get_by_role("link", name="Go to the questions").click()


def sees_state(page: Page, state: str) -> None:
    expect(page.locator("#room")).to_have_attribute("data-state", state, timeout=30_000)


def come_to_the_first_recording(
    browser: BrowserContext, complaints: Complaints, server: LiveServer
) -> Page:
    page = open_page(browser, complaints, f"{server.url}/jobs")
    register_and_apply(page)
    consent_and_check(page)
    sees_state(page, "ready")
    press(page, "Show the question")
    sees_state(page, "recording")
    return page


def run_for(page: Page, seconds: int) -> None:
    """Until the recording's own clock says that it has run this long in all."""
    page.wait_for_function(
        "(s) => document.querySelector('[data-text=saved]').textContent.match(/of (\\d+)/)?.[1]"
        " >= s",
        arg=seconds,
        timeout=(seconds + 30) * 1000,
    )


def stop_and_accept(page: Page) -> None:
    press(page, "Stop and play back")
    sees_state(page, "review")
    page.locator("[data-do=accept]:visible").click()


def answer_second_question_and_finish(page: Page) -> None:
    press(page, "Show the question")
    sees_state(page, "recording")
    run_for(page, 3)
    stop_and_accept(page)
    expect(page.get_by_role("button", name="Finish the interview")).to_be_enabled(timeout=30_000)
    press(page, "Finish the interview")
    expect(page).to_have_url(re.compile("/receipt$"))


def the_interview() -> InterviewSession:
    db.session.rollback()
    return db.session.scalars(db.select(InterviewSession)).one()


def wait_until_ready(page: Page) -> None:
    """The receipt's status polls by itself and stops by itself."""
    expect(page.locator("#interview-status:not([hx-get])")).to_be_attached(
        timeout=MEASURED_WITHIN_MS
    )


def shown_stretches(film: Path, wanted: range) -> list[tuple[int, int]]:
    """When the recording shows these moments of the clip, read from the stamps in its pictures; the
    clip repeats.
    """
    found: list[tuple[int, int]] = []
    with av.open(film) as container:
        for frame in container.decode(video=0):
            t_ms = int(frame.time * 1000)
            if read_stamp(frame.to_ndarray(format="rgb24")) not in wanted:
                continue
            if found and t_ms - found[-1][1] < 1_000:
                found[-1] = (found[-1][0], t_ms)
            else:
                found.append((t_ms, t_ms))
    return found


def check_files(interview: InterviewSession, hidden: range) -> dict[str, Any]:
    """What finishing left behind, held against the contract and the truth."""
    place = recording(interview)
    telemetry = json.loads(place.telemetry_path.read_text())
    schema = json.loads(
        (PROJECT_FOLDER / "capture" / "store" / "telemetry.schema.json").read_text()
    )
    jsonschema.validate(telemetry, schema)
    shown = shown_stretches(place.recording_path, hidden)
    flags = [
        (flag["start_ms"], flag["end_ms"])
        for flag in telemetry["flags"]
        if flag["kind"] == "no_face"
    ]
    assert flags
    for flag in flags:
        assert any(
            all(abs(seen - true) <= EDGE_MS for seen, true in zip(flag, truth, strict=True))
            for truth in shown
        )
    assert place.verify_manifest() == []
    return telemetry


def replay(page: Page, telemetry: dict[str, Any], url: str) -> None:
    """As an admin: find the interview by its flag, open it, and jump to the flag."""
    page.goto(f"{url}/admin/sessions?kind=no_face")
    page.get_by_role("link", name=re.compile("Open|Mei Tanaka")).first.click()
    page.wait_for_function("() => document.querySelector('video').readyState >= 1")
    duration_s = page.evaluate("() => document.querySelector('video').duration")
    assert abs(duration_s * 1000 - telemetry["duration_ms"]) <= 500
    flag = next(flag for flag in telemetry["flags"] if flag["kind"] == "no_face")
    page.locator(f"[data-seek-ms='{flag['start_ms']}']").first.click()
    page.wait_for_function("() => !document.querySelector('video').seeking")
    now_s = page.evaluate("() => document.querySelector('video').currentTime")
    assert abs(now_s * 1000 - flag["start_ms"]) <= 300


def sign_in_as_admin(page: Page) -> None:
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    page.wait_for_url(re.compile("(?<!/login)$"))


@pytest.mark.long
def test_the_whole_chain(
    live_server: LiveServer,
    scene: tuple[tuple[Path, Path], range],
    complaints: Complaints,
    tmp_path: Path,
) -> None:
    camera, hidden = scene
    with chromium(camera, profile=tmp_path / "candidate") as browser:
        page = come_to_the_first_recording(browser, complaints, live_server)
        run_for(page, 2 + hidden.stop // 1000)
        stop_and_accept(page)
        answer_second_question_and_finish(page)
        wait_until_ready(page)
    with live_server.app.app_context():
        interview = the_interview()
        assert interview.state is InterviewState.READY
        assert interview.application.status is ApplicationStatus.INTERVIEWED
        telemetry = check_files(interview, hidden)
    with chromium(profile=tmp_path / "admin") as browser:
        page = open_page(browser, complaints, f"{live_server.url}/login")
        sign_in_as_admin(page)
        replay(page, telemetry, live_server.url)


LOST_MS = 2_000  # what a crash may cost, by the project's own promise


def wait_until_measuring(page: Page, server: LiveServer) -> None:
    """Until some of the answer is measured, so that killing interrupts measuring as well as
    uploading.
    """
    with server.app.app_context():
        for _ in range(100):
            if any(answer.measured_ms > 1_000 for answer in the_interview().answers):
                return
            page.wait_for_timeout(200)
    raise AssertionError("nothing was measured")


def recorded_twice(page: Page, server: LiveServer) -> int:
    """One answer with the server killed and the page reloaded on the way. Gives its length at the
    reload.
    """
    run_for(page, 6)
    wait_until_measuring(page, server)
    server.kill()
    run_for(page, 10)
    server.start()
    run_for(page, 14)
    page.reload()
    sees_state(page, "interrupted")
    press(page, "Go on with this answer")
    sees_state(page, "recording")
    run_for(page, 4)
    return 14_000


@pytest.mark.long
@pytest.mark.logs_errors
def test_a_killed_server_and_a_reloaded_page_lose_next_to_nothing(
    live_server: LiveServer,
    scene: tuple[tuple[Path, Path], range],
    complaints: Complaints,
    tmp_path: Path,
) -> None:
    complaints.expected = ("Failed to load resource", "htmx:", "Failed to fetch", "ERR_CONNECTION")
    with chromium(scene[0], profile=tmp_path / "candidate") as browser:
        page = come_to_the_first_recording(browser, complaints, live_server)
        before_reload_ms = recorded_twice(page, live_server)
        stop_and_accept(page)
        answer_second_question_and_finish(page)
        wait_until_ready(page)
    with live_server.app.app_context():
        check_what_is_left(the_interview(), before_reload_ms)


def check_what_is_left(interview: InterviewSession, before_reload_ms: int) -> None:
    first, second, last = interview.answers
    telemetry = json.loads(recording(interview).telemetry_path.read_text())
    times = telemetry["face"]["t_ms"]
    lost_ms = (first.recorded_ms or 0) - (first.duration_ms or 0)
    drawn_ms = sum(
        gap["end_ms"] - gap["start_ms"]
        for gap in telemetry["gaps"]
        if gap["cause"] == "interrupted"
    )

    assert [(a.question_position, a.take, a.part) for a in interview.answers] == [
        (1, 1, 1),
        (1, 1, 2),
        (2, 1, 1),
    ]
    assert (first.duration_ms or 0) >= before_reload_ms - LOST_MS
    assert lost_ms <= LOST_MS
    assert drawn_ms == (lost_ms if lost_ms >= 500 else 0)
    assert times == sorted(set(times))  # nothing measured twice
    assert (
        len(times)
        >= 0.9 * (first.duration_ms + (second.duration_ms or 0) + (last.duration_ms or 0)) / 200
    )
