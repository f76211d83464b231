"""The player in WebKitGTK: what it shows is read back from the picture itself, which carries its
time in stripes.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from clips import CLOCK_BITS, CLOCK_STEP_MS
from factories import PASSWORD
from player_reviews import FILM_S, make_review
from selenium.webdriver.common.keys import Keys
from servers import LiveServer
from webkit import WebKit, walk

pytestmark = pytest.mark.webkit

VIDEO = "document.querySelector('video')"
PICTURE = f"""(() => {{
  const canvas = Object.assign(document.createElement("canvas"), {{ width: 320, height: 240 }});
  const context = canvas.getContext("2d");
  context.drawImage({VIDEO}, 0, 0, 320, 240);
  let tenths = 0;
  for (let bit = 0; bit < {CLOCK_BITS}; bit += 1) {{
    const [light] = context.getImageData((bit + 0.5) * 320 / {CLOCK_BITS}, 120, 1, 1).data;
    tenths = 2 * tenths + (light > 127 ? 1 : 0);
  }}
  return tenths * {CLOCK_STEP_MS};
}})()"""
FILLS = f"""(() => {{
  const [film, drawn] = [{VIDEO}, document.querySelector("[data-part=overlay]")];
  const isWhole = film.clientHeight === innerHeight && film.clientWidth === innerWidth;
  const [width, height] = [innerWidth * devicePixelRatio, innerHeight * devicePixelRatio];
  return isWhole && drawn.width === width && drawn.height === height;
}})()"""
LOOKS = """[...document.querySelectorAll("select, input[type=date]")].map((field) => {
  const look = getComputedStyle(field);
  return [look.appearance, look.backgroundColor].join();
})"""


class Reviewer:
    """An admin in front of this browser, with an interview open."""

    def __init__(self, browser: WebKit, server: LiveServer, path: str) -> None:
        self.browser = browser
        browser.open(f"{server.url}/login")
        browser.fill("E-mail", "ada@example.org")
        browser.fill("Password", PASSWORD)
        browser.press("Sign in")
        browser.sees("Overview")
        if path:
            browser.open(server.url + path)
            browser.until(lambda: browser.value(f"{VIDEO}.readyState >= 2"), "the film")

    def presses(self, key: str) -> None:
        self.browser.driver.find_element("tag name", "body").send_keys(key)

    def hears(self, words: str) -> None:
        said = "document.querySelector('[data-part=said]').textContent"
        self.browser.until(lambda: words in self.browser.value(said), f"the words {words!r}")

    def sees_picture_of(self, ms: int) -> None:
        shown = self.browser.until(
            lambda: self.browser.value(f"{PICTURE} === {ms}") or None,
            f"the picture of {ms} ms",
            within_s=10,
        )
        assert shown

    def plays_to_the_end(self) -> None:
        self.browser.driver.execute_script(f"{VIDEO}.currentTime = {FILM_S - 1}")
        self.browser.driver.find_element("css selector", "[data-part=play]").click()
        self.browser.until(lambda: self.browser.value(f"{VIDEO}.ended"), "the end", within_s=90)
        self.hears("The end.")


@pytest.fixture
def path(live_server: LiveServer) -> str:
    with live_server.app.app_context():
        return make_review()


def reviewed(
    server: LiveServer, path: str, way: Callable[[Reviewer], None]
) -> Callable[[WebKit], None]:
    return lambda browser: way(Reviewer(browser, server, path))


@pytest.mark.long
def test_after_the_end_keys_and_clicks_show_the_new_picture(
    live_server: LiveServer, path: str, tmp_path: Path
) -> None:
    def way(reviewer: Reviewer) -> None:
        reviewer.plays_to_the_end()
        reviewer.presses(Keys.HOME)
        reviewer.hears("At the start.")
        reviewer.sees_picture_of(0)
        reviewer.plays_to_the_end()
        reviewer.browser.driver.find_element("css selector", "[data-flag] a").click()
        reviewer.sees_picture_of(8_000)
        assert reviewer.browser.value(f"{VIDEO}.paused && !{VIDEO}.muted")

    walk(tmp_path, reviewed(live_server, path, way))


@pytest.mark.long
def test_one_press_is_one_picture_and_full_screen_is_the_whole_screen(
    live_server: LiveServer, path: str, tmp_path: Path
) -> None:
    def way(reviewer: Reviewer) -> None:
        browser = reviewer.browser
        browser.driver.execute_script(
            "window.shown = []; const next = (_, { mediaTime }) => {"
            f" window.shown.push(mediaTime);{VIDEO}.requestVideoFrameCallback(next); }};"
            f" {VIDEO}.requestVideoFrameCallback(next);"
        )
        reviewer.plays_to_the_end()  # a busy machine leaves pictures out
        reviewer.presses(Keys.HOME)
        reviewer.sees_picture_of(0)
        for key, number in ((".", 1), (".", 2), (".", 3), (".", 4), (",", 3)):
            reviewer.presses(key)
            is_there = f"Math.abs(window.shown.at(-1) - {number / 24}) < 0.003"
            browser.until(
                lambda there=is_there: browser.value(there), f"picture {number}", within_s=10
            )

        browser.driver.find_element("css selector", "[data-do=fullscreen]").click()
        reviewer.hears("Full screen.")
        browser.until(
            lambda: browser.value(FILLS), "a film as large as the screen, paused, and its overlay"
        )

    walk(tmp_path, reviewed(live_server, path, way))


def test_fields_that_a_browser_draws_grey_look_like_the_others(
    live_server: LiveServer, tmp_path: Path
) -> None:
    def way(browser: WebKit) -> None:
        reviewer = Reviewer(browser, live_server, "")
        browser.open(f"{live_server.url}/admin/sessions?from=2026-11-01")
        looks, empty = browser.value(LOOKS), "document.querySelectorAll('[data-empty]')"
        assert set(looks) == {"none,rgb(11, 15, 20)"}
        assert len(looks) == 4
        assert browser.value(f"[...{empty}].map((field) => field.name).join()") == "to"
        reviewer.browser.driver.execute_script(
            "const to = document.querySelector('[name=to]'); to.value = '2026-11-30';"
            "to.dispatchEvent(new Event('input', { bubbles: true }))"
        )
        browser.until(lambda: browser.value(f"{empty}.length === 0"), "no empty date")

    walk(tmp_path, way)
