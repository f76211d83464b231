"""A real gunicorn with a database and folder of its own, for tests that need processes, sockets or
a browser.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import databases
import prepared
from flask import Flask

from portal import create_app
from portal.config import PROJECT_FOLDER, Config
from portal.extensions import db
from portal.models import Job

START_TIMEOUT_S = 30


class LiveServer:
    """start(), kill() (as a crash would), stop(); `url`; `app` to look into the same database."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        models, live = PROJECT_FOLDER / "instance" / "models", folder / "live"
        live.mkdir(exist_ok=True)  # a test may have mounted a small disk in it
        self.environ = {
            "PORTAL_ENV": "development",
            "SECRET_KEY": "for tests only, never anywhere else",
            "INSTANCE_PATH": str(live),
            "CAPTURE_FACE_MODEL": str(models / "face_landmarker.task"),
            "CAPTURE_CROWD_MODEL": str(models / "centerface.onnx"),
            # said, lest a .env lead tests to a real database
            "DATABASE_URL": databases.copied(prepared.migrated, live),
            "DISK_FLOOR_BYTES": "0",
            "PORT": str(self.port),
        } | settings
        self.app: Flask = create_app(Config.from_env(self.environ))
        with self.app.app_context():
            self.job_slug: str = db.session.scalars(db.select(Job.slug)).one()
            db.session.remove()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
        self.log = (self.folder / "gunicorn.log").open("ab")
        self.process = subprocess.Popen(
            command, cwd=PROJECT_FOLDER, env=os.environ | self.environ, stdout=self.log,
            stderr=self.log, start_new_session=True,
        )  # fmt: skip
        wait_until_answers(f"{self.url}/login")

    def kill(self) -> None:
        """End all of its processes at once, without a chance to tidy up."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()
        self.log.close()
        with self.app.app_context():
            db.engine.dispose()

    def log_text(self) -> str:
        return (self.folder / "gunicorn.log").read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until_answers(url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
