"""The pages of second factors in the pseudo-language: every sentence is translated and fits."""

from collections.abc import Iterator

import pytest
from browsing import PATIENCE_MS, fake_camera_browser
from factories import PASSWORD
from playwright.sync_api import Browser, Page
from pseudo_language import BEGIN, END, speak, write_catalog
from second_factors import give_app, give_codes
from servers import LiveServer
from shown_text import GREEK, bare, misfits

from portal.extensions import db
from portal.models import SecondFactor, User

pytestmark = [pytest.mark.browser, pytest.mark.long]

FACTORS = "/account/second-factor"
PAGES = [FACTORS, f"{FACTORS}/app", f"{FACTORS}/passkey", f"{FACTORS}/{{app}}/remove",
         f"{FACTORS}/codes"]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("factors")
    write_catalog(folder / "translations")
    server = LiveServer(
        folder, CAPTURE_WORKERS="0", TRANSLATIONS_FOLDER=str(folder / "translations"),
        SITE_NAME=GREEK[2],
    )  # fmt: skip
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with fake_camera_browser() as chromium:
        yield chromium


@pytest.fixture(params=[1440, 390])
def page(request: pytest.FixtureRequest, chromium: Browser, server: LiveServer) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=server.url, viewport={"width": request.param, "height": 900}, locale="de-DE"
    )
    context.set_default_timeout(PATIENCE_MS)
    speak(context)
    yield context.new_page()
    context.close()


def enter_password(page: Page) -> None:
    page.goto("/login")
    page.locator("#email").fill("alice@example.org")
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: not url.endswith("/login"))


def give_factor(server: LiveServer) -> str:
    with server.app.app_context():
        alice = db.session.scalars(db.select(User).filter_by(email="alice@example.org")).one()
        alice.full_name = GREEK[0]
        app = give_app(alice, name=f"{GREEK[0]} {GREEK[1]}")
        give_codes(alice)
        return str(app)


def take_factors(server: LiveServer) -> None:
    with server.app.app_context():
        db.session.execute(db.delete(SecondFactor))
        db.session.commit()


def faults_of(page: Page) -> list[str]:
    page.wait_for_load_state("networkidle")
    return [f"{page.url}: {fault}" for fault in (*bare(page, BEGIN, END), *misfits(page))]


def test_the_pages_of_second_factors(server: LiveServer, page: Page) -> None:
    enter_password(page)
    app = give_factor(server)
    page.goto("/account/confirm")
    found = faults_of(page)
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url(f"**{FACTORS}")
    for path in PAGES:
        page.goto(path.format(app=app))
        found += faults_of(page)
    page.goto(f"{FACTORS}/codes")
    page.locator("main form button").last.click()
    page.locator("ol[translate=no]").wait_for()
    found += faults_of(page)
    page.context.clear_cookies()
    enter_password(page)
    page.locator("details summary").last.click()
    found += faults_of(page)
    take_factors(server)
    assert found == []
