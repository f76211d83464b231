"""The list of sign-ins in a real browser, with scripts and without."""

from collections.abc import Iterator

import pytest
from browsing import PATIENCE_MS, fake_camera_browser
from factories import PASSWORD
from playwright.sync_api import Browser, Page, expect
from servers import LiveServer

from portal.database import transaction
from portal.extensions import db
from portal.models import SignInKind, User
from portal.people import sign_ins

pytestmark = [pytest.mark.browser, pytest.mark.long]
ELSEWHERE = (
    (SignInKind.BROWSER, "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (SignInKind.API, "job-sync/2.1"),
    (SignInKind.BROWSER, "an-unknown-thing-" + "x" * 200),
    (SignInKind.BROWSER, ""),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("sign-ins"), CAPTURE_WORKERS="0")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with fake_camera_browser() as chromium:
        yield chromium


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(request: pytest.FixtureRequest, chromium: Browser, server: LiveServer) -> Iterator[Page]:
    """Alice, who is also signed in elsewhere."""
    with server.app.app_context(), transaction():
        alice = db.session.scalars(db.select(User).filter_by(email="alice@example.org")).one()
        sign_ins.end_others(alice, alice.id, by=alice)
        for kind, name in ELSEWHERE:
            sign_ins.start(alice, sign_ins.Device.of(kind, name))
    context = chromium.new_context(
        java_script_enabled=request.param,
        base_url=server.url,
        viewport={"width": 390, "height": 844},
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail").fill("alice@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/dashboard")
    yield page
    context.close()


def test_one_is_ended_then_all_others(page: Page) -> None:
    page.goto("/account/")
    page.get_by_role("link", name="See the list of your sign-ins").click()
    rows = page.get_by_role("main").get_by_role("listitem")
    expect(rows).to_have_count(len(ELSEWHERE) + 1)
    expect(rows.filter(has_text="This browser")).to_have_count(1)
    expect(rows.filter(has_text="This browser")).to_contain_text("Chrome, Linux")
    ends_firefox = page.get_by_role("button", name="End the sign-in of Firefox, Windows")
    ends_firefox.click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/account/sign-ins")
    ends_firefox.click()
    expect(page.get_by_text("This sign-in is ended.")).to_be_visible()
    expect(rows).to_have_count(len(ELSEWHERE))
    page.get_by_role("button", name="End all others").click()
    expect(page.get_by_text("3 other sign-ins are ended.")).to_be_visible()
    expect(rows).to_have_count(1)
    expect(page.get_by_role("button", name="End all others")).to_have_count(0)
    page.reload()
    expect(rows).to_have_count(1)


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_nothing_is_wider_than_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/account/sign-ins")
    for summary in page.get_by_text("What it calls itself").all():
        summary.click()
    measured = "[document.documentElement.scrollWidth, window.innerWidth]"
    page_width, screen_width = page.evaluate(measured)
    assert page_width <= screen_width
