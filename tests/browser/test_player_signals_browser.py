"""The player shows every signal of the registry: drawn, beside the film, and in the table."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsers import Complaints, chromium
from player_reviews import VIDEO, make_review, sign_in_as_admin
from playwright.sync_api import BrowserContext, Page, Route, expect
from servers import LiveServer

from capture.signals import LANES, SIGNALS, Drawn, Signal

pytestmark = pytest.mark.browser

# Pixels of one ink in a lane: the canvas is clear behind the lines.
INKED = """([lane, ink]) => {
  const lanes = document.querySelector("[data-part=lanes]");
  const copy = document.createElement("canvas");
  Object.assign(copy, { width: lanes.width, height: lanes.height });
  const context = copy.getContext("2d", { willReadFrequently: true });
  const name = `--color-${ink}`;
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  context.fillRect(0, 0, 1, 1);
  const wanted = context.getImageData(0, 0, 1, 1).data;
  context.clearRect(0, 0, 1, 1);
  context.drawImage(lanes, 0, 0);
  const row = document.querySelector(`[data-lane=${lane}]`);
  const scale = lanes.width / lanes.clientWidth;
  const height = row.offsetHeight * scale;
  const { data } = context.getImageData(0, row.offsetTop * scale, copy.width, height);
  let inked = 0;
  for (let i = 0; i < data.length; i += 4) {
    const isNear = [0, 1, 2].every((part) => Math.abs(data[i + part] - wanted[part]) < 24);
    if (isNear && data[i + 3] > 100) inked++;
  }
  return inked;
}"""


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BrowserContext, str]]:
    folder: Path = tmp_path_factory.mktemp("signals")
    server = LiveServer(folder, CAPTURE_WORKERS="0")
    with server.app.app_context():
        path = make_review()
    server.start()
    with chromium(profile=folder / "profile") as browser:
        sign_in_as_admin(browser.new_page(), server.url)
        yield browser, server.url + path
    server.stop()


@pytest.fixture
def page(review: tuple[BrowserContext, str]) -> Iterator[Page]:
    browser, url = review
    page, complaints = browser.new_page(), Complaints()
    complaints.watch(page)
    yield opened(page, url)
    assert complaints.found == []


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    page.wait_for_function(f"() => {VIDEO}.readyState >= 1")
    expect(page.locator("[data-part=figure]")).to_be_visible()
    return page


def inked(page: Page, signal: Signal) -> int:
    pixels: int = page.evaluate(INKED, [signal.lane, signal.ink])
    return pixels


def test_every_signal_with_a_drawing_is_drawn_in_its_lane(page: Page) -> None:
    for lane in LANES:
        for signal in lane.signals:
            switch = page.locator(f"[data-series={signal.name}]")
            if signal.is_line and signal is not lane.main:
                assert inked(page, signal) == 0, f"{signal.name} before it is switched on"
                switch.check()
                assert inked(page, signal) > 0, signal.name
                switch.uncheck()
            else:
                expect(switch).to_have_count(0)
                assert (inked(page, signal) > 0) is (signal.drawn is not Drawn.NUMBER), signal.name


def test_every_number_is_in_the_table(page: Page) -> None:
    page.get_by_text("The figure in numbers").click()
    rows = [row.inner_text().split("\t") for row in page.locator("[data-part=summary] tr").all()]
    assert [row[0] for row in rows] == [
        signal.label for signal in SIGNALS if signal.drawn is not Drawn.CORNERS
    ]
    said = {row[0]: row[1:] for row in rows}
    assert said["Mouth"] == ["60 %", "0.10 open", "0.10 open", "0.10 open"]
    assert said["Eyes, up"] == ["60 %", "−0.50", "−0.50", "−0.50"]
    assert said["Blinks"] == ["60 %", "1 in all · 5.0 per minute"]


def test_each_lane_says_its_values_with_units_beside_the_film_and_beside_the_line(
    page: Page,
) -> None:
    said = {
        lane.name: (
            page.locator(f"[data-value={lane.name}]").inner_text(),
            page.locator(f"[data-now={lane.name}]").inner_text(),
            page.locator(f"[data-note={lane.name}]").inner_text().replace("\xa0", " "),
        )
        for lane in LANES
    }
    assert said == {
        "faces": ("1", "1", ""),
        "head": ("+10°", "+10°", "pitch −5° · roll +20°"),
        "eyes": ("+0.25", "+0.25", "−1…1 · up −0.50"),
        "eyelids": ("0.80 open\nblink", "0.80 open", "blink"),
        "sound": ("−30 dBFS\nspeech", "−30 dBFS", "speech 0.90"),
        "mouth": ("0.10 open", "0.10 open", ""),
        "picture": ("0.50 luma\nfrozen", "0.50 luma", "sharpness 120 · eyes 88 px · frozen"),
    }


def test_a_lane_without_any_data_says_so(review: tuple[BrowserContext, str]) -> None:
    browser, url = review
    page = browser.new_page()

    def without_a_mouth(route: Route) -> None:
        document = json.loads(route.fetch().text())
        document["audio"]["mouth_open"] = [None] * len(document["audio"]["t_ms"])
        del document["face"]["roll_deg"]  # as if it were older than this signal
        route.fulfill(json=document)

    page.route("**/telemetry.json", without_a_mouth)
    opened(page, url)
    shown = [
        lane.name
        for lane in LANES
        if page.locator(f"[data-lane={lane.name}] [data-empty]").is_visible()
    ]
    assert shown == ["mouth"]
    assert page.locator("[data-value=mouth]").inner_text() == "–"
    assert page.locator("[data-note=head]").inner_text().replace("\xa0", " ") == "pitch −5°"
