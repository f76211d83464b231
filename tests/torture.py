"""Kills real processes at named points and at random moments, and proves afterwards that nothing was lost.

Points are recognised from outside, by the files of an interview. Those of finishing last milliseconds: to meet them,
the measuring process is made to run in steps, stopped, looked at, let go on for a moment.
"""

import json
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from candidates import Candidate, Clip
from factories import make_application, make_job, make_user
from servers import LiveServer, wait_until_answers
from sittings import begin
from workers import LiveWorker, family

from capture.container import probe
from capture.recording import Recording
from portal import interviews
from portal.extensions import db
from portal.interviews.claims import MAX_ATTEMPTS
from portal.interviews.measuring import ALL_ATTEMPTS
from portal.models import InterviewSession, InterviewState, utc_now

STEP_S = 0.003  # between two looks
READY_WITHIN_S = 400.0
SAMPLE_GAP_MS = 250  # five samples a second, and the jitter of a film's clock


def _some(folder: Path, *patterns: str) -> bool:
    return any(chain.from_iterable(folder.glob(pattern) for pattern in patterns))


def _all_there(folder: Path, *names: str) -> bool:
    return all((folder / name).exists() for name in names)


# What is on disk at each point of the work on one interview.
POINTS: dict[str, Callable[[Path], bool]] = {
    "measuring": lambda folder: any(path.stat().st_size > 1_000 for path in folder.glob("answers/*.observations")),
    "normalising": lambda folder: _some(folder, "answers/.*.normalised.mp4.*.part"),
    "normalised": lambda folder: _some(folder, "answers/*.normalised.mp4"),
    "joining": lambda folder: _some(folder, ".recording.mp4.*.part", "film.part"),
    "joined": lambda folder: _all_there(folder, "recording.mp4"),
    "telemetry written": lambda folder: _all_there(folder, "recording.mp4", "telemetry.json"),
    "manifest written": lambda folder: _all_there(folder, "recording.mp4", "telemetry.json", "manifest.json"),
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
            interview = begin(make_application(user, make_job(questions=len(clips))), analyse=True)
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
        return str(self.ask("SELECT state FROM interview_sessions WHERE id = ?", candidate.interview_id.hex)[0][0])

    def stop_worker_at(self, point: str, candidate: Candidate, within_s: float = 60) -> bool:
        """Let the worker sleep when this interview is exactly there. False: it was ready before."""
        deadline, here = time.monotonic() + within_s, POINTS[point]
        while time.monotonic() < deadline and self.state(candidate) not in ("ready", "failed"):
            if here(candidate.folder) or self._is_being_finished(candidate):
                self.worker.sleep()
                if here(candidate.folder) and self.state(candidate) not in ("ready", "failed"):
                    return True
                self.worker.wake()
            time.sleep(STEP_S)
        return False

    def _is_being_finished(self, candidate: Candidate) -> bool:
        held = "SELECT 1 FROM interview_sessions WHERE id = ? AND state = 'finishing' AND lease_until IS NOT NULL"
        return bool(self.ask(held, candidate.interview_id.hex))

    def put_worker_to_sleep_at(self, point: str, candidate: Candidate) -> None:
        """Asleep exactly there, and not while it holds the one lock that a database in a file has."""
        while self.stop_worker_at(point, candidate):
            if self.database_is_free():
                return
            self.worker.wake()
        raise AssertionError(f"it was never found {point}")

    def database_is_free(self) -> bool:
        with closing(sqlite3.connect(self.server.folder / "live" / "portal.db", timeout=0.2)) as connection:
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
        while [jobs for (jobs,) in self.ask("SELECT jobs FROM worker_beats WHERE seen_at > ?", now)] != [0] * workers:
            assert time.monotonic() < deadline, "a measuring process has not come to an end"
            time.sleep(0.2)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        for candidate in self.candidates:
            while self.state(candidate) not in ("ready", "failed"):
                assert candidate.error is None, candidate.error
                assert time.monotonic() < deadline, f"{self.state(candidate)}\n{self.worker.log_text()[-3000:]}"
                time.sleep(0.2)

    def close(self) -> None:
        self.worker.stop()
        self.server.stop()


@dataclass
class Killer:
    """Kills processes of a site, starts them again at once, and counts."""

    site: Site
    random: Random
    kills: Counter[str] = field(default_factory=Counter)
    bytes_checked: int = 0

    def kill_server(self, moment: str = "at random") -> None:
        """The whole server at once; what was acknowledged must be on disk before it is up again."""
        self.site.server.kill()
        self._check_bytes()
        self.site.server.start()
        self.kills[f"server, {moment}"] += 1

    def kill_server_while_receiving(self) -> None:
        sizes = self._received()
        deadline = time.monotonic() + 5
        while self._received() == sizes and time.monotonic() < deadline:
            time.sleep(0.001)
        self.kill_server("while a piece arrives" if self._received() != sizes else "at random")

    def kill_one_of_the_server(self) -> None:
        assert self.site.server.process
        children = family(self.site.server.process.pid)[1:]
        if children:
            os.kill(self.random.choice(children), signal.SIGKILL)
            self._check_bytes()
            self.kills["server, one process of two"] += 1
            wait_until_answers(f"{self.site.server.url}/login")

    def kill_worker(self, moment: str = "at random") -> None:
        self.site.worker.kill()
        self._check_bytes()
        self.site.worker.start()
        self.kills[f"measuring, {moment}" if moment == "at random" else moment] += 1

    def kill_worker_at(self, point: str, candidate: Candidate, within_s: float = 60) -> bool:
        """Kill it when this interview is exactly there. False: it was ready before."""
        if not self.site.stop_worker_at(point, candidate, within_s):
            return False
        self.kill_worker(f"{'finishing' if point in FINISHING else 'measuring'}, {point}")
        return True

    def kill_whoever_measures(self, candidate: Candidate) -> None:
        """Again and again, as its only answer would if it ended every process, until it is given up."""
        claims, killed = "SELECT fence, attempts FROM answers WHERE interview_id = ?", 0
        while self.site.state(candidate) != "failed":
            ((fence, tries),) = self.site.ask(claims, candidate.interview_id.hex)
            if fence > killed and tries <= ALL_ATTEMPTS:
                self.kill_worker("whenever it takes up the same answer")
                killed = fence
            time.sleep(STEP_S)

    def may_kill_worker(self) -> bool:
        """Not whoever is at the last try: that a fourth is refused is not a fault."""
        last = "attempts >= ? AND (lease_until IS NOT NULL OR state IN ('received', 'finishing'))"
        tables = ("answers", "interview_sessions")
        return not any(self.site.ask(f"SELECT 1 FROM {table} WHERE {last}", str(MAX_ATTEMPTS)) for table in tables)

    def _check_bytes(self) -> None:
        self.bytes_checked += sum(candidate.bytes_kept() for candidate in self.site.candidates)

    def _received(self) -> list[int]:
        files = chain.from_iterable(candidate.folder.glob("answers/*-1.*") for candidate in self.site.candidates)
        return [path.stat().st_size for path in sorted(files) if path.suffix in (".mp4", ".webm")]

    def summary(self) -> str:
        by_point = ", ".join(f"{point} {count}" for point, count in sorted(self.kills.items()))
        return (
            f"{self.kills.total()} kills ({by_point}); {len(self.site.candidates)} interviews ready; "
            f"{self.bytes_checked / 1e6:.0f} MB of acknowledged bytes compared after the kills, none missing"
        )


def check_whole(site: Site, candidate: Candidate) -> None:
    """Every byte, every sample, every file of an interview that was disturbed. Raises where one is missing or twice."""
    with site.server.app.app_context():
        interview = db.session.get_one(InterviewSession, candidate.interview_id)
        place, failures = interviews.recording(interview), [answer.failure for answer in interview.answers]
        assert (interview.state, failures) == (InterviewState.READY, [""] * len(candidate.clips))
        db.session.rollback()
    assert candidate.bytes_kept() == sum(len(clip.data) for clip in candidate.clips)
    for question, clip in enumerate(candidate.clips, 1):
        lines = place.observations_path(question, 1, 1).read_text().splitlines()
        assert tuple(json.loads(line)["t_ms"] for line in lines) == clip.measured_at_ms
    check_results(candidate)


def check_results(candidate: Candidate) -> None:
    telemetry = json.loads((candidate.folder / "telemetry.json").read_text())
    manifest = json.loads((candidate.folder / "manifest.json").read_text())
    lengths = [clip.duration_ms for clip in candidate.clips]
    samples = sum(len(clip.measured_at_ms) for clip in candidate.clips)

    assert {gap["cause"] for gap in telemetry["gaps"]} <= {"between_answers"}
    assert len(telemetry["face"]["t_ms"]) == samples
    assert abs(telemetry["duration_ms"] - sum(lengths)) <= 200 * len(lengths)
    assert abs(probe(candidate.folder / "recording.mp4").duration_ms - telemetry["duration_ms"]) <= 200
    assert {"recording.mp4", "telemetry.json"} <= set(manifest)
    assert Recording(candidate.folder).verify_manifest() == []


def written(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file of an interview, and what changes when it is written again, even with the same content."""
    files = ((path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.name: (stat.st_ino, stat.st_mtime_ns) for path, stat in files}
