"""The app under test, its cast, and a real gunicorn where a test needs one.

The cast: Alice and Bob are candidates who should have no access to each other's things; Ada is an admin.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import Cast, make_cast
from flask import Flask
from flask.testing import FlaskClient
from servers import LiveServer

from portal import create_app
from portal.config import PROJECT_FOLDER, Config, Environment
from portal.extensions import db
from portal.models import User

FOOTAGE = PROJECT_FOLDER.parent / "shared" / "footage"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class TidyClient(FlaskClient):
    """Ends the test's own transaction around each request, as a second process would see the database."""

    def open(self, *args: object, **kwargs: object) -> object:
        db.session.rollback()
        try:
            return super().open(*args, **kwargs)
        finally:
            db.session.rollback()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, loudly; with REQUIRE_BROWSER=1 (CI) a missing Chromium fails instead."""
    for item in items:
        if item.get_closest_marker("browser") and not CHROMIUM:
            reason = "CHROMIUM IS MISSING: browser tests did not run (install Debian's `chromium`)"
            if os.environ.get("REQUIRE_BROWSER") == "1":
                raise pytest.UsageError(reason)
            item.add_marker(pytest.mark.skip(reason=reason))
        if item.get_closest_marker("footage") and not FOOTAGE.is_dir():
            item.add_marker(pytest.mark.skip(reason="the real clips (../shared/footage) are not on this machine"))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    instance = tmp_path / "instance"
    instance.mkdir()
    models = PROJECT_FOLDER / "instance" / "models"
    return Config(
        env=Environment.TESTING,
        secret_key="for tests only",
        instance_path=instance,
        database_url=f"sqlite:///{instance / 'portal.db'}",
        session_cookie_secure=False,
        face_model=models / "face_landmarker.task",
        crowd_model=models / "centerface.onnx",
        disk_floor_bytes=0,
    )


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    """The app with an empty database, its context pushed. Forms need no CSRF token here; `csrf_app` wants them."""
    app = create_app(config)
    app.test_client_class = TidyClient
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def csrf_app(app: Flask) -> Flask:
    app.config["WTF_CSRF_ENABLED"] = True
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def cast(app: Flask) -> Cast:
    return make_cast()


@pytest.fixture
def alice(cast: Cast) -> User:
    return cast.alice


@pytest.fixture
def bob(cast: Cast) -> User:
    return cast.bob


@pytest.fixture
def ada(cast: Cast) -> User:
    return cast.ada


@pytest.fixture
def live_server(tmp_path: Path) -> Iterator[LiveServer]:
    """gunicorn with two workers on a migrated database, with the cast and one open job with two short questions."""
    server = LiveServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def no_error_logged(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A test in which something logged ERROR fails, unless it is marked `logs_errors`."""
    yield
    if request.node.get_closest_marker("logs_errors"):
        return
    errors = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors
