"""A change of status, its audit entry and its mail stand in one transaction: a process that is
killed between any two of its statements leaves all three of them, or none.
"""

import json
import os
import subprocess
import sys

import pytest

from portal.config import PROJECT_FOLDER, Config

# Each turn is a process of its own, which is killed one moment later than the one before it.
TURNS = """
import json, os, signal
from sqlalchemy import event
from portal import create_app, hiring
from portal.database import reading, transaction
from portal.extensions import db
from portal.models import Application, AuditEntry, Mail, User

app = create_app()

def act(moments):
    def count(*_):
        nonlocal moments
        if moments == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        moments -= 1

    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(db.engine, moment, count)
    with transaction():
        application = db.session.scalars(db.select(Application)).one()
        admin = db.session.scalars(db.select(User).where(User.email == "ada@example.org")).one()
        hiring.reject(application, by=admin)

def turn(moments):
    db.session.remove()
    db.engine.dispose()
    if not (child := os.fork()):
        act(moments)
        os._exit(0)
    was_killed = os.waitpid(child, 0)[1] == signal.SIGKILL
    with reading():
        status = db.session.scalars(db.select(Application.status)).one()
        entries, mails = (db.session.query(each).count() for each in (AuditEntry, Mail))
    return was_killed, status, entries, mails

with app.app_context():
    moments = 0
    while (outcome := turn(moments))[0]:
        print(json.dumps(outcome))
        moments += 1
    print(json.dumps(outcome))
"""
NOTHING, ALL = [True, "applied", 0, 0], [False, "rejected", 1, 1]
FEWEST_MOMENTS = 10  # before and after each statement, and before the commit


@pytest.mark.usefixtures("application")
def test_wherever_it_is_killed_all_is_there_or_nothing(config: Config) -> None:
    environ = os.environ | {
        "PORTAL_ENV": "testing",
        "SECRET_KEY": config.secret_key,
        "INSTANCE_PATH": str(config.instance_path),
        "DATABASE_URL": config.database_url,
    }
    command = [sys.executable, "-c", TURNS]
    ended = subprocess.run(
        command, cwd=PROJECT_FOLDER, env=environ, check=True, stdout=subprocess.PIPE, text=True
    )
    *killed, last = map(json.loads, ended.stdout.splitlines())
    assert all(outcome == NOTHING for outcome in killed)
    assert len(killed) >= FEWEST_MOMENTS
    assert last == ALL
