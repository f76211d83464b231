"""A résumé whose row never came, or whose row names another file by now, goes; every other one stays."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from factories import make_application, make_job
from flask import Flask

from portal import hiring, interviews
from portal.config import PROJECT_FOLDER, Config
from portal.interviews import keeping
from portal.models import User, utc_now

LATER = timedelta(days=2)
# A process that is ended by the system between the file and its row, as a loss of power would.
CRASH = """
import os, signal, sys
from portal import create_app, hiring, resumes
from portal.extensions import db
from portal.models import Job, User
app = create_app()
hiring._insert = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
with app.app_context():
    user = db.session.scalars(db.select(User).where(User.email == "alice@example.org")).one()
    hiring.apply(user, db.session.scalars(db.select(Job)).one(), resumes.Resume("cv.pdf", "pdf", b"%PDF-"))
"""


@pytest.fixture
def folder(app: Flask) -> Path:
    return app.config["PORTAL"].resumes_folder


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"%PDF-")


def test_what_a_crash_left_behind_goes(config: Config, alice: User, folder: Path) -> None:
    make_job()
    environ = os.environ | {
        "PORTAL_ENV": "testing", "SECRET_KEY": config.secret_key, "INSTANCE_PATH": str(config.instance_path),
        "DATABASE_URL": config.database_url,
    }  # fmt: skip
    ended = subprocess.run([sys.executable, "-c", CRASH], cwd=PROJECT_FOLDER, env=environ, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(list(folder.iterdir())) == 1
    assert hiring.find_application(alice, make_job()) is None

    assert interviews.sweep_resumes(utc_now()) == 0  # it may be about to get its row
    assert interviews.sweep_resumes(utc_now() + LATER) == 1
    assert list(folder.iterdir()) == []


def test_what_a_row_names_stays(alice: User, folder: Path) -> None:
    put(folder, "named.pdf", "not-named.docx")
    make_application(alice, resume_path="named.pdf")
    assert interviews.sweep_resumes(utc_now() + LATER) == 1
    assert [path.name for path in folder.iterdir()] == ["named.pdf"]


@pytest.mark.logs_errors
def test_another_database_costs_no_resume(app: Flask, folder: Path) -> None:
    put(folder, *(f"{number}.pdf" for number in range(keeping.MOST_LEFT_OVER + 1)))
    assert interviews.sweep_resumes(utc_now() + LATER) == 0
    assert len(list(folder.iterdir())) == keeping.MOST_LEFT_OVER + 1


def test_the_housekeeper_and_the_operator_sweep(app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "LEFT_ALONE", timedelta())
    put(folder, "a.pdf")
    assert "1 résumés deleted that belonged to no application" in app.test_cli_runner().invoke(args=["purge"]).output
    put(folder, "b.pdf")
    work = keeping.Housekeeper(app).find_work()
    assert work
    work(None)  # type: ignore[arg-type]
    assert list(folder.iterdir()) == []
