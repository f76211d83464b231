"""Hostile and broken recordings sent as answers: what the candidate and the admin are told, while
others go on.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from acting import interviews
from factories import Cast, make_application, sign_in
from flask import Flask
from flask.testing import FlaskClient
from hostile_media import FTYP, HLS, base, repeated, streams
from interview_steps import (
    begin_interview,
    clip_bytes,
    record_answer,
    record_whole_interview,
    send_bytes,
    start_answer,
)
from media_boxes import rewritten

from portal import tus, work
from portal.extensions import db
from portal.models import AnswerState, Application, InterviewSession, InterviewState

pytestmark = pytest.mark.film

UNUSABLE: dict[str, tuple[Callable[[], bytes], str]] = {
    "text behind a good head": (lambda: FTYP + HLS, "not a readable mp4"),
    "sound alone": (lambda: streams("mp4", sounds=1), "no video track"),
    "an index of 80 million pictures": (
        lambda: rewritten(
            base(), "moof/traf/trun", lambda _: bytes(4) + (80_000_000).to_bytes(4, "big")
        ),
        "claims more",
    ),
    "a thousand pictures a second": (lambda: repeated(5_000, 1), "pictures a second"),
}


@pytest.mark.parametrize(
    "text", [HLS, b"ffconcat version 1.0\n", b"v=0\no=- 0 0 IN IP4 127.0.0.1\n", b"<svg/>"]
)
def test_what_is_no_video_by_its_first_bytes_is_refused_with_415(
    interview: InterviewSession, text: bytes
) -> None:
    answer = start_answer(interview)
    with pytest.raises(tus.Refused) as refused:
        send_bytes(answer, text)
    assert refused.value.status == 415
    assert tus.size(interviews.answer_path(answer)) == 0


@pytest.mark.parametrize(("data", "reason"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_answer_fails_with_its_reason_and_the_other_becomes_the_film(
    app: Flask, application: Application, tmp_path: Path, data: Callable[[], bytes], reason: str
) -> None:
    interview = begin_interview(application, analyse=True)
    bad = record_answer(interview, data())
    good = record_answer(interview, clip_bytes(tmp_path), question=2)
    end(app, interview)

    assert (bad.state, good.state) == (AnswerState.FAILED, AnswerState.READY)
    assert reason in bad.failure
    assert interview.state is InterviewState.READY
    assert interviews.answer_path(bad).read_bytes() == data()  # what was received stays as it is


def test_the_admin_reads_why_an_answer_is_missing(
    app: Flask, client: FlaskClient, cast: Cast, application: Application, tmp_path: Path
) -> None:
    interview = begin_interview(application)
    record_answer(interview, FTYP + HLS)
    record_answer(interview, clip_bytes(tmp_path), question=2)
    end(app, interview)
    page = sign_in(client, cast.ada).get(f"/admin/sessions/{interview.id}")

    assert "Not in the recording: this is not a readable mp4 file" in page.text


def test_an_interview_of_unusable_answers_alone_fails_and_another_becomes_ready(
    app: Flask, client: FlaskClient, cast: Cast, application: Application, tmp_path: Path
) -> None:
    hopeless = begin_interview(application)
    for question in (1, 2):
        record_answer(hopeless, FTYP + HLS, question=question)
    db.session.rollback()
    interviews.finish(hopeless)
    other = record_whole_interview(app, begin_interview(make_application(cast.bob)), tmp_path)
    page = sign_in(client, cast.ada).get(f"/admin/sessions/{hopeless.id}")

    db.session.rollback()
    assert (hopeless.state, other.state) == (InterviewState.FAILED, InterviewState.READY)
    assert "No answer of this interview could be read" in page.text
    assert "this is not a readable mp4 file" in page.text
    assert "The answers are kept as they were received" in " ".join(page.text.split())


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_of_a_cut_answer_the_film_has_what_came_and_the_telemetry_the_gap(
    app: Flask, interview: InterviewSession, tmp_path: Path, share: float
) -> None:
    data = clip_bytes(tmp_path)
    cut = record_answer(interview, data[: round(len(data) * share)], recorded_ms=2_000)
    record_answer(interview, clip_bytes(tmp_path), question=2)
    end(app, interview)

    assert cut.state is AnswerState.READY
    assert cut.damaged_at_ms is not None
    assert interview.state is InterviewState.READY


def end(app: Flask, interview: InterviewSession) -> None:
    """The candidate is done, and so is all work."""
    db.session.rollback()
    interviews.finish(interview)
    work.work_through(app)
    db.session.rollback()
