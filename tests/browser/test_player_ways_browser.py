"""The player where it is least convenient: nothing was measured, many flags on a phone, a dialog, a
full screen.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from browsers import Complaints, chromium
from clips import make_clip
from player_reviews import SEEK_WITHIN_MS, VIDEO, make_review, settled_ms, sign_in_as_admin
from playwright.sync_api import BrowserContext, Page, expect
from reviewing import make_answer, make_flag, make_interview
from servers import LiveServer

from portal import interviews
from portal.models import InterviewSession

pytestmark = pytest.mark.browser

FILM_S = 12
FLAGS = 11
COLOURS = """() => {
  const lanes = document.querySelector("[data-part=lanes]");
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: lanes.width, height: lanes.height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(lanes, 0, 0);
  const row = document.querySelector("[data-lane=faces]");
  const scale = lanes.width / lanes.clientWidth;
  const y = Math.round((row.offsetTop + 3) * scale);
  const widths = {};
  for (let x = 0; x < canvas.width; x += 1) {
    const [red, green, blue, alpha] = context.getImageData(x, y, 1, 1).data;
    const colour = [red, green, blue].map((part) => Math.round(part / 16)).join();
    if (alpha > 40) widths[colour] = (widths[colour] ?? 0) + 1;
  }
  return Object.keys(widths).filter((colour) => widths[colour] > 8); // more than an edge
}"""


@dataclass
class Site:
    server: LiveServer
    browser: BrowserContext
    complaints: Complaints
    measured: str
    plain: str

    def open(self, path: str, **size: int) -> Page:
        page = self.browser.new_page()
        self.complaints.watch(page)
        if size:
            page.set_viewport_size({"width": size["width"], "height": size["height"]})
        page.goto(self.server.url + path)
        page.wait_for_function(f"() => {VIDEO}.readyState >= 1")
        expect(page.locator("[data-part=figure]")).to_be_visible()
        return page


def make_plain() -> InterviewSession:
    """Recorded, and by the candidate's choice not measured."""
    answers = [make_answer(1, duration_ms=5_000), make_answer(2, duration_ms=7_000)]
    interview = make_interview(
        name="Mei Tanaka", duration_ms=FILM_S * 1000, answers=answers, consent_analyse_at=None
    )
    recording = interviews.recording(interview)
    recording.create()
    make_clip(recording.recording_path, FILM_S, size=(320, 180), fragmented=False)
    return interview


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("ways")
    server = LiveServer(folder, CAPTURE_WORKERS="0")
    levels = ("high", "medium", "low")
    spread = [
        make_flag("looking_away", 500 + 1_500 * n, 2_500 + 1_500 * n, severity=levels[n % 3])
        for n in range(FLAGS)
    ]
    with server.app.app_context():
        measured = make_review(*spread)
        plain = f"/admin/sessions/{make_plain().id}"
    server.start()
    with chromium(profile=folder / "profile") as browser:
        sign_in_as_admin(browser.new_page(), server.url)
        yield Site(server, browser, Complaints(), measured, plain)
    server.stop()


@pytest.fixture(autouse=True)
def nothing_complained(site: Site) -> Iterator[None]:
    yield
    assert site.complaints.found == []


def test_without_analysis_the_slider_the_keys_and_the_questions_set_the_film(site: Site) -> None:
    page = site.open(site.plain)
    box = page.locator("[data-part=slider]").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert abs(settled_ms(page) - FILM_S * 500) <= SEEK_WITHIN_MS
    page.get_by_role("link", name="Question number 2?").click()
    assert abs(settled_ms(page) - 5_000) <= SEEK_WITHIN_MS

    expect(page.locator("[data-part=slider]")).to_have_attribute(
        "aria-valuetext", "00:05, question 2"
    )
    expect(page.locator("[data-question][aria-current=true]")).to_contain_text("Question number 2?")
    page.keyboard.press("n")
    expect(page.locator("[data-part=said]")).to_have_text(
        "Nothing was measured, so there are no flags."
    )


@pytest.mark.parametrize("broken", ["status", "words"])
def test_where_the_measurements_do_not_arrive_the_film_is_still_moved_through(
    site: Site, broken: str
) -> None:
    page = site.browser.new_page()  # unwatched: the browser itself notes what did not load
    answer = (
        {"status": 503}
        if broken == "status"
        else {"status": 200, "content_type": "text/html", "body": "hello"}
    )
    page.route("**/telemetry.json", lambda route: route.fulfill(**answer))
    page.goto(site.server.url + site.measured)
    expect(page.locator("[data-part=figure]")).to_be_visible()
    page.locator("[data-part=slider]").click()

    assert abs(settled_ms(page) - 10_000) <= SEEK_WITHIN_MS
    expect(page.locator("[data-lane=faces]")).to_be_hidden()
    expect(page.get_by_text("The measurements could not be loaded")).to_have_count(1)
    expect(page.get_by_text("The measurements could not be loaded")).to_be_visible()


def test_on_a_phone_the_film_stays_in_sight_down_to_the_last_flag(site: Site) -> None:
    page = site.open(site.measured, width=390, height=844)
    last = page.locator("[data-flag] a").last
    last.scroll_into_view_if_needed()
    last.click()
    film, row = page.locator("video").bounding_box(), last.bounding_box()
    assert film
    assert row
    assert film["y"] >= 0
    assert film["y"] + film["height"] <= row["y"]
    assert row["y"] + row["height"] <= 844


def test_space_in_the_help_closes_it_and_changes_no_setting(site: Site) -> None:
    page = site.open(site.measured)
    page.keyboard.press("?")
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press(" ")

    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate("() => localStorage.getItem('player-keys-off')") is None
    assert page.evaluate(f"() => {VIDEO}.paused")


def test_flags_that_overlap_are_no_colour_of_their_own(site: Site) -> None:
    page = site.open(site.measured)
    page.wait_for_function(f"({COLOURS})().length > 0")
    assert len(page.evaluate(COLOURS)) == 4  # one a severity, and the hatching of the gap


@pytest.mark.parametrize("path", ["measured", "plain"])
def test_the_stage_has_the_films_own_shape_and_full_screen_fills_the_screen(
    site: Site, path: str
) -> None:
    page = site.open(getattr(site, path))
    shape = page.evaluate(f"() => {VIDEO}.videoWidth / {VIDEO}.videoHeight")
    stage = page.locator("[data-part=stage]").bounding_box()
    assert stage
    assert abs(stage["width"] / stage["height"] - shape) < 0.03

    page.keyboard.press("f")
    expect(page.locator("[data-part=said]")).to_have_text("Full screen.")
    page.wait_for_function(
        f"() => {VIDEO}.clientHeight === innerHeight && {VIDEO}.clientWidth === innerWidth"
    )
    overlay = "document.querySelector('[data-part=overlay]')"
    page.wait_for_function(f"() => {overlay}.width === innerWidth * devicePixelRatio")
    page.keyboard.press("f")
    expect(page.locator("[data-part=said]")).to_have_text("Full screen left.")


def test_what_the_keys_do_is_said(site: Site) -> None:
    page = site.open(site.plain)
    said = page.locator("[data-part=said]")
    for key, words in (
        ("m", "Sound off."),
        ("m", "Sound on."),
        ("End", "At the end."),
        ("Home", "At the start."),
    ):
        page.keyboard.press(key)
        expect(said).to_have_text(words)
    page.keyboard.press("k")
    expect(said).to_have_text("Playing.")
    page.keyboard.press("k")
    expect(said).to_contain_text("Paused at 00:0")


def test_pausing_before_the_first_picture_came_is_no_failure(site: Site) -> None:
    page = site.open(site.plain)
    said = page.evaluate("""async () => {
            const press = () => document.body.dispatchEvent(
                new KeyboardEvent("keydown", { key: "k", bubbles: true })
            );
            const video = document.querySelector("video");
            video.currentTime = 1;  // while it seeks it has no picture
            press();
            const playing = video.play();
            press();
            await playing.catch(() => null);
            await new Promise((resolve) => setTimeout(resolve));
            return document.querySelector("[data-part=said]").textContent;
        }""")
    assert "Paused at 00:0" in said


def test_one_press_is_one_picture_also_after_a_slow_machine_played(site: Site) -> None:
    page = site.open(site.plain)
    page.evaluate("""() => {
            const video = document.querySelector("video");
            window.shown = [];
            const next = (_, { mediaTime }) => {
                window.shown.push(mediaTime);
                video.requestVideoFrameCallback(next);
            };
            video.requestVideoFrameCallback(next);
        }""")
    page.evaluate(f"() => ({VIDEO}.playbackRate = 2)")  # every other picture may be left out
    page.keyboard.press("k")
    page.wait_for_function(f"() => {VIDEO}.currentTime > 3")
    page.keyboard.press("k")
    for key in (".", ".", ".", ",", "."):
        before = page.evaluate("() => window.shown.at(-1)")
        page.keyboard.press(key)
        page.wait_for_function("(before) => window.shown.at(-1) !== before", arg=before)
        step_ms = 1_000 * (page.evaluate("() => window.shown.at(-1)") - before)
        assert abs(step_ms - (1_000 / 24 if key == "." else -1_000 / 24)) < 3


def test_the_length_is_the_same_wherever_it_is_said(site: Site) -> None:
    page = site.open(site.plain)
    expect(page.locator("[data-part=duration]")).to_have_text("00:12.0")
    expect(page.get_by_text("recorded 20 Nov")).to_contain_text("· 00:12 ·")
    assert page.locator("[data-part=slider]").get_attribute("aria-valuemax") == "12"


@pytest.mark.long
def test_a_film_that_does_not_wake_after_its_end_gives_sound_and_play_back(site: Site) -> None:
    """Where its bytes never come, waking is given up after seconds."""
    page = site.open(site.plain)
    page.evaluate(f"() => {{ {VIDEO}.currentTime = {FILM_S} - 0.5; return {VIDEO}.play(); }}")
    page.wait_for_function(f"() => {VIDEO}.ended")
    page.evaluate(f"() => {{ {VIDEO}.play = () => new Promise(() => {{}}); }}")
    page.keyboard.press("Home")
    page.wait_for_function(f"() => {VIDEO}.muted")
    page.wait_for_function(f"() => !{VIDEO}.muted")
    assert settled_ms(page) <= SEEK_WITHIN_MS
    page.evaluate(f"() => {{ delete {VIDEO}.play; }}")
    page.keyboard.press("k")
    expect(page.locator("[data-part=said]")).to_have_text("Playing.")
