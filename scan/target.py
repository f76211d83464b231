"""The portal that we scan: with the demo's data, on loopback, deleted afterwards."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import papers
from acting import interviews
from factories import PASSWORD, make_application
from servers import LiveServer
from visiting import Visitor

from capture.stderr import own_stderr
from portal import demo
from portal.config import PROJECT_FOLDER, settings
from portal.extensions import db
from portal.models import InterviewSession, Job, User

ADMIN, CANDIDATE = "ada@example.org", "alice@example.org"


class Target:
    """The running portal: its address, its users, and the ids of what it contains."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # A scanner may name another address in each request, so that no limit per address stops it.
        self.server = LiveServer(folder, TRUSTED_PROXIES="1", LOG_FORMAT="json")
        self.url = self.server.url
        (folder / "live" / "models").symlink_to(PROJECT_FOLDER / "instance" / "models")
        with self.server.app.app_context(), own_stderr():
            demo.make()
            self.interview_id = str(db.session.scalars(db.select(InterviewSession.id)).one())
            jobs = db.session.scalars(db.select(Job)).all()
            self.job_ids = [str(job.id) for job in jobs]
            alice = db.session.scalars(db.select(User).where(User.email == CANDIDATE)).one()
            # the factory's application names this file
            (settings().resumes_folder / "none.pdf").write_bytes(papers.pdf())
            self.pending_id = str(interviews.open_interview(make_application(alice, jobs[0])).id)
            self.unapplied_slug = jobs[1].slug

    def visitor(self, email: str) -> Visitor:
        return Visitor(self.url).sign_in(email)

    def token(self, email: str) -> str:
        answer = Visitor(self.url).send_json("/api/auth/login", email=email, password=PASSWORD)
        return str(json.loads(answer.body)["access_token"])

    def failures(self) -> list[str]:
        """The requests that failed with 5xx, from the portal's log, even if no scanner noticed."""
        lines = [
            json.loads(line) for line in self.server.log_text().splitlines() if line.startswith("{")
        ]
        return sorted(
            {f"{line['method']} {line['path']}" for line in lines if line.get("status", 0) >= 500}
        )


@contextmanager
def running_target() -> Iterator[Target]:
    with TemporaryDirectory() as folder:
        target = Target(Path(folder))
        target.server.start()
        try:
            yield target
        finally:
            target.server.stop()
