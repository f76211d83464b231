"""The list of applications, the decisions about them, and the overview."""

import pytest
from factories import Cast, make_application, make_job, make_user, sign_in
from flask.testing import FlaskClient
from reviewing import make_interview

from portal.extensions import db
from portal.models import Application, ApplicationStatus, InterviewState


@pytest.fixture
def admin(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.ada)


@pytest.fixture
def application(cast: Cast) -> Application:
    return make_application(cast.alice)


def decide(client: FlaskClient, application: Application, decision: str, query: str = ""):
    return client.post(
        f"/admin/applications/{application.id}/decide{query}",
        data={"decision": decision, "seen": application.status},
    )


def test_it_is_for_admins_only(client: FlaskClient, cast: Cast, application: Application) -> None:
    assert client.get("/admin/applications").location.startswith("/login")
    assert decide(client, application, "offer").location.startswith("/login")
    sign_in(client, cast.alice)
    assert client.get("/admin/applications").status_code == 403
    assert decide(client, application, "offer").status_code == 403
    assert application.status is ApplicationStatus.APPLIED


def test_it_lists_with_resume_and_interview(admin: FlaskClient) -> None:
    interview = make_interview(name="Ines Duarte")
    page = admin.get("/admin/applications").text

    assert "Ines Duarte" in page
    assert f"/applications/{interview.application_id}/resume" in page
    assert f"/admin/sessions/{interview.id}" in page


def test_it_filters_by_job_status_and_candidate(admin: FlaskClient, cast: Cast) -> None:
    job = make_job("Nurse")
    make_application(cast.alice, job)
    make_application(cast.bob, status=ApplicationStatus.INVITED)
    shown = {
        query: [
            name
            for name in ("Alice", "Bob")
            if name in admin.get(f"/admin/applications?{query}").text
        ]
        for query in (f"job={job.id}", "status=invited", "candidate=bob", "job=x&status=x")
    }

    assert list(shown.values()) == [["Alice"], ["Bob"], ["Bob"], ["Alice", "Bob"]]


@pytest.mark.parametrize(
    ("decision", "status"), [("invite", "invited"), ("offer", "offered"), ("reject", "rejected")]
)
def test_a_person_decides(
    admin: FlaskClient, application: Application, decision: str, status: str
) -> None:
    answer = decide(admin, application, decision, "?status=applied")

    assert (answer.status_code, answer.location) == (303, "/admin/applications?status=applied")
    assert application.status == status


def test_the_page_says_that_a_decision_cannot_be_undone(
    admin: FlaskClient, application: Application
) -> None:
    assert "You cannot undo an offer or a rejection" in admin.get("/admin/applications").text
    decide(admin, application, "reject")
    assert "You cannot undo" not in admin.get("/admin/applications").text


def test_what_was_withdrawn_cannot_be_decided(admin: FlaskClient, cast: Cast) -> None:
    gone = make_application(cast.bob, status=ApplicationStatus.WITHDRAWN)
    page = admin.get("/admin/applications").text
    decide(admin, gone, "offer")

    assert "Decide about" not in page
    assert gone.status is ApplicationStatus.WITHDRAWN


def test_an_unknown_decision_is_refused(admin: FlaskClient, application: Application) -> None:
    assert decide(admin, application, "promote").status_code == 400
    assert decide(admin, application, "").status_code == 400


@pytest.mark.usefixtures("application")
def test_the_overview_counts_what_waits_and_links_to_it(admin: FlaskClient) -> None:
    make_interview(name="Ines Duarte")
    make_interview(name="Jonas Weber", state=InterviewState.FINISHING)
    page = " ".join(admin.get("/admin/").text.split())

    for count, label, link in (
        (1, "interview to look at", "state=ready"),
        (1, "in progress", "state=recording&amp;state=finishing"),
        (3, "applications waiting", "status=waiting"),
        (3, "open jobs", "/admin/jobs"),
    ):
        assert link in page
        assert f'>{count}</span> <span class="text-muted">{label}<' in page


def test_the_overview_is_for_admins_only(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/admin/").location.startswith("/login")
    assert sign_in(client, cast.bob).get("/admin/").status_code == 403


@pytest.mark.parametrize(
    ("status", "waits"),
    [
        ("applied", True),
        ("interviewed", True),
        ("invited", False),
        ("offered", False),
        ("withdrawn", False),
    ],
)
def test_an_application_waits_until_a_person_has_answered_it(
    admin: FlaskClient, status: str, waits: bool
) -> None:
    for one in db.session.scalars(db.select(Application)):
        one.status = ApplicationStatus.REJECTED
    make_application(
        make_user(full_name="Ines Duarte"), make_job("Baker"), status=ApplicationStatus(status)
    )
    overview, listed = (
        admin.get("/admin/").text,
        admin.get("/admin/applications?status=waiting").text,
    )
    assert ("Nobody is waiting for an answer" not in overview) is waits
    assert ("Ines Duarte" in overview, "Ines Duarte" in listed) == (waits, waits)
