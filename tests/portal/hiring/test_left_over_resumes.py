"""A résumé whose row never came, or whose row names another file by now, goes; every other one
stays.
"""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from acting import hiring
from factories import make_application, make_job
from flask import Flask

from portal import interviews
from portal.config import PROJECT_FOLDER, Config, settings
from portal.interviews import retention
from portal.models import User, utc_now

LATER = timedelta(days=2)
# A process that is ended by the system between the file and its row, as a loss of power would.
CRASH = """
import os, signal, sys
from portal import create_app
from portal.config import settings
from portal.hiring import resumes
app = create_app()
with app.app_context():
    with resumes.stored(resumes.Resume("cv.pdf", "pdf", b"%PDF-"), settings().resumes_folder):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(app: Flask) -> Path:
    return settings(app).resumes_folder


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"%PDF-")


def applied(user: User, folder: Path, *names: str) -> None:
    """An application for each of these files."""
    put(folder, *names)
    for name in names:
        make_application(user, make_job(name), resume_path=name)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_a_crash_left_behind_goes(
    config: Config, alice: User, bob: User, folder: Path
) -> None:
    put(folder, "bobs.pdf")
    make_application(bob, job := make_job(), resume_path="bobs.pdf")
    environ = os.environ | {
        "PORTAL_ENV": "testing", "SECRET_KEY": config.secret_key,
        "INSTANCE_PATH": str(config.instance_path), "DATABASE_URL": config.database_url,
    }  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", CRASH], cwd=PROJECT_FOLDER, env=environ, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    assert len(list(folder.iterdir())) == 2
    assert hiring.find_application(alice, job) is None

    assert interviews.delete_orphaned_resumes(utc_now()) == 0  # it may be about to get its row
    assert interviews.delete_orphaned_resumes(utc_now() + LATER) == 1
    assert names(folder) == {"bobs.pdf"}


def test_what_a_row_names_stays(alice: User, folder: Path) -> None:
    put(folder, "named.pdf", "not-named.docx")
    make_application(alice, resume_path="named.pdf")
    assert interviews.delete_orphaned_resumes(utc_now() + LATER) == 1
    assert [path.name for path in folder.iterdir()] == ["named.pdf"]


@pytest.mark.logs_errors
@pytest.mark.parametrize("number", [1, retention.FEW_LEFT_OVER, 40])
def test_another_database_costs_no_resume(
    folder: Path, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A fresh one, or the wrong one: it names not one of the files that are there."""
    put(folder, *(f"{n}.pdf" for n in range(number)))
    assert interviews.delete_orphaned_resumes(utc_now() + LATER) == 0
    assert len(names(folder)) == number
    assert f"{number} of {number} résumés belong to no application" in caplog.text


@pytest.mark.logs_errors
def test_an_older_database_costs_no_resume(
    alice: User, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It names a part of the files: those that came after the backup are more than crashes
    leave.
    """
    applied(alice, folder, "old.pdf", "older.pdf")
    newer = [f"{n}.pdf" for n in range(retention.FEW_LEFT_OVER + 1)]
    put(folder, *newer)
    assert interviews.delete_orphaned_resumes(utc_now() + LATER) == 0
    assert names(folder) == {"old.pdf", "older.pdf", *newer}
    assert "4 of 6 résumés belong to no application: is this their database?" in caplog.text


def test_few_of_very_many_go_though_they_are_more_than_a_few(
    alice: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST_LEFT_OVER_SHARE", 0.5)  # in place of a hundred files
    applied(alice, folder, *(f"kept-{n}.pdf" for n in range(5)))
    put(folder, *(f"{n}.pdf" for n in range(4)))
    assert interviews.delete_orphaned_resumes(utc_now() + LATER) == 4
    assert names(folder) == {f"kept-{n}.pdf" for n in range(5)}


def test_the_housekeeper_and_the_operator_sweep(
    app: Flask, alice: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "LEFT_ALONE", timedelta())
    applied(alice, folder, "kept.pdf")
    put(folder, "a.pdf")
    assert (
        "1 résumés deleted that belonged to no application"
        in app.test_cli_runner().invoke(args=["purge"]).output
    )
    put(folder, "b.pdf")
    work = retention.Housekeeper(app).find_work()
    assert work
    work(None)  # type: ignore[arg-type]
    assert names(folder) == {"kept.pdf"}
