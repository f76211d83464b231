"""The portal that is scanned: seeded as a demo is, served by gunicorn on loopback, thrown away
afterwards.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import papers
from factories import PASSWORD, make_application
from servers import LiveServer
from visiting import Visitor

from capture.stderr import own_stderr
from portal import demo, interviews
from portal.config import PROJECT_FOLDER
from portal.extensions import db
from portal.models import InterviewSession, Job, User

ADMIN, CANDIDATE = "ada@example.org", "alice@example.org"


class Target:
    """Where it is, who may sign in, and what is there to be looked at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Scanners may say another address with each request, so that limits by address do not end a
        # scan.
        self.server = LiveServer(folder, TRUSTED_PROXIES="1", LOG_FORMAT="json")
        self.url = self.server.url
        (folder / "live" / "models").symlink_to(PROJECT_FOLDER / "instance" / "models")
        with self.server.app.app_context(), own_stderr():
            demo.make()
            self.interview_id = str(db.session.scalars(db.select(InterviewSession.id)).one())
            jobs = db.session.scalars(db.select(Job)).all()
            self.job_ids = [str(job.id) for job in jobs]
            alice = db.session.scalars(db.select(User).where(User.email == CANDIDATE)).one()
            # what the factory names
            (interviews.config().resumes_folder / "none.pdf").write_bytes(papers.pdf())
            self.pending_id = str(interviews.open_interview(make_application(alice, jobs[0])).id)
            self.unapplied_slug = jobs[1].slug

    def visitor(self, email: str) -> Visitor:
        return Visitor(self.url).sign_in(email)

    def token(self, email: str) -> str:
        answer = Visitor(self.url).send_json("/api/auth/login", email=email, password=PASSWORD)
        return str(json.loads(answer.body)["access_token"])

    def failures(self) -> list[str]:
        """Requests that the portal itself could not answer, as its log has them: whatever a scanner
        noticed of it.
        """
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
