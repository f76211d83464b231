"""The candidate's pages in Chromium with JavaScript on: what HTMX makes smoother."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsers import Complaints, chromium
from factories import PASSWORD, make_job
from playwright.sync_api import Page, expect
from servers import LiveServer

pytestmark = pytest.mark.browser


@pytest.fixture
def page(live_server: LiveServer, tmp_path: Path) -> Iterator[Page]:
    complaints = Complaints(expected=("status of 422", "status of 413", "Error Code 422", "Error Code 413"))
    with chromium(profile=tmp_path / "profile") as browser:
        page = browser.new_page()
        complaints.watch(page)
        yield page
    assert complaints.found == []


def sign_in(page: Page, live_server: LiveServer, to: str) -> None:
    page.goto(f"{live_server.url}/login?next={to}")
    page.get_by_label("E-mail").fill("alice@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{live_server.url}{to}")


def test_results_follow_the_typing_and_the_address_follows_the_results(page: Page, live_server: LiveServer) -> None:
    with live_server.app.app_context():
        make_job("Night nurse")
    page.goto(f"{live_server.url}/jobs")
    page.get_by_role("searchbox").press_sequentially("nurs")
    expect(page.get_by_text("1 result for “nurs”")).to_be_visible()
    expect(page).to_have_url(f"{live_server.url}/jobs?q=nurs")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.get_by_label("Remote").check()
    expect(page).to_have_url(f"{live_server.url}/jobs?q=nurs&workplace=remote")
    expect(page.get_by_label("Remote")).to_be_focused()
    page.go_back()
    expect(page.get_by_text("1 result for “nurs”")).to_be_visible()
    expect(page.get_by_label("Remote")).not_to_be_checked()


def test_after_an_error_the_first_wrong_field_has_the_focus_and_back_is_harmless(
    page: Page, live_server: LiveServer
) -> None:
    sign_in(page, live_server, "/register/about")
    page.get_by_label("Phone").fill("call me")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_text("Write the number with digits")).to_be_visible()
    expect(page.get_by_label("Phone")).to_be_focused()
    page.get_by_label("Phone").fill("+351 21 000")
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/register/done")
    page.go_back()
    expect(page.get_by_label("Phone")).to_have_value("+351 21 000")


def test_a_file_far_too_large_is_refused_with_its_reason_and_the_note_stays(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    big = tmp_path / "big.pdf"
    big.write_bytes(b"%PDF-" + b"x" * (20 * 1024 * 1024))
    sign_in(page, live_server, f"/jobs/{live_server.job_slug}/apply")
    page.get_by_label("A note").fill("I like rows.")
    page.get_by_label("Résumé").set_input_files(big)
    page.get_by_role("button", name="Send application").click()
    expect(page.get_by_text("larger than 10 MB")).to_be_visible()
    expect(page.get_by_label("A note")).to_have_value("I like rows.")
