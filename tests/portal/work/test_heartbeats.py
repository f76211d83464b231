"""Whether anybody measures: processes say that they do, and their silence says that they do not."""

from datetime import timedelta
from threading import Event

import pytest
from factories import Cast, sign_in
from flask import Flask
from flask.testing import FlaskClient

from portal import work
from portal.extensions import db
from portal.models import WorkerBeat, WorkerKind, utc_now
from portal.work import BackgroundManager, heartbeats
from portal.work.heartbeats import Heartbeat


def rows() -> list[WorkerBeat]:
    db.session.rollback()
    return list(db.session.scalars(db.select(WorkerBeat)))


@pytest.mark.usefixtures("app")
def test_nobody_measures_before_anybody_said_so() -> None:
    assert work.workers_seen(utc_now()) == []


def test_a_process_that_looks_for_work_is_seen(app: Flask) -> None:
    looked = Event()
    manager = BackgroundManager(
        looked.set, 1, idle_s=0.02, beat=Heartbeat(app, WorkerKind.WORKER).beat
    )
    manager.ensure_started()
    assert looked.wait(10)
    assert manager.stop(10)
    seen = work.workers_seen(utc_now())

    assert [(beat.kind, beat.tasks) for beat in seen] == [(WorkerKind.WORKER, 0)]


def test_one_that_fell_silent_is_not_seen_and_later_forgotten(app: Flask) -> None:
    silent, other = Heartbeat(app, WorkerKind.WEB), Heartbeat(app, WorkerKind.WORKER)
    silent.beat(3)
    now = utc_now()

    assert work.workers_seen(now + timedelta(seconds=16)) == []
    db.session.rollback()
    rows()[0].seen_at = now - heartbeats.SWEPT_AFTER - timedelta(seconds=1)
    db.session.commit()
    other.beat(0)
    assert [beat.kind for beat in rows()] == [WorkerKind.WORKER]


def test_many_beats_are_one_row_written_every_few_seconds(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat = Heartbeat(app, WorkerKind.WEB)
    for jobs in (1, 2, 3):
        heartbeat.beat(jobs)
    assert [beat.tasks for beat in rows()] == [1]
    db.session.rollback()
    monkeypatch.setattr(heartbeats, "BEAT_EVERY_S", 0.0)
    heartbeat.beat(4)

    assert [beat.tasks for beat in rows()] == [4]


def test_an_admin_is_told_that_nobody_measures(app: Flask, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)

    assert "No worker is running at the moment" in client.get("/admin/").text
    Heartbeat(app, WorkerKind.WORKER).beat(0)
    assert "No worker is running at the moment" not in client.get("/admin/").text
