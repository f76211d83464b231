"""Claims on work: one process at a time, again after a crash, and no result under an old fence."""

from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from interview_steps import begin_interview, clip_bytes, record_answer, send_bytes, start_answer

from portal import work
from portal.extensions import db
from portal.interviews import flagging, measuring
from portal.models import (
    Answer,
    AnswerState,
    Application,
    InterviewSession,
    utc_now,
)
from portal.work import ClaimLost, Waiting


def test_a_claimed_answer_is_claimed_by_nobody_else(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record_answer(interview, clip_bytes(tmp_path))

    db.session.rollback()

    assert work.next_task(app) is not None
    assert work.next_task(app) is None


def test_work_of_a_process_that_died_is_found_again_when_its_lease_ends(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = record_answer(interview, clip_bytes(tmp_path))
    db.session.rollback()
    assert work.next_task(app) is not None
    db.session.rollback()
    answer.lease_until = utc_now() - timedelta(seconds=1)
    db.session.commit()

    work.work_through(app)

    db.session.rollback()
    assert (answer.state, answer.fence) == (AnswerState.READY, 2)


def two_without_a_result(interview: InterviewSession, folder: Path) -> list[Answer]:
    """Two answers that were taken up once, and came to nothing."""
    answers = [
        record_answer(interview, clip_bytes(folder), question=question) for question in (1, 2)
    ]
    for answer in answers:
        answer.attempts = 1
    db.session.commit()
    return answers


def test_what_came_to_no_result_is_tried_again_one_at_a_time(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    """One of them may be what ended the process, and must not use up the others' tries."""
    answers = two_without_a_result(interview, tmp_path)
    trial = work.next_task(app)
    db.session.rollback()

    assert trial is not None
    assert work.next_task(app) is None
    trial(Event())
    db.session.rollback()
    assert [answer.attempts for answer in answers] == [2, 1]
    db.session.rollback()
    assert work.next_task(app) is not None


def test_two_processes_that_both_see_no_trial_begin_one(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    seen = [Waiting.of(answer) for answer in two_without_a_result(interview, tmp_path)]
    db.session.rollback()

    assert [waiting.claim(app) is not None for waiting in seen] == [True, False]


def test_a_trial_ends_when_all_that_came_was_read(
    app: Flask, application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its candidate may be offline for long; others that were interrupted with it must not wait for
    that.
    """
    answer = start_answer(begin_interview(application, analyse=True))
    send_bytes(answer, clip_bytes(tmp_path)[:5000])
    answer.attempts = 1
    db.session.commit()
    trial = work.next_task(app)
    assert trial is not None
    monkeypatch.setattr(measuring, "OUTLIVED_AFTER_S", 0.0)
    measuring.LiveMeasuring(trial.args[0], Event()).heartbeat(0)
    db.session.refresh(answer)

    assert answer.attempts == 0


def test_whole_answers_come_before_those_that_still_grow(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    interview = begin_interview(application, analyse=True)
    send_bytes(start_answer(interview, question=1), clip_bytes(tmp_path)[:5000])
    whole = record_answer(interview, clip_bytes(tmp_path), question=2).id
    db.session.rollback()
    job = work.next_task(app)

    assert job is not None
    assert job.args[0].row_id == whole


def test_what_was_never_tried_does_not_wait_for_a_trial(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record_answer(interview, clip_bytes(tmp_path), question=1).attempts = 1
    db.session.commit()
    assert work.next_task(app) is not None
    record_answer(interview, clip_bytes(tmp_path), question=2)
    db.session.rollback()

    assert work.next_task(app) is not None


def test_a_result_with_an_old_fence_is_not_written(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = record_answer(interview, clip_bytes(tmp_path))
    db.session.rollback()
    job = work.next_task(app)
    held = job.args[0]
    db.session.rollback()
    answer.fence += 1  # as if another process had taken it
    db.session.commit()

    db.session.rollback()
    assert held.write(keep=False, state=AnswerState.READY) is False
    db.session.rollback()
    assert answer.state is AnswerState.RECEIVED


def test_who_slept_while_another_process_finished_is_told_before_it_writes(
    app: Flask, interview: InterviewSession
) -> None:
    waiting = Waiting.of(interview)
    db.session.rollback()
    sleeper = waiting.claim(app)
    assert sleeper is not None
    sleeper.confirm()
    interview.fence += 1
    db.session.commit()

    with pytest.raises(ClaimLost):
        sleeper.confirm()


def test_tries_without_a_result_end_in_failed_with_a_reason(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = record_answer(interview, clip_bytes(tmp_path))
    answer.attempts = 6
    db.session.commit()

    work.work_through(app)

    db.session.rollback()
    assert answer.state is AnswerState.FAILED
    assert "several tries" in answer.failure


def test_an_older_result_never_overwrites_newer_flags(
    app: Flask, interview: InterviewSession
) -> None:
    version, interview_id = interview.flags_version, interview.id
    db.session.rollback()
    assert flagging.refresh_flags(app, interview_id)

    assert flagging._store_flags(interview_id, version, []) is False
