"""Finishing an interview: one film, one telemetry file, and each of them once."""

import json
from pathlib import Path
from threading import Event

import pytest
from acting import interviews
from flask import Flask
from interview_steps import clip_bytes, record_answer, record_whole_interview

from capture.media.container import probe
from capture.store import telemetry
from capture.store.recording import Recording
from portal import work
from portal.extensions import db
from portal.interviews import finishing
from portal.models import (
    AnswerState,
    ApplicationStatus,
    InterviewSession,
    InterviewState,
)

pytestmark = pytest.mark.film


def test_finishing_twice_happens_once(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record_whole_interview(app, interview, tmp_path)

    assert interviews.finish(interview) is False


def test_a_finished_interview_has_a_film_and_telemetry_of_one_length(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record_whole_interview(app, interview, tmp_path)
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
    place = interviews.recording(record_whole_interview(app, interview, tmp_path))
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
    record_answer(interview, clip_bytes(tmp_path), question=2)
    work.work_through(app)
    assert pieces_of(place) == ["02-1.normalised.mp4"]

    record_answer(interview, clip_bytes(tmp_path), question=1)
    work.work_through(app)
    assert pieces_of(place) == ["01-1.normalised.mp4", "02-1.normalised.mp4"]
    assert (place.answers / "01-1.mp4.sha256").exists()

    record_whole_interview(app, interview, tmp_path)  # the same answers again, as further takes
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
    with place.film_locked(wait_s=0) as is_ours:
        assert is_ours
        record_whole_interview(app, interview, tmp_path)

    assert interview.state is InterviewState.READY
    assert probe(place.recording_path).duration_ms > 3_500


def test_nothing_is_added_to_a_film_that_is_being_finished(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    place = interviews.recording(record_whole_interview(app, interview, tmp_path))
    finishing.prepare_results(app, interview.answers[0].id, Event())

    assert place.verify_manifest() == []
    assert not list(place.folder.glob("film*"))


def test_a_retake_replaces_the_earlier_one_when_the_sitting_ends(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    old = record_answer(interview, clip_bytes(tmp_path), question=1)
    record_whole_interview(app, interview, tmp_path)

    assert old.state is AnswerState.DISCARDED
    assert not interviews.answer_path(old).exists()


def test_what_the_recorder_ran_longer_than_the_media_is_a_gap(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record_answer(interview, clip_bytes(tmp_path), question=2)
    record_answer(interview, clip_bytes(tmp_path), question=1, recorded_ms=3_500)
    db.session.rollback()
    interviews.finish(interview)
    work.work_through(app)
    measured, flags = telemetry.read(interviews.recording(interview).telemetry_path)

    assert [gap.cause for gap in measured.gaps] == ["interrupted"]
    assert 1_300 <= measured.gaps[0].end_ms - measured.gaps[0].start_ms <= 1_600
    assert [flag.kind for flag in flags] == ["recording_gap"]
