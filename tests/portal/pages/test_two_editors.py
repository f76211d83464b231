"""Two people change the same thing: the later one is told what the other saved, and overwrites only
what was seen.
"""

import html
import re
from collections.abc import Callable

import pytest
from acting import accounts, hiring
from factories import Cast, make_application, make_job, make_user, sign_in
from flask import Flask
from flask.testing import FlaskClient
from job_forms import JOB, rows
from visiting import seen_in

from portal.extensions import db
from portal.models import ApplicationStatus, Job, JobStatus, Role, User


@pytest.fixture
def admins(app: Flask, ada: User) -> tuple[FlaskClient, FlaskClient]:
    """Ada and another one, each with a browser of their own."""
    other = make_user("omar@example.org", role=Role.ADMIN)
    return sign_in(app.test_client(), ada), sign_in(app.test_client(), other)


def typed(job: Job, **changes: str) -> dict[str, str]:
    """The job's form as it stands, with some words of one's own."""
    names = ("title", "description", "location", "workplace", "employment_type", "salary_range")
    asked = rows(*[question.prompt for question in job.questions])
    asked = {
        name: {"think_s": "2", "limit_s": "60", "takes": "2"}.get(name.split("-")[2], v)
        for name, v in asked.items()
    }
    return {name: str(getattr(job, name)) for name in names} | asked | changes


def test_the_later_of_two_admins_is_refused_and_reads_both_texts(
    admins: tuple[FlaskClient, FlaskClient],
) -> None:
    ada, omar = admins
    job = make_job(description="Build pipelines.")
    path = f"/admin/jobs/{job.id}"
    before, mine = (
        seen_in(ada.get(path).text),
        typed(job, description="Ada's words", salary_range="€ 1"),
    )
    assert (
        omar.post(
            path, data=typed(job, description="Omar's words", location="Faro") | before
        ).status_code
        == 303
    )

    refused = ada.post(path, data=mine | before)

    assert refused.status_code == 409
    assert "somebody else saved this while you were writing" in refused.text
    shown = refused.text.partition("</dl>")[0]
    assert [words in shown for words in ("Omar&#39;s words", "Ada&#39;s words", "Faro", "€ 1")] == [
        True,
        True,
        True,
        False,
    ]
    assert "Ada&#39;s words</textarea>" in refused.text.partition("</dl>")[2]
    assert 'value="€ 1"' in refused.text
    db.session.refresh(job)
    assert (job.description, job.location, job.salary_range) == ("Omar's words", "Faro", "")


def test_who_has_read_what_the_other_saved_may_overwrite_it(
    admins: tuple[FlaskClient, FlaskClient],
) -> None:
    ada, omar = admins
    job = make_job()
    path = f"/admin/jobs/{job.id}"
    before = seen_in(ada.get(path).text)
    omar.post(path, data=typed(job, title="Omar's") | before)
    refused = ada.post(path, data=typed(job, title="Ada's") | before)

    assert ada.post(path, data=typed(job, title="Ada's") | seen_in(refused.text)).status_code == 303
    db.session.refresh(job)
    assert job.title == "Ada's"


CHANGES: dict[str, Callable[[Job], None]] = {
    "its questions": lambda job: job.questions.pop() and None,
    "a question's time": lambda job: setattr(job.questions[0], "limit_ms", 30_000),
    "that it is closed": lambda job: setattr(job, "status", JobStatus.CLOSED),
    "its place": lambda job: setattr(job, "location", "Evora"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changed_of_a_job_is_noticed(
    admins: tuple[FlaskClient, FlaskClient], what: str
) -> None:
    job = make_job()
    path, form = f"/admin/jobs/{job.id}", typed(job, action="publish")
    before = seen_in(admins[0].get(path).text)
    CHANGES[what](job)
    db.session.commit()
    assert admins[0].post(path, data=form | before).status_code == 409


def test_a_form_that_does_not_say_what_it_showed_changes_nothing(
    admins: tuple[FlaskClient, FlaskClient],
) -> None:
    job = make_job()
    assert admins[0].post(f"/admin/jobs/{job.id}", data=JOB).status_code == 409
    db.session.refresh(job)
    assert job.title == "Data engineer"


def test_adding_a_question_and_typing_wrongly_forget_nothing(
    admins: tuple[FlaskClient, FlaskClient],
) -> None:
    """What was seen is what the first page showed, however often the form comes back for other
    reasons.
    """
    ada, omar = admins
    job = make_job()
    path = f"/admin/jobs/{job.id}"
    before = seen_in(ada.get(path).text)
    omar.post(path, data=typed(job, location="Faro") | before)
    for more in ({"action": "add"}, {"title": ""}):
        assert seen_in(ada.post(path, data=typed(job, **more) | before).text) == before


@pytest.mark.parametrize("decision", ["invite", "offer", "reject"])
def test_a_decision_about_another_state_is_refused(
    admins: tuple[FlaskClient, FlaskClient], cast: Cast, decision: str
) -> None:
    application = make_application(cast.alice)
    before = seen_in(admins[0].get("/admin/applications").text)
    other = hiring.offer if decision == "reject" else hiring.reject
    other(application)
    status = application.status
    form = {"decision": decision} | before
    page = (
        admins[0]
        .post(f"/admin/applications/{application.id}/decide", data=form, follow_redirects=True)
        .text
    )
    assert f"This application is {status} by now, so nothing was changed" in page
    db.session.refresh(application)
    assert application.status is status


def test_a_candidate_withdraws_only_what_was_shown(client: FlaskClient, alice: User) -> None:
    application = make_application(alice)
    before = seen_in(sign_in(client, alice).get("/dashboard").text)
    hiring.offer(application)
    page = client.post(
        f"/applications/{application.id}/withdraw", data=before, follow_redirects=True
    ).text
    assert "This application is offered by now, so nothing was changed" in page
    db.session.refresh(application)
    assert application.status is ApplicationStatus.OFFERED


@pytest.mark.parametrize("verb", ["disable", "enable"])
def test_an_account_that_changed_meanwhile_stays_as_it_is(
    admins: tuple[FlaskClient, FlaskClient], cast: Cast, verb: str
) -> None:
    here, there = (
        (accounts.enable, accounts.disable)
        if verb == "disable"
        else (accounts.disable, accounts.enable)
    )
    here(cast.alice)
    before = seen_in(admins[0].get("/admin/people?q=moreau").text)
    there(cast.alice)
    stands = cast.alice.disabled_at
    page = (
        admins[0]
        .post(f"/admin/people/{cast.alice.id}/{verb}", data=before, follow_redirects=True)
        .text
    )
    assert "by now, so nothing was changed" in page
    db.session.refresh(cast.alice)
    assert cast.alice.disabled_at == stands


def test_what_is_about_oneself_is_not_lost_between_two_tabs(
    client: FlaskClient, alice: User
) -> None:
    before = seen_in(sign_in(client, alice).get("/register/about").text)
    client.post("/register/about", data={"location": "Porto", "headline": "Electrician"} | before)
    refused = client.post(
        "/register/about", data={"location": "Faro", "headline": "Electrician"} | before
    )
    assert refused.status_code == 409
    shown = refused.text.partition("</dl>")[0]
    assert [words in shown for words in ("Porto", "Faro")] == [True, True]
    assert 'value="Faro"' in refused.text
    assert (
        client.post(
            "/register/about", data={"location": "Faro"} | seen_in(refused.text)
        ).status_code
        == 303
    )


def test_who_edits_in_two_tabs_is_not_told_of_somebody_else(
    client: FlaskClient, alice: User
) -> None:
    before = seen_in(sign_in(client, alice).get("/register/about").text)
    client.post("/register/about", data={"location": "Braga"} | before)
    refused = client.post("/register/about", data={"location": "Faro"} | before).text
    assert "this was saved in another tab meanwhile" in refused
    assert "somebody else" not in refused


def test_a_fact_that_one_tab_left_alone_is_not_taken_back_by_it(
    client: FlaskClient, alice: User
) -> None:
    before = seen_in(sign_in(client, alice).get("/register/about").text)
    opened = {name: getattr(alice, name) for name in ("phone", "location", "headline")}
    client.post("/register/about", data=opened | {"location": "Braga"} | before)
    refused = client.post("/register/about", data=opened | {"headline": "Roofer"} | before)
    assert refused.status_code == 409
    assert 'value="Braga"' in refused.text
    assert 'value="Roofer"' in refused.text
    assert "Yours, not saved" not in refused.text
    assert "You did not change this" in refused.text


@pytest.mark.usefixtures("alice")
def test_two_who_save_the_same_are_no_conflict(admins: tuple[FlaskClient, FlaskClient]) -> None:
    job = make_job()
    path, alike = f"/admin/jobs/{job.id}", typed(job, title="Engineer of data")
    before = [seen_in(admin.get(path).text) for admin in admins]
    assert [
        admin.post(path, data=alike | seen).status_code
        for admin, seen in zip(admins, before, strict=True)
    ] == [
        303,
        303,
    ]


NEW_VALUES = {
    "title": "Another title", "description": "Other\nwords", "location": "Evora",
    "workplace": "remote", "employment_type": "internship", "salary_range": "€ 2",
    "questions-0-prompt": "What else?", "questions-0-takes": "3",
}  # fmt: skip


@pytest.mark.parametrize("name", NEW_VALUES)
def test_what_one_admin_left_alone_stays_as_the_other_saved_it(
    admins: tuple[FlaskClient, FlaskClient], name: str
) -> None:
    """The form of the later one takes the other's value, says that it is not theirs, and saving
    again keeps both.
    """
    ada, omar = admins
    job = make_job(description="Build\r\npipelines.")
    path, mine = f"/admin/jobs/{job.id}", "location" if name != "location" else "title"
    before = seen_in(ada.get(path).text)
    as_opened = typed(job)
    assert omar.post(path, data=as_opened | {name: NEW_VALUES[name]} | before).status_code == 303

    refused = ada.post(path, data=as_opened | {mine: "Ada's"} | before)
    assert refused.status_code == 409
    assert ("You did not change this" in refused.text, "Yours, not saved" in refused.text) == (
        True,
        False,
    )
    assert ada.post(path, data=fields_in(refused.text) | {"action": "save"}).status_code == 303
    stored = typed(db.session.get_one(Job, job.id, populate_existing=True))
    kept = job.questions[0].takes if name.endswith("takes") else stored[name]
    assert (str(kept), stored[mine]) == (NEW_VALUES[name], "Ada's")


def fields_in(page: str) -> dict[str, str]:
    """What a browser would send of the job's form as it is shown."""
    form = page.partition('<form id="job-form"')[2].partition("</form>")[0]
    inputs = [
        tag
        for tag in re.findall(r"<input[^>]*>", form)
        if 'name="' in tag and 'type="submit"' not in tag
    ]
    areas = re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', form, re.DOTALL)
    selects = re.findall(
        r'<select[^>]*name="([^"]+)".*?<option selected value="([^"]*)"', form, re.DOTALL
    )
    typed_in = [
        (re.search(r'name="([^"]+)"', tag)[1], re.search(r'value="([^"]*)"|$', tag)[1] or "")
        for tag in inputs
    ]
    return {name: html.unescape(value) for name, value in [*typed_in, *areas, *selects]}
