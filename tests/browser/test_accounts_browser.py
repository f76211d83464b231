"""The whole way of an account in a real browser, with mails out of a real SMTP server: register,
confirm, apply, forget the password, set up second factors, and sign in with each.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import mail_servers
import pytest
from browsing import PATIENCE_MS, fake_camera_browser
from factories import PASSWORD
from papers import pdf
from playwright.sync_api import Browser, BrowserContext, Page, expect
from second_factors import code_now
from servers import LiveServer

from portal.extensions import db
from portal.forms.robot_defence import SOONEST_MS
from portal.models import Mail, MailEvent, MailState

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.long]

NEW_PASSWORD = "another horse under the staple"
LINK = re.compile(r"http://localhost:\d+/link/\S+")
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Site:
    """A portal, the mail server that it sends to, and a browser."""

    server: LiveServer
    mails: mail_servers.Taking
    browser: Browser

    @property
    def url(self) -> str:
        """At a name: a passkey works at no IP address."""
        return f"http://localhost:{self.server.port}"

    def context(self, language: str, *, has_scripts: bool) -> BrowserContext:
        context = self.browser.new_context(
            base_url=self.url, locale=language, java_script_enabled=has_scripts
        )
        context.set_default_timeout(PATIENCE_MS)
        return context

    def mail_of(self, email: str, event: MailEvent) -> EmailMessage:
        """The latest mail of this event, as the server has received it."""
        ends_at = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < ends_at:
            with self.server.app.app_context():
                of_event = db.select(Mail.id).where(Mail.address == email, Mail.event == event)
                sent = of_event.where(Mail.state == MailState.SENT).order_by(Mail.created_at.desc())
                row_id = db.session.scalars(sent).first()
                db.session.rollback()
            for received in reversed(self.mails.mails):
                if row_id and str(row_id) in received["Message-ID"]:
                    return received
            time.sleep(0.2)
        raise AssertionError(f"no mail {event} came for {email}")

    def link_in(self, mail: EmailMessage) -> str:
        found = LINK.search(text_of(mail))
        assert found, text_of(mail)
        return found[0]


def text_of(mail: EmailMessage) -> str:
    plain = mail.get_body(("plain",))
    assert plain
    text: str = plain.get_content()
    return text


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    taking = mail_servers.Taking()
    with mail_servers.running(taking) as place:
        server = LiveServer(
            tmp_path_factory.mktemp("accounts"), MAIL_URL=f"smtp://{place}?tls=none",
            MAIL_FROM="Careers <jobs@example.org>", CAPTURE_WORKERS="1",
        )  # fmt: skip
        server.start()
        with fake_camera_browser() as browser:
            yield Site(server, taking, browser)
        server.stop()


def arrive(page: Page, path: str) -> None:
    page.wait_for_url(lambda url: urlsplit(url).path == path)


def press(page: Page, form: str = "main form") -> None:
    page.locator(form).first.locator("button:not([type=button])").last.click()


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"#{name}").fill(value)


def fill_and_wait(page: Page, **fields: str) -> None:
    """As quick as the quickest person."""
    fill(page, **fields)
    page.wait_for_timeout(SOONEST_MS)


def register_and_confirm(site: Site, page: Page, email: str) -> EmailMessage:
    page.goto("/register")
    fill_and_wait(page, full_name="Zoë O’Brien-Ñandú", email=email, password=PASSWORD)
    press(page)
    arrive(page, "/register/sent")
    mail = site.mail_of(email, MailEvent.CONFIRM_ADDRESS)
    page.goto(site.link_in(mail))
    press(page)
    arrive(page, "/login")
    expect(page.locator("#email")).to_have_value(email)
    fill(page, password=PASSWORD)
    press(page)
    arrive(page, "/register/about")
    return mail


def apply(site: Site, page: Page, folder: Path) -> None:
    resume = folder / "cv.pdf"
    resume.write_bytes(pdf())
    page.goto(f"/jobs/{site.server.job_slug}/apply")
    page.locator("input[type=file]").set_input_files(resume)
    press(page)
    arrive(page, "/dashboard")


def set_new_password(site: Site, page: Page, email: str) -> None:
    page.goto("/forgot")
    fill_and_wait(page, email=email)
    press(page)
    arrive(page, "/forgot/sent")
    page.goto(site.link_in(site.mail_of(email, MailEvent.RESET_PASSWORD)))
    fill(page, new=NEW_PASSWORD)
    press(page)
    arrive(page, "/login")


def enter_password(page: Page, email: str) -> None:
    page.goto("/login")
    fill(page, email=email, password=NEW_PASSWORD)
    press(page)


def prove_again(page: Page, wanted: str) -> None:
    """Open a page that changes how one signs in, and give the password once more if it asks."""
    page.goto(wanted)
    if "/account/confirm" in page.url:
        fill(page, password=NEW_PASSWORD)
        press(page)
    arrive(page, wanted)


def add_app(page: Page) -> str:
    prove_again(page, "/account/second-factor/app")
    secret = page.locator("p[translate=no]").inner_text().replace(" ", "")
    fill(page, code=code_now(secret))
    press(page)
    expect(page.locator("ol[translate=no] li")).to_have_count(10)
    return secret


@pytest.mark.parametrize(
    ("language", "has_scripts"),
    [("en-GB", True), ("en-GB", False), ("de-DE", True)],
    ids=["with scripts", "without scripts", "in German"],
)
def test_the_whole_way_of_an_account(
    site: Site, tmp_path: Path, language: str, has_scripts: bool
) -> None:
    email = f"zoe+{language[:2]}{int(has_scripts)}@example.org"
    context = site.context(language, has_scripts=has_scripts)
    page = context.new_page()
    first = register_and_confirm(site, page, email)
    assert first["Content-Language"] == language[:2]
    apply(site, page, tmp_path)
    applied = site.mail_of(email, MailEvent.APPLIED)
    assert applied["To"].addresses[0].display_name == "Zoë O’Brien-Ñandú"

    elsewhere = site.context(language, has_scripts=has_scripts)
    set_new_password(site, elsewhere.new_page(), email)
    elsewhere.close()
    site.mail_of(email, MailEvent.PASSWORD_CHANGED)
    page.goto("/dashboard")
    assert "/login" in page.url  # the sign-in with the old password is over

    enter_password(page, email)
    arrive(page, "/dashboard")
    secret = add_app(page)
    site.mail_of(email, MailEvent.SECOND_FACTOR_CHANGED)
    context.clear_cookies()
    enter_password(page, email)
    arrive(page, "/login/second-factor")
    fill(page, code=code_now(secret, steps=1))  # the code of the set-up does not work again
    press(page)
    arrive(page, "/dashboard")
    if has_scripts:
        sign_in_with_a_passkey(context, page)
    context.close()


def sign_in_with_a_passkey(context: BrowserContext, page: Page) -> None:
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    prove_again(page, "/account/second-factor/passkey")
    press(page, "form[data-passkey=create]")
    arrive(page, "/account/second-factor")
    expect(page.locator("main .list-panel").first.locator("li")).to_have_count(2)
    context.clear_cookies()
    page.goto("/login")
    press(page, "form[data-passkey=get]")
    arrive(page, "/dashboard")


def test_each_mail_came_once(site: Site) -> None:
    """All of those that the tests before have caused."""
    ids = [mail["Message-ID"] for mail in site.mails.mails]
    assert len(set(ids)) == len(ids) > 0
