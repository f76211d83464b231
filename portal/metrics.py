"""Prometheus metrics on their own port of 127.0.0.1. Each scrape reads the database and the disk.

All processes would give the same answer, so the one that holds the port answers. When it ends,
another process takes the port. No label contains an id, a name or any typed text.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from wsgiref.simple_server import WSGIRequestHandler, make_server

import sqlalchemy as sa
from flask import Flask
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.registry import Collector
from sqlalchemy.orm import aliased

from portal import health, interviews, work
from portal.config import settings
from portal.database import reading
from portal.extensions import db
from portal.models import (
    Answer,
    AnswerState,
    InterviewSession,
    InterviewState,
    Mail,
    MailState,
    WorkerKind,
    utc_now,
)

log = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
TRY_AGAIN_S = 5.0  # metrics may be missing for this long after the process with the port ends


class PortalCollector(Collector):
    """Reads all metrics again at each scrape."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self._app.app_context(), reading():
            checks = health.checks()
            are_well = {name: words == health.OK for name, words in checks.items()}
            yield _family("check_ok", "1 if this part of /readyz is ok, else 0", "check", are_well)
            yield from _disk()
            if are_well["database"]:
                yield from _database()


def serve(app: Flask) -> None:
    """Start a thread that serves the metrics when the port is free. Returns at once."""
    port = settings(app).metrics_port
    if port is not None:
        threading.Thread(target=_serve, args=(app, port), name="metrics", daemon=True).start()


def _serve(app: Flask, port: int) -> None:
    registry = CollectorRegistry()
    registry.register(PortalCollector(app))
    while True:
        try:
            server = make_server(
                ADDRESS, port, make_wsgi_app(registry), OnePortServer, QuietHandler
            )
        except OSError:  # another of our processes has the port
            time.sleep(TRY_AGAIN_S)
            continue
        log.info("Prometheus metrics are at http://%s:%d/metrics", ADDRESS, port)
        server.serve_forever()


class OnePortServer(ThreadingWSGIServer):
    """Refuses a port that another process holds, on every version of Python."""

    allow_reuse_port = False


class QuietHandler(WSGIRequestHandler):
    """Writes no log line for a scrape."""

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""


def _disk() -> Iterator[GaugeMetricFamily]:
    yield _gauge(
        "disk_floor_bytes",
        "No new recording starts below this free space",
        settings().disk_floor_bytes,
    )
    free = health.free_bytes()
    if free is not None:
        yield _gauge("disk_free_bytes", "Free space on the interviews' disk", free)
    if space := health.proxy_space():
        yield _gauge(
            "proxy_disk_free_bytes",
            "Free space on the disk where the proxy buffers requests",
            space[0],
        )
        yield _gauge("proxy_disk_bytes", "Total size of that disk", space[1])


def _database() -> Iterator[GaugeMetricFamily]:
    yield _family(
        "interviews", "Interviews by state", "state", _count(InterviewSession, InterviewState)
    )
    yield _family("answers", "Answers by state", "state", _count(Answer, AnswerState))
    yield _family("mails", "Mails by state", "state", _count(Mail, MailState))
    yield from _workers()
    ages = _waiting_ages_s()
    yield _gauge("answers_waiting", "Complete answers that wait to be measured", len(ages))
    yield _gauge(
        "oldest_waiting_answer_seconds",
        "How long the oldest waiting answer has waited",
        max(ages, default=0.0),
    )
    yield _gauge(
        "live_lag_seconds",
        "The longest delay of measuring behind a camera, upload included",
        _live_lag_s(),
    )


def _count(
    model: type[InterviewSession] | type[Answer] | type[Mail],
    states: type[InterviewState] | type[AnswerState] | type[MailState],
) -> dict[str, int]:
    found = dict(
        db.session.execute(sa.select(model.state, sa.func.count()).group_by(model.state)).all()
    )
    return {state.value: found.get(state, 0) for state in states}


def _workers() -> Iterator[GaugeMetricFamily]:
    seen = work.workers_seen(utc_now())
    kinds = Counter(worker.kind for worker in seen)
    yield _family(
        "workers",
        "Processes that measure, by kind",
        "kind",
        {kind.value: kinds[kind] for kind in WorkerKind},
    )
    yield _gauge(
        "jobs", "Tasks that the workers process at the moment", sum(worker.tasks for worker in seen)
    )


def _waiting_ages_s() -> list[float]:
    """For each answer that waits to be measured: the seconds since its recording ended.

    Leaves out takes that the candidate has recorded again.
    """
    newer = aliased(Answer)
    same = sa.and_(
        newer.interview_id == Answer.interview_id,
        newer.question_position == Answer.question_position,
        newer.take > Answer.take,
        newer.state.not_in([AnswerState.DISCARDED, AnswerState.FAILED]),
    )
    wanted = (
        sa.select(Answer.created_at, Answer.recorded_ms)
        .join(Answer.interview)
        .join(InterviewSession.application)
        .where(
            Answer.state == AnswerState.RECEIVED,
            ~sa.exists().where(same),
            interviews.is_not_stopped(),
        )
    )
    ended = (
        began + timedelta(milliseconds=recorded_ms or 0)
        for began, recorded_ms in db.session.execute(wanted)
    )
    now = utc_now()
    return [max(0.0, (now - at).total_seconds()) for at in ended]


def _live_lag_s() -> float:
    """The longest lag of all answers that are being recorded and measured now; 0 without any."""
    now = utc_now()
    wanted = sa.select(Answer.created_at, Answer.measured_ms).where(
        Answer.state == AnswerState.RECORDING, Answer.lease_until > now
    )
    lags = (
        (now - began).total_seconds() - measured_ms / 1000
        for began, measured_ms in db.session.execute(wanted)
    )
    return max((0.0, *lags))


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"portal_{name}", says, value=value)


def _family(name: str, says: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"portal_{name}", says, labels=[label])
    for value, number in values.items():
        family.add_metric([value], float(number))
    return family
