"""The report: one page and one picture that show what telemetry.json says, and nothing that it does
not say.
"""

from html import escape
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from browsing import chromium
from playwright.sync_api import sync_playwright
from senses_support import draw_measurements

from capture.__main__ import main
from capture.report import page as report
from capture.report.chart import chart, clock
from capture.report.drawing import SCREEN_INKS, Area, Figure, Hatch, Line, Word, png, svg
from capture.rules import RULES_VERSION, find_flags
from capture.signals import LANES
from capture.store import telemetry
from capture.types import Gap, GapCause, Measurements, PageEvent

ENGINE = {"capture": "0.1.0", "rules": RULES_VERSION}
DRAWING = "F10 .6 F10 ?4 210 d10 L9 F5"
EVENTS = [PageEvent(2_000, "tab_hidden", 4_000), PageEvent(30_000, "paste")]
GAPS = [Gap(26_000, 30_000, GapCause.INTERRUPTED)]


def document(seen: Measurements, session_id: str = "an interview") -> telemetry.Telemetry:
    return telemetry.build(session_id, seen, find_flags(seen), ENGINE)


@pytest.fixture
def full() -> telemetry.Telemetry:
    return document(draw_measurements(DRAWING, events=EVENTS, gaps=GAPS))


@pytest.fixture
def folder(full: telemetry.Telemetry, tmp_path: Path) -> Path:
    telemetry.write(tmp_path / "telemetry.json", full)
    return tmp_path


def test_it_writes_a_page_and_a_picture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(folder)]) == 0
    assert capsys.readouterr().out.split() == [
        str(folder / "report.html"),
        str(folder / "report.png"),
    ]
    assert sorted(path.name for path in folder.iterdir()) == [
        "report.html",
        "report.png",
        "telemetry.json",
    ]


def test_without_telemetry_it_says_so_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "telemetry.json cannot be read" in said
    assert said.count("\n") == 1


def test_the_page_tells_every_flag_with_its_numbers(full: telemetry.Telemetry) -> None:
    page = report.page(full)
    kinds = {flag["kind"] for flag in full["flags"]}
    assert kinds >= {
        "no_face",
        "several_faces",
        "picture_lost",
        "page_hidden",
        "paste",
        "recording_gap",
    }
    for flag in full["flags"]:
        assert escape(flag["reason"]) in page
        assert f"{clock(flag['start_ms'])}–{clock(flag['end_ms'])}" in page
        assert flag["rule"] in page


def test_the_page_tells_thresholds_and_engine(full: telemetry.Telemetry) -> None:
    page = report.page(full)
    assert RULES_VERSION in page
    assert "<dt>no face</dt><dd class=num>3.0 s</dd>" in page
    old = report.page({**full, "engine": {**ENGINE, "rules": "2020-1-1"}})
    assert "they may differ" in old
    assert "they may differ" not in page


def test_what_a_file_says_is_never_markup() -> None:
    evil = document(draw_measurements("F3"), session_id="<script>alert(1)</script>")
    evil["flags"] = [{**find_one_flag(), "reason": "<img src=x>", "kind": "<b>"}]
    page = report.page(evil)
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page


def find_one_flag() -> dict[str, object]:
    return dict(document(draw_measurements("F3 .6 F3"))["flags"][0])


def test_an_empty_recording_can_be_reported() -> None:
    nothing = document(Measurements(0))
    assert "No rule found anything" in report.page(nothing)
    assert png(report.sheet(nothing)).startswith(b"\x89PNG")


def test_no_line_is_drawn_through_a_hole() -> None:
    whole, holed = (document(draw_measurements(drawing)) for drawing in ("F20", "F8 ?4 F8"))
    assert [len(lines(one)) for one in (whole, holed)] == [1, 2]
    _, start = lines(holed)[0].points[-1], lines(holed)[1].points[0]
    assert start[0] > lines(holed)[0].points[-1][0] + 100


def lines(one: telemetry.Telemetry) -> list[Line]:
    """The lines of the first lane: how many faces."""
    drawn = [item for item in chart(one).items if isinstance(item, Line) and item.ink == "measured"]
    lowest = max(y for _, y in drawn[0].points)
    return [
        line for line in drawn if len(line.points) > 2 and max(y for _, y in line.points) == lowest
    ]


def test_flags_are_shaded_and_gaps_are_hatched(full: telemetry.Telemetry) -> None:
    items = chart(full).items
    shaded = [item for item in items if isinstance(item, Area) and item.alpha < 0.3]
    hatched = [item for item in items if isinstance(item, Hatch) and item.height > 100]
    not_assessable = [flag for flag in full["flags"] if not flag["assessable"]]
    assert len(shaded) == len(full["flags"]) - len(not_assessable)
    assert len(hatched) == len(full["gaps"]) + len(not_assessable)


def test_each_flag_has_a_word_beside_its_colour(full: telemetry.Telemetry) -> None:
    words = {item.text for item in chart(full).items if isinstance(item, Word)}
    assert {flag["kind"].replace("_", " ") for flag in full["flags"]} <= words


def test_an_hour_makes_no_larger_figure_than_its_width_allows() -> None:
    hour = document(draw_measurements("Mn3600"))
    assert len(svg(chart(hour), "an hour", "wide")) < 800_000


def test_svg_and_png_show_the_same_figure() -> None:
    figure = Figure(40, 20, [Area(10, 5, 20, 10, "high")])
    rectangle = next(iter(ElementTree.fromstring(svg(figure, "one", "wide"))))
    pixels = cv2.imdecode(np.frombuffer(png(figure), np.uint8), cv2.IMREAD_COLOR)
    assert (rectangle.get("x"), rectangle.get("width")) == ("10.0", "20.0")
    assert pixels.shape == (40, 80, 3)
    red, green, blue = bytes.fromhex(SCREEN_INKS["high"][1:])
    assert pixels[20, 40].tolist() == [blue, green, red]
    assert pixels[20, 10].tolist() != [blue, green, red]


def test_a_dashed_line_has_pauses_in_the_picture() -> None:
    dashed = Figure(60, 10, [Line([(0, 5), (60, 5)], "text", (6, 6), 2)])
    pixels = cv2.imdecode(np.frombuffer(png(dashed), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert 0.3 < float((pixels[10] > 128).mean()) < 0.7


@pytest.mark.browser
@pytest.mark.parametrize(("width", "shown"), [(1440, "wide"), (390, "narrow")])
def test_the_page_asks_for_nothing_and_fits(folder: Path, width: int, shown: str) -> None:
    main(["report", str(folder)])
    address = (folder / "report.html").as_uri()
    asked: list[str] = []
    with sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator(f"svg.{shown}").is_visible()
        page.emulate_media(media="print")
        assert page.locator("svg.wide").is_visible()
        assert (
            page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        )
    assert asked == [address]


def test_reviewers_read_one_word_for_the_eyes_here_and_in_the_player(folder: Path) -> None:
    main(["report", str(folder)])
    assert "gaze" not in (folder / "report.html").read_text().lower()
    assert [lane.label for lane in LANES if "eye" in lane.label.lower()] == [
        "Eyes",
        "Eyelids",
    ]
