"""What all forms have in common, in a real browser: sessions that end while somebody types, focus,
waiting buttons.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import PATIENCE_MS, fake_camera_browser, unanswered
from factories import PASSWORD, make_application, make_job
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from scripts import with_constants
from servers import LiveServer

from portal.extensions import db
from portal.interviews import open_interview
from portal.models import Application, Job, User

pytestmark = pytest.mark.browser

NOTHING_SENT = "You are signed out, so nothing was sent."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("forms"), CAPTURE_WORKERS="0")
    with server.app.app_context():
        alice = db.session.scalars(db.select(User).filter_by(email="alice@example.org")).one()
        application = make_application(alice, make_job("Nurse", slug="nurse"))
        open_interview(application)
        make_job("Welder", slug="welder")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with fake_camera_browser() as chromium:
        yield chromium


@pytest.fixture
def browser(chromium: Browser) -> Iterator[BrowserContext]:
    """Somebody's phone: nothing in it is known to any other test."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


def sign_in(page: Page, server: LiveServer, who: str) -> None:
    page.goto(f"{server.url}/login")
    page.get_by_label("E-mail").fill(f"{who}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


def paths(server: LiveServer) -> dict[str, tuple[str, str]]:
    """Every form that somebody who is signed in types or chooses in: who, and where."""
    with server.app.app_context():
        application = db.session.scalars(db.select(Application)).one()
        job = db.session.scalars(db.select(Job).filter_by(slug="welder")).one()
        return {
            "apply": ("alice", "/jobs/welder/apply"),
            "replace": ("alice", f"/applications/{application.id}/resume/replace"),
            "about": ("alice", "/register/about"),
            "profile": ("alice", "/account/profile"),
            "address": ("alice", "/account/address"),
            "password": ("alice", "/account/password"),
            "data": ("alice", "/account/data"),
            "delete": ("alice", "/account/delete"),
            "consent": ("alice", f"/capture/{application.interview.id}/consent"),
            "new job": ("ada", "/admin/jobs/new"),
            "job": ("ada", f"/admin/jobs/{job.id}"),
        }


def type_everywhere(page: Page, folder: Path) -> None:
    form = page.locator("main form").first
    for field in form.locator("input:visible, textarea:visible").all():
        kind = field.get_attribute("type") or "text"
        if kind == "file":
            (folder / "resume.pdf").write_bytes(b"%PDF-1.7")
            field.set_input_files(folder / "resume.pdf")
        elif kind == "checkbox":
            field.check()
        else:
            field.fill("30" if kind == "number" else "typed by hand")


def kept(page: Page) -> list[str]:
    fields = page.locator("main form").first.locator("input:visible, textarea:visible")
    return fields.evaluate_all(
        "(all) => all.map((field) => field.type === 'checkbox' ? field.checked : field.value)"
    )


@pytest.mark.parametrize(
    "name",
    ["apply", "replace", "about", "profile", "address", "password", "data", "delete", "consent",
     "new job", "job"],
)  # fmt: skip
def test_a_session_that_ended_while_somebody_typed_takes_nothing_away(
    server: LiveServer, browser: BrowserContext, tmp_path: Path, name: str
) -> None:
    who, path = paths(server)[name]
    page = browser.new_page()
    sign_in(page, server, who)
    page.goto(server.url + path)
    page.wait_for_load_state("networkidle")
    type_everywhere(page, tmp_path)
    before = kept(page)
    browser.clear_cookies()
    button = (
        page.locator("main form")
        .first.locator("button:visible:not([type=button]):not([tabindex])")
        .last
    )
    words = button.inner_text()
    button.click()

    expect(page.get_by_role("alert")).to_contain_text(NOTHING_SENT)
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(button).to_have_text(words)
    assert (page.url, kept(page)) == (server.url + path, before)


def test_after_signing_in_in_another_tab_the_same_press_sends_it(
    server: LiveServer, browser: BrowserContext
) -> None:
    page = browser.new_page()
    sign_in(page, server, "alice")
    page.goto(f"{server.url}/register/about")
    page.get_by_label("Where you live").fill("Porto, by the river")
    browser.clear_cookies()
    page.get_by_role("button", name="Save and go on").click()
    with browser.expect_page() as opened:
        page.get_by_role("link", name="Sign in in another tab").click()
    sign_in(opened.value, server, "bob")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Another account is now signed in")
    browser.clear_cookies()
    sign_in(opened.value, server, "alice")
    page.get_by_role("button", name="Save and go on").click()

    page.wait_for_url("**/register/done**")
    with server.app.app_context():
        db.session.rollback()
        assert db.session.scalars(db.select(User.location)).all().count("Porto, by the river") == 1


def test_without_a_server_nothing_is_sent_and_nothing_is_lost(
    server: LiveServer, browser: BrowserContext
) -> None:
    page = browser.new_page()
    sign_in(page, server, "ada")
    page.goto(f"{server.url}/admin/jobs/new")
    page.get_by_label("Title").fill("Glass blower")
    browser.set_offline(True)
    page.get_by_role("button", name="Save and publish").click()

    expect(page.get_by_role("alert")).to_contain_text(
        "The server could not be reached, so nothing was sent."
    )
    expect(page.get_by_label("Title")).to_have_value("Glass blower")
    browser.set_offline(False)


def test_a_consent_that_lacks_its_choice_shows_it_and_has_the_focus_there(
    server: LiveServer, browser: BrowserContext
) -> None:
    page = browser.new_page()
    sign_in(page, server, "alice")
    page.goto(server.url + paths(server)["consent"][1])
    page.get_by_role("button", name="Continue to the device check").click()

    expect(page.get_by_label("Record my answers")).to_be_focused()
    expect(page.get_by_text("Without this there is nothing to show")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("path", "fill", "button", "focused"),
    [
        ("/login", {}, "Sign in", "[name=email]"),
        (
            "/login",
            {"E-mail": "no@example.org", "Password": "not this one at all"},
            "Sign in",
            "[role=alert]",
        ),
        (
            "/register",
            {"Full name": "Mei", "E-mail": "mei@example.org"},
            "Create account",
            "[name=password]",
        ),
    ],
)
def test_what_is_wrong_has_the_focus(
    server: LiveServer,
    browser: BrowserContext,
    path: str,
    fill: dict[str, str],
    button: str,
    focused: str,
) -> None:
    page = browser.new_page()
    page.goto(server.url + path)
    page.wait_for_load_state("networkidle")
    page.locator("main form").first.evaluate("(form) => (form.noValidate = true)")
    for label, words in fill.items():
        page.get_by_label(label).fill(words)
    page.get_by_role("main").get_by_role("button", name=button).click()

    expect(page.locator(f"main {focused}").first).to_be_focused()


@pytest.mark.parametrize(
    ("path", "busy"), [("/login", "Signing in …"), ("/admin/jobs/new", "Saving …")]
)
def test_a_waiting_button_says_what_it_waits_for(
    server: LiveServer, browser: BrowserContext, path: str, busy: str
) -> None:
    page = browser.new_page()
    if path != "/login":
        sign_in(page, server, "ada")
    page.goto(server.url + path)
    page.wait_for_load_state("networkidle")
    held: list[Route] = []
    page.route("**/signed-in", lambda route: held.append(route))
    form = page.locator("main form").first
    form.evaluate("(form) => (form.noValidate = true)")
    button = form.get_by_role("button", name=re.compile("^(Sign in|Save)$")).last
    button.click()

    expect(form.get_by_role("button", name=busy)).to_have_attribute("aria-disabled", "true")
    expect(form.get_by_role("button", name=busy)).to_be_focused()
    held[0].continue_()
    expect(page.get_by_role("button", name=busy)).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("apply", 429, "wait a little"),
        ("apply", 413, "too large"),
        ("about", 502, "did not answer as it should"),
    ],
)
def test_a_page_that_is_not_ours_does_not_take_the_forms_place(
    server: LiveServer, browser: BrowserContext, tmp_path: Path, name: str, status: int, words: str
) -> None:
    who, path = paths(server)[name]
    page = browser.new_page()
    sign_in(page, server, who)
    page.goto(server.url + path)
    page.wait_for_load_state("networkidle")
    type_everywhere(page, tmp_path)
    before = kept(page)
    answer = {
        "status": status,
        "content_type": "text/html",
        "body": f"<html><h1>{status}</h1></html>",
    }
    page.route(
        f"**{path}",
        lambda route: (
            route.fulfill(**answer) if route.request.method == "POST" else route.continue_()
        ),
    )
    page.locator("main form").first.get_by_role("button").last.click()

    expect(page.get_by_role("alert")).to_contain_text(words)
    assert kept(page) == before


def test_where_asking_takes_too_long_the_form_is_sent_as_it_is(
    server: LiveServer, browser: BrowserContext
) -> None:
    page = browser.new_page()
    with_constants(page, {"ASK_MS": 300})
    sign_in(page, server, "alice")
    page.goto(f"{server.url}/register/about")
    page.get_by_label("Where you live").fill("Far away")
    with unanswered(page, "**/signed-in"):
        page.get_by_role("button", name="Save and go on").click()

        page.wait_for_url("**/register/done**")


def test_filters_chosen_one_after_the_other_all_count(
    server: LiveServer, browser: BrowserContext
) -> None:
    page = browser.new_page()
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, server, "ada")
    page.goto(f"{server.url}/admin/sessions")
    page.wait_for_load_state("networkidle")
    for level in ("high", "low"):
        page.evaluate(
            "(level) => document.querySelector(`[name=severity][value=${level}]`).click()", level
        )

    page.wait_for_url(re.compile("severity=high.*severity=low"))


def test_what_a_row_asks_for_ends_no_form_elsewhere(
    server: LiveServer, browser: BrowserContext
) -> None:
    page = browser.new_page()
    sign_in(page, server, "ada")
    page.goto(f"{server.url}/admin/jobs/new")
    button = page.get_by_role("button", name=re.compile("^(Save and publish|Publishing …)$"))
    with unanswered(page, "**/signed-in"):
        button.click()
        expect(button).to_have_text("Publishing …")
        page.evaluate("""() => {
                const elt = document.querySelector("h1");
                const more = { bubbles: true, detail: { elt } };
                elt.dispatchEvent(new CustomEvent("htmx:afterRequest", more));
            }""")

        expect(button).to_have_text("Publishing …")


@pytest.mark.long
def test_after_a_wrong_password_a_download_that_comes_leaves_no_error_and_no_waiting_button(
    server: LiveServer, browser: BrowserContext
) -> None:
    page = browser.new_page()
    sign_in(page, server, "alice")
    page.goto(f"{server.url}/account/data")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Download").click()
    expect(page.locator("main [aria-invalid]")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_download():
        page.get_by_role("button", name="Download").click()
    expect(page.locator("main [aria-invalid], main [id$=-error], main [role=alert]")).to_have_count(
        0
    )
    expect(page.get_by_text("The download begins by itself")).to_be_visible()
    expect(page.get_by_role("button", name="Download")).not_to_have_attribute(
        "aria-disabled", "true"
    )
