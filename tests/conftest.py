"""The app under test, its cast, and a real gunicorn where a test needs one.

The cast: Alice and Bob are candidates who should have no access to each other's things; Ada is an
admin.
"""

import gc
import logging
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import databases
import prepared
import pytest
import webkit
from argon2 import PasswordHasher
from factories import Cast, find_cast, make_application, make_cast
from flask import Flask, g
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from interview_steps import begin_interview
from lent_app import borrow
from machine import CHROMIUM, FOOTAGE, NGINX
from microphones import VirtualMicrophone, can_make_sound
from servers import LiveServer

from portal.config import PROJECT_FOLDER, Config, Environment
from portal.extensions import db
from portal.models import Application, InterviewSession, User
from portal.people import passwords
from setup.assets import has_tools

# A shared or slow machine must not fail a test: no test here is about time.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


class TidyClient(FlaskClient):
    """Makes each request start afresh, as in a second process: no transaction of the test, nobody
    remembered in `g`.

    Without this, Flask-Login would find the person of the request before in the test's own app
    context.
    """

    def open(self, *args: object, **kwargs: object) -> object:
        self.forget()
        try:
            return super().open(*args, **kwargs)
        finally:
            self.forget()

    @staticmethod
    def forget() -> None:
        db.session.rollback()
        vars(g._get_current_object()).clear()  # type: ignore[attr-defined]


# What a test may need of the machine, by its marker: whether it is there, and what Debian calls it.
NEEDED = {
    "browser": (CHROMIUM, "chromium"),
    "nginx": (NGINX, "nginx-light"),
    "node": (has_tools(), "nodejs` and run `make tools"),
    "strace": (shutil.which("strace"), "strace"),
    "sound": (can_make_sound(), "pulseaudio libportaudio2 libasound2-plugins"),
    "webkit": (webkit.can_run(), "webkit2gtk-driver xvfb gstreamer1.0-plugins-bad"),
}


def pytest_configure() -> None:
    """A shell's `&` makes its children ignore Ctrl-C, and they their own: here all hear it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, loudly; with REQUIRE_BROWSER=1 (CI) what is missing fails
    instead.
    """
    for item in items:
        for marker, (found, package) in NEEDED.items():
            if item.get_closest_marker(marker) and not found:
                reason = (
                    f"{package.upper()} IS MISSING: {marker} tests did not run (install Debian's"
                    f" `{package}`)"
                )
                if os.environ.get("REQUIRE_BROWSER") == "1":
                    raise pytest.UsageError(reason)
                item.add_marker(pytest.mark.skip(reason=reason))
        if item.get_closest_marker("sqlite") and databases.SERVER:
            item.add_marker(pytest.mark.skip(reason="this looks into SQLite's own file"))
        if item.get_closest_marker("footage") and not FOOTAGE.is_dir():
            item.add_marker(
                pytest.mark.skip(
                    reason="the real clips (../shared/footage) are not on this machine"
                )
            )


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay until the end. Otherwise the garbage collector would visit
    them again and again: a fifth of the time of quick tests.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture
def filled_by(request: pytest.FixtureRequest) -> databases.Fill:
    """What prepares the database of a test. A file whose tests all begin with more rows has a
    fixture of this name of its own.
    """
    has_cast = "cast" in request.fixturenames
    return prepared.tables_with(make_cast) if has_cast else prepared.tables


@pytest.fixture
def database_url(tmp_path: Path, filled_by: databases.Fill) -> Iterator[str]:
    (tmp_path / "instance").mkdir()
    url = databases.copied(filled_by, tmp_path / "instance")
    yield url
    databases.drop(url)


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Config:
    instance = tmp_path / "instance"
    models = PROJECT_FOLDER / "instance" / "models"
    return Config(
        env=Environment.TESTING,
        secret_key="for tests only",
        instance_path=instance,
        database_url=database_url,
        session_cookie_secure=False,
        face_model=models / "face_landmarker.task",
        crowd_model=models / "centerface.onnx",
        disk_floor_bytes=0,
    )


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The real Argon2id with cheap parameters, as these passwords guard nothing. A test without
    `app`, and a server that a test starts, have the portal's own.
    """
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    passwords._dummy_hash.cache_clear()
    yield
    passwords._dummy_hash.cache_clear()


@pytest.fixture
def app(config: Config, quick_hashes: None) -> Iterator[Flask]:
    """The app with an empty database, its context pushed. Forms need no CSRF token here; `csrf_app`
    wants them. All tests of this process share it, and each finds it as `create_app` left it.
    """
    app = borrow(config)
    app.test_client_class = TidyClient
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        databases.wait_for_no_disk(db.engine)
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
    """Its rows are in the database from the beginning, unless the test asked for them later."""
    return find_cast() or make_cast()


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
def application(alice: User) -> Application:
    """Alice's, for a job of two questions."""
    return make_application(alice)


@pytest.fixture
def interview(application: Application) -> InterviewSession:
    """Alice's interview: she agreed to the recording, refused the analysis, and has the seat."""
    return begin_interview(application)


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualMicrophone]:
    """A microphone that hears what the test says (mark the test `sound`), in this process and in
    those it starts.
    """
    with VirtualMicrophone(tmp_path_factory.mktemp("microphone")).plugged_in() as microphone:
        yield microphone


@pytest.fixture
def live_server(tmp_path: Path) -> Iterator[LiveServer]:
    """gunicorn with two workers on a migrated database, with the cast and one open job with two
    short questions.
    """
    server = LiveServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def no_error_logged(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """A test in which something logged ERROR fails, unless it is marked `logs_errors`."""
    yield
    if request.node.get_closest_marker("logs_errors"):
        return
    errors = [
        record.getMessage()
        for record in caplog.get_records("call")
        if record.levelno >= logging.ERROR
    ]
    assert not errors
