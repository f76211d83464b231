"""Every route and method, walked by everybody with every kind of key, on their own things and on
others'.

The walk is generated from the URL map. A route that `RULES` does not name fails, so a new one must
say who may use it.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

import databases
import prepared
import pytest
from api_caller import as_header, issue
from factories import make_application, make_job, make_user, sign_in
from flask import Flask, url_for
from flask.testing import FlaskClient
from interview_steps import begin_interview
from routes import RULES_AND_METHODS, all_rules
from werkzeug.routing import Rule
from werkzeug.test import TestResponse
from worlds import World, find_world, make_world

from portal import upload_tokens
from portal.extensions import db
from portal.models import Role, User


class Door(Enum):
    """Who may use a route."""

    EVERYBODY = "everybody"
    SIGNED_IN = "whoever is signed in"
    OWNER = "the owner alone"
    OWNER_AND_ADMIN = "the owner and admins"
    ADMIN = "admins"
    UPLOAD_TOKEN = "whoever holds the token of this very upload"
    REFRESH_TOKEN = "whoever holds a refresh token"


RULES = {
    "static": Door.EVERYBODY,
    "health.healthz": Door.EVERYBODY,
    "health.readyz": Door.EVERYBODY,
    "language.choose": Door.EVERYBODY,
    "jobs.front": Door.EVERYBODY,
    "jobs.board": Door.EVERYBODY,
    "jobs.job": Door.EVERYBODY,
    "auth.login": Door.EVERYBODY,
    "auth.register": Door.EVERYBODY,
    "auth.register_sent": Door.EVERYBODY,
    "recovery.forgot": Door.EVERYBODY,
    "recovery.sent": Door.EVERYBODY,
    "links.follow": Door.EVERYBODY,  # whoever holds the link; others are told that it is over
    # Whoever gave the right password a moment ago; others are sent to the sign-in page, and those
    # who are signed in to their pages.
    "second_step.ask": Door.SIGNED_IN,
    "second_step.with_passkey": Door.SIGNED_IN,
    "second_step.passkey_options": Door.EVERYBODY,  # they are told to sign in again
    "second_step.alone": Door.SIGNED_IN,  # nobody of this walk has a passkey at hand
    "second_step.alone_options": Door.EVERYBODY,
    "auth.logout": Door.EVERYBODY,
    "auth.signed_in": Door.EVERYBODY,
    "auth.register_about": Door.SIGNED_IN,
    "auth.register_done": Door.SIGNED_IN,
    "account.account": Door.SIGNED_IN,
    "account.password": Door.SIGNED_IN,
    "account.profile": Door.SIGNED_IN,
    "account.address": Door.SIGNED_IN,
    "account.address_sent": Door.SIGNED_IN,
    "account.send_confirmation": Door.SIGNED_IN,
    "account.second_factor": Door.SIGNED_IN,
    "account.second_factor_app": Door.SIGNED_IN,
    "account.second_factor_passkey": Door.SIGNED_IN,
    "account.second_factor_passkey_options": Door.SIGNED_IN,
    "account.second_factor_remove": Door.OWNER,
    "account.recovery_codes_page": Door.SIGNED_IN,
    "account.confirm": Door.SIGNED_IN,
    "account.confirm_with_passkey": Door.SIGNED_IN,
    "account.confirm_options": Door.SIGNED_IN,
    "account.sign_out_everywhere": Door.SIGNED_IN,
    "account.sign_in_list": Door.SIGNED_IN,
    "account.sign_in_end": Door.OWNER,
    "account.sign_in_end_others": Door.SIGNED_IN,
    "account.data": Door.SIGNED_IN,
    "account.delete": Door.SIGNED_IN,
    "applications.dashboard": Door.SIGNED_IN,
    "applications.apply": Door.SIGNED_IN,  # an admin is told why that is no account to apply with
    "applications.resume": Door.OWNER_AND_ADMIN,
    "applications.replace_resume": Door.OWNER,
    "applications.start_interview": Door.OWNER,
    "applications.withdraw": Door.OWNER,
    "capture.interview": Door.OWNER,
    "capture.consent": Door.OWNER,
    "capture.check": Door.OWNER,
    "capture.room": Door.OWNER,
    "capture.receipt": Door.OWNER,
    "capture.interview_status": Door.OWNER,
    "capture.finish": Door.OWNER,
    "capture.room_json": Door.OWNER,
    "capture.seat": Door.OWNER,
    "capture.release": Door.OWNER,
    "capture.answers": Door.OWNER,
    "capture.answer_token": Door.OWNER,
    "capture.answer_complete": Door.OWNER,
    "capture.events": Door.OWNER,
    "capture.echo": Door.OWNER,
    "capture.answer_playback": Door.OWNER,
    "capture.kiosk_hold": Door.OWNER,
    "capture.kiosk_status": Door.OWNER,
    "capture.kiosk_preview": Door.OWNER,
    "capture.kiosk_answers": Door.OWNER,
    "capture.kiosk_stop": Door.OWNER,
    "capture.kiosk_release": Door.OWNER,
    "capture.upload": Door.UPLOAD_TOKEN,
    "capture.piece": Door.UPLOAD_TOKEN,
    "capture.create_upload": Door.UPLOAD_TOKEN,
    "capture.upload_options": Door.EVERYBODY,
    "admin.search_applications": Door.ADMIN,
    "admin.search_people": Door.ADMIN,
    "admin.search_interviews": Door.ADMIN,
    "admin.overview": Door.ADMIN,
    "admin.jobs": Door.ADMIN,
    "admin.jobs_new": Door.ADMIN,
    "admin.jobs_edit": Door.ADMIN,
    "admin.jobs_publish": Door.ADMIN,
    "admin.jobs_close": Door.ADMIN,
    "admin.applications": Door.ADMIN,
    "admin.applications_decide": Door.ADMIN,
    "admin.people": Door.ADMIN,
    "admin.mails": Door.ADMIN,
    "admin.search_mails": Door.ADMIN,
    "admin.mails_one": Door.ADMIN,
    "admin.mails_preview": Door.ADMIN,
    "admin.mails_link": Door.ADMIN,
    "admin.mails_send_again": Door.ADMIN,
    "admin.mails_test": Door.ADMIN,
    "admin.mails_texts": Door.ADMIN,
    "admin.mails_text": Door.ADMIN,
    "Mails.list_mails": Door.ADMIN,
    "Mails.send_mail_again": Door.ADMIN,
    "admin.people_disable": Door.ADMIN,
    "admin.people_enable": Door.ADMIN,
    "admin.people_sign_out": Door.ADMIN,
    "admin.people_send_link": Door.ADMIN,
    "admin.interview_list": Door.ADMIN,
    "admin.interview_page": Door.ADMIN,
    "admin.interview_row": Door.ADMIN,
    "admin.interview_status": Door.ADMIN,
    "admin.interview_retry": Door.ADMIN,
    "admin.interview_played": Door.ADMIN,
    "admin.interview_video": Door.ADMIN,
    "admin.interview_telemetry": Door.ADMIN,
    "api-docs.openapi_json": Door.EVERYBODY,
    "api_docs.browse": Door.EVERYBODY,
    "Accounts.login": Door.EVERYBODY,
    "Accounts.register": Door.EVERYBODY,
    "Accounts.me": Door.SIGNED_IN,
    "Accounts.change_me": Door.SIGNED_IN,
    "Accounts.refresh": Door.REFRESH_TOKEN,
    "Accounts.logout": Door.SIGNED_IN,
    "Accounts.list_sign_ins": Door.SIGNED_IN,
    "Accounts.end_sign_in": Door.OWNER,
    "Positions.list_jobs": Door.EVERYBODY,
    "Positions.show_job": Door.EVERYBODY,
    "Applications.apply": Door.SIGNED_IN,
    "Applications.replace_resume": Door.OWNER,
    "Applications.list_applications": Door.SIGNED_IN,
    "Interviews.list_interviews": Door.ADMIN,
    "Interviews.show_interview": Door.ADMIN,
}

DENIED = {401, 403, 404}
# what belongs to somebody; every other argument does not
OWNED = {"application_id", "interview_id", "answer_id", "sign_in_id", "factor_id"}
# is there only once an interview is finished
OF_READY = {"admin.interview_video", "admin.interview_telemetry"}
NOBODY = "anonymous"
PEOPLE = (NOBODY, "alice", "bob", "ada")
CANDIDATES = ("alice", "bob")


@dataclass(frozen=True)
class Cell:
    """One try: who, with which key, on whose thing; and whether the door should open."""

    who: str
    key: str
    whose: str
    opens: bool


@pytest.fixture
def filled_by() -> databases.Fill:
    return prepared.tables_with(make_world)


@pytest.fixture
def world(app: Flask) -> World:
    return find_world()


def cells(rule: Rule, door: Door) -> Iterator[Cell]:
    """Everybody with every key. Who may not comes first: a refusal changes nothing."""
    whose = CANDIDATES if OWNED & rule.arguments or door is Door.UPLOAD_TOKEN else ("alice",)
    keys = ("cookie", "access token", "refresh token", "upload token")
    every = [Cell(NOBODY, "", of, door is Door.EVERYBODY) for of in whose]
    for who in PEOPLE[1:]:
        for key in keys[:2] if door is Door.EVERYBODY else keys if who in CANDIDATES else keys[:3]:
            every += [Cell(who, key, of, is_open(rule, door, who, key, of)) for of in whose]
    yield from sorted(every, key=lambda cell: cell.opens)


def is_open(rule: Rule, door: Door, who: str, key: str, whose: str) -> bool:
    if door is Door.EVERYBODY:
        return True
    if door is Door.UPLOAD_TOKEN:  # on creation the token itself says which upload is meant
        return key == "upload token" and (who == whose or not rule.arguments)
    if door is Door.REFRESH_TOKEN:
        return key == "refresh token"
    if rule.endpoint == "Accounts.logout":
        return key in {"access token", "refresh token"}
    if key != ("access token" if rule.rule.startswith("/api/") else "cookie"):
        return False
    by_role = {Door.SIGNED_IN: True, Door.OWNER: who == whose, Door.ADMIN: who == "ada"}
    return by_role.get(door, who in (whose, "ada"))


def address(rule: Rule, world: World, whose: str) -> str:
    things = world.things[whose]
    known: dict[str, object] = {
        "interview_id": things.ready if rule.endpoint in OF_READY else things.interview,
        "answer_id": things.answer,
        "application_id": things.application,
        "job_id": things.job,
        "user_id": world.people["bob"],
        "mail_id": things.mail,
        "sign_in_id": things.sign_in,
        "factor_id": things.factor,
        "event": "applied",
        "language": "de",
        "slug": make_job("A job nobody applied for").slug
        if "apply" in rule.endpoint
        else things.slug,
        "filename": "mark.svg",
        "token": "no-token-of-ours",
        "position": 1,
    }
    return url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})


def ask(app: Flask, path: str, method: str, world: World, cell: Cell) -> TestResponse:
    client, headers = app.test_client(), {"Accept": "text/html", "Tus-Resumable": "1.0.0"}
    if cell.key == "cookie":
        sign_in(client, world.person(cell.who))
    elif cell.key == "upload token":
        headers |= as_header(upload_tokens.make_upload_token(world.things[cell.who].answer))
    elif cell.key:
        token = issue(world.person(cell.who))[cell.key.replace(" ", "_")]
        headers |= as_header(token)
    db.session.rollback()
    return client.open(path, method=method, headers=headers, buffered=True)


def meaning(response: TestResponse) -> int:
    """The status, with a redirect to the sign-in page counted as what it means."""
    target = urlsplit(response.headers.get("Location", "")).path
    return 401 if target == "/login" else response.status_code


def test_every_route_says_who_may_use_it() -> None:
    assert {rule.endpoint for rule in all_rules()} == set(RULES)


@pytest.mark.parametrize(("place", "endpoint", "method"), RULES_AND_METHODS)
def test_only_those_who_may_get_in(
    app: Flask, world: World, place: str, endpoint: str, method: str
) -> None:
    rule = next(rule for rule in app.url_map.iter_rules(endpoint) if str(rule) == place)
    door = Door.EVERYBODY if method == "OPTIONS" else RULES[endpoint]  # which only says how to ask
    for cell in cells(rule, door):
        with app.test_request_context():
            path = address(rule, world, cell.whose)
        db.session.commit()
        response = ask(app, path, method, world, cell)
        status = meaning(response)
        # not ready in tests, which is an answer
        assert status < 500 or endpoint == "health.readyz", cell
        assert (status not in DENIED) == cell.opens, (cell, status)
        if method in {
            "GET",
            "HEAD",
        }:  # a browser keeps our own scripts and pictures, and nothing about a person
            assert (response.headers["Cache-Control"] != "no-store") == (
                endpoint == "static" and status < 400
            ), cell


def test_a_page_of_somebody_elses_interview_does_not_tell_that_it_exists(
    client: FlaskClient, world: World
) -> None:
    sign_in(client, make_user())

    assert client.get(f"/capture/{world.things['alice'].interview}").status_code == 404
    assert client.get(f"/capture/{uuid.uuid4()}").status_code == 404


def test_an_answer_is_reached_only_through_its_own_interview(
    client: FlaskClient, world: World, alice: User
) -> None:
    other = begin_interview(make_application(alice, make_job()))
    sign_in(client, alice)
    db.session.rollback()

    response = client.post(f"/capture/{other.id}/answers/{world.things['alice'].answer}/token")

    assert response.status_code == 404


def test_who_is_no_admin_any_more_gets_in_no_more(client: FlaskClient, ada: User) -> None:
    sign_in(client, ada)
    assert client.get("/admin/").status_code == 200
    ada.role = Role.CANDIDATE
    db.session.commit()

    assert client.get("/admin/").status_code == 403


@pytest.mark.parametrize(
    ("place", "endpoint"),
    [param.values[:2] for param in RULES_AND_METHODS if param.values[2] == "POST"],
)
def test_every_form_wants_its_token(
    csrf_app: Flask, world: World, place: str, endpoint: str
) -> None:
    rule = next(rule for rule in csrf_app.url_map.iter_rules(endpoint) if str(rule) == place)
    with csrf_app.test_request_context():
        path = address(rule, world, "alice")
    who = "ada" if endpoint.startswith("admin.") else "alice"
    client = sign_in(csrf_app.test_client(), world.person(who))
    by_token = path.startswith("/api/") or RULES[endpoint] is Door.UPLOAD_TOKEN

    assert (client.post(path).status_code == 419) != by_token
