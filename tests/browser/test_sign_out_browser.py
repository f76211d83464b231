"""After signing out, the Back button shows nothing of the person, and recorded pieces stay."""

from collections.abc import Iterator

import pytest
from browsing import PATIENCE_MS, fake_camera_browser
from factories import PASSWORD
from playwright.sync_api import Browser, Page, expect
from servers import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.server]

KEEP_A_PIECE = "() => new Promise((done) => { const asked = indexedDB.open('kept', 1);"
KEEP_A_PIECE += " asked.onsuccess = () => { asked.result.close(); done(); }; })"
DATABASES = "async () => (await indexedDB.databases()).map(({ name }) => name)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("sign_out"), CAPTURE_WORKERS="0")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with fake_camera_browser() as chromium:
        yield chromium


@pytest.fixture
def page(chromium: Browser, server: LiveServer) -> Iterator[Page]:
    context = chromium.new_context(base_url=server.url)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def test_back_after_signing_out_shows_nothing_of_the_person(page: Page) -> None:
    page.goto("/login")
    page.locator("#email").fill("alice@example.org")
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/dashboard")
    page.goto("/account/")
    expect(page.get_by_text("alice@example.org").first).to_be_visible()
    page.evaluate(KEEP_A_PIECE)
    page.locator("form[action='/logout'] button").first.click()
    page.wait_for_url("**/jobs")
    assert page.evaluate(DATABASES) == ["kept"]
    page.go_back()
    page.wait_for_load_state()
    assert "alice@example.org" not in page.content()
    assert "/login" in page.url
