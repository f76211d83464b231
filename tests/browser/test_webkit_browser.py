"""The candidate's whole way in WebKitGTK, the nearest to Safari that a test can have: as it should
be, and where the browser says that it records and delivers nothing.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from factories import PASSWORD
from papers import pdf
from servers import LiveServer
from webkit import WebKit, walk

from capture.media.container import Media, probe, sounds
from portal.extensions import db
from portal.forms.robot_defence import SOONEST_MS
from portal.interviews import answer_path, recording
from portal.models import Answer, AnswerState, InterviewSession, InterviewState, User

pytestmark = pytest.mark.webkit

SAID_S = (5, 3)  # how long each question is answered
# stopped on a busy machine, WebKit does not wait for pieces that its encoder still has
LOST_MAX_MS = 2_000
EDGE_MS = 700  # how exactly a length is known
READY_WITHIN_S = 90
TOLD_WITHIN_S = 8  # three seconds without bytes, and a busy machine of two cores


@dataclass
class Walker:
    """A candidate in front of this browser."""

    browser: WebKit
    server: LiveServer
    email: str

    def registers_and_applies(self, document: bytes | None = None) -> None:
        browser = self.browser
        browser.open(f"{self.server.url}/jobs")
        browser.press("Data engineer")
        browser.press("Apply")
        browser.sees("Please sign in first")  # the page before has a link of that name, too
        browser.press("Register")
        browser.fill("Full name", "Mei Tanaka")
        browser.fill("E-mail", self.email)
        browser.fill("Password", PASSWORD)
        time.sleep(SOONEST_MS / 1000)  # as long as the quickest person takes
        browser.press("Create account")
        browser.sees("Look into your mail")
        browser.press("Sign in")
        browser.fill("Password", PASSWORD)
        browser.press("Sign in")
        browser.fill("Where you live", "Porto")
        browser.press("Save and go on")
        browser.press("Go on where you were")
        resume = browser.folder / "mei.pdf"
        resume.write_bytes(document or pdf())
        browser.choose_file("Résumé", resume)
        browser.press("Send application")

    def consents(self) -> None:
        self.browser.press("Record your interview")
        self.browser.tick("Record my answers")
        self.browser.tick("Measure picture and sound")
        self.browser.press("Continue to the device check")

    def comes_to_the_check(self) -> None:
        self.registers_and_applies()
        self.consents()
        self.browser.press("Start the check")

    def state(self) -> str:
        return self.browser.value("document.querySelector('#room')?.dataset.state")

    def records(self) -> bool:
        """Whether it records; presses what is to be pressed before."""
        if self.state() == "ready":
            self.browser.press_if_there("Show the question")
        return self.state() == "recording"

    def answers(self, seconds: int) -> None:
        self.browser.until(self.records, "the state “recording”")
        time.sleep(seconds)
        self.browser.press("Stop and play back")
        self.browser.until(lambda: self.state() == "review", "the state “review”")

    def plays_back(self) -> None:
        """What was just recorded has a picture and runs."""
        video = "document.querySelector('[data-playback]')"
        self.browser.until(
            lambda: self.browser.value(f"{video}.readyState >= 1"), "the answer, from the server"
        )
        self.browser.driver.execute_script(f"{video}.play()")
        runs = f"{video}.videoWidth === 640 && {video}.currentTime > 1"
        self.browser.until(lambda: self.browser.value(runs), "the answer played back")

    def interview(self) -> InterviewSession:
        db.session.rollback()
        user = db.session.scalars(db.select(User).filter_by(email=self.email)).one()
        return user.applications[0].interview


def whole_way(server: LiveServer) -> Callable[[WebKit], Walker]:
    def way(browser: WebKit) -> Walker:
        candidate = Walker(browser, server, f"{browser.folder.name}@example.org")
        candidate.comes_to_the_check()
        browser.sees("You are ready.")
        browser.press("Go to the questions")
        candidate.answers(SAID_S[0])
        candidate.plays_back()
        browser.press("Save and continue")
        candidate.answers(SAID_S[1])
        browser.press("Save and continue")
        browser.press("Finish the interview")
        browser.sees("Everything is saved and complete", READY_WITHIN_S)
        assert browser.driver.current_url.endswith("/receipt")
        return candidate

    return way


def undecodable(path: Path) -> list[int]:
    """The times of packets from which neither a picture nor sound comes."""
    with Media(path, "mp4") as media:
        decode = {
            media.video.index: media.pictures,
            media.audio.index if media.audio else None: sounds,
        }
        return [
            packet.pts or 0 for packet in media.packets() if not decode[packet.stream_index](packet)
        ]


def check_answer(answer: Answer, said_s: int) -> int:
    """It is H.264 and AAC, all of it comes out again, and what is missing is known. Gives what is
    missing, in ms.
    """
    path, media = answer_path(answer), probe(answer_path(answer))
    assert answer.state is AnswerState.READY
    assert (media.container, media.video_codec, media.audio_codec) == ("mp4", "h264", "aac")
    assert media.duration_ms >= said_s * 1000 - LOST_MAX_MS
    assert undecodable(path) == []
    assert (answer.measured_ms or 0) >= media.duration_ms - EDGE_MS
    assert abs((answer.duration_ms or 0) - media.duration_ms) <= EDGE_MS
    return (answer.recorded_ms or 0) - (answer.duration_ms or 0)


def check_film(interview: InterviewSession, missing_ms: list[int]) -> None:
    place = recording(interview)
    film = probe(place.recording_path)
    telemetry = json.loads(place.telemetry_path.read_text())
    gaps_ms = [
        gap["end_ms"] - gap["start_ms"]
        for gap in telemetry["gaps"]
        if gap["cause"] == "interrupted"
    ]
    assert (film.video_codec, film.audio_codec) == ("h264", "aac")
    assert (
        abs(film.duration_ms - sum(answer.recorded_ms or 0 for answer in interview.answers))
        <= 2 * EDGE_MS
    )
    assert gaps_ms == [ms for ms in missing_ms if ms >= 500]
    assert place.verify_manifest() == []


@pytest.mark.long
def test_webkit_walks_the_whole_way_and_both_answers_play_whole(
    live_server: LiveServer, tmp_path: Path
) -> None:
    candidate = walk(tmp_path, whole_way(live_server))
    with live_server.app.app_context():
        interview = candidate.interview()
        assert interview.state is InterviewState.READY
        missing_ms = [check_answer(*pair) for pair in zip(interview.answers, SAID_S, strict=True)]
        check_film(interview, missing_ms)


def records_nothing(candidate: Walker) -> None:
    """In the room, whatever the check said: trouble is named within seconds, and nothing is called
    saved meanwhile.
    """
    browser = candidate.browser
    browser.open(browser.driver.current_url.replace("/check", "/room"))
    browser.until(candidate.records, "the state “recording”")
    began = time.monotonic()
    while candidate.state() == "recording":
        assert browser.value("document.querySelector('[data-text=saved]').textContent").startswith(
            ("–", "0 of")
        )
        assert "saved" not in browser.text().lower()
        assert time.monotonic() - began <= TOLD_WITHIN_S
    browser.sees("This browser delivers no recording")
    assert "saved" not in browser.text().lower()


@pytest.mark.long
def test_without_an_encoder_the_check_says_that_nothing_came_and_the_room_saves_nothing(
    live_server: LiveServer, tmp_path: Path
) -> None:
    def way(browser: WebKit) -> Walker:
        candidate = Walker(browser, live_server, f"{browser.folder.name}@example.org")
        candidate.comes_to_the_check()
        browser.sees("Something needs you")
        assert "This browser delivers no recording" in browser.text()
        assert "Go to the questions" not in browser.text()
        records_nothing(candidate)
        browser.press("Try again")
        browser.until(
            lambda: candidate.state() in {"ready", "shown", "thinking"}, "the question again"
        )
        browser.sees("You have 2 takes.")
        assert "Finish the interview" not in browser.text()
        return candidate

    candidate = walk(tmp_path, way, has_encoder=False)
    with live_server.app.app_context():
        interview = candidate.interview()
        assert interview.state is InterviewState.RECORDING
        assert [
            answer.state
            for answer in interview.answers
            if answer.state is not AnswerState.RECORDING
        ] == []


@pytest.mark.long
def test_without_any_device_the_check_says_so_and_the_focus_is_not_lost(
    live_server: LiveServer, tmp_path: Path
) -> None:
    def way(browser: WebKit) -> None:
        candidate = Walker(browser, live_server, f"{browser.folder.name}@example.org")
        candidate.comes_to_the_check()
        browser.sees("No camera and no microphone were found")
        browser.sees("Something needs you")
        focused = "document.activeElement.textContent"
        browser.until(lambda: browser.value(focused) == "Check again", "the focus on “Check again”")
        browser.press("Check again")
        browser.sees("Something needs you")
        browser.until(
            lambda: browser.value(focused) == "Check again", "the focus on “Check again” once more"
        )

    walk(tmp_path, way, has_devices=False)


@pytest.mark.long
def test_a_wrong_file_keeps_the_focus_where_it_is_chosen(
    live_server: LiveServer, tmp_path: Path
) -> None:
    def way(browser: WebKit) -> None:
        candidate = Walker(browser, live_server, f"{browser.folder.name}@example.org")
        candidate.registers_and_applies(b"no document at all")
        browser.sees("Nothing was sent yet")
        browser.until(
            lambda: browser.value("document.activeElement.type") == "file", "the focus on the file"
        )

    walk(tmp_path, way)


def test_a_crash_of_a_page_process_is_told_from_a_page_that_fails(tmp_path: Path) -> None:
    walked = []

    def way(browser: WebKit) -> None:
        walked.append(browser)
        browser.open("about:blank")
        if len(walked) == 1:
            browser.kill_pages()
        browser.until(lambda: False, "nothing", within_s=0)

    with pytest.raises(AssertionError, match="nothing"):
        walk(tmp_path, way)
    assert len(walked) == 2
