"""Every page in a language of brackets, accents and long words: every sentence goes through
gettext, and all of them fit at both widths.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from browsing import PATIENCE_MS, fake_camera_browser
from factories import PASSWORD
from player_reviews import make_review
from playwright.sync_api import Browser, Page, TimeoutError
from pseudo_language import BEGIN, END, speak, write_catalog
from servers import LiveServer
from shown_text import GREEK, bare, misfits
from site_pages import PAGES, Words, make_rows

from portal.config import CaptureSource
from portal.extensions import db
from portal.models import Answer, InterviewQuestion, Job, Question, User

pytestmark = pytest.mark.browser

WIDTHS = (1440, 390)
IDLE_WITHIN_MS = 3_000
NAME, JOB, OTHER_JOB = GREEK
WORDS = Words(NAME, JOB, OTHER_JOB, f"{JOB}, {NAME}. " * 5, "1@example.org")
PLAYER = ("admin.interview_page", "/admin/sessions/{player}")
NOTHING_FOUND = [
    ("jobs.board", "/jobs?q=%CE%A9"),
    ("jobs.board", "/jobs?workplace=remote&q=%CE%A9"),
]
EMPTY = [("applications.dashboard", "/dashboard")]
WALKED = {
    "guest": [*PAGES[""], *NOTHING_FOUND],
    "alice": PAGES["alice"],
    "bob": EMPTY,
    "ada": [*PAGES["ada"], PLAYER],
    "kiosk": [page for page in PAGES["alice"] if page[0].startswith("capture.")],
}
KIOSK = "kiosk"  # Alice at a machine that records by itself


@dataclass
class Site:
    """Two servers with the same rows: one for browsers at home, and a kiosk."""

    servers: dict[bool, LiveServer]
    rows: dict[bool, dict[str, str]]
    browser: Browser

    def open(self, who: str, width: int) -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", locale="de-DE"
        )
        context.set_default_timeout(PATIENCE_MS)
        speak(context)
        page = context.new_page()
        if who != "guest":
            self.sign_in(page, who)
        return page

    def sign_in(self, page: Page, who: str) -> None:
        page.goto(self.url(who, "/login"))
        email = "alice" if who == KIOSK else who
        page.locator("#email").fill(f"{email}@example.org")
        page.locator("#password").fill(PASSWORD)
        page.locator("main form button").first.click()
        page.wait_for_url(lambda url: "/login" not in url)

    def url(self, who: str, path: str) -> str:
        is_kiosk = who == KIOSK
        return self.servers[is_kiosk].url + path.format(**self.rows[is_kiosk])


def make_site(server: LiveServer) -> dict[str, str]:
    with server.app.app_context():
        rows = make_rows(WORDS) | {"player": make_review().rpartition("/")[2]}
        write_in_greek()
        return rows


def write_in_greek() -> None:
    """What people typed has letters that no sentence of the portal has."""
    for user in db.session.scalars(db.select(User)):
        user.full_name = NAME
    for job in db.session.scalars(db.select(Job)):
        job.title, job.location, job.description = JOB, OTHER_JOB, WORDS.text
    for asked in (Question, InterviewQuestion, Answer):
        for row in db.session.scalars(db.select(asked)):
            row.prompt = WORDS.text
    db.session.commit()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("pseudo")
    write_catalog(folder / "translations")
    servers = {
        is_kiosk: make_server(folder / str(is_kiosk), folder / "translations", is_kiosk)
        for is_kiosk in (False, True)
    }
    rows = {is_kiosk: make_site(server) for is_kiosk, server in servers.items()}
    for server in servers.values():
        server.start()
    with fake_camera_browser() as browser:
        yield Site(servers, rows, browser)
    for server in servers.values():
        server.stop()


def make_server(folder: Path, translations: Path, is_kiosk: bool) -> LiveServer:
    folder.mkdir()
    source = CaptureSource.DEVICE if is_kiosk else CaptureSource.BROWSER
    return LiveServer(
        folder, CAPTURE_WORKERS="0", CAPTURE_SOURCE=source.value, SITE_NAME=OTHER_JOB,
        TRANSLATIONS_FOLDER=str(translations),
    )  # fmt: skip


def settle(page: Page) -> None:
    """Until the page's scripts have said what they say at first."""
    with suppress(TimeoutError):  # a page that asks again and again is never idle
        page.wait_for_load_state("networkidle", timeout=IDLE_WITHIN_MS)
    if page.url.endswith("/room"):
        page.locator("#room h1:visible").first.wait_for()


@pytest.mark.long
@pytest.mark.parametrize(
    ("who", "width"),
    [
        pytest.param(who, width, id=f"{who}: {len(pages)} pages at {width} px")
        for who, pages in WALKED.items()
        for width in WIDTHS
    ],
)
def test_every_sentence_is_translated_and_fits(site: Site, who: str, width: int) -> None:
    page = site.open(who, width)
    found = []
    for _, path in WALKED[who]:
        page.goto(site.url(who, path))
        settle(page)
        found += [f"{path}: {words}" for words in bare(page, BEGIN, END)]
        found += [f"{path}: {fault}" for fault in misfits(page)]
    page.context.close()
    assert found == []


# A form that is sent with these values, and all other fields empty: what the portal answers.
SENT = {
    "guest": [
        ("/login", {}), ("/login", {"email": "1@example.org", "password": "1"}),
        ("/forgot", {}), ("/link/{reset}", {"new": "password"}),
        ("/register", {}), ("/register", {"email": "1@example.org", "password": "password"}),
    ],
    "alice": [
        ("/jobs/welder/apply", {}), ("/register/about", {"phone": "?"}),
        ("/account/profile", {"full_name": " "}), ("/account/address", {}),
        ("/account/password", {}), ("/account/delete", {"password": "1"}),
        ("/capture/{unopened}/consent", {}), ("/applications/{applied}/resume/replace", {}),
    ],
    "ada": [
        ("/admin/jobs/new", {}), ("/admin/jobs", {"action": "/close"}),
        ("/admin/jobs", {"action": "/publish"}), ("/admin/applications", {"action": "/decide"}),
        ("/admin/mail", {"action": "/test"}), ("/admin/mail/{mail}", {"action": "/link"}),
        ("/admin/mail/{mail}", {"action": "/send-again"}),
        ("/admin/mail/texts/reset_password/de", {"subject": "{1}", "body": "{2}"}),
        ("/admin/people", {"action": "/disable"}),
        ("/admin/people", {"action": "/enable"}), ("/admin/sessions", {"candidate": "?"}),
        ("/admin/applications", {"candidate": "?"}), ("/admin/people", {"q": "?"}),
        ("/admin/sessions", {"from": "2026-03-02", "to": "2026-03-01"}),
    ],
}  # fmt: skip
SEND = """({ action, ...values }) => {
    const forms = [...document.querySelectorAll("main form[method=post]")];
    const form = forms.find((one) => !action || one.getAttribute("action").includes(action));
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
    form.noValidate = true;
    window.isBeforeAnswer = true;
    // Later: an answer that comes at once would end the script that asked for it.
    setTimeout(() => form.requestSubmit(form.querySelector("button:not([type=button])")));
}"""
IS_ANOTHER_PAGE = "() => !window.isBeforeAnswer && document.readyState === 'complete'"


@pytest.mark.long
@pytest.mark.parametrize("who", SENT)
def test_every_answer_to_a_form_is_translated_and_fits(site: Site, who: str) -> None:
    page = site.open(who, WIDTHS[0])
    found = []
    for path, values in SENT[who]:
        page.goto(site.url(who, path))
        settle(page)
        with page.expect_response(lambda response: response.request.method == "POST") as sent:
            page.evaluate(SEND, values)
        if sent.value.request.is_navigation_request():
            page.wait_for_function(IS_ANOTHER_PAGE)
        settle(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            at = f"{path} with {values} at {width} px"
            found += [f"{at}: {fault}" for fault in (*bare(page, BEGIN, END), *misfits(page))]
    page.context.close()
    assert found == []


@pytest.mark.long
@pytest.mark.parametrize("who", ["alice", "ada"])
def test_what_unfolds_is_no_wider_than_a_phone(site: Site, who: str) -> None:
    page = site.open(who, WIDTHS[1])
    found = []
    for _, path in WALKED[who]:
        page.goto(site.url(who, path))
        settle(page)
        for details in page.locator("details").all()[:20]:
            details.evaluate("(details) => (details.open = true)")
            wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            found += [f"{path}: {details.inner_text()} is {wide} px too wide"] if wide > 0 else []
            details.evaluate("(details) => (details.open = false)")
    page.context.close()
    assert found == []


NOT_ALL_TRANSLATED = f"""<!doctype html><html lang="de"><title>Bare</title><body>
    <p>{BEGIN}Rééååd <a href="">ţĥéé ţééxţ</a> öf {NAME}{END} 3 s, bare words</p>
    <p title="bare title">{BEGIN}Ööñéé{END}</p><template><p>bare later</p></template>
    <p style="width: 3rem; overflow: hidden; white-space: nowrap">{BEGIN}Çüüţ ööff{END}</p>
    <button>{BEGIN}Ööñéé{END}</button><button style="margin-left: -2rem">{BEGIN}Ţŵöö{END}</button>
    <p style="width: 200vw">{BEGIN}Ŵïïdéé{END}</p></body></html>"""


def test_bare_words_and_texts_that_do_not_fit_are_found(site: Site) -> None:
    page = site.browser.new_page()
    page.set_content(NOT_ALL_TRANSLATED)
    assert bare(page, BEGIN, END) == [
        "Bare (title of the page)", "3 , bare words (P)", "bare title (title)", "bare later (P)"
    ]  # fmt: skip
    assert [re.sub(r"\d+", "n", fault) for fault in misfits(page)] == [
        "the page is n px too wide",
        f"P “{BEGIN}Çüüţ ööff{END}” is cut off by n px",
        f"BUTTON “{BEGIN}Ööñéé{END}” lies on BUTTON “{BEGIN}Ţŵöö{END}”",
    ]
    page.close()
