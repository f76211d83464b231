"""Figures for Prometheus: counted from rows, and without anything about a person."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from interview_steps import clip_bytes, record_answer, start_answer
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from portal import mail
from portal.config import keep_settings, settings
from portal.database import transaction
from portal.extensions import db
from portal.metrics import PortalCollector
from portal.models import InterviewSession, MailEvent, User, WorkerKind, utc_now
from portal.work.heartbeats import Heartbeat


def scraped(app: Flask) -> dict[str, float]:
    """`name` or `name{label}` → value, as Prometheus reads it."""
    db.session.rollback()
    registry = CollectorRegistry()
    registry.register(PortalCollector(app))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    samples = (sample for family in families for sample in family.samples)
    return {
        "".join((sample.name, *(f"{{{value}}}" for value in sample.labels.values()))): sample.value
        for sample in samples
    }


def test_interviews_and_answers_are_counted_by_state(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record_answer(interview, clip_bytes(tmp_path))
    start_answer(interview, question=2)

    found = scraped(app)

    assert found["portal_interviews{recording}"] == 1
    assert found["portal_interviews{ready}"] == 0
    assert found["portal_answers{received}"] == 1
    assert found["portal_answers{recording}"] == 1
    assert found["portal_answers_waiting"] == 1


def test_the_oldest_waiting_answer_has_an_age(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = record_answer(interview, clip_bytes(tmp_path), recorded_ms=2_000)
    answer.created_at = utc_now() - timedelta(seconds=100)
    db.session.commit()

    assert scraped(app)["portal_oldest_waiting_answer_seconds"] == pytest.approx(98, abs=60)


def test_a_take_that_was_recorded_again_waits_for_nothing(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record_answer(interview, clip_bytes(tmp_path))
    start_answer(interview)

    assert scraped(app)["portal_answers_waiting"] == 0


def test_a_part_that_is_not_well_is_a_zero(app: Flask) -> None:
    assert scraped(app)["portal_check_ok{database}"] == 1
    db.drop_all()

    found = scraped(app)

    assert found["portal_check_ok{database}"] == 0
    assert "portal_answers_waiting" not in found


def test_the_disk_is_there_in_bytes(app: Flask) -> None:
    found = scraped(app)

    assert found["portal_disk_free_bytes"] > 0
    assert found["portal_disk_floor_bytes"] == 0


def test_the_disk_of_the_proxy_is_there_where_it_is_watched(app: Flask, tmp_path: Path) -> None:
    assert "portal_proxy_disk_bytes" not in scraped(app)
    keep_settings(app, replace(settings(app), proxy_temp_folder=tmp_path))

    found = scraped(app)

    assert 0 < found["portal_proxy_disk_free_bytes"] <= found["portal_proxy_disk_bytes"]


def test_who_measures_is_counted(app: Flask) -> None:
    assert scraped(app)["portal_workers{web}"] == 0
    for tasks in (2, 3):
        Heartbeat(app, WorkerKind.WEB).beat(tasks)

    found = scraped(app)

    assert (found["portal_workers{web}"], found["portal_jobs"]) == (2, 5)


def test_measuring_that_falls_behind_a_camera_is_seen(
    app: Flask, interview: InterviewSession
) -> None:
    answer = start_answer(interview)
    answer.created_at, answer.measured_ms = utc_now() - timedelta(seconds=300), 200_000
    db.session.commit()
    assert scraped(app)["portal_live_lag_seconds"] == 0  # nobody measures it
    answer.lease_until = utc_now() + timedelta(seconds=300)
    db.session.commit()

    assert scraped(app)["portal_live_lag_seconds"] == pytest.approx(100, abs=60)


def test_mails_are_counted_by_state(app: Flask, alice: User) -> None:
    with transaction():
        mail.send(alice, MailEvent.APPLIED, job="Data engineer")

    found = scraped(app)

    assert found["portal_mails{waiting}"] == 1
    assert found["portal_mails{failed}"] == 0
