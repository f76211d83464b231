"""Flags of what the page reports, and of data that was lost."""

import pytest
from senses_support import draw_measurements, kinds_and_times

from capture.rules import find_flags
from capture.types import FlagKind, Gap, GapCause, Measurements, PageEvent


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (PageEvent(1000, "tab_hidden", 1900), []),
        (PageEvent(1000, "tab_hidden", 2000), [("page_hidden", 1000, 2000)]),
        (PageEvent(1000, "tab_hidden"), [("page_hidden", 1000, 10000)]),
        (PageEvent(1000, "tab_hidden", 99_000), [("page_hidden", 1000, 10000)]),
        (PageEvent(1000, "focus_lost", 3900), []),
        (PageEvent(1000, "focus_lost", 4000), [("focus_lost", 1000, 4000)]),
        (PageEvent(1000, "fullscreen_left"), [("fullscreen_left", 1000, 1000)]),
        (PageEvent(1000, "second_display"), [("second_display", 1000, 1000)]),
        (PageEvent(1000, "paste"), [("paste", 1000, 1000)]),
        (PageEvent(1000, "something_new", 9000), []),
    ],
)
def test_it_flags_what_the_page_reports(
    event: PageEvent, expected: list[tuple[str, int, int]]
) -> None:
    assert kinds_and_times(find_flags(draw_measurements("F10", events=[event]))) == expected


def test_a_hidden_page_that_lost_the_focus_is_said_once() -> None:
    events = [PageEvent(1000, "focus_lost", 8000), PageEvent(1100, "tab_hidden", 7900)]
    assert kinds_and_times(find_flags(draw_measurements("F10", events=events))) == [
        ("page_hidden", 1100, 7900)
    ]


@pytest.mark.parametrize("cause", [GapCause.INTERRUPTED, GapCause.DAMAGED, GapCause.NOT_MEASURED])
def test_lost_data_is_flagged_and_counts_against_nobody(cause: GapCause) -> None:
    [flag] = find_flags(Measurements(9000, gaps=[Gap(2000, 2500, cause)]))
    assert (flag.kind, flag.assessable) == (FlagKind.RECORDING_GAP, False)
    assert find_flags(Measurements(9000, gaps=[Gap(2000, 2499, cause)])) == []


def test_thinking_between_two_answers_is_no_loss() -> None:
    assert find_flags(Measurements(9000, gaps=[Gap(2000, 8000, GapCause.BETWEEN_ANSWERS)])) == []


def test_a_paste_says_how_long_it_was() -> None:
    [flag] = find_flags(draw_measurements("F10", events=[PageEvent(1000, "paste", characters=240)]))
    assert (flag.measured, flag.unit) == (240, "characters")
