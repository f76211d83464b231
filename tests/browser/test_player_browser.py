"""The player in a real browser, on a film and measurements made by code: one clock for video, lanes
and flags.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from browsers import Complaints, chromium
from player_reviews import (
    FILM_S,
    NO_FACE,
    SEEK_WITHIN_MS,
    VIDEO,
    make_review,
    settled_ms,
    sign_in_as_admin,
)
from playwright.sync_api import BrowserContext, Page, expect
from servers import LiveServer

pytestmark = pytest.mark.browser


@dataclass
class Review:
    url: str
    browser: BrowserContext
    complaints: Complaints

    def open(self, query: str = "") -> Page:
        page = self.browser.new_page()
        self.complaints.watch(page)
        page.goto(self.url + query)
        page.wait_for_function(f"() => {VIDEO}.readyState >= 1")
        expect(page.locator("[data-part=figure]")).to_be_visible()
        return page


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    folder = tmp_path_factory.mktemp("review")
    server = LiveServer(folder, CAPTURE_WORKERS="0")
    with server.app.app_context():
        path = make_review()
    server.start()
    with chromium(profile=folder / "profile") as browser:
        sign_in_as_admin(browser.new_page(), server.url)
        yield Review(server.url + path, browser, Complaints())
    server.stop()


@pytest.fixture(autouse=True)
def nothing_complained(review: Review) -> Iterator[None]:
    """No error on the console, no word of the content security policy, in any of these tests."""
    yield
    assert review.complaints.found == []


def cursor_ms(page: Page) -> float:
    """Where the shared cursor stands, read back from the pixels of the page."""
    cursor = page.locator("[data-part=cursor]").bounding_box()
    lanes = page.locator("[data-part=lanes]").bounding_box()
    assert cursor
    assert lanes
    return (cursor["x"] + cursor["width"] / 2 - lanes["x"]) / lanes["width"] * FILM_S * 1000


def value(page: Page, lane: str) -> str:
    return page.locator(f"[data-value={lane}]").inner_text()


def test_a_click_on_a_flag_seeks_and_everything_follows(review: Review) -> None:
    page = review.open()
    page.get_by_role("link", name="No face for 6.0 s").click()

    assert abs(settled_ms(page) - NO_FACE.start) <= SEEK_WITHIN_MS
    assert abs(cursor_ms(page) - NO_FACE.start) <= SEEK_WITHIN_MS
    expect(page.locator("[data-flag][aria-current=true]")).to_have_count(1)
    assert (value(page, "faces"), value(page, "head"), value(page, "sound")) == (
        "0",
        "–",
        "−30 dBFS\nspeech",
    )


def test_the_cursor_and_the_marked_flag_follow_while_it_plays(review: Review) -> None:
    page = review.open("#t=7.5")
    page.keyboard.press(" ")
    expect(page.locator("[data-flag][aria-current=true]")).to_have_count(1)
    page.keyboard.press(" ")

    assert abs(cursor_ms(page) - settled_ms(page)) <= SEEK_WITHIN_MS


def test_a_click_and_a_drag_in_the_lanes_seek(review: Review) -> None:
    page = review.open()
    box = page.locator("[data-part=slider]").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60)
    page.mouse.down()
    assert abs(settled_ms(page) - 5_000) <= SEEK_WITHIN_MS
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    page.mouse.up()

    assert abs(settled_ms(page) - 10_000) <= SEEK_WITHIN_MS


@pytest.mark.parametrize(
    ("keys", "ms"),
    [
        (["ArrowRight", "ArrowRight", "ArrowLeft"], 5_000),
        (["n"], 8_000),
        (["n", "n"], 19_000),
        (["n", "n", "p"], 8_000),
        (["End", "Home", "."], 1_000 / 24),
    ],
)
def test_keys_move_the_recording(review: Review, keys: list[str], ms: int) -> None:
    page = review.open()
    for key in keys:
        page.keyboard.press(key)
        settled_ms(page)

    page.wait_for_function(
        f"(ms) => !{VIDEO}.seeking && Math.abs({VIDEO}.currentTime * 1000 - ms) <= 20", arg=ms
    )


def test_letters_can_be_turned_off_and_typing_is_left_alone(review: Review) -> None:
    page = review.open()
    page.keyboard.press("?")
    page.get_by_label("Single-letter keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("n")
    without_letters = settled_ms(page)
    page.evaluate("() => localStorage.clear()")

    assert without_letters == 0


def test_links_open_at_their_moment(review: Review) -> None:
    assert abs(settled_ms(review.open("#t=12.4")) - 12_400) <= SEEK_WITHIN_MS
    assert abs(settled_ms(review.open("?t=3.2")) - 3_200) <= SEEK_WITHIN_MS


def test_no_line_is_drawn_where_nothing_was_measured(review: Review) -> None:
    page = review.open()
    cyan_pixels = """([lane, fromMs, toMs]) => {
      const lanes = document.querySelector("[data-part=lanes]");
      const canvas = document.createElement("canvas");
      Object.assign(canvas, { width: lanes.width, height: lanes.height });
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(lanes, 0, 0);
      const row = document.querySelector(`[data-lane=${lane}]`);
      const scale = lanes.width / lanes.clientWidth;
      const x = (ms) => Math.round((ms / 20000) * canvas.width);
      const [left, top] = [x(fromMs), row.offsetTop * scale];
      const height = (row.offsetHeight - 1) * scale;
      const pixels = context.getImageData(left, top, x(toMs) - left, height).data;
      let cyan = 0;
      for (let i = 0; i < pixels.length; i += 4) {
        const [red, , blue, alpha] = pixels.slice(i, i + 4);
        if (blue > 150 && red < 120 && alpha > 150) cyan++;
      }
      return cyan;
    }"""

    assert page.evaluate(cyan_pixels, ["head", 1_000, 7_000]) > 0
    # no face: no head, and no line at 0°
    assert page.evaluate(cyan_pixels, ["head", 8_500, 13_500]) == 0
    # … but 0 faces is a measurement
    assert page.evaluate(cyan_pixels, ["faces", 8_500, 13_500]) > 0
    assert page.evaluate(cyan_pixels, ["faces", 16_400, 17_600]) == 0  # the gap


def test_the_figure_has_numbers_for_those_who_do_not_see_it(review: Review) -> None:
    page = review.open()
    page.get_by_text("The figure in numbers").click()
    yaw = page.get_by_role("row", name="Head yaw").inner_text().split()

    # no face for 6 s, no data for 2 s of 20 s
    assert yaw == ["Head", "yaw", "60", "%", "+10°", "+10°", "+10°"]
    page.locator("[data-part=slider]").focus()
    page.keyboard.press("n")
    expect(page.locator("[data-part=slider]")).to_have_attribute(
        "aria-valuetext", "00:08, question 1"
    )


def test_without_javascript_flags_are_read_and_their_links_open_the_moment(review: Review) -> None:
    page = review.browser.new_page()
    review.browser.new_cdp_session(page).send(
        "Emulation.setScriptExecutionDisabled", {"value": True}
    )
    page.goto(review.url)
    page.get_by_role("link", name="No face for 6.0 s").click()

    assert page.locator("video").get_attribute("src").endswith("recording.mp4#t=8.0")
    assert page.locator("video").get_attribute("controls") == ""
