"""What supervisors ask: alive needs nothing but the process, ready needs everything a recording
needs.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal import create_app
from portal.config import Config
from portal.extensions import db
from portal.models import WorkerBeat, WorkerKind, utc_now
from portal.work.heartbeats import Heartbeat


@pytest.fixture(autouse=True)
def somebody_measures(app: Flask) -> None:
    Heartbeat(app, WorkerKind.WORKER).beat(0)


def client_of(config: Config) -> FlaskClient:
    return create_app(config).test_client()


def test_a_whole_portal_is_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "alive"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert set(ready.json["checks"].values()) == {"ok"}


def test_neither_answer_sets_a_cookie(client: FlaskClient) -> None:
    for path in ("/healthz", "/readyz"):
        assert "Set-Cookie" not in client.get(path).headers


def test_alive_asks_no_database_and_no_disk(client: FlaskClient, config: Config) -> None:
    statements: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    config.interviews_folder.rmdir()

    assert client.get("/healthz").status_code == 200
    assert statements == []
    assert client.get("/readyz").json["checks"]["database"] == "ok"
    assert statements != []


def test_a_database_without_tables_is_not_ready(config: Config) -> None:
    client = client_of(replace(config, database_url="sqlite://"))

    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json["status"] == "not ready"
    assert ready.json["checks"]["database"] == "does not answer, or is not migrated"
    assert ready.json["checks"]["measuring"] == "unknown without the database"


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"disk_floor_bytes": 2**62}, "disk"),
        ({"face_model": Path("/nowhere/secret.task")}, "models"),
    ],
)
@pytest.mark.usefixtures("client")
def test_what_is_missing_is_named_without_paths_or_numbers(
    config: Config, changes: dict[str, object], check: str
) -> None:
    ready = client_of(replace(config, **changes)).get("/readyz")

    assert ready.status_code == 503
    assert [name for name, words in ready.json["checks"].items() if words != "ok"] == [check]
    assert "nowhere" not in ready.text
    assert str(2**62) not in ready.text


def test_a_lost_folder_is_not_ready(client: FlaskClient, config: Config) -> None:
    config.interviews_folder.rmdir()

    assert client.get("/readyz").status_code == 503


def test_nobody_who_measures_is_not_ready(client: FlaskClient) -> None:
    db.session.execute(sa.update(WorkerBeat).values(seen_at=utc_now() - timedelta(minutes=1)))
    db.session.commit()

    ready = client.get("/readyz")

    assert ready.status_code == 503
    assert ready.json["checks"]["measuring"] == "no measuring process has reported lately"


def test_a_disk_of_the_proxy_that_fills_up_is_not_ready(
    client: FlaskClient, config: Config, tmp_path: Path
) -> None:
    watched = replace(config, proxy_temp_folder=tmp_path)
    assert client_of(watched).get("/readyz").json["checks"]["proxy"] == "ok"
    assert "proxy" not in client.get("/readyz").json["checks"]

    gone = client_of(replace(config, proxy_temp_folder=tmp_path / "gone")).get("/readyz")
    assert (gone.status_code, gone.json["checks"]["proxy"]) == (
        503,
        "PROXY_TEMP_FOLDER is missing",
    )
