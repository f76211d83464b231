"""Every page at three widths: names of 120 letters fit, axe finds nothing, titles and descriptions
differ.

`PAGES` is held against the routes: a page that nobody walks here fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from acting import interviews
from browsing import PATIENCE_MS, fake_camera_browser
from factories import PASSWORD, make_application, make_job, make_user
from playwright.sync_api import Browser, Page, expect
from reviewing import NOON, make_answer, make_flag, make_interview
from servers import LiveServer

from portal.config import PROJECT_FOLDER
from portal.extensions import db
from portal.interviews import questions
from portal.models import ApplicationStatus, InterviewState, User, utc_now

pytestmark = pytest.mark.browser

LONG = "Wolfeschlegelsteinhausenbergerdorff" * 4
NAME, JOB = LONG[:120], f"J{LONG[:119]}"
WIDTHS = (390, 768, 1440)
AXE = PROJECT_FOLDER / "node_modules" / "axe-core" / "axe.min.js"
FAULTS = """() => axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.map(({ id, nodes }) =>
        `${id}: ${nodes.length}, first ${nodes[0].html.slice(0, 120)}`))"""
NO_PAGES = {  # a fragment, a file, JSON, or a way to another page
    "jobs.front", "capture.interview", "auth.signed_in", "applications.resume",
    "admin.interview_row", "admin.interview_status", "admin.interview_video",
    "admin.interview_telemetry", "capture.interview_status", "capture.room_json",
    "capture.answer_playback", "capture.kiosk_status", "capture.kiosk_preview", "capture.piece",
    "capture.upload", "api-docs.openapi_json", "static", "health.healthz", "health.readyz",
}  # fmt: skip


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


def make_pages() -> dict[str, list[tuple[str, str]]]:
    """A portal full of long names, and where its pages are."""
    job = make_job(JOB, slug="long", location=LONG[:100], salary_range=LONG[:60], questions=3)
    for question in job.questions:
        question.prompt = LONG
    found = {user.email.split("@")[0]: user for user in db.session.scalars(db.select(User))}
    alice, ada = found["alice"], found["ada"]
    for person in (alice, ada):
        person.full_name, person.headline = NAME, LONG[:120]
    applied = make_application(
        alice, job, note=LONG, resume_name=f"{LONG}.pdf", status=ApplicationStatus.INVITED
    )
    unopened = interviews.open_interview(applied)
    begun = interviews.open_interview(
        make_application(alice, make_job(f"B{JOB[1:]}", slug="begun"))
    )
    begun.consent_record_at, begun.state, begun.start_time = (
        utc_now(),
        InterviewState.RECORDING,
        utc_now(),
    )
    questions.copy_from_job(begun)
    done = interviews.open_interview(make_application(alice, make_job(f"D{JOB[1:]}", slug="done")))
    done.state, done.start_time, done.end_time = InterviewState.FINISHING, NOON, NOON
    make_job("Welder", slug="welder")
    flags = [
        make_flag("no_face", 900 * n, 900 * n + 2_000, severity=level)
        for n, level in enumerate(("high", "low"))
    ]
    ready = make_interview(
        *flags, make_flag(assessable=False), name=NAME, job=job, answers=[make_answer(1)]
    )
    for n in range(30):
        make_interview(
            make_flag(), name=f"{n} {NAME[:117]}", job=job, start_time=NOON - timedelta(hours=n)
        )
    make_user(full_name=NAME, email=f"{LONG[:60]}@{LONG[:60]}.example.org")
    db.session.commit()
    open_pages = [
        ("jobs.board", "/jobs"),
        ("jobs.board", "/jobs?status=closed"),
        ("jobs.job", "/jobs/long"),
    ]
    capture = [(f"capture.{step}", f"/capture/{unopened.id}/{step}") for step in ("consent",)]
    capture += [(f"capture.{step}", f"/capture/{begun.id}/{step}") for step in ("check", "room")]
    return {
        "": [
            *open_pages, ("auth.login", "/login"), ("auth.register", "/register"),
            ("api_docs.browse", "/api/docs"),
        ],
        "alice": [
            *open_pages,
            ("auth.register_about", "/register/about"),
            ("auth.register_done", "/register/done"), ("applications.dashboard", "/dashboard"),
            ("applications.apply", "/jobs/welder/apply"),
            ("applications.replace_resume", f"/applications/{applied.id}/resume/replace"),
            ("account.account", "/account/"), ("account.password", "/account/password"),
            ("account.data", "/account/data"), ("account.delete", "/account/delete"),
            *capture, ("capture.receipt", f"/capture/{done.id}/receipt"),
            ("error", "/nowhere"), ("error", "/admin/"),
        ],
        "ada": [
            ("admin.overview", "/admin/"), ("admin.jobs", "/admin/jobs"),
            ("admin.jobs_new", "/admin/jobs/new"), ("admin.jobs_edit", f"/admin/jobs/{job.id}"),
            ("admin.applications", "/admin/applications"),
            ("admin.people", "/admin/people"), ("admin.interview_list", "/admin/sessions"),
            ("admin.interview_page", f"/admin/sessions/{ready.id}"),
            ("admin.interview_page", f"/admin/sessions/{unopened.id}"),
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server = LiveServer(tmp_path_factory.mktemp("every"), CAPTURE_WORKERS="0")
    with server.app.app_context():
        pages = make_pages()
    server.start()
    with fake_camera_browser() as browser:
        yield Site(server, browser, pages)
    server.stop()


def test_every_page_is_among_those_that_are_walked(site: Site) -> None:
    rules = site.server.app.url_map.iter_rules()
    named = {
        rule.endpoint
        for rule in rules
        if "GET" in (rule.methods or ()) and "/api/" not in rule.rule
    }
    walked = {endpoint for pages in site.pages.values() for endpoint, _ in pages}
    assert named - walked - NO_PAGES == set()


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
