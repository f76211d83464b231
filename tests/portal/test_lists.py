"""Every list, count, neighbour and export shows only what its viewer may see.

The walk is generated from the URL map: a new GET route fails until `SHOWS` says what it shows. What
a viewer may not see is there at first, and then deleted. An answer that shows nothing of it, and
counts nothing of it, is the same both times.
"""

import io
import json
import re
import zipfile
from datetime import timedelta
from enum import Enum

import pytest
from api_caller import bearer
from factories import PASSWORD, make_application, make_job, make_user, save, sign_in
from flask import Flask, url_for
from flask.testing import FlaskClient
from reviewing import NOON, make_flag
from routes import RULES_AND_METHODS, all_rules
from werkzeug.test import TestResponse

from portal import access
from portal.extensions import db
from portal.interviews import questions
from portal.models import InterviewSession, InterviewState, Job, JobStatus, Mail, MailEvent, User

HIDDEN = "Hidden"  # is in every name that the viewer must not see
KEPT = "Keeper"  # is in every name that the viewer must see


class Shows(Enum):
    """What a route shows: rows that its viewer reviews, owns or may read; one row; or no row."""

    REVIEWED = "rows of the jobs that the viewer reviews"
    OWN = "the viewer's own rows"
    PUBLISHED = "jobs that everybody may read"
    ONE = "one row, which access.py fetches"
    NOTHING = "no rows of people or jobs"


SHOWS = {
    "admin.overview": Shows.REVIEWED,
    "admin.jobs": Shows.REVIEWED,
    "admin.jobs_edit": Shows.REVIEWED,  # counts the interviews that are under way
    "admin.applications": Shows.REVIEWED,
    "admin.people": Shows.REVIEWED,
    "admin.interview_list": Shows.REVIEWED,
    "admin.mails": Shows.REVIEWED,
    "Mails.list_mails": Shows.REVIEWED,
    "admin.mails_one": Shows.ONE,
    "admin.mails_preview": Shows.ONE,
    "admin.interview_page": Shows.REVIEWED,  # has neighbours, and its place among them
    "admin.interview_status": Shows.REVIEWED,
    "Interviews.list_interviews": Shows.REVIEWED,
    "applications.dashboard": Shows.OWN,
    "account.account": Shows.OWN,  # counts sign-ins
    "account.sign_in_list": Shows.OWN,
    "Accounts.list_sign_ins": Shows.OWN,
    "account.data": Shows.OWN,  # an export; it is asked with POST
    "Applications.list_applications": Shows.OWN,
    "jobs.board": Shows.PUBLISHED,
    "Positions.list_jobs": Shows.PUBLISHED,
    "admin.interview_row": Shows.ONE,
    "admin.interview_video": Shows.ONE,
    "admin.interview_telemetry": Shows.ONE,
    "Interviews.show_interview": Shows.ONE,
    "applications.apply": Shows.ONE,
    "applications.resume": Shows.ONE,
    "applications.replace_resume": Shows.ONE,
    "jobs.job": Shows.ONE,
    "Positions.show_job": Shows.ONE,
    "capture.interview": Shows.ONE,
    "capture.consent": Shows.ONE,
    "capture.check": Shows.ONE,
    "capture.room": Shows.ONE,
    "capture.receipt": Shows.ONE,
    "capture.interview_status": Shows.ONE,
    "capture.room_json": Shows.ONE,
    "capture.answer_playback": Shows.ONE,
    "capture.kiosk_status": Shows.ONE,
    "capture.kiosk_preview": Shows.ONE,
    "account.address": Shows.NOTHING,
    "account.address_sent": Shows.NOTHING,
    "account.second_factor": Shows.OWN,
    "account.second_factor_remove": Shows.ONE,
    "account.second_factor_app": Shows.NOTHING,
    "account.second_factor_passkey": Shows.NOTHING,
    "account.recovery_codes_page": Shows.NOTHING,  # counts one's own codes
    "account.confirm": Shows.NOTHING,
    "second_step.ask": Shows.NOTHING,
    "account.password": Shows.NOTHING,
    "account.profile": Shows.NOTHING,
    "Accounts.me": Shows.NOTHING,
    "account.delete": Shows.NOTHING,
    "admin.jobs_new": Shows.NOTHING,
    "admin.mails_texts": Shows.NOTHING,
    "admin.mails_text": Shows.NOTHING,
    "auth.login": Shows.NOTHING,
    "auth.register": Shows.NOTHING,
    "auth.register_sent": Shows.NOTHING,
    "recovery.forgot": Shows.NOTHING,
    "recovery.sent": Shows.NOTHING,
    "links.follow": Shows.NOTHING,  # its own account's address alone
    "auth.register_about": Shows.NOTHING,
    "auth.register_done": Shows.NOTHING,
    "auth.signed_in": Shows.NOTHING,
    "health.healthz": Shows.NOTHING,
    "health.readyz": Shows.NOTHING,
    "jobs.front": Shows.NOTHING,
    "static": Shows.NOTHING,
    "api-docs.openapi_json": Shows.NOTHING,
    "api_docs.browse": Shows.NOTHING,
}
WITHOUT_THESE_FILTERS = {"Mails.list_mails"}  # its schema refuses what it does not know
LISTED = {Shows.REVIEWED, Shows.OWN, Shows.PUBLISHED}
GET_ROUTES = sorted({rule.endpoint for rule in all_rules() if "GET" in (rule.methods or ())})
LISTS = [endpoint for endpoint in GET_ROUTES if SHOWS.get(endpoint) in LISTED]
PARAMS = [
    pytest.param(endpoint, id=f"{endpoint}: list {n} of {len(LISTS)} in {len(GET_ROUTES)} routes")
    for n, endpoint in enumerate(LISTS, start=1)
]
# what differs between two answers with the same rows
CHANGES = re.compile(
    r'(?<="X-CSRFToken": ")[^"]*|name="csrf_token"[^>]*|data-csrf="[^"]*"|(?:q|candidate)=~?[\w.-]+'
)


def test_every_route_says_what_it_shows() -> None:
    assert set(GET_ROUTES) == set(SHOWS)


class World:
    """Two jobs with the same kinds of rows. A reviewer of the kept job may see nothing of the
    other one, and the candidate of the kept job owns her own rows only.
    """

    def __init__(self, reviewer: User) -> None:
        self.reviewer = reviewer
        self.kept_job, self.hidden_job = (make_job(f"{name} job") for name in (KEPT, HIDDEN))
        self.draft = make_job(f"{HIDDEN} draft", status=JobStatus.DRAFT, published_at=None)
        self.viewer = make_user("keeper@example.org", full_name=f"Kim {KEPT}")
        self.hidden: list[Job | User] = [self.hidden_job, self.draft]
        self.interview = interview_of(self.viewer, self.kept_job)
        # before and after the kept interview, in every state, so that all counts would change
        for number, state in enumerate(InterviewState):
            person = make_user(f"hidden{number}@example.org", full_name=f"Hal {HIDDEN} {number}")
            start = NOON + timedelta(hours=number - 2)
            self.hidden_interview = interview_of(person, self.hidden_job, state, start)
            self.hidden.append(person)

    def forget_hidden(self) -> None:
        for row in self.hidden:
            for application in row.applications if isinstance(row, Job) else []:
                db.session.delete(application.interview)
                db.session.delete(application)
        db.session.commit()
        for row in self.hidden:
            db.session.delete(row)
        db.session.commit()


def interview_of(
    person: User, job: Job, state: InterviewState = InterviewState.READY, start: object = NOON
) -> InterviewSession:
    interview = InterviewSession(
        application=make_application(person, job),
        state=state,
        start_time=start,
        flags=[make_flag()],
        duration_ms=60_000,
    )
    save(interview)
    mail_to(person)
    questions.copy_from_job(interview)
    return save(interview)


def mail_to(person: User) -> Mail:
    values = {"event": MailEvent.APPLIED, "address": person.email, "language": "en"}
    return save(Mail(user=person, facts={"job": HIDDEN}, **values))


@pytest.fixture
def world(ada: User) -> World:
    return World(ada)


@pytest.fixture
def reviews_one_job(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What roles for each job will be: the one rule names one job, and nothing else changes."""
    kept = world.kept_job.id
    monkeypatch.setattr(access, "reviewed_jobs", lambda _viewer: Job.id == kept)


def addresses(app: Flask, endpoint: str, world: World) -> list[str]:
    known = {"job_id": world.kept_job.id, "interview_id": world.interview.id}
    rule = next(app.url_map.iter_rules(endpoint))
    with app.test_request_context():
        plain = url_for(endpoint, **{name: known[name] for name in rule.arguments})
    if SHOWS[endpoint] is not Shows.REVIEWED or endpoint in WITHOUT_THESE_FILTERS:
        return [plain]
    return [plain, f"{plain}?job={world.hidden_job.id}", f"{plain}?state=pending&status=waiting"]


def ask(client: FlaskClient, key: dict[str, str], endpoint: str, path: str) -> TestResponse:
    headers = key if path.startswith("/api/") else {}
    db.session.rollback()
    if endpoint == "account.data":
        return client.post(path, data={"password": PASSWORD}, headers=headers)
    return client.get(path, headers=headers)


def shown(response: TestResponse) -> str:
    assert response.status_code == 200, response.text[:500]
    if response.mimetype != "application/zip":
        return CHANGES.sub("", response.text)
    package = zipfile.ZipFile(io.BytesIO(response.data))
    files = {name: package.read(name) for name in package.namelist()}
    log = [entry for entry in json.loads(files.pop("log.json")) if entry["what"] != "exported"]
    return "\n".join([*(f"{name} {content!r}" for name, content in files.items()), str(log)])


@pytest.mark.usefixtures("reviews_one_job")
@pytest.mark.parametrize("endpoint", PARAMS)
def test_a_list_shows_and_counts_only_what_its_viewer_may_see(
    app: Flask, world: World, endpoint: str
) -> None:
    viewers = {Shows.REVIEWED: world.reviewer, Shows.OWN: world.viewer, Shows.PUBLISHED: None}
    viewer, paths = viewers[SHOWS[endpoint]], addresses(app, endpoint, world)
    if SHOWS[endpoint] is Shows.PUBLISHED:  # everybody may read of these, also of the other job
        world.hidden = [world.draft]
    client = sign_in(app.test_client(), viewer) if viewer else app.test_client()
    key = bearer(viewer) if viewer else {}
    before = [shown(ask(client, key, endpoint, path)) for path in paths]
    world.forget_hidden()
    after = [shown(ask(client, key, endpoint, path)) for path in paths]

    assert before == after


@pytest.mark.parametrize("endpoint", [name for name in LISTS if SHOWS[name] is Shows.REVIEWED])
def test_an_admin_reviews_all_jobs_today(app: Flask, world: World, endpoint: str) -> None:
    """So the test above would see it if a list forgot its viewer."""
    path = addresses(app, endpoint, world)[0]
    client = sign_in(app.test_client(), world.reviewer)
    key = bearer(world.reviewer)
    before = shown(ask(client, key, endpoint, path))
    world.forget_hidden()

    if endpoint in {"admin.jobs_edit", "admin.interview_status"}:
        return  # shows one row, and of the rest only numbers or links that need a third job
    assert before != shown(ask(client, key, endpoint, path))


REVIEW_ROUTES = [
    param
    for param in RULES_AND_METHODS
    if param.values[1].startswith(("admin.", "Interviews.", "Mails.")) and "_id>" in param.values[0]
]


@pytest.mark.usefixtures("reviews_one_job")
@pytest.mark.parametrize(("place", "endpoint", "method"), REVIEW_ROUTES)
def test_a_row_of_a_job_that_somebody_else_reviews_is_not_there(
    app: Flask, world: World, place: str, endpoint: str, method: str
) -> None:
    known = {
        "job_id": world.hidden_job.id,
        "interview_id": world.hidden_interview.id,
        "application_id": world.hidden_interview.application_id,
        "user_id": world.hidden_interview.application.user_id,
        "mail_id": mail_to(world.hidden_interview.application.user).id,
    }
    rule = next(rule for rule in app.url_map.iter_rules(endpoint) if str(rule) == place)
    with app.test_request_context():
        path = url_for(endpoint, **{name: known[name] for name in rule.arguments})
    headers = bearer(world.reviewer) if path.startswith("/api/") else {}
    client = sign_in(app.test_client(), world.reviewer)
    db.session.rollback()

    expected = 200 if method == "OPTIONS" else 404
    assert client.open(path, method=method, headers=headers).status_code == expected
