"""A disk that is full, or confirms nothing: what was acknowledged is kept, nothing half is visible,
and everything goes on by itself when there is room.
"""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from acting import interviews
from broken_disk import failing_syncs
from candidates import Candidate, Clip
from factories import sign_in
from flask import Flask
from flask.testing import FlaskClient
from interview_steps import begin_interview, clip_bytes, record_answer, show_question
from senses_support import MODELS, film_sitter, source_of
from small_disk import SmallDisk, small_disk
from torture import Site, check_whole

from capture.session import CaptureSession
from capture.store.recording import read_observations
from portal import work
from portal.config import keep_settings, settings
from portal.extensions import db
from portal.interviews import measuring
from portal.models import Answer, AnswerState, Application, InterviewSession, InterviewState
from portal.work.claims import MAX_ATTEMPTS, Waiting

pytestmark = pytest.mark.sqlite

ENOUGH_FAULTS = 3
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = tmp_path_factory.mktemp("clip") / "a.mp4"
    film_sitter(path, 5.0, size=(640, 480), codec="h264")
    duration_ms = CaptureSession(source_of(path), MODELS.senses).run().duration_ms
    seen = read_observations(source_of(path).observations_path)
    return Clip("mp4", path.read_bytes(), duration_ms, tuple(row.t_ms for row in seen))


def wait_for_faults(candidate: Candidate, number: int = ENOUGH_FAULTS) -> None:
    deadline, before = time.monotonic() + PATIENCE_S, candidate.faults
    while candidate.faults < before + number:
        assert candidate.is_alive(), candidate.error
        assert time.monotonic() < deadline, "nothing went wrong"
        time.sleep(0.05)


def assert_nothing_half(candidate: Candidate) -> None:
    """On disk is what was acknowledged, and at most one piece more whose reply is on its way."""
    for path in (candidate.folder / "answers").glob("*.mp4"):
        confirmed = candidate.acknowledged.get(path.name, 0)
        assert path.stat().st_size - confirmed in (
            0,
            min(candidate.piece_bytes, len(candidate.clips[0].data) - confirmed),
        )


@pytest.mark.long
@pytest.mark.server
def test_recordings_wait_for_room_and_lose_nothing(tmp_path: Path, clip: Clip) -> None:
    with small_disk(tmp_path / "live" / "interviews", megabytes=48) as disk:
        site = Site(tmp_path)
        disk.fill(leaving_bytes=len(clip.data) // 2)
        candidate = site.invite([clip, clip])
        wait_for_faults(candidate)
        kept = candidate.bytes_kept()
        assert_nothing_half(candidate)
        disk.make_room()
        site.wait_until_ready()
        check_whole(site, candidate)
        site.close()
    assert 0 < kept < len(clip.data)


@pytest.mark.long
@pytest.mark.server
def test_a_full_disk_under_the_database_too_loses_nothing(tmp_path: Path, clip: Clip) -> None:
    with small_disk(tmp_path / "live", megabytes=48) as disk:
        site = Site(tmp_path)
        early, late = site.invite([clip]), site.invite([clip, clip])
        wait_until_some_is_kept(late)
        disk.fill()
        wait_for_faults(late)
        kept = early.bytes_kept() + late.bytes_kept()
        site.server.kill()
        site.server.start()
        wait_for_faults(late)
        assert early.bytes_kept() + late.bytes_kept() >= kept > 0
        disk.make_room()
        site.wait_until_ready()
        for candidate in (early, late):
            check_whole(site, candidate)
        site.close()
        with closing(sqlite3.connect(tmp_path / "live" / "portal.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def wait_until_some_is_kept(candidate: Candidate) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not candidate.acknowledged:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.long
@pytest.mark.server
@pytest.mark.strace
def test_a_disk_that_confirms_nothing_is_believed_in_nothing(tmp_path: Path, clip: Clip) -> None:
    site = Site(tmp_path)
    candidate = site.invite([clip, clip])
    for _ in range(3):
        wait_until_some_is_kept(candidate)
        with failing_syncs(site.server):
            before = dict(candidate.acknowledged)
            wait_for_faults(candidate)
            assert (
                sum(candidate.acknowledged.values()) - sum(before.values()) <= candidate.piece_bytes
            )
        candidate.bytes_kept()
    site.wait_until_ready()
    check_whole(site, candidate)
    site.close()


# Work that meets a full disk, in this process


@pytest.fixture
def disk(app: Flask) -> Iterator[SmallDisk]:
    with small_disk(settings(app).interviews_folder, megabytes=8) as disk:
        yield disk


def do(app: Flask, row: Answer | InterviewSession) -> None:
    """Claim the row and work on it, whether it seems to fit or not: the disk may become full right
    then.
    """
    db.session.refresh(row)
    row.lease_until = None
    db.session.commit()
    waiting = Waiting.of(row)
    db.session.rollback()  # the work has connections of its own
    held = waiting.claim(app)
    assert held
    work = measuring.measure_answer if isinstance(row, Answer) else measuring.finish_interview
    work(held, Event())
    db.session.rollback()
    db.session.refresh(row)


def free_leases(interview: InterviewSession) -> None:
    for row in (interview, *interview.answers):
        row.lease_until = None
    db.session.commit()


@pytest.mark.long
@pytest.mark.slow
def test_work_that_meets_a_full_disk_uses_up_no_try(
    disk: SmallDisk, app: Flask, application: Application, tmp_path: Path
) -> None:
    interview = begin_interview(application, analyse=True)
    answers = [record_answer(interview, clip_bytes(tmp_path), question=number) for number in (1, 2)]
    interviews.finish(interview)
    for stage in ("measuring", "finishing"):
        disk.fill()
        row = answers[0] if stage == "measuring" else interview
        for _ in range(2 * MAX_ATTEMPTS + 1):
            do(app, row)
        assert (row.state, row.attempts) == (
            AnswerState.RECEIVED if stage == "measuring" else InterviewState.FINISHING, 0
        )  # fmt: skip
        assert disk.leftovers() == []
        free_leases(interview)
        assert work.work_through(app) == 0  # what does not fit is not begun
        disk.make_room()
        for answer in answers:
            do(app, answer)
    free_leases(interview)
    work.work_through(app)
    db.session.refresh(interview)

    assert (interview.state, [answer.failure for answer in answers]) == (
        InterviewState.READY,
        ["", ""],
    )


# Below the floor


def run_short_of_space(app: Flask) -> None:
    keep_settings(app, replace(settings(app), disk_floor_bytes=2**60))


def test_no_interview_begins_below_the_floor(
    app: Flask, client: FlaskClient, application: Application
) -> None:
    interview = interviews.open_interview(application)
    run_short_of_space(app)
    sign_in(client, application.user)
    address = f"/capture/{interview.id}/consent"

    shown = re.search(r'name="shown"[^>]*value="(\w+)"', client.get(address).text)[1]
    page = client.post(address, data={"record": "y", "shown": shown})
    program = client.post(
        address, data={"record": "y", "shown": shown}, headers={"Accept": "application/json"}
    )

    assert (page.status_code, program.status_code) == (507, 507)
    assert "short of space" in page.text
    assert "short of space" in program.json["detail"]
    db.session.refresh(interview)
    assert interview.state is InterviewState.PENDING


def test_no_answer_begins_below_the_floor(
    app: Flask, client: FlaskClient, interview: InterviewSession
) -> None:
    show_question(interview)
    run_short_of_space(app)
    sign_in(client, interview.application.user)
    wish = {"tab": "the-only-tab", "question": 1, "container": "mp4"}
    response = client.post(f"/capture/{interview.id}/answers", json=wish)

    assert (response.status_code, response.content_type) == (507, "application/problem+json")
    assert "try later" in response.json["detail"]
    assert interview.answers == []
