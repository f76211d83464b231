"""The background work of an interview: one process at a time does it, another one does it again
after a crash, and the recording never suffers from it.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from acting import interviews
from clips import unreadable
from flask import Flask
from interview_steps import (
    begin_interview,
    clip_bytes,
    record_answer,
    record_whole_interview,
    send_bytes,
    start_answer,
)

from capture.media.container import probe
from capture.store import telemetry
from portal import work
from portal.config import keep_settings, settings
from portal.extensions import db
from portal.interviews import flagging
from portal.interviews.measuring import GIVEN_UP
from portal.models import (
    AnswerState,
    Application,
    InterviewSession,
    InterviewState,
)
from portal.work import Waiting

pytestmark = pytest.mark.film


def test_an_unreadable_answer_fails_alone_and_the_rest_becomes_the_film(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record_answer(interview, unreadable(clip_bytes(tmp_path)), question=1)
    record_answer(interview, clip_bytes(tmp_path), question=2)
    db.session.rollback()
    interviews.finish(interview)
    work.work_through(app)
    db.session.rollback()

    assert [answer.state for answer in interview.answers] == [AnswerState.FAILED, AnswerState.READY]
    assert interview.answers[0].failure
    assert interview.state is InterviewState.READY


@pytest.fixture
def without_model(app: Flask) -> None:
    keep_settings(app, replace(settings(app), face_model=Path("/nowhere/face.task")))


@pytest.mark.usefixtures("without_model")
def test_a_recording_is_kept_and_joined_even_where_it_cannot_be_measured(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    interview = record_whole_interview(app, begin_interview(application, analyse=True), tmp_path)
    measured, flags = telemetry.read(interviews.recording(interview).telemetry_path)

    assert interview.state is InterviewState.READY
    assert all(answer.failure for answer in interview.answers)
    assert {gap.cause for gap in measured.gaps} == {"not_measured"}
    assert not [flag for flag in flags if flag.kind != "recording_gap"]


@pytest.mark.usefixtures("without_model")
def test_measuring_that_fails_never_ends_a_recording(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    interview = begin_interview(application, analyse=True)
    answer, data = start_answer(interview), clip_bytes(tmp_path)
    send_bytes(answer, data[:5000])
    work.work_through(app)
    db.session.rollback()

    assert answer.state is AnswerState.RECORDING
    assert work.next_task(app) is None
    interviews.receive(answer, 5000, data[5000:], None)
    assert interviews.complete_answer(answer, len(data), None) is answer


def test_what_crashes_measuring_again_and_again_is_still_made_into_film(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    answer = record_answer(begin_interview(application, analyse=True), clip_bytes(tmp_path))
    answer.attempts = 3  # as three processes that died while measuring leave it
    db.session.commit()

    work.work_through(app)

    db.session.rollback()
    assert (answer.state, answer.measured_ms) == (AnswerState.READY, 0)
    assert answer.failure == GIVEN_UP


def test_whoever_measures_what_was_taken_back_can_write_nothing(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = start_answer(interview)
    send_bytes(answer, clip_bytes(tmp_path))
    waiting = Waiting.of(answer)
    db.session.rollback()
    held = waiting.claim(app)
    assert held is not None
    interviews.discard_upload(answer)
    db.session.rollback()

    assert held.write(keep=False, state=AnswerState.READY) is False


def test_an_interview_that_cannot_become_a_film_still_has_its_flags(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    interview = begin_interview(application, analyse=True)
    for question in (1, 2):
        answer = record_answer(interview, clip_bytes(tmp_path), question=question)
        interviews.report_events(answer, [{"kind": "paste", "t_ms": 100, "characters": 40}])
    db.session.rollback()
    work.work_through(app)
    interviews.recording(interview).normalised_path(1, 1, 1).write_bytes(b"no film")
    flagging.replace_flags(interview.id, [])
    db.session.commit()
    interviews.finish(interview)
    work.work_through(app)

    db.session.expire_all()
    assert interview.state is InterviewState.FAILED
    assert [flag.kind for flag in interview.flags] == ["paste", "paste"]


def test_a_failed_interview_can_be_tried_again(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record_whole_interview(app, interview, tmp_path)
    interview.state, interview.failure = InterviewState.FAILED, "the disk was full"
    interview.answers[0].state = AnswerState.FAILED
    db.session.commit()

    interviews.retry(interview)
    work.work_through(app)

    db.session.rollback()
    assert interview.state is InterviewState.READY
    assert interview.failure == ""


def test_a_ready_interview_that_lacks_an_answer_is_made_again_with_it(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    lost = record_answer(interview, clip_bytes(tmp_path), question=1)
    lost.state, lost.failure = AnswerState.FAILED, "Given up after several tries."
    record_answer(interview, clip_bytes(tmp_path), question=2)
    db.session.rollback()
    lost.state, lost.failure = AnswerState.FAILED, "Given up after several tries."
    db.session.commit()
    interviews.finish(interview)
    work.work_through(app)
    db.session.rollback()
    place = interviews.recording(interview)
    assert interview.state is InterviewState.READY
    short_ms = probe(place.recording_path).duration_ms

    interviews.retry(interview)
    work.work_through(app)

    db.session.rollback()
    assert (interview.state, lost.state, lost.failure) == (
        InterviewState.READY,
        AnswerState.READY,
        "",
    )
    assert probe(place.recording_path).duration_ms >= 2 * short_ms - 200
    assert [span.question for span in telemetry.read(place.telemetry_path)[0].answers] == [1, 2]
    assert place.verify_manifest() == []
    with pytest.raises(interviews.InterviewError, match="no answer is missing"):
        interviews.retry(interview)
