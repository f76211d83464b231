"""Every route, walked by everybody: anonymous, the owner, another candidate, an admin. Generated from the URL map.

A route that no rule here speaks of fails the test, so a new one must say who may use it.
"""

import uuid
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest
from api_caller import bearer
from factories import make_application, make_job, make_user, sign_in
from flask import Flask, url_for
from flask.testing import FlaskClient
from papers import pdf
from sittings import begin, clip_bytes, record, start
from werkzeug.routing import Rule

from portal import create_app, interviews
from portal.config import Config, Environment
from portal.extensions import db
from portal.models import Answer, Application, InterviewSession, Role, User

DENIED = {401, 403, 404}
TO_LOGIN = 303
PAGE_METHODS = ("GET", "POST")


@dataclass(frozen=True)
class May:
    """Who may use a route: the anonymous, its owner, another candidate, an admin."""

    anonymous: bool
    owner: bool
    other: bool
    admin: bool


EVERYBODY = May(True, True, True, True)
SIGNED_IN = May(False, True, True, True)
OWNER = May(False, True, False, False)
OWNER_AND_ADMIN = May(False, True, False, True)
ADMIN = May(False, False, False, True)
NOBODY_BY_COOKIE = May(False, False, False, False)  # a token of its own is asked for

RULES = {
    "static": EVERYBODY,
    "health.": EVERYBODY,
    "jobs.": EVERYBODY,
    "auth.login": EVERYBODY,
    "auth.register": EVERYBODY,
    "auth.logout": EVERYBODY,
    "auth.register_about": SIGNED_IN,
    "auth.register_done": SIGNED_IN,
    "applications.dashboard": SIGNED_IN,
    "applications.apply": SIGNED_IN,  # an admin is told why that is no account to apply with
    "applications.resume": OWNER_AND_ADMIN,
    "applications.start_interview": OWNER,
    "applications.withdraw": OWNER,
    "capture.": OWNER,
    "capture.upload": NOBODY_BY_COOKIE,
    "capture.create_upload": NOBODY_BY_COOKIE,
    "capture.upload_options": EVERYBODY,
    "admin.": ADMIN,
    "api-docs.": EVERYBODY,
    "api_docs.": EVERYBODY,
    "Accounts.login": EVERYBODY,
    "Accounts.register": EVERYBODY,
    "Accounts.refresh": NOBODY_BY_COOKIE,  # takes a refresh token only
    "Accounts.logout": SIGNED_IN,
    "Positions.": EVERYBODY,
    "Applications.": SIGNED_IN,
    "Interviews.": ADMIN,
}


def rule_of(endpoint: str) -> May:
    exact = RULES.get(endpoint)
    return exact or RULES[endpoint.partition(".")[0] + "."]


def all_routes() -> list[tuple[str, str]]:
    """(endpoint, method) of everything the app answers."""
    with TemporaryDirectory() as folder:
        app = create_app(Config(Environment.TESTING, "for tests only", Path(folder), "sqlite://"))
    return [
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


@dataclass
class World:
    """Alice's application with a running interview and one answer, and who walks around in it."""

    application: Application
    interview: InterviewSession
    answer: Answer
    people: dict[str, User | None]


@pytest.fixture
def world(alice: User, bob: User, ada: User, tmp_path: Path) -> World:
    application = make_application(alice)
    (interviews.config().resumes_folder / application.resume_path).write_bytes(pdf())
    interview = begin(application)
    record(interview, clip_bytes(tmp_path))
    db.session.rollback()
    answer = start(interview, question=2)
    return World(application, interview, answer, {"anonymous": None, "owner": alice, "other": bob, "admin": ada})


def address(rule: Rule, world: World) -> str:
    known: dict[str, object] = {
        "interview_id": world.interview.id,
        "answer_id": world.answer.id,
        "application_id": world.application.id,
        "job_id": world.application.job_id,
        "slug": make_job("A job nobody applied for").slug if "apply" in rule.endpoint else world.application.job.slug,
        "filename": "mark.svg",
    }
    return url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})


def ask(client: FlaskClient, path: str, method: str, user: User | None) -> int:
    """The status, with a redirect to the sign-in page counted as what it means."""
    headers = {"Accept": "text/html", "Tus-Resumable": "1.0.0"}
    if path.startswith("/api/") and user:
        headers = bearer(user)
    elif user:
        sign_in(client, user)
    response = client.open(path, method=method, headers=headers, buffered=True)
    with client.session_transaction() as session:
        session.clear()
    target = urlsplit(response.headers.get("Location", "")).path
    return 401 if target in {"/login", "/register"} else response.status_code


@pytest.mark.parametrize(("endpoint", "method"), all_routes())
def test_only_those_who_may_get_in(app: Flask, world: World, endpoint: str, method: str) -> None:
    rule = next(app.url_map.iter_rules(endpoint))
    may = rule_of(endpoint)
    with app.test_request_context():
        path = address(rule, world)
    db.session.commit()
    client = app.test_client()
    who = sorted(world.people, key=lambda name: getattr(may, name))  # first those who may not: they change nothing
    for name in who:
        status = ask(client, path, method, world.people[name])
        assert (status not in DENIED or is_only_credentials(endpoint, status)) == getattr(may, name), (name, status)


def is_only_credentials(endpoint: str, status: int) -> bool:
    """The media of an unfinished interview is not there yet: an admin's 404 means that, not a closed door."""
    return status == 404 and endpoint in {"admin.session_video", "admin.session_telemetry"}


def test_a_page_of_somebody_elses_interview_does_not_tell_that_it_exists(client: FlaskClient, world: World) -> None:
    sign_in(client, make_user())

    assert client.get(f"/capture/{world.interview.id}").status_code == 404
    assert client.get(f"/capture/{uuid.uuid4()}").status_code == 404


def test_an_answer_is_reached_only_through_its_own_interview(client: FlaskClient, world: World, alice: User) -> None:
    other = begin(make_application(alice, make_job()))
    sign_in(client, alice)
    db.session.rollback()

    response = client.post(f"/capture/{other.id}/answers/{world.answer.id}/token")

    assert response.status_code == 404


def test_who_is_no_admin_any_more_gets_in_no_more(client: FlaskClient, ada: User) -> None:
    sign_in(client, ada)
    assert client.get("/admin/").status_code == 200
    ada.role = Role.CANDIDATE
    db.session.commit()

    assert client.get("/admin/").status_code == 403


@pytest.mark.parametrize(("endpoint", "method"), [route for route in all_routes() if route[1] == "POST"])
def test_every_form_wants_its_token(csrf_app: Flask, world: World, endpoint: str, method: str) -> None:
    rule = next(csrf_app.url_map.iter_rules(endpoint))
    with csrf_app.test_request_context():
        path = address(rule, world)
    client = sign_in(csrf_app.test_client(), world.people["admin" if endpoint.startswith("admin.") else "owner"])
    by_token = path.startswith("/api/") or endpoint == "capture.create_upload"

    assert (client.post(path).status_code == 419) != by_token
