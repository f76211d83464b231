"""Kills real processes at named points and at random moments, and proves afterwards that nothing
was lost.
"""

import json
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from random import Random

from candidates import Candidate
from servers import wait_until_answers
from torture_site import FINISHING, POINTS, STEP_S, Site
from workers import family

from capture.media.container import probe
from capture.store.recording import Recording
from portal import interviews
from portal.extensions import db
from portal.interviews.measuring import ALL_ATTEMPTS
from portal.models import InterviewSession, InterviewState
from portal.work.claims import MAX_ATTEMPTS


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

    def kill_worker_at(self, point: str, *candidates: Candidate, within_s: float = 60) -> bool:
        """Kill it when one of these interviews is exactly there. False: none was."""
        if not self.site.stop_worker_at(point, *candidates, within_s=within_s):
            return False
        if not self.may_kill_worker():
            self.site.worker.wake()
            return False
        self.kill_worker(f"{'finishing' if point in FINISHING else 'measuring'}, {point}")
        return True

    def kill_whoever_measures(self, candidate: Candidate) -> None:
        """Again and again, as its only answer would if it ended every process, until it is given
        up.
        """
        claims, killed = "SELECT fence, attempts FROM answers WHERE interview_id = ?", 0
        while self.site.state(candidate) != "failed":
            ((fence, tries),) = self.site.ask(claims, candidate.interview_id.hex)
            if fence > killed and tries <= ALL_ATTEMPTS:
                self.kill_worker("whenever it takes up the same answer")
                killed = fence
            time.sleep(STEP_S)

    def strike(self) -> None:
        """One kill of any kind, at a moment that chance chooses."""
        time.sleep(self.random.uniform(0, 1))
        kind = self.random.random()
        if kind < 0.25:
            self.kill_server_while_receiving()
        elif kind < 0.45:
            self.kill_one_of_the_server()
        elif kind < 0.55 and self.may_kill_worker():
            self.kill_worker()
        else:
            self.kill_worker_at(
                self.random.choice(list(POINTS)), *self.site.under_way(), within_s=5
            )

    def may_kill_worker(self) -> bool:
        """Not whoever is at the last try: that a fourth is refused is not a fault."""
        last = "attempts >= ? AND (lease_until IS NOT NULL OR state IN ('received', 'finishing'))"
        tables = ("answers", "interview_sessions")
        return not any(
            self.site.ask(f"SELECT 1 FROM {table} WHERE {last}", str(MAX_ATTEMPTS))
            for table in tables
        )

    def _check_bytes(self) -> None:
        self.bytes_checked += sum(candidate.bytes_kept() for candidate in self.site.under_way())

    def _received(self) -> list[int]:
        """How large each uploaded file is; what the server makes of them comes and goes
        meanwhile.
        """
        files = chain.from_iterable(
            candidate.folder.glob("answers/*-1.*") for candidate in self.site.candidates
        )
        return [
            path.stat().st_size
            for path in sorted(files)
            if path.name.endswith(("-1.mp4", "-1.webm"))
        ]

    def summary(self) -> str:
        by_point = ", ".join(f"{point} {count}" for point, count in sorted(self.kills.items()))
        samples = sum(
            len(clip.measured_at_ms)
            for candidate in self.site.candidates
            for clip in candidate.clips
        )
        return (
            f"{self.kills.total()} kills ({by_point}); {self.bytes_checked / 1e6:.0f} MB of"
            " acknowledged bytes compared right after them, none missing;"
            f" {len(self.site.candidates)} interviews ready, with every byte, {samples}"
            " observations, none missing and none twice, and files as their manifests say"
        )


def check_whole(site: Site, candidate: Candidate) -> None:
    """Every byte, every sample, every file of an interview that was disturbed. Raises where one is
    missing or twice.
    """
    with site.server.app.app_context():
        interview = db.session.get_one(InterviewSession, candidate.interview_id)
        place, failures = (
            interviews.recording(interview),
            [answer.failure for answer in interview.answers],
        )
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
    assert (
        abs(probe(candidate.folder / "recording.mp4").duration_ms - telemetry["duration_ms"]) <= 200
    )
    assert {"recording.mp4", "telemetry.json"} <= set(manifest)
    assert Recording(candidate.folder).verify_manifest() == []


def written(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file that an interview keeps, and what changes when it is written again, even with the
    same content.
    """
    files = ((path, path.stat()) for path in Recording(folder).files())
    return {path.name: (stat.st_ino, stat.st_mtime_ns) for path, stat in files}
