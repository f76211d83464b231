"""How questions are shown: each when its candidate wants it; its clock runs from then on, whatever
the page does.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from browsing import ALLOW_CAMERA, Candidate, chromium
from playwright.sync_api import Playwright, Route, expect
from servers import LiveServer

from capture.film import joining
from capture.media.container import probe
from portal.extensions import db
from portal.interviews import answer_path
from portal.models import Answer, InterviewSession

pytestmark = pytest.mark.browser

UPRIGHT = (480, 640)


def thinks(candidate: Candidate, think_ms: int) -> None:
    """In the room, with so much time to think about the first question."""
    with candidate.server.app.app_context():
        interview = db.session.get_one(InterviewSession, candidate.interview_id)
        interview.application.job.questions[0].think_ms = think_ms
        db.session.commit()
    candidate.consent()
    candidate.enter_room()


def seconds_left(candidate: Candidate) -> int:
    minutes, seconds = candidate.page.locator("[data-text=clock]").inner_text().split(":")
    return 60 * int(minutes) + int(seconds)


def test_a_reload_gives_no_time_to_think_back(candidate: Candidate) -> None:
    thinks(candidate, 90_000)
    candidate.press("Show the question")
    candidate.sees_state("thinking")
    candidate.page.wait_for_timeout(3_000)
    before = seconds_left(candidate)
    candidate.page.reload()
    candidate.sees_state("thinking")
    candidate.sees("Question number 1?")
    assert seconds_left(candidate) <= before <= 88


@pytest.mark.long
def test_nobody_is_recorded_who_comes_back_after_the_time_to_think(candidate: Candidate) -> None:
    thinks(candidate, 3_000)
    candidate.press("Show the question")
    candidate.sees_state("thinking")
    candidate.page.goto("about:blank")
    candidate.page.wait_for_timeout(4_000)
    candidate.page.goto(candidate.url("room"))
    candidate.sees_state("shown")
    candidate.sees("Your time to think is over")
    candidate.page.wait_for_timeout(2_000)
    assert candidate.answers() == []
    candidate.press("Start my answer now")
    candidate.sees_state("recording")


@pytest.mark.long
def test_without_a_connection_the_question_waits_and_so_does_its_clock(
    candidate: Candidate,
) -> None:
    thinks(candidate, 60_000)
    assert "Question number 1?" not in candidate.page.content()
    candidate.context.set_offline(True)
    candidate.press("Show the question")
    candidate.sees("No connection")
    candidate.sees("Your time to think starts when you see it")
    candidate.page.wait_for_timeout(5_000)
    candidate.context.set_offline(False)
    candidate.sees_state("thinking")
    assert seconds_left(candidate) >= 57


@pytest.mark.long
def test_nobody_is_recorded_at_the_first_sight_of_a_question_whose_reply_was_late(
    candidate: Candidate,
) -> None:
    """The server has shown it, the reply was lost, and the line came back when the time to think
    was over.
    """
    thinks(candidate, 2_000)
    began_s = time.monotonic()

    def lose_replies(route: Route) -> None:
        reply = route.fetch()
        if time.monotonic() - began_s < 4:
            route.abort()
        else:
            route.fulfill(response=reply)

    candidate.page.route("**/release", lose_replies)
    candidate.press("Show the question")
    candidate.sees_state("shown")
    candidate.sees("Question number 1?")
    candidate.page.wait_for_timeout(1_500)
    assert candidate.answers() == []


def test_a_question_without_time_to_think_says_so_and_is_recorded_at_once(
    candidate: Candidate,
) -> None:
    thinks(candidate, 0)
    candidate.sees("Recording starts as soon as you see the question, for up to 1:00 min")
    candidate.press("Show the question")
    candidate.sees_state("recording")


def upright_camera(folder: Path) -> Path:
    """Red above, blue below."""
    picture = np.full((UPRIGHT[1], UPRIGHT[0], 3), 90, np.uint8)
    picture[:160], picture[-160:] = (220, 0, 0), (0, 0, 220)
    path = folder / "upright.mjpeg"
    with av.open(path, "w", format="mjpeg") as output:
        stream = output.add_stream("mjpeg", rate=30, options={"q:v": "4"})
        stream.width, stream.height, stream.pix_fmt = *UPRIGHT, "yuvj420p"
        for _ in range(30):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return path


@pytest.fixture
def upright(server: LiveServer, playwright: Playwright, tmp_path: Path) -> Iterator[Candidate]:
    """Somebody with a phone that is held upright."""
    browser = chromium(
        playwright, ALLOW_CAMERA, f"--use-file-for-fake-video-capture={upright_camera(tmp_path)}"
    )
    candidate = Candidate(server, browser)
    candidate.page.set_viewport_size({"width": 390, "height": 844})
    yield candidate
    browser.close()


@pytest.mark.long
def test_an_upright_camera_gives_an_upright_film(upright: Candidate, tmp_path: Path) -> None:
    upright.starts_answering()
    expect(upright.page.locator("[data-stage]")).to_have_attribute("data-upright", "")
    stop = upright.page.get_by_role("button", name="Stop and play back").bounding_box()
    assert stop["y"] + stop["height"] <= 844  # in view without scrolling
    upright.runs_for(2)
    upright.press("Stop and play back")
    upright.sees("saved 00:0")
    [answer] = upright.answers()
    with upright.server.app.app_context():
        path = answer_path(db.session.get_one(Answer, answer.id))
    made = joining.normalise(path, tmp_path / "film.mp4", "mp4")
    assert (probe(path).width, probe(path).height) == (made.width, made.height) == UPRIGHT
    with av.open(made.path) as opened:
        picture = next(opened.decode(video=0)).to_ndarray(format="rgb24")
    assert picture[:100].mean(axis=(0, 1)).argmax() == 0
    assert picture[-100:].mean(axis=(0, 1)).argmax() == 2
