"""Who sends mails: a process of its own, or the one that measures, if it may."""

import time
from pathlib import Path

import pytest
from flask import Flask
from mail_servers import Taking, running
from posting import SENDER, confirm_address, write_mail
from servers import LiveServer
from workers import LiveWorker, decoders_in

from portal import work
from portal.extensions import db
from portal.models import Mail, MailState, User, WorkerKind
from portal.work.worker import Part, make_manager


@pytest.mark.parametrize(
    ("part", "threads", "lanes"), [(Part.ALL, 8, 1), (Part.ALONE, 8, 0), (Part.BESIDE, 0, 1)]
)
def test_a_process_does_its_part(app: Flask, part: Part, threads: int, lanes: int) -> None:
    manager = make_manager(app, WorkerKind.WORKER, part)
    assert (manager.status().max_threads, len(manager._beside)) == (threads, lanes)


@pytest.mark.server
@pytest.mark.long
def test_a_process_that_only_sends_loads_no_decoder(tmp_path: Path) -> None:
    with running(server := Taking()) as at:
        site = LiveServer(tmp_path, MAIL_URL=f"smtp://{at}?tls=none", MAIL_FROM=SENDER)
        with site.app.app_context():
            alice = db.select(User).where(User.email == "alice@example.org")
            confirm_address(db.session.scalars(alice).one())
            write_mail(db.session.scalars(alice).one())
            db.session.rollback()
            worker = LiveWorker(site, name="mails")
            worker.command[-1] = "mail-worker"
            worker.start()
            deadline = time.monotonic() + 60
            while not server.envelopes and time.monotonic() < deadline:
                time.sleep(0.05)
            decoders = decoders_in([worker.pid])
            assert worker.stop() == 0
            states = list(db.session.scalars(db.select(Mail.state)))
            assert work.workers_seen(db.session.scalar(db.select(Mail.sent_at))) == []
            db.session.rollback()
            db.engine.dispose()

    assert (decoders, states, len(server.envelopes)) == (set(), [MailState.SENT], 1)
