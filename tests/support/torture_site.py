"""One real site with its measuring process and candidates, stopped and looked into at named points
of the work.

Points are recognised from outside, by the files of an interview. Those of finishing last
milliseconds: to meet them, the measuring process is made to run in steps, stopped, looked at, let
go on for a moment.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from candidates import Candidate, Clip
from factories import make_application, make_job, make_user
from interview_steps import begin_interview
from servers import LiveServer
from workers import LiveWorker

from portal import interviews
from portal.extensions import db
from portal.models import InterviewSession, utc_now

STEP_S = 0.003  # between two looks
READY_WITHIN_S = 400.0
GROWS_WITHIN_S = 0.3  # a row each 20 ms while it catches up, five a second while it is live


def _some(folder: Path, *patterns: str) -> bool:
    return any(chain.from_iterable(folder.glob(pattern) for pattern in patterns))


def _grows(path: Path) -> bool:
    status = path.stat()
    return status.st_size > 1_000 and time.time() - status.st_mtime < GROWS_WITHIN_S


def _all_there(folder: Path, *names: str) -> bool:
    return all((folder / name).exists() for name in names)


# What is on disk at each point of the work on one interview.
POINTS: dict[str, Callable[[Path], bool]] = {
    "measuring": lambda folder: any(_grows(path) for path in folder.glob("answers/*.observations")),
    "normalising": lambda folder: _some(folder, "answers/.*.normalised.mp4.*.part"),
    "normalised": lambda folder: _some(folder, "answers/*.normalised.mp4"),
    "joining": lambda folder: _some(folder, ".recording.mp4.*.part", "film.part"),
    "joined": lambda folder: _all_there(folder, "recording.mp4"),
    "telemetry written": lambda folder: _all_there(folder, "recording.mp4", "telemetry.json"),
    "manifest written": lambda folder: _all_there(
        folder, "recording.mp4", "telemetry.json", "manifest.json"
    ),
}
FINISHING = ("joining", "joined", "telemetry written", "manifest written")


class Site:
    """One server, one measuring process, and the candidates that use them."""

    def __init__(self, folder: Path, lease_s: float | None = None) -> None:
        self.lease_s = lease_s
        self.server = LiveServer(folder, CAPTURE_IN_WEB="0")
        self.worker = LiveWorker(self.server, lease_s=lease_s)
        self.candidates: list[Candidate] = []
        self.server.start()
        self.worker.start()

    def have_been_tried(self, candidate: Candidate, tries: int) -> None:
        """As so many crashes leave its answers."""
        with self.server.app.app_context():
            for answer in db.session.get_one(InterviewSession, candidate.interview_id).answers:
                answer.attempts = tries
            db.session.commit()

    def count_transitions(self) -> None:
        """Let the database itself note each change of an interview's state."""
        with self.server.app.app_context():
            db.session.execute(sa.text("CREATE TABLE transitions (was TEXT, became TEXT)"))
            db.session.execute(
                sa.text(
                    "CREATE TRIGGER noted AFTER UPDATE OF state ON interview_sessions "
                    "BEGIN INSERT INTO transitions VALUES (OLD.state, NEW.state); END"
                )
            )
            db.session.commit()

    def invite(self, clips: list[Clip], finishes: bool = True) -> Candidate:
        """Somebody with an interview that is about to begin."""
        with self.server.app.app_context():
            user = make_user()
            interview = begin_interview(
                make_application(user, make_job(questions=len(clips))), analyse=True
            )
            folder = interviews.recording(interview).folder
            candidate = Candidate(self.server, user.email, interview.id, folder, clips, finishes)
            db.session.rollback()
        self.candidates.append(candidate)
        candidate.start()
        return candidate

    def ask(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Look into the database without ever waiting for, or holding up, anybody."""
        file = self.server.folder / "live" / "portal.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    def state(self, candidate: Candidate) -> str:
        return str(
            self.ask(
                "SELECT state FROM interview_sessions WHERE id = ?", candidate.interview_id.hex
            )[0][0]
        )

    def stop_worker_at(self, point: str, *candidates: Candidate, within_s: float = 60) -> bool:
        """Let the worker sleep when one of these interviews is exactly there. False: none was."""
        deadline, here = time.monotonic() + within_s, POINTS[point]
        while time.monotonic() < deadline and not all(
            self.is_over(candidate) for candidate in candidates
        ):
            for candidate in candidates:
                if here(candidate.folder) or self._is_being_finished(candidate):
                    self.worker.sleep()
                    if here(candidate.folder) and not self.is_over(candidate):
                        return True
                    self.worker.wake()
            time.sleep(STEP_S)
        return False

    def is_over(self, candidate: Candidate) -> bool:
        return self.state(candidate) in ("ready", "failed")

    def _is_being_finished(self, candidate: Candidate) -> bool:
        held = (
            "SELECT 1 FROM interview_sessions WHERE id = ? AND state = 'finishing' AND lease_until"
            " IS NOT NULL"
        )
        return bool(self.ask(held, candidate.interview_id.hex))

    def put_worker_to_sleep_at(self, point: str, candidate: Candidate) -> None:
        """Asleep exactly there, and not while it holds the one lock that a database in a file
        has.
        """
        while self.stop_worker_at(point, candidate):
            if self.database_is_free():
                return
            self.worker.wake()
        raise AssertionError(f"it was never found {point}")

    def database_is_free(self) -> bool:
        with closing(
            sqlite3.connect(self.server.folder / "live" / "portal.db", timeout=0.2)
        ) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            connection.rollback()
        return True

    @contextmanager
    def another_worker(self) -> Iterator[LiveWorker]:
        worker = LiveWorker(self.server, name="another-worker", lease_s=self.lease_s)
        worker.start()
        try:
            yield worker
        finally:
            worker.stop()

    def wait_until_idle(self, workers: int) -> None:
        """Until so many measuring processes have said, from now on, that they work on nothing."""
        now = utc_now().replace(tzinfo=None).isoformat(" ")
        deadline = time.monotonic() + 60
        while [
            jobs for (jobs,) in self.ask("SELECT jobs FROM worker_beats WHERE seen_at > ?", now)
        ] != [0] * workers:
            assert time.monotonic() < deadline, "a measuring process has not come to an end"
            time.sleep(0.2)

    def under_way(self) -> list[Candidate]:
        done = {
            row[0]
            for row in self.ask(
                "SELECT id FROM interview_sessions WHERE state IN ('ready', 'failed')"
            )
        }
        return [
            candidate for candidate in self.candidates if candidate.interview_id.hex not in done
        ]

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        for candidate in self.candidates:
            while not self.is_over(candidate):
                assert candidate.error is None, candidate.error
                assert time.monotonic() < deadline, (
                    f"{self.state(candidate)}\n{self.worker.log_text()[-3000:]}"
                )
                time.sleep(0.2)

    def close(self) -> None:
        self.worker.stop()
        self.server.stop()
