"""Consent: only a tick counts, and what was agreed to, and how long it holds, is on record."""

import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from acting import interviews
from factories import make_application, make_job, sign_in
from flask import Flask, render_template
from flask.testing import FlaskClient
from interview_steps import begin_interview
from visiting import seen_in

from portal import consent, data_export, languages
from portal.config import keep_settings, settings
from portal.extensions import db
from portal.forms.consent import ConsentForm
from portal.models import Application, InterviewSession, InterviewState, User, utc_now
from setup.translations import compile_all

# The marks of each version's words, for a job of two questions and 180 days. Other words are
# another version, also where only their translation is another one.
WORDS = {
    "2026-11-27": "bf473258b77727a8cafabd4c3b4f9d3cd2ff7d479af627664929a6a7748f80d0",
    "2026-11-27-de": "509ae6874fdf60dde62c373fbdbf1da263e11b6dc150cb12c06e3ebbc73c0e9e",
}


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    compile_all()


@pytest.fixture
def address(client: FlaskClient, application: Application) -> str:
    sign_in(client, application.user)
    return f"/capture/{interviews.open_interview(application).id}/consent"


def shown_on(page: str) -> str:
    return re.search(r'name="shown"[^>]*value="(\w+)"', page)[1]


def only_interview() -> InterviewSession:
    db.session.rollback()
    return db.session.scalars(db.select(InterviewSession)).one()


@pytest.mark.parametrize("language", languages.NAMES)
def test_other_words_are_another_version(app: Flask, language: str) -> None:
    with app.test_request_context(headers={"Accept-Language": language}):
        job = make_job(questions=2)
        view = {"questions": job.questions, "job": job, "retention_days": 180}
        marks = consent.shown(
            render_template("capture/_consent_text.html", **view), *ConsentForm().choices()
        )

    assert marks.version == consent.VERSIONS[language]
    assert WORDS[marks.version] == marks.sha256, "give the new words a new version, and add it here"


def test_each_language_has_a_version_of_its_own() -> None:
    assert set(consent.VERSIONS) == set(languages.NAMES)
    assert len(set(consent.VERSIONS.values())) == len(languages.NAMES)
    longest = InterviewSession.consent_version.type.length
    assert all(len(version) <= longest for version in consent.VERSIONS.values())


def test_the_mark_is_of_the_words_and_not_of_the_page_around_them() -> None:
    assert consent.shown("<p class='a'>One  two</p>\n") == consent.shown("<b>One</b> two")
    assert consent.shown("One two 180 days") != consent.shown("One two 181 days")


@pytest.mark.parametrize(
    "said", ["false", "False", "0", "no", "off", "", "null", " y", ["y", "false"]]
)
def test_only_a_tick_is_an_agreement(
    client: FlaskClient, address: str, said: str | list[str]
) -> None:
    shown = shown_on(client.get(address).text)
    refused = client.post(address, data={"shown": shown, "record": said})

    assert refused.status_code == 422
    assert "Tick it to go on." in refused.text
    assert only_interview().state is InterviewState.PENDING
    assert (
        client.post(address, data={"shown": shown, "record": "y", "analyse": said}).status_code
        == 303
    )
    assert not only_interview().is_analysed


def test_what_no_page_sends_is_no_agreement(client: FlaskClient, address: str) -> None:
    shown = shown_on(client.get(address).text)

    assert client.post(address, json={"shown": shown, "record": True}).status_code == 422
    assert client.post(f"{address}?record=y&shown={shown}").status_code == 422
    assert only_interview().state is InterviewState.PENDING


@pytest.mark.parametrize("yes", ["y", "true"])
def test_a_tick_agrees(client: FlaskClient, address: str, yes: str) -> None:
    shown = shown_on(client.get(address).text)

    assert (
        client.post(address, data={"shown": shown, "record": yes, "analyse": yes}).status_code
        == 303
    )
    assert only_interview().is_analysed


def test_the_record_says_which_words_and_how_many_days(
    app: Flask, client: FlaskClient, address: str
) -> None:
    shown = shown_on(client.get(address).text)
    client.post(address, data={"shown": shown, "record": "y"})
    interview = only_interview()

    assert (interview.consent_version, interview.consent_sha256) == (consent.VERSIONS["en"], shown)
    assert interview.consent_days == settings(app).retention_days
    package = zipfile.ZipFile(
        BytesIO(b"".join(data_export.export_data(interview.application.user)))
    )
    [said] = [
        json.loads(package.read(name))
        for name in package.namelist()
        if name.endswith("application.json")
    ]
    assert said["interview"]["consent_sha256"] == shown
    assert said["interview"]["consent_version"] == consent.VERSIONS["en"]
    assert said["interview"]["consent_days"] == 180


def test_the_record_says_in_which_language_the_words_were_read(
    client: FlaskClient, address: str
) -> None:
    german = {"Accept-Language": "de"}
    page = client.get(address, headers=german)
    assert '<html lang="de">' in page.text
    client.post(address, data={"shown": shown_on(page.text), "record": "y"}, headers=german)

    assert only_interview().consent_version == consent.VERSIONS["de"]


def test_who_changes_the_language_reads_the_words_again_before_agreeing(
    client: FlaskClient, address: str
) -> None:
    english = shown_on(client.get(address).text)
    client.post("/language", data={"language": "de"})
    refused = client.post(address, data={"shown": english, "record": "y"})

    assert refused.status_code == 422
    assert only_interview().state is InterviewState.PENDING


def test_nobody_agrees_to_words_that_changed_meanwhile(
    app: Flask, client: FlaskClient, address: str
) -> None:
    old = shown_on(client.get(address).text)
    keep_settings(app, replace(settings(app), retention_days=365))
    refused = client.post(address, data={"shown": old, "record": "y"})
    unseen = client.post(address, data={"record": "y"})

    assert (refused.status_code, unseen.status_code) == (422, 422)
    assert "has changed since you opened this page" in refused.text
    assert only_interview().state is InterviewState.PENDING
    assert (
        client.post(address, data={"shown": shown_on(refused.text), "record": "y"}).status_code
        == 303
    )
    assert only_interview().consent_days == 365


@pytest.mark.parametrize(
    ("promised", "present", "days"),
    [(180, 365, 180), (180, 30, 30), (180, 180, 180), (None, 90, 90)],
)
def test_no_promise_is_stretched_later(
    app: Flask, application: Application, promised: int | None, present: int, days: int
) -> None:
    interview = begin_interview(application)
    interview.consent_days, began = promised, interview.start_time
    db.session.commit()
    keep_settings(app, replace(settings(app), retention_days=present))
    due = began + timedelta(days=days)

    assert interview.kept_until(present) == due
    assert interviews.purge(due - timedelta(hours=1)) == 0
    assert interviews.purge(due + timedelta(hours=1)) == 1


def test_each_interview_goes_when_its_own_promise_is_over(
    application: Application, bob: User
) -> None:
    short, long = (
        begin_interview(application),
        begin_interview(make_application(bob, application.job)),
    )
    short.consent_days, long.consent_days = 10, 20
    db.session.commit()

    assert interviews.purge(utc_now() + timedelta(days=15)) == 1
    assert db.session.scalars(db.select(InterviewSession)).one() is long


def test_who_withdrew_reads_when_it_is_deleted(
    client: FlaskClient, application: Application
) -> None:
    interview = begin_interview(application)
    day = f"{interview.kept_until(180):%-d} {interview.kept_until(180):%b}"
    sign_in(client, application.user)
    before = client.get("/dashboard").text
    client.post(f"/applications/{application.id}/withdraw", data=seen_in(before))
    after = client.get("/dashboard").text

    assert "Recording and measuring stop at once" in before
    assert "is deleted on" in after, day
