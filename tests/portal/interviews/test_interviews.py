"""Interviews: which step is allowed when, and what the portal says where one is not."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from acting import interviews
from factories import make_application, make_job
from flask import Flask
from interview_steps import (
    TAB,
    begin_interview,
    clip_bytes,
    record_answer,
    record_whole_interview,
    send_bytes,
    start_answer,
)

from portal import tus
from portal.config import keep_settings, settings
from portal.extensions import db
from portal.interviews import receiving
from portal.interviews.measuring import refresh_flags
from portal.models import (
    AnswerState,
    Application,
    InterviewSession,
    InterviewState,
    JobStatus,
    User,
    utc_now,
)


def test_an_application_has_one_interview_however_often_it_is_opened(
    application: Application,
) -> None:
    assert interviews.open_interview(application) is interviews.open_interview(application)


def test_a_job_without_questions_has_no_interview(alice: User) -> None:
    with pytest.raises(interviews.NotInterviewable, match="no recorded interview"):
        interviews.open_interview(make_application(alice, make_job(questions=0)))


def test_a_closed_job_begins_no_interview(application: Application) -> None:
    application.job.status = JobStatus.CLOSED

    with pytest.raises(interviews.NotInterviewable, match="closed"):
        interviews.open_interview(application)


def test_refusing_analysis_keeps_the_interview(application: Application) -> None:
    interview = begin_interview(application, analyse=False)

    assert interview.state is InterviewState.RECORDING
    assert not interview.is_analysed


def test_the_first_consent_stands(interview: InterviewSession) -> None:
    interviews.give_consent(interview, analyse=True)

    assert not interview.is_analysed


def test_a_second_tab_is_told_and_may_take_over(interview: InterviewSession) -> None:
    with pytest.raises(interviews.OpenElsewhere):
        interviews.claim_seat(interview, "another-tab")
    interviews.claim_seat(interview, "another-tab", take_over=True)

    with pytest.raises(interviews.OpenElsewhere):
        interviews.claim_seat(interview, TAB)


def test_a_seat_that_was_left_is_free(interview: InterviewSession) -> None:
    interview.holder_seen_at = utc_now() - timedelta(seconds=16)
    db.session.commit()

    interviews.claim_seat(interview, "another-tab")

    assert interview.holder == "another-tab"


def test_an_answer_with_bytes_missing_is_not_complete(
    interview: InterviewSession, tmp_path: Path
) -> None:
    answer = start_answer(interview)
    data = clip_bytes(tmp_path)
    send_bytes(answer, data[:1000])

    with pytest.raises(interviews.BytesMissing) as caught:
        interviews.complete_answer(answer, len(data), 2000)
    assert caught.value.offset == 1000
    assert answer.state is AnswerState.RECORDING


def test_an_answer_that_never_received_anything_uses_no_take(interview: InterviewSession) -> None:
    assert interviews.complete_answer(start_answer(interview), 0, 0) is None
    assert start_answer(interview).take == 1


def test_takes_run_out(interview: InterviewSession, tmp_path: Path) -> None:
    for _ in range(2):
        record_answer(interview, clip_bytes(tmp_path))

    with pytest.raises(interviews.NoTakesLeft):
        start_answer(interview)


def test_an_interrupted_answer_goes_on_in_a_further_part(
    interview: InterviewSession, tmp_path: Path
) -> None:
    first = record_answer(interview, clip_bytes(tmp_path), recorded_ms=10_000)

    second = start_answer(interview, continues=first.id)

    assert (second.take, second.part) == (1, 2)
    assert second.limit_ms == 50_000


def test_a_file_of_another_kind_is_refused(interview: InterviewSession) -> None:
    answer = start_answer(interview)

    with pytest.raises(Exception, match=r"not|announced") as caught:
        send_bytes(answer, b"#EXTM3U\nfile:///etc/passwd\n" * 10)
    assert caught.value.status == 415
    assert not interviews.answer_path(answer).exists()


def test_finishing_names_the_question_that_has_no_answer(
    interview: InterviewSession, tmp_path: Path
) -> None:
    record_answer(interview, clip_bytes(tmp_path), question=1)
    db.session.rollback()

    with pytest.raises(interviews.AnswersMissing, match="Question 2"):
        interviews.finish(interview)


def test_page_events_are_kept_once_and_only_with_consent(
    application: Application, bob: User
) -> None:
    event = {"kind": "tab_hidden", "t_ms": 500, "until_ms": 900}
    answer = start_answer(begin_interview(application, analyse=True))
    refused = start_answer(
        begin_interview(make_application(bob, make_job(questions=1)), analyse=False)
    )

    assert (
        interviews.report_events(answer, [event])
        == interviews.report_events(answer, [event, event])
        == 1
    )
    assert interviews.report_events(refused, [event]) == 0


def test_a_paste_reaches_the_reviewer_with_its_length_unless_its_rule_is_off(
    app: Flask, application: Application
) -> None:
    interview = begin_interview(application, analyse=True)
    answer = start_answer(interview)
    interviews.report_events(answer, [{"kind": "paste", "t_ms": 100, "characters": 240}])

    interview_id = interview.id
    db.session.rollback()
    refresh_flags(app, interview_id)
    db.session.refresh(interview)
    assert [(flag.kind, flag.measured, flag.unit) for flag in interview.flags] == [
        ("paste", 240, "characters")
    ]

    keep_settings(app, replace(settings(app), rules_off=frozenset({"paste"})))
    db.session.rollback()
    refresh_flags(app, interview_id)
    db.session.refresh(interview)
    assert interview.flags == []


def test_a_question_that_was_asked_twice_for_one_answer_makes_one(
    interview: InterviewSession,
) -> None:
    assert start_answer(interview) is start_answer(interview)  # the first reply was lost on the way


def test_an_upload_that_was_taken_back_leaves_nothing_and_keeps_its_take_used(
    interview: InterviewSession, tmp_path: Path
) -> None:
    answer = start_answer(interview)
    send_bytes(answer, clip_bytes(tmp_path))
    place = interviews.recording(interview)
    log = place.observations_path(1, 1, 1)
    log.write_text('{"t_ms":0,"count":7}\n')

    interviews.discard_upload(answer)

    assert not log.exists()
    assert start_answer(interview).take == 2
    assert [kept.take for kept in interview.kept_answers()] == [2]


def test_an_answer_takes_no_more_bytes_than_its_time_allows(
    interview: InterviewSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "SLACK_BYTES", 1_000)
    answer = start_answer(interview)
    answer.limit_ms = 5

    with pytest.raises(tus.Refused) as caught:
        send_bytes(answer, clip_bytes(tmp_path))
    assert caught.value.status == 413


def test_running_answers_stop_before_the_disk_is_full(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = start_answer(interview)
    keep_settings(app, replace(settings(app), disk_floor_bytes=1 << 60))

    with pytest.raises(tus.NoSpace):
        send_bytes(answer, clip_bytes(tmp_path))
    with pytest.raises(interviews.NoRoom):
        start_answer(interview, question=2)


def test_what_the_page_reports_too_late_changes_no_sealed_result(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    interview = record_whole_interview(app, begin_interview(application, analyse=False), tmp_path)
    interview.consent_analyse_at = utc_now()

    assert interviews.report_events(interview.answers[0], [{"kind": "paste", "t_ms": 1}]) == 0
