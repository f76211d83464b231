"""Drawn observations go in, flags come out. `senses_support.DRAWN` says what each symbol shows."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from senses_support import DRAWN, draw_measurements, draw_observations, kinds_and_times

from capture.rules import RULE_NAMES, RULES, Rules, find_flags, rule_name
from capture.rules.columns import Columns
from capture.rules.head import straight_ahead
from capture.senses.quality import STILL_MS
from capture.types import (
    AnswerSpan,
    FlagKind,
    Gap,
    GapCause,
    Measurements,
    Observation,
    Severity,
)


def flags_found_in(drawing: str) -> list[tuple[str, int, int]]:
    return kinds_and_times(find_flags(draw_measurements(drawing)))


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("F4 .2.8 F4", []),
        ("F4 .3 F4", [("no_face", 4000, 7000)]),
        ("F2 .2 F0.4 .2 F2", [("no_face", 2000, 6400)]),
        ("F2 .2 F0.6 .2 F2", []),
        (".4", [("no_face", 0, 4000)]),
        ("F2 .2 ?2 .2 F2", []),
        ("F2 .1 _6 F2", [("no_face", 2000, 9000)]),
        ("F2 22 F2", [("several_faces", 2000, 4000)]),
        ("F2 21.8 F2", []),
        ("F2 21 F1.2 21 F2", [("several_faces", 2000, 5200)]),
        ("F2 22 .3 F2", [("several_faces", 2000, 4000), ("no_face", 4000, 7000)]),
    ],
)
def test_it_flags_missing_and_additional_faces(
    drawing: str, expected: list[tuple[str, int, int]]
) -> None:
    assert flags_found_in(drawing) == expected


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("F4 x3 F4", [("picture_lost", 4000, 7000)]),
        ("F4 x2.8 F4", []),
        ("F4 c4 F4", [("picture_lost", 4000, 8000)]),
        ("F4 s4 F4", [("picture_lost", 4000, 8000)]),
        ("F4 d4 F4", [("picture_lost", 4000, 8000)]),
        ("F4 D4 F4", []),
        ("F4 =4 F4", []),
        ("F4 =4.2 F4", [("picture_lost", 3200, 8200)]),
        ("_6 F4", [("picture_lost", 0, 6000)]),
        ("F4 .2 x4 .2 F4", [("picture_lost", 6000, 10000)]),
        ("?9", []),
    ],
)
def test_a_poor_picture_is_lost_and_never_empty(
    drawing: str, expected: list[tuple[str, int, int]]
) -> None:
    assert flags_found_in(drawing) == expected


def test_a_still_picture_began_before_it_was_known_to_be_still() -> None:
    assert RULES.still_known_after_ms == STILL_MS


@pytest.mark.parametrize(
    "drawing", ["F4 d4 F4", "x9", "F4 d1 x4 F4", "F4 s4 F4", "F4 b1 c4 F4", "F4 o6 F4"]
)
def test_a_poor_picture_is_marked_as_not_assessable(drawing: str) -> None:
    flags = find_flags(draw_measurements(drawing))
    assert flags
    assert {(flag.kind, flag.assessable) for flag in flags} == {("picture_lost", False)}


@pytest.mark.parametrize("drawing", ["F4 x4 F4", "F4 c4 F4"])
def test_a_picture_that_goes_at_once_was_covered(drawing: str) -> None:
    [flag] = find_flags(draw_measurements(drawing))
    assert (flag.assessable, flag.severity, flag.rule) == (True, Severity.MEDIUM, "picture_lost/2")


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("F9 L3 F9", [("face_turned_away", 9000, 12000)]),
        ("F9 R2.8 F9", []),
        ("F9 v3 F9", [("face_turned_away", 9000, 12000)]),
        ("F9 L1 o3 F9", [("face_turned_away", 9000, 13000)]),
        ("F9 o4 F9", []),
        ("F9 L2 F0.6 R2 F9", [("face_turned_away", 9000, 13600)]),
        ("L9", []),
        ("F1.8 L9", []),
        ("F2 L9", [("face_turned_away", 2000, 11000)]),
    ],
)
def test_it_flags_a_head_that_points_away_for_long(
    drawing: str, expected: list[tuple[str, int, int]]
) -> None:
    assert flags_found_in(drawing) == expected


def test_pictures_that_come_too_seldom_are_not_assessable_and_raise_nothing_else() -> None:
    rows = [
        replace(row, t_ms=number * 500)
        for number, row in enumerate(draw_observations("F2 .4 V4 F2"))
    ]
    [flag] = find_flags(measurements_of(rows))
    assert (flag.rule, flag.start_ms, flag.end_ms) == ("picture_slow/1", 0, rows[-1].t_ms + 200)
    assert not flag.assessable


def test_three_pictures_a_second_are_enough() -> None:
    rows = [
        replace(row, t_ms=number * 333) for number, row in enumerate(draw_observations("F2 .2 F2"))
    ]
    assert [flag.rule for flag in find_flags(measurements_of(rows))] == ["no_face/2"]


def test_nearly_shut_eyes_are_told_by_their_own_usual_opening() -> None:
    narrow = [replace(row, openness=0.3) for row in draw_observations("F12 e9 F4")]
    assert kinds_and_times(find_flags(measurements_of(narrow))) == [
        ("looking_away", 12_000, 21_000)
    ]
    lowered = [
        replace(row, openness=0.3 if row.gaze_x else 0.9) for row in draw_observations("F12 e9 F4")
    ]
    assert find_flags(measurements_of(lowered)) == []


def measurements_of(rows: list[Observation]) -> Measurements:
    end_ms = rows[-1].t_ms + 200
    return Measurements(end_ms, [AnswerSpan(1, 1, 0, end_ms)], rows)


def test_a_head_is_compared_with_its_own_usual_direction() -> None:
    beside = [
        replace(row, yaw_deg=(row.yaw_deg or 0) + 12) for row in draw_observations("F20 R4 F4")
    ]
    ahead = straight_ahead(Columns.of(beside))
    assert ahead is not None
    assert (ahead.yaw_deg, ahead.known_from_ms) == (12, 1800)
    far_aside = [replace(row, yaw_deg=40.0) for row in draw_observations("F20")]
    assert straight_ahead(Columns.of(far_aside)) is None


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("F12 e8 F4", [("looking_away", 12000, 20000)]),
        ("F12 e7.8 F4", []),
        ("F4 e12 F4", []),
        ("F4 e14 F4", [("looking_away", 10000, 18000)]),
        ("F12 e4 F0.6 e4 F4", [("looking_away", 12000, 20600)]),
        ("F12 E20", []),
        ("e30", []),
    ],
)
def test_it_flags_eyes_that_stay_aside_for_long(
    drawing: str, expected: list[tuple[str, int, int]]
) -> None:
    flags = find_flags(draw_measurements(drawing))
    assert kinds_and_times(flags) == expected
    assert {flag.severity for flag in flags} <= {Severity.LOW}


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("F4 V3 F4", [("other_voice", 4000, 7000)]),
        ("F4 V2.4 F4", []),
        ("V9", [("other_voice", 0, 9000)]),
        ("F4 h6 F4", []),
        ("F4 hV6 F4", []),
        ("F4 V3 h0.2 V3 F4", [("other_voice", 4000, 10200)]),
        ("F4 tV6 F4", []),
        ("F4 tV2 V2 tV2", []),
        ("F4 V2 F0.8 V2 F4", [("other_voice", 4000, 8800)]),
    ],
)
def test_it_flags_a_voice_while_the_seen_mouth_rests(
    drawing: str, expected: list[tuple[str, int, int]]
) -> None:
    assert flags_found_in(drawing) == expected


def test_a_rule_that_is_switched_off_raises_nothing() -> None:
    seen = draw_measurements("F4 .4 F4 22 F4")
    assert [rule_name(flag) for flag in find_flags(seen)] == ["no_face", "several_faces"]
    left = find_flags(seen, Rules(off=frozenset({"no_face"})))
    assert [rule_name(flag) for flag in left] == ["several_faces"]


def test_it_says_which_way_the_head_was_turned() -> None:
    [flag] = find_flags(draw_measurements("F9 L3 F9"))
    assert (
        flag.reason
        == "The head was turned to the picture's left by up to 40° (rule: 30° or more) for 3.0 s"
        " (rule: 3.0 s or longer)."
    )


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("F4 Mn6 F4", [("no_sound", 4000, 10000)]),
        ("F4 Mn3 F4", []),
        ("Ft20", []),
        ("F4 n9 F4", []),
        ("F4 n15 F4", [("no_sound", 4000, 19000)]),
        ("-6", [("no_sound", 0, 6000)]),
        ("-4", []),
    ],
)
def test_it_flags_a_microphone_that_delivers_nothing(
    drawing: str, expected: list[tuple[str, int, int]]
) -> None:
    assert flags_found_in(drawing) == expected


def test_a_missing_sound_track_is_not_assessable() -> None:
    [flag] = find_flags(draw_measurements("-9"))
    assert not flag.assessable


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("F2 -0.8 F2", []),
        ("F2 -1 F2", [("recording_gap", 2000, 3000)]),
        ("-0.8 F4", []),
        ("-1 F4", [("recording_gap", 0, 1000)]),
        ("F4 -6", [("recording_gap", 4000, 10000)]),
        ("F2 -0.8 F0.4 -0.8 F2", [("recording_gap", 2000, 4000)]),
        ("F2 -0.8 F0.6 -0.8 F2", []),
        ("F2 -1 .4 F2", [("recording_gap", 2000, 3000), ("no_face", 3000, 7000)]),
    ],
)
def test_sound_that_is_missing_here_and_there_was_lost(
    drawing: str, expected: list[tuple[str, int, int]]
) -> None:
    assert flags_found_in(drawing) == expected


def test_lost_sound_counts_against_nobody_and_is_no_missing_track() -> None:
    [flag] = find_flags(draw_measurements("F2 -9 F2"))
    assert (flag.rule, flag.assessable, flag.threshold) == ("sound_lost/1", False, 1_000)


def test_a_flag_states_rule_threshold_and_measured_value() -> None:
    [flag] = find_flags(draw_measurements("F4 .5.6 F4"))
    assert (flag.measured, flag.threshold, flag.unit, flag.rule) == (5600, 3000, "ms", "no_face/2")
    assert flag.reason == "No face was seen for 5.6 s (rule: 3.0 s or longer)."
    assert (flag.severity, flag.assessable) == (Severity.MEDIUM, True)


@pytest.mark.parametrize(
    ("drawing", "severity"), [("F2 .14.8 F2", "medium"), ("F2 .15 F2", "high"), ("F2 L8", "medium")]
)
def test_what_lasts_longer_is_more_severe(drawing: str, severity: str) -> None:
    assert [flag.severity for flag in find_flags(draw_measurements(drawing))] == [severity]


def test_no_flag_reaches_across_the_border_of_two_answers() -> None:
    two = [AnswerSpan(1, 1, 0, 6000), AnswerSpan(2, 1, 6000, 12000)]
    seen = replace(draw_measurements("F4 .2 .2 F4"), answers=two)
    assert find_flags(seen) == []
    longer = replace(draw_measurements("F3 .3 .3 F3"), answers=two)
    assert kinds_and_times(find_flags(longer)) == [("no_face", 3000, 6000), ("no_face", 6000, 9000)]


def test_no_flag_reaches_across_a_gap_or_missing_rows() -> None:
    rows = [row for row in draw_observations("F2 .2 .2 .2 F2") if not 4000 <= row.t_ms < 6000]
    assert find_flags(Measurements(10_000, [AnswerSpan(1, 1, 0, 10_000)], rows)) == []
    seen = draw_measurements("F2 .2 .2 F2", gaps=[Gap(3900, 3990, GapCause.INTERRUPTED)])
    assert find_flags(seen) == []


def test_the_last_row_does_not_reach_beyond_its_answer() -> None:
    seen = replace(
        draw_measurements("F2 .4"), duration_ms=5_900, answers=[AnswerSpan(1, 1, 0, 5_900)]
    )
    assert kinds_and_times(find_flags(seen)) == [("no_face", 2000, 5900)]


@given(st.lists(st.tuples(st.sampled_from(sorted(DRAWN)), st.integers(1, 40)), max_size=12))
def test_flags_are_the_same_each_time_and_lie_within_the_recording(
    parts: list[tuple[str, int]],
) -> None:
    seen = draw_measurements(" ".join(f"{symbol}{rows / 5}" for symbol, rows in parts))
    flags = find_flags(seen)
    assert flags == find_flags(seen)
    assert all(0 <= flag.start_ms < flag.end_ms <= seen.duration_ms for flag in flags)
    assert flags == sorted(flags, key=lambda flag: flag.start_ms)
    assert {rule_name(flag) for flag in flags} <= RULE_NAMES


@given(st.lists(st.sampled_from(["?", "x", "c", "d", "o", "F", "="]), max_size=12))
def test_no_data_never_becomes_a_missing_face(symbols: list[str]) -> None:
    seen = draw_measurements(" ".join(f"{symbol}5" for symbol in symbols))
    assert FlagKind.NO_FACE not in [flag.kind for flag in find_flags(seen)]


def test_rows_without_any_measurement_raise_nothing() -> None:
    rows = [Observation(t_ms) for t_ms in range(0, 60_000, 200)]
    assert find_flags(Measurements(60_000, [AnswerSpan(1, 1, 0, 60_000)], rows)) == []
