"""Every page at three widths: names of 120 letters fit, axe finds nothing, titles and descriptions
differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from browsing import PATIENCE_MS, fake_camera_browser
from factories import PASSWORD
from playwright.sync_api import Browser, Page, expect
from servers import LiveServer
from site_pages import PAGES, Words, make_rows, unwalked

from portal.config import PROJECT_FOLDER

pytestmark = pytest.mark.browser

LONG = "Wolfeschlegelsteinhausenbergerdorff" * 4
WORDS = Words(LONG[:120], f"J{LONG[:119]}", "Welder", LONG, f"{LONG[:60]}@{LONG[:60]}.example.org")
WIDTHS = (390, 768, 1440)
AXE = PROJECT_FOLDER / "node_modules" / "axe-core" / "axe.min.js"
FAULTS = """() => axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.map(({ id, nodes }) =>
        `${id}: ${nodes.length}, first ${nodes[0].html.slice(0, 120)}`))"""


@dataclass
class Site:
    server: LiveServer
    browser: Browser
    pages: dict[str, list[tuple[str, str]]]  # who: the endpoint and the path of each page

    def open(self, who: str, width: int) -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        if who:
            page.goto(f"{self.server.url}/login")
            page.get_by_label("E-mail").fill(f"{who}@example.org")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("main").get_by_role("button", name="Sign in").click()
            page.wait_for_url(lambda url: "/login" not in url)
        return page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server = LiveServer(tmp_path_factory.mktemp("every"), CAPTURE_WORKERS="0")
    with server.app.app_context():
        rows = make_rows(WORDS)
    server.start()
    with fake_camera_browser() as browser:
        pages = {
            who: [(endpoint, path.format(**rows)) for endpoint, path in listed]
            for who, listed in PAGES.items()
        }
        yield Site(server, browser, pages)
    server.stop()


def test_every_page_is_among_those_that_are_walked(site: Site) -> None:
    assert unwalked(site.server.app) == set()


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("who", ["", "alice", "ada"])
def test_long_names_fit_and_axe_finds_nothing(site: Site, who: str, width: int) -> None:
    page = site.open(who, width)
    found = []
    said: dict[str, tuple[str, str]] = {}
    for endpoint, path in site.pages[who]:
        page.goto(site.server.url + path)
        if path == "/api/docs":
            page.locator(".opblock").first.wait_for()
        if path.endswith("/room"):
            page.locator("#room h1:visible").first.wait_for()
        assert page.url == site.server.url + path, "a way to another page"
        wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        found += [f"{path}: {wide} px too wide"] if wide else []
        if width != 768:
            page.evaluate(AXE.read_text())
            found += [f"{path}: {fault}" for fault in page.evaluate(FAULTS)]
        description = page.locator("meta[name=description]").get_attribute("content") or ""
        found += [f"{path}: no description"] if len(description) < 20 else []
        said.setdefault(endpoint, (page.title(), description))
    page.context.close()
    assert found == []
    for part in zip(*said.values(), strict=True):
        assert [words for words in part if part.count(words) > 1] == []


@pytest.mark.parametrize(
    ("who", "path"), [("", "/jobs"), ("alice", "/dashboard"), ("ada", "/admin/sessions")]
)
def test_on_a_phone_the_header_is_one_row_and_its_menu_opens(
    site: Site, who: str, path: str
) -> None:
    page = site.open(who, 390)
    page.goto(site.server.url + path)
    box = page.locator("body > header").bounding_box()
    assert box
    assert box["height"] <= 60
    if who:
        page.locator("header summary").click()
        expect(page.get_by_role("link", name="Jobs")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="Jobs")).to_be_hidden()
    page.context.close()


@pytest.mark.parametrize("path", ["/admin/sessions", "/admin/applications", "/admin/people"])
def test_two_presses_of_tab_lead_past_the_filters_to_the_list(site: Site, path: str) -> None:
    page = site.open("ada", 1440)
    page.goto(site.server.url + path)
    for key in ("Tab", "Tab", "Enter", "Tab"):
        page.keyboard.press(key)
    in_list = page.evaluate("document.activeElement.closest('table') !== null")
    page.context.close()
    assert in_list


@pytest.mark.parametrize(
    "path", ["/admin/sessions", "/admin/applications", "/admin/people", "/admin/jobs"]
)
def test_lists_have_column_heads_of_which_none_is_pushed_out(site: Site, path: str) -> None:
    page = site.open("ada", 1440)
    page.goto(site.server.url + path)
    table = page.get_by_role("table").bounding_box()
    heads = [head.bounding_box() for head in page.get_by_role("columnheader").all()]
    page.context.close()
    assert table
    assert len(heads) >= 5
    assert all(
        head and head["x"] + head["width"] <= table["x"] + table["width"] + 1 for head in heads
    )


RIGHT_EDGES = """(path) => [...document.querySelector("tbody tr:has(summary)").cells]
    .filter((cell) => cell.textContent.trim() && getComputedStyle(cell).justifySelf.endsWith("end"))
    .map((cell) => Math.round(cell.getBoundingClientRect().right))"""


@pytest.mark.parametrize(("path", "cells"), [("/admin/people", 3), ("/admin/applications", 2)])
def test_on_a_phone_what_stands_at_the_right_of_a_row_has_one_edge(
    site: Site, path: str, cells: int
) -> None:
    page = site.open("ada", 390)
    page.goto(site.server.url + path)
    edges = page.evaluate(RIGHT_EDGES)
    page.context.close()
    assert len(edges) == cells
    assert len(set(edges)) == 1


def test_a_long_job_on_the_overview_begins_where_its_candidates_name_begins(site: Site) -> None:
    page = site.open("ada", 1440)
    page.goto(f"{site.server.url}/admin/")
    lefts = page.locator("#newest-interviews + ul a > span:first-child > span").evaluate_all(
        "(parts) => parts.map((part) => Math.round(part.getClientRects()[0].left))"
    )
    page.context.close()
    assert len(set(lefts)) == 1


def test_on_a_phone_a_long_job_on_the_overview_has_the_whole_row(site: Site) -> None:
    page = site.open("ada", 390)
    page.goto(f"{site.server.url}/admin/")
    jobs = page.locator("section li a > span:first-child > span:last-child")
    narrow = jobs.evaluate_all(
        "(jobs) => jobs.filter((job) => job.clientWidth < 0.85 * job.closest('a').clientWidth)"
        ".map((job) => job.textContent)"
    )
    page.context.close()
    assert narrow == []


@pytest.mark.parametrize(("who", "path"), [("alice", "/dashboard"), ("ada", "/admin/people")])
@pytest.mark.parametrize("width", [768, 1024])
def test_beside_a_long_name_the_header_stays_one_row(
    site: Site, who: str, path: str, width: int
) -> None:
    page = site.open(who, width)
    page.goto(site.server.url + path)
    header = page.locator("body > header")
    button = header.get_by_role("button", name="Sign out").bounding_box()
    box = header.bounding_box()
    page.context.close()
    assert button
    assert box
    assert (box["height"] <= 60, button["height"] <= 44) == (True, True)
    assert button["x"] + button["width"] <= width
