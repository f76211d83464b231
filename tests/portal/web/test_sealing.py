"""What admins type to find a person stands in no address, so in no browser's history; searching
works as before.
"""

import html
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from browsers import chromium
from factories import Cast, make_application, sign_in
from flask import Flask
from flask.testing import FlaskClient
from player_reviews import sign_in_as_admin
from reviewing import make_interview
from servers import LiveServer

from portal.blueprints.admin.sealed_searches import FILTERS
from portal.web import sealed_queries

NAME, EMAIL = "Alice Moreau", "alice@example.org"
LISTS = ("sessions", "applications", "people")


@pytest.fixture
def admin(client: FlaskClient, cast: Cast) -> FlaskClient:
    make_interview(name=NAME)
    make_application(cast.alice)
    make_application(cast.bob)
    return sign_in(client, cast.ada)


def field_of(name: str) -> str:
    return "q" if name == "people" else "candidate"


@pytest.mark.parametrize("words", [NAME, EMAIL, "moreau"])
@pytest.mark.parametrize("name", LISTS)
def test_a_search_leads_to_an_address_without_the_words(
    admin: FlaskClient, name: str, words: str
) -> None:
    field = field_of(name)
    found = admin.post(f"/admin/{name}", data={field: words, "csrf_token": "x"})
    assert found.status_code == 303
    assert set(parse_qs(urlsplit(found.location).query)) == {field}
    assert not any(word.lower() in found.location.lower() for word in words.split())
    page = admin.get(found.location).text
    assert f'value="{words}"' in html.unescape(page)
    assert "Bob Okafor" not in page


@pytest.mark.parametrize("name", LISTS)
def test_no_address_on_the_page_holds_the_words(admin: FlaskClient, name: str) -> None:
    """However they came: also by an address of earlier days, which goes on working."""
    page = admin.get(f"/admin/{name}?{field_of(name)}=moreau").text
    addresses = re.findall(r'(?:href|action|hx-\w+)="(/[^"]*)"', page)
    assert [address for address in addresses if "moreau" in address.lower()] == []
    assert f'action="/admin/{name}" method="post"' in page


@pytest.mark.parametrize("name", LISTS)
def test_no_filter_of_a_list_is_lost_on_the_way(admin: FlaskClient, name: str) -> None:
    page = admin.get(f"/admin/{name}").text
    [form] = re.findall(rf'<form[^>]*action="/admin/{name}".*?</form>', page, re.S)
    controls = set(re.findall(r'<(?:input|select)[^>]*\bname="([^"]+)"', form)) - {"csrf_token"}
    assert {field_of(name)} <= controls <= set(FILTERS)


def test_other_filters_stay_readable_and_unknown_ones_go(admin: FlaskClient) -> None:
    sent = {
        "state": ["ready", "failed"],
        "severity": "high",
        "candidate": "",
        "endpoint": "x",
        "_external": "1",
    }
    found = admin.post("/admin/sessions", data=sent).location
    assert found == "/admin/sessions?state=ready&state=failed&severity=high"


def test_the_same_words_have_one_seal_and_only_ours_is_opened(app: Flask) -> None:
    assert (
        sealed_queries.encrypt(NAME)
        == sealed_queries.encrypt(NAME)
        != sealed_queries.encrypt("Alice")
    )
    assert sealed_queries.decrypt(sealed_queries.encrypt("Zoë Ünal")) == "Zoë Ünal"
    whole = sealed_queries.encrypt(NAME)
    assert [
        sealed_queries.decrypt(odd) for odd in ("~", "~x", "~" + "A" * 40, whole[:-2], whole + "ä")
    ] == [""] * 5
    app.secret_key = "another one, as after a change"
    assert sealed_queries.decrypt(whole) == ""


def test_a_seal_that_means_nothing_is_left_out(admin: FlaskClient) -> None:
    assert "Bob Okafor" in admin.get("/admin/people?q=~nothing-of-ours").text


@pytest.mark.usefixtures("alice")
def test_titles_name_no_candidate(admin: FlaskClient) -> None:
    """A history keeps titles as well."""
    interview = make_interview(name=NAME)
    title = (
        admin.get(f"/admin/sessions/{interview.id}")
        .text.partition("<title>")[2]
        .partition("</title>")[0]
    )
    assert title.startswith("Interview · ")
    assert "Moreau" not in title


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path, CAPTURE_WORKERS="0")
    with server.app.app_context():
        make_interview(name=NAME)
    server.start()
    yield server
    server.stop()


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.parametrize("with_script", [True, False])
def test_a_browsers_own_history_holds_no_name(
    server: LiveServer, tmp_path: Path, with_script: bool
) -> None:
    profile = tmp_path / "profile"
    with chromium(profile=profile, java_script_enabled=with_script) as browser:
        page = browser.new_page()
        sign_in_as_admin(page, server.url)
        for name in LISTS:
            page.goto(f"{server.url}/admin/{name}")
            page.locator(f"#{field_of(name)}").fill("Moreau")
            page.get_by_role("button", name="Show").click()
            page.wait_for_url("**~**")
            assert page.get_by_text(NAME).first.is_visible()
        page.goto(f"{server.url}/admin/sessions?state=ready")
        page.get_by_role("link", name=NAME).first.click()
        page.wait_for_load_state()
    kept = visited(profile)
    assert len(kept) >= len(LISTS)
    assert [row for row in kept if "moreau" in row.lower()] == []


def visited(profile: Path) -> list[str]:
    """Addresses and titles, hidden ones too, as Chromium wrote them when it was closed."""
    [history] = profile.rglob("History")
    with sqlite3.connect(history) as database:
        return [f"{url} {title}" for url, title in database.execute("SELECT url, title FROM urls")]
