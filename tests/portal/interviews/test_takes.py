"""Which take of a question counts: the newest of which something can be used. A slip loses no
answer that is here.
"""

from pathlib import Path

import pytest
from acting import interviews
from clips import head_of, unreadable
from flask import Flask
from interview_steps import begin_interview, clip_bytes, record_answer, send_bytes, start_answer

from capture.media.signature import is_head_alone
from portal import work
from portal.extensions import db
from portal.interviews import notes_by_question
from portal.models import AnswerState, Application, InterviewSession, InterviewState


@pytest.fixture
def interview(application: Application) -> InterviewSession:
    return begin_interview(application)


def ended(app: Flask, interview: InterviewSession) -> InterviewSession:
    interviews.finish(interview)
    work.work_through(app)
    db.session.rollback()
    return interview


@pytest.mark.parametrize("container", ["mp4", "webm"])
def test_the_head_of_a_file_alone_is_told_from_one_with_pictures(
    tmp_path: Path, container: str
) -> None:
    whole, head = clip_bytes(tmp_path, container=container), tmp_path / "head"
    head.write_bytes(head_of(whole))
    assert is_head_alone(head)
    for size in (len(head_of(whole)) + 64, len(whole)):
        head.write_bytes(whole[:size])
        assert not is_head_alone(head)


def test_what_is_no_video_at_all_is_not_taken_for_a_head(tmp_path: Path) -> None:
    for number, before in enumerate((b"", head_of(clip_bytes(tmp_path)))):
        text = tmp_path / f"text-{number}"
        text.write_bytes(before + b"What somebody said, written down.")
        assert not is_head_alone(text)


def test_a_take_that_ended_before_its_first_picture_uses_nothing_and_the_one_before_counts(
    interview: InterviewSession, tmp_path: Path
) -> None:
    first = record_answer(interview, clip_bytes(tmp_path))
    slip = start_answer(interview)
    path = interviews.answer_path(slip)
    send_bytes(slip, head_of(clip_bytes(tmp_path)))

    assert interviews.complete_answer(slip, path.stat().st_size, 300) is None

    db.session.refresh(interview)
    assert [answer.id for answer in interview.kept_answers()] == [first.id]
    assert not path.exists()
    assert start_answer(interview).take == 2  # it is free again


def test_a_take_that_cannot_be_used_leaves_the_one_before_in_the_recording(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    whole = clip_bytes(tmp_path)
    record_answer(interview, whole)
    broken = record_answer(interview, unreadable(whole))
    record_answer(interview, whole, question=2)

    ended(app, interview)

    assert interview.state is InterviewState.READY
    assert [(answer.question_position, answer.take) for answer in interview.kept_answers()] == [
        (1, 1),
        (2, 1),
    ]
    assert all(answer.state is AnswerState.READY for answer in interview.kept_answers())
    assert interviews.answer_path(broken).read_bytes() == unreadable(whole)  # kept as it came
    assert (
        "Take 2 could not be used. Its file is kept; this is take 1."
        in notes_by_question(interview)[1]
    )


def test_where_no_take_can_be_used_the_newest_is_named(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    whole = clip_bytes(tmp_path)
    for _ in range(2):
        record_answer(interview, unreadable(whole))
    record_answer(interview, whole, question=2)

    ended(app, interview)

    assert next((answer.take, answer.state) for answer in interview.kept_answers()) == (
        2,
        AnswerState.FAILED,
    )
