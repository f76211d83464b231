"""Every page in a real browser: no complaint, nothing wider than the screen; and an admin's day
without JavaScript.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsers import Complaints, chromium
from playwright.sync_api import Page, expect
from servers import LiveServer

from portal import demo
from portal.config import PROJECT_FOLDER
from portal.extensions import db
from portal.models import Application, InterviewSession, Job

pytestmark = pytest.mark.browser

WIDTHS = (390, 1440)
PUBLIC = (
    "/jobs",
    "/jobs?q=data&workplace=remote",
    "/jobs?q=nothing-like-this",
    "/jobs/data-engineer",
    "/login",
    "/nowhere",
)
CANDIDATE = (
    "/dashboard",
    "/register/about",
    "/jobs/field-technician/apply",
    "/capture/{interview}/receipt",
    "/account/",
    "/account/sign-ins",
    "/account/password",
    "/account/data",
    "/account/delete",
    "/admin/",
)
ADMIN = (
    "/admin/",
    "/admin/jobs",
    "/admin/jobs/new",
    "/admin/jobs/{job}",
    "/admin/applications",
    "/admin/mail",
    "/admin/mail/texts",
    "/admin/mail/texts/reset_password/de",
    "/admin/people",
    "/admin/people?q=nobody-of-that-name",
    "/admin/sessions",
    "/admin/sessions?kind=no_face&severity=medium",
    "/admin/sessions?candidate=nobody-of-that-name",
    "/admin/sessions/{interview}",
    "/api/docs",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A portal with the demo: its interview was really measured."""
    server = LiveServer(tmp_path_factory.mktemp("pages"))
    (server.folder / "live" / "models").symlink_to(PROJECT_FOLDER / "instance" / "models")
    with server.app.app_context():
        demo.make()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def names(server: LiveServer) -> dict[str, str]:
    with server.app.app_context():
        interview = db.session.scalars(db.select(InterviewSession)).one()
        job = db.session.scalars(db.select(Job).where(Job.slug == "data-engineer")).one()
        return {"interview": str(interview.id), "job": str(job.id)}


def sign_in(page: Page, url: str, email: str, password: str = demo.PASSWORD) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("(?<!/login)$"))


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("email", "paths"),
    [("", PUBLIC), (demo.CANDIDATE_EMAIL, CANDIDATE), (demo.ADMIN_EMAIL, ADMIN)],
    ids=["anonymous", "candidate", "admin"],
)
def test_no_page_complains_or_is_wider_than_the_screen(
    server: LiveServer,
    names: dict[str, str],
    tmp_path: Path,
    width: int,
    email: str,
    paths: tuple[str, ...],
) -> None:
    # two of the pages are error pages
    complaints = Complaints(expected=("404 (NOT FOUND)", "403 (FORBIDDEN)"))
    with chromium(profile=tmp_path / "profile", width=width) as browser:
        page = browser.new_page()
        complaints.watch(page)
        if email:
            sign_in(page, server.url, email)
        for path in paths:
            page.goto(server.url + path.format(**names))
            page.wait_for_load_state("networkidle")
            too_wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert (path, too_wide) == (path, 0)
            assert (path, complaints.found) == (path, [])


@pytest.mark.long
def test_an_admin_without_javascript_makes_a_job_and_decides(
    server: LiveServer, tmp_path: Path
) -> None:
    with chromium(profile=tmp_path / "profile", java_script_enabled=False) as browser:
        page = browser.new_page()
        sign_in(page, server.url, demo.ADMIN_EMAIL)
        page.goto(f"{server.url}/admin/jobs/new")
        page.get_by_label("Title").fill("Glass blower")
        page.get_by_label("Description").fill("Blow **glass**.")
        page.get_by_label("Location").fill("Marinha Grande")
        page.locator("[name=questions-0-prompt]").fill("Why glass?")
        page.get_by_role("button", name="Add a question").click()
        page.locator("[name=questions-1-prompt]").fill("Why here?")
        page.get_by_role("button", name="Save and publish").click()
        page.goto(f"{server.url}/jobs?q=glass")
        expect(page.get_by_role("link", name="Glass blower")).to_be_visible()


@pytest.mark.usefixtures("names")
def test_an_admin_without_javascript_finds_flags_and_sees_the_recording(
    server: LiveServer, tmp_path: Path
) -> None:
    with chromium(profile=tmp_path / "profile", java_script_enabled=False) as browser:
        page = browser.new_page()
        sign_in(page, server.url, demo.ADMIN_EMAIL)
        page.goto(f"{server.url}/admin/sessions?kind=several_faces")
        page.get_by_role("link", name=re.compile("Open|Ines Duarte")).first.click()
        expect(page.locator("video[controls]")).to_have_attribute(
            "src", re.compile("recording.mp4")
        )
        expect(page.get_by_text("No face was seen for 7").first).to_be_visible()
        expect(page.get_by_text("Two or more faces were seen").first).to_be_visible()


@pytest.mark.long
def test_an_admin_decides_without_javascript_and_the_candidate_sees_it(
    server: LiveServer, tmp_path: Path
) -> None:
    with chromium(profile=tmp_path / "profile", java_script_enabled=False) as browser:
        page = browser.new_page()
        sign_in(page, server.url, demo.ADMIN_EMAIL)
        page.goto(f"{server.url}/admin/applications")
        page.locator("summary", has_text=re.compile("Decide|Offer")).first.click()
        page.get_by_role("button", name=re.compile("Offer")).first.click()
    with server.app.app_context():
        db.session.rollback()
        assert db.session.scalars(db.select(Application)).one().status == "offered"
