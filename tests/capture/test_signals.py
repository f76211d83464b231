"""The registry of signals: every entry has its place in the observations, the schema, the report
and the page of the player.
"""

import json
from dataclasses import fields
from pathlib import Path

import pytest

import capture
from capture.report import page as report
from capture.report.chart import chart
from capture.report.drawing import Word
from capture.rules import RULES_VERSION
from capture.rules.columns import Columns
from capture.signals import LANES, SIGNALS, SYMBOLS, Drawn, Scale, Signal, words
from capture.store import telemetry
from capture.types import AnswerSpan, Measurements, Observation

SCHEMA = json.loads((Path(capture.__file__).parent / "store" / "telemetry.schema.json").read_text())
LOGS = {log: SCHEMA["properties"][log] for log in dict.fromkeys(one.log for one in SIGNALS)}
VALUES = {
    "count": 1,
    "box": (0.25, 0.1, 0.5, 0.6),
    "blinks_ms": (300,),
    "frozen": True,
    "level_dbfs": -31.2,
}
each = pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)


def value_of(signal: Signal) -> object:
    return VALUES.get(signal.name, signal.scale.low + (signal.scale.high - signal.scale.low) / 2)


def measured(*signals: Signal) -> telemetry.Telemetry:
    """Two seconds in which only these signals were measured."""
    values = {signal.name: value_of(signal) for signal in signals}
    rows = [Observation(t_ms, **values) for t_ms in range(0, 2_000, 200)]
    return telemetry.build(
        "x", Measurements(2_000, [AnswerSpan(1, 1, 0, 2_000)], rows), [], {"rules": "1"}
    )


def test_it_lists_what_an_observation_has_and_nothing_else() -> None:
    names = [signal.name for signal in SIGNALS]
    assert sorted(names) == sorted({field.name for field in fields(Observation)} - {"t_ms"})
    assert {field.name for field in fields(Columns)} - {"t_ms"} <= set(names)


def test_the_schema_has_exactly_its_signals_and_requires_those_that_are_not_optional() -> None:
    for log, shape in LOGS.items():
        signals = [signal for signal in SIGNALS if signal.log == log]
        assert set(shape["properties"]) == {"t_ms", *(signal.name for signal in signals)}
        required = {signal.name for signal in signals if not signal.is_optional}
        assert set(shape["required"]) == {"t_ms", *required}


@each
def test_a_scale_lies_inside_what_the_schema_admits(signal: Signal) -> None:
    if signal.drawn in (Drawn.CORNERS, Drawn.TICKS, Drawn.FOOT):
        return  # no numbers on a scale
    shape = LOGS[signal.log]["properties"][signal.name]
    shape = SCHEMA["$defs"][shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
    assert shape["items"].get("minimum", signal.scale.low) <= signal.scale.low
    assert shape["items"].get("maximum", signal.scale.high) >= signal.scale.high


@each
def test_the_report_draws_it_and_says_its_numbers(signal: Signal) -> None:
    with_it, without = measured(signal), measured()
    if signal.drawn in (Drawn.CORNERS, Drawn.NUMBER):
        assert signal.drawn is Drawn.CORNERS or signal.label in report.page(with_it)
        return
    drawn = [item for item in chart(with_it).items if not isinstance(item, Word)]
    nothing = [item for item in chart(without).items if not isinstance(item, Word)]
    assert len(drawn) > len(nothing)
    assert signal.label in report.page(with_it)


def test_each_signal_that_is_drawn_has_a_lane_and_each_lane_a_signal() -> None:
    drawn = {signal.lane for signal in SIGNALS if signal.drawn is not Drawn.CORNERS}
    assert drawn == {lane.name for lane in LANES}
    for lane in LANES:
        dashes = [signal.dash for signal in lane.lines]
        assert len(set(dashes)) == len(dashes), f"two lines of {lane.name} look the same"
        assert lane.main.dash is None
        assert all(signal.short for signal in lane.signals[1:])


def test_a_lane_without_any_data_says_so_in_the_report() -> None:
    words = [item.text for item in chart(measured()).items if isinstance(item, Word)]
    assert words.count("not measured") == len(LANES)
    words = [item.text for item in chart(measured(*SIGNALS)).items if isinstance(item, Word)]
    assert "not measured" not in words


def test_a_file_that_is_older_than_a_signal_can_be_read() -> None:
    old = measured(*SIGNALS)
    for drawn, unknown in ((Drawn.LINE, [None] * 10), (Drawn.TICKS, [])):
        young = Signal("warmth", "face", "Warmth", drawn=drawn, is_optional=True)
        assert telemetry.column(old, young) == unknown
    with pytest.raises(KeyError):
        telemetry.column(old, Signal("warmth", "face", "Warmth"))


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        (Scale(-45, 45, "°"), "−45…45°"),
        (Scale(-70, 0, "dBFS"), "−70…0 dBFS"),
        (Scale(0, 1), "0…1"),
    ],
)
def test_a_scale_is_said_with_its_unit(scale: Scale, words: str) -> None:
    assert scale.ends == words


def test_all_words_of_the_registry_are_listed_for_other_languages_and_no_symbol_is() -> None:
    units = {signal.scale.unit for signal in SIGNALS} - set(SYMBOLS)
    labels = {one.label for one in (*LANES, *SIGNALS)} | {signal.short for signal in SIGNALS}
    assert set(words()) == (labels | units) - {""}


def test_our_rules_never_have_a_name_that_operators_may_give() -> None:
    assert not RULES_VERSION.startswith("org-")
