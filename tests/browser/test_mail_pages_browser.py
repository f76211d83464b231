"""The admins' pages of mails in a real browser, with scripts and without."""

from collections.abc import Iterator

import pytest
from browsing import PATIENCE_MS, fake_camera_browser
from factories import PASSWORD
from playwright.sync_api import Browser, Page, expect
from servers import LiveServer

from portal import mail
from portal.database import transaction
from portal.extensions import db
from portal.models import MailEvent, User

pytestmark = [pytest.mark.browser, pytest.mark.long]
TEXT = "/admin/mail/texts/applied/en"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("mails"), CAPTURE_WORKERS="0")
    with server.app.app_context():
        alice = db.session.scalars(db.select(User).filter_by(email="alice@example.org")).one()
        with transaction():
            mail.send(alice, MailEvent.APPLIED, job="Nurse")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with fake_camera_browser() as chromium:
        yield chromium


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(request: pytest.FixtureRequest, chromium: Browser, server: LiveServer) -> Iterator[Page]:
    """Ada, who is signed in."""
    context = chromium.new_context(java_script_enabled=request.param, base_url=server.url)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/")
    yield page
    context.close()


def test_the_frame_shows_the_mail_as_its_reader_sees_it(page: Page) -> None:
    page.goto("/admin/mail")
    page.get_by_role("link", name="Application arrived").click()
    shown = page.frame_locator("iframe")
    expect(shown.get_by_text("Thank you for your application for Nurse.")).to_be_visible()
    button = shown.get_by_role("link", name="To your applications")
    expect(button).to_have_css("color", "rgb(255, 255, 255)")  # its style was not refused


def test_the_preview_shows_what_is_typed_and_keeps_it(page: Page) -> None:
    page.goto(TEXT)
    page.get_by_label("Subject").fill("About {job}")
    page.get_by_label("Text").fill("Dear {name},\n\nwe have it.\n\n{link}")
    page.get_by_role("button", name="Preview").click()
    shown = page.frame_locator("iframe")
    expect(shown.get_by_text("Dear Maria Example,")).to_be_visible()
    expect(shown.get_by_role("link", name="To your applications")).to_be_visible()
    expect(page.get_by_text("About Data engineer")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("About {job}")
    page.get_by_label("Text").fill("Dear {nobody}")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Nothing fills {nobody} here.")).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value("Dear {nobody}")
