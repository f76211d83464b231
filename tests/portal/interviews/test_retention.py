"""Retention: old interviews, left-over files and cached rows go, and one fault holds up nothing
else.
"""

from datetime import timedelta
from pathlib import Path
from threading import Event
from uuid import UUID

import pytest
from factories import Cast, make_application
from flask import Flask
from interview_steps import (
    begin_interview,
    clip_bytes,
    record_whole_interview,
    send_bytes,
    start_answer,
)

from capture.store.recording import ObservationLog, Recording
from capture.types import Observation
from portal import interviews, work
from portal.extensions import db
from portal.interviews import observation_cache, retention
from portal.interviews.retention import Housekeeper
from portal.models import (
    Application,
    InterviewSession,
    User,
    utc_now,
)


def test_an_answer_left_a_day_ago_keeps_no_thread_busy(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    answer = start_answer(begin_interview(application, analyse=True))
    send_bytes(answer, clip_bytes(tmp_path))
    answer.created_at = utc_now() - timedelta(days=2)
    db.session.commit()

    assert work.next_task(app) is None


def test_old_interviews_are_purged_without_anybody_asking(
    app: Flask, interview: InterviewSession
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
    stuck, free = interview, begin_interview(make_application(cast.bob))
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
    monkeypatch.setattr(retention, "clear_up", lambda _now: 1 / 0)
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
    place = interviews.recording(record_whole_interview(app, interview, tmp_path))
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
    place = interviews.recording(record_whole_interview(app, interview, tmp_path))

    assert interviews.purge(utc_now() + timedelta(days=179)) == 0
    assert interviews.purge(utc_now() + timedelta(days=181)) == 1
    assert not place.folder.exists()
    assert db.session.query(InterviewSession).count() == 0
