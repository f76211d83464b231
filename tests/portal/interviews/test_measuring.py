"""The work behind a sitting: one at a time, again after a crash, and never at the recording's cost."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from uuid import UUID

import pytest
from clips import unreadable
from factories import Cast, make_application
from flask import Flask
from sittings import begin, clip_bytes, finished, record, send, start

from capture.media.container import probe
from capture.store import telemetry
from capture.store.recording import ObservationLog, Recording
from capture.types import Observation
from portal import interviews, work
from portal.extensions import db
from portal.interviews import finishing, flagging, measuring, observation_cache, retention
from portal.interviews.retention import Housekeeper
from portal.models import (
    Answer,
    AnswerState,
    Application,
    ApplicationStatus,
    InterviewSession,
    InterviewState,
    User,
    utc_now,
)
from portal.work import ClaimLost, Waiting


def test_finishing_twice_happens_once(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    finished(app, interview, tmp_path)

    assert interviews.finish(interview) is False


def test_a_finished_interview_has_a_film_and_telemetry_of_one_length(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    finished(app, interview, tmp_path)
    place = interviews.recording(interview)
    measured, flags = telemetry.read(place.telemetry_path)

    assert interview.state is InterviewState.READY
    assert interview.result_json_mapping == {
        "video": "recording.mp4",
        "telemetry": "telemetry.json",
    }
    assert interview.application.status is ApplicationStatus.INTERVIEWED
    assert abs(probe(place.recording_path).duration_ms - measured.duration_ms) <= 100
    assert [span.question for span in measured.answers] == [1, 2]
    assert flags == []
    assert interview.av_offset_ms is not None
    # 20 when normalised, 11 on the film's row of sound frames
    assert 0 <= interview.av_offset_ms <= 31


def test_the_manifest_names_every_file_and_nothing_temporary_is_left(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    place = interviews.recording(finished(app, interview, tmp_path))
    listed = set(json.loads(place.manifest_path.read_text()))
    here = {
        path.relative_to(place.folder).as_posix()
        for path in place.folder.rglob("*")
        if path.is_file()
    }

    assert listed | {"manifest.json"} == here
    assert listed >= {"recording.mp4", "telemetry.json", "answers/01-1.mp4", "answers/02-1.mp4"}
    assert place.verify_manifest() == []


def test_the_film_grows_while_the_candidate_still_answers(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    place = interviews.recording(interview)
    record(interview, clip_bytes(tmp_path), question=2)
    work.work_through(app)
    assert pieces_of(place) == ["02-1.normalised.mp4"]

    record(interview, clip_bytes(tmp_path), question=1)
    work.work_through(app)
    assert pieces_of(place) == ["01-1.normalised.mp4", "02-1.normalised.mp4"]
    assert (place.answers / "01-1.mp4.sha256").exists()

    finished(app, interview, tmp_path)  # the same answers again, as further takes
    assert interview.state is InterviewState.READY
    assert place.verify_manifest() == []


def pieces_of(place: Recording) -> list[str]:
    path = place.folder / "film.part.pieces.part"
    return (
        [piece["name"] for piece in json.loads(path.read_text())["pieces"]] if path.exists() else []
    )


def test_a_film_that_a_stuck_process_holds_is_made_without_it(
    app: Flask, interview: InterviewSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finishing, "FILM_WAIT_S", 0.1)
    place = interviews.recording(interview)
    with place.film_held(wait_s=0) as is_ours:
        assert is_ours
        finished(app, interview, tmp_path)

    assert interview.state is InterviewState.READY
    assert probe(place.recording_path).duration_ms > 3_500


def test_nothing_is_added_to_a_film_that_is_being_finished(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    place = interviews.recording(finished(app, interview, tmp_path))
    finishing.work_ahead(app, interview.answers[0].id, Event())

    assert place.verify_manifest() == []
    assert not list(place.folder.glob("film*"))


def test_a_retake_replaces_the_earlier_one_when_the_sitting_ends(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    old = record(interview, clip_bytes(tmp_path), question=1)
    finished(app, interview, tmp_path)

    assert old.state is AnswerState.DISCARDED
    assert not interviews.answer_path(old).exists()


def test_what_the_recorder_ran_longer_than_the_media_is_a_gap(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record(interview, clip_bytes(tmp_path), question=2)
    record(interview, clip_bytes(tmp_path), question=1, recorded_ms=3_500)
    db.session.rollback()
    interviews.finish(interview)
    work.work_through(app)
    measured, flags = telemetry.read(interviews.recording(interview).telemetry_path)

    assert [gap.cause for gap in measured.gaps] == ["interrupted"]
    assert 1_300 <= measured.gaps[0].end_ms - measured.gaps[0].start_ms <= 1_600
    assert [flag.kind for flag in flags] == ["recording_gap"]


def test_a_claimed_answer_is_claimed_by_nobody_else(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record(interview, clip_bytes(tmp_path))

    db.session.rollback()

    assert work.next_task(app) is not None
    assert work.next_task(app) is None


def test_work_of_a_process_that_died_is_found_again_when_its_lease_ends(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = record(interview, clip_bytes(tmp_path))
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
    answers = [record(interview, clip_bytes(folder), question=question) for question in (1, 2)]
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
    answer = start(begin(application, analyse=True))
    send(answer, clip_bytes(tmp_path)[:5000])
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
    interview = begin(application, analyse=True)
    send(start(interview, question=1), clip_bytes(tmp_path)[:5000])
    whole = record(interview, clip_bytes(tmp_path), question=2).id
    db.session.rollback()
    job = work.next_task(app)

    assert job is not None
    assert job.args[0].row_id == whole


def test_what_was_never_tried_does_not_wait_for_a_trial(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record(interview, clip_bytes(tmp_path), question=1).attempts = 1
    db.session.commit()
    assert work.next_task(app) is not None
    record(interview, clip_bytes(tmp_path), question=2)
    db.session.rollback()

    assert work.next_task(app) is not None


def test_a_result_with_an_old_fence_is_not_written(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = record(interview, clip_bytes(tmp_path))
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
    answer = record(interview, clip_bytes(tmp_path))
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


def test_an_unreadable_answer_fails_alone_and_the_rest_becomes_the_film(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record(interview, unreadable(clip_bytes(tmp_path)), question=1)
    record(interview, clip_bytes(tmp_path), question=2)
    db.session.rollback()
    interviews.finish(interview)
    work.work_through(app)
    db.session.rollback()

    assert [answer.state for answer in interview.answers] == [AnswerState.FAILED, AnswerState.READY]
    assert interview.answers[0].failure
    assert interview.state is InterviewState.READY


@pytest.fixture
def without_model(app: Flask) -> None:
    app.config["PORTAL"] = replace(app.config["PORTAL"], face_model=Path("/nowhere/face.task"))


def test_a_recording_is_kept_and_joined_even_where_it_cannot_be_measured(
    app: Flask, without_model: None, application: Application, tmp_path: Path
) -> None:
    interview = finished(app, begin(application, analyse=True), tmp_path)
    measured, flags = telemetry.read(interviews.recording(interview).telemetry_path)

    assert interview.state is InterviewState.READY
    assert all(answer.failure for answer in interview.answers)
    assert {gap.cause for gap in measured.gaps} == {"not_measured"}
    assert not [flag for flag in flags if flag.kind != "recording_gap"]


def test_measuring_that_fails_never_ends_a_recording(
    app: Flask, without_model: None, application: Application, tmp_path: Path
) -> None:
    interview = begin(application, analyse=True)
    answer, data = start(interview), clip_bytes(tmp_path)
    send(answer, data[:5000])
    work.work_through(app)
    db.session.rollback()

    assert answer.state is AnswerState.RECORDING
    assert work.next_task(app) is None
    interviews.receive(answer, 5000, data[5000:], None)
    assert interviews.complete_answer(answer, len(data), None) is answer


def test_what_crashes_measuring_again_and_again_is_still_made_into_film(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    answer = record(begin(application, analyse=True), clip_bytes(tmp_path))
    answer.attempts = 3  # as three processes that died while measuring leave it
    db.session.commit()

    work.work_through(app)

    db.session.rollback()
    assert (answer.state, answer.measured_ms) == (AnswerState.READY, 0)
    assert "3 tries" in answer.failure


def test_whoever_measures_what_was_taken_back_can_write_nothing(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = start(interview)
    send(answer, clip_bytes(tmp_path))
    waiting = Waiting.of(answer)
    db.session.rollback()
    held = waiting.claim(app)
    assert held is not None
    interviews.take_back(answer)
    db.session.rollback()

    assert held.write(keep=False, state=AnswerState.READY) is False


def test_an_interview_that_cannot_become_a_film_still_has_its_flags(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    interview = begin(application, analyse=True)
    for question in (1, 2):
        answer = record(interview, clip_bytes(tmp_path), question=question)
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
    finished(app, interview, tmp_path)
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
    lost = record(interview, clip_bytes(tmp_path), question=1)
    lost.state, lost.failure = AnswerState.FAILED, "Given up after several tries."
    record(interview, clip_bytes(tmp_path), question=2)
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


def test_an_answer_left_a_day_ago_keeps_no_thread_busy(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    answer = start(begin(application, analyse=True))
    send(answer, clip_bytes(tmp_path))
    answer.created_at = utc_now() - timedelta(days=2)
    db.session.commit()

    assert work.next_task(app) is None


def test_old_interviews_are_purged_without_anybody_asking(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    interview.start_time = utc_now() - timedelta(days=181)
    db.session.commit()
    housekeeper = Housekeeper(app)
    job = housekeeper.find_work()
    assert job is not None
    job(Event())

    db.session.rollback()
    assert db.session.query(InterviewSession).count() == 0
    assert housekeeper.find_work() is None


@pytest.mark.logs_errors
def test_one_interview_that_cannot_be_deleted_holds_up_no_other(
    app: Flask, interview: InterviewSession, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, free = interview, begin(make_application(cast.bob))
    cast.ada.leaving_at = utc_now()
    for row in (stuck, free):
        row.start_time = utc_now() - timedelta(days=181)
    db.session.commit()
    stuck_id, ada_id, folder_of, clear_up = (
        stuck.id,
        cast.ada.id,
        retention.folder_of,
        retention.clear_up,
    )
    db.session.rollback()
    broken = {stuck_id: OSError("the folder cannot be read")}

    def failing(interview_id: UUID) -> Recording:
        if interview_id in broken:
            raise broken[interview_id]
        return folder_of(interview_id)

    monkeypatch.setattr(retention, "folder_of", failing)
    monkeypatch.setattr(retention, "clear_up", lambda now: 1 / 0)
    job = Housekeeper(app).find_work()
    assert job is not None
    job(Event())

    db.session.rollback()
    assert [row.id for row in db.session.query(InterviewSession)] == [stuck_id]
    assert db.session.get(User, ada_id) is None
    broken.clear()
    monkeypatch.setattr(retention, "clear_up", clear_up)
    db.session.rollback()
    job(Event())
    db.session.rollback()
    assert db.session.query(InterviewSession).count() == 0


def test_the_housekeeping_lets_go_of_rows_that_nobody_asks_for(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows"
    with ObservationLog(path) as log:
        log.append(Observation(0, count=1))
    old = observation_cache.finished_rows.read(path)
    monkeypatch.setattr(observation_cache, "KEEP_S", 0.0)
    Housekeeper(app).find_work()
    monkeypatch.undo()

    assert observation_cache.finished_rows.read(path) is not old


def test_what_a_kill_in_the_last_step_leaves_behind_is_cleared_up(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    place = interviews.recording(finished(app, interview, tmp_path))
    kept = place.files()
    place.normalised_path(1, 1, 1).touch()
    db.session.rollback()
    job = Housekeeper(app).find_work()
    assert job is not None
    job(Event())

    assert place.files() == kept
    assert not place.normalised_path(1, 1, 1).exists()
    assert place.verify_manifest() == []


def test_purging_deletes_rows_and_files_after_the_promised_time(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    place = interviews.recording(finished(app, interview, tmp_path))

    assert interviews.purge(utc_now() + timedelta(days=179)) == 0
    assert interviews.purge(utc_now() + timedelta(days=181)) == 1
    assert not place.folder.exists()
    assert db.session.query(InterviewSession).count() == 0
