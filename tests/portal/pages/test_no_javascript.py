"""With JavaScript off everything works that needs no camera: with a client that only reads pages,
and in Chromium.
"""

from pathlib import Path

import papers
import pytest
from browsers import chromium
from factories import PASSWORD, make_job
from flask import Flask
from servers import LiveServer
from walker import Walker

from portal.extensions import db
from portal.forms.robot_defence import SOONEST_MS
from portal.models import Application, ApplicationStatus, Workplace

MEI = {"full_name": "Mei Tanaka", "email": "mei@example.org", "password": PASSWORD}


def at_the_form_of_a_job(app: Flask) -> Walker:
    """A stranger finds a job, wants to apply, and registers on the way."""
    make_job("Data engineer", workplace=Workplace.REMOTE)
    make_job("Nurse")
    walker = Walker(app.test_client()).send("Search", q="data", workplace="remote")
    assert "1 result for “data” · remote" in " ".join(walker.text.split())
    walker.follow("Data engineer").follow("Apply").follow("Register").send("Create account", **MEI)
    walker.follow("Sign in").send("Sign in", email=MEI["email"], password=PASSWORD)
    walker.send("Save and go on", location="Porto")
    return walker.follow("Go on where you were")


def test_a_candidate_finds_a_job_registers_applies_and_comes_to_the_interview(
    csrf_app: Flask,
) -> None:
    walker = at_the_form_of_a_job(csrf_app)
    walker.send("Send application", resume=papers.upload(b"no", "cv.pdf"), note="I like rows.")
    assert walker.code == 422
    assert "This is plain text." in walker.text
    assert "I like rows." in walker.text
    walker.send("Send application", resume=papers.upload())
    assert walker.path == "/dashboard"
    assert db.session.scalars(db.select(Application.note)).one() == "I like rows."
    walker.send("Record your interview")
    assert walker.path.startswith("/capture/")
    walker.send("Continue to the device check")
    assert walker.code == 422
    assert "Tick it to go on" in walker.text


def test_a_candidate_withdraws_signs_out_and_in_again(csrf_app: Flask) -> None:
    walker = at_the_form_of_a_job(csrf_app).send("Send application", resume=papers.upload())
    walker.send("Withdraw application")
    assert "You withdrew your application" in walker.text
    assert db.session.scalars(db.select(Application)).one().status is ApplicationStatus.WITHDRAWN
    walker.send("Sign out").go("/dashboard")
    assert walker.path == "/login?next=/dashboard"
    walker.send("Sign in", email="mei@example.org", password=PASSWORD)
    assert walker.path == "/dashboard"


def test_nothing_is_lost_on_an_error_or_on_going_back(csrf_app: Flask) -> None:
    walker = Walker(csrf_app.test_client(), "/register").send(
        "Create account", **MEI | {"password": "short"}
    )
    assert 'value="Mei Tanaka"' in walker.text
    walker.send("Create account", password=PASSWORD)
    walker.follow("Sign in").send("Sign in", password=PASSWORD)
    walker.send("Save and go on", phone="+351 21 000", headline="Baker")
    walker.go("/register").follow("Go on: about you")
    assert 'value="+351 21 000"' in walker.text
    assert 'value="Baker"' in walker.text


def test_a_candidate_changes_the_password_takes_the_data_along_and_leaves(csrf_app: Flask) -> None:
    walker = at_the_form_of_a_job(csrf_app).send("Send application", resume=papers.upload())
    new = "another long pass phrase"
    walker.go("/account/").follow("Change password").send("Change password", old=PASSWORD, new=new)
    assert "Your password is changed" in walker.text
    assert walker.path == "/account/"
    walker.follow("Delete account…").send("Delete my account", password=PASSWORD)
    assert "This is not the password of your account" in walker.text
    walker.send("Delete my account", password=new)
    assert "Your account is deleted" in walker.text
    assert db.session.scalars(db.select(Application)).all() == []


@pytest.mark.long
@pytest.mark.browser
def test_a_browser_without_javascript_registers_searches_and_applies(
    live_server: LiveServer, tmp_path: Path
) -> None:
    with chromium(profile=tmp_path / "profile", java_script_enabled=False) as browser:
        page = browser.new_page()
        page.goto(f"{live_server.url}/register")
        for name, typed in MEI.items():
            page.locator(f"[name={name}]").fill(typed)
        page.wait_for_timeout(SOONEST_MS)  # as long as the quickest person takes
        page.get_by_role("button", name="Create account").click()
        page.wait_for_url("**/register/sent")
        page.get_by_role("main").get_by_role("link", name="Sign in", exact=True).click()
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Skip this step").click()
        page.get_by_role("main").get_by_role("link", name="Open positions").click()
        page.get_by_role("searchbox").fill("data")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="Data engineer").click()
        page.get_by_role("link", name="Apply").click()
        page.get_by_label("Résumé").set_input_files(
            {"name": "mei.pdf", "mimeType": "application/pdf", "buffer": papers.pdf()}
        )
        page.get_by_role("button", name="Send application").click()
        page.get_by_text("You applied for Data engineer").wait_for()
        assert page.get_by_role("button", name="Record your interview").is_visible()
