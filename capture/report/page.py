"""Writes the report of one recording: a page that needs no other file, and a picture.

Reads only the telemetry. Measures nothing, judges nothing, and never opens the video.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from html import escape
from pathlib import Path
from statistics import median
from string import Template
from typing import Any

from capture.report.chart import FLAG_ROW_PX, NARROW, WIDE, chart, clock, flag_word, sign
from capture.report.drawing import (
    PAPER_INKS,
    SCREEN_INKS,
    Area,
    Figure,
    Primitive,
    Word,
    hatch_definition,
    png,
    shifted,
    svg,
)
from capture.rules import RULES, RULES_VERSION
from capture.signals import SIGNALS, Drawn, Signal
from capture.store.recording import Recording
from capture.store.telemetry import Telemetry, column, load
from disk.atomic import atomic_write

TEMPLATE = Path(__file__).with_name("report.html")
UNITS = {"deg": "°", "dbfs": "dBFS", "ms": "ms", "px": "px"}  # by the ending of a quantity's name
SHEET_MARGIN_PX = 24
SHEET_FLAG_PX = 44  # two lines: what and when, then why


def write(folder: Path, progress: Callable[[str], None] = lambda _step: None) -> tuple[Path, Path]:
    """Make report.html and report.png from the folder's telemetry. Replaces each in one step."""
    recording = Recording(folder)
    telemetry = load(recording.telemetry_path)
    progress("drawing the page")
    with atomic_write(recording.report_path) as temporary:
        temporary.write_text(page(telemetry), encoding="utf-8")
    progress("drawing the picture")
    with atomic_write(recording.report_picture_path) as temporary:
        temporary.write_bytes(png(sheet(telemetry)))
    return recording.report_path, recording.report_picture_path


def page(telemetry: Telemetry) -> str:
    """The whole page. Escapes every text from the file."""
    title = f"Measured signals, {clock(telemetry['duration_ms'])}"
    parts = {
        "title": escape(f"Report · {telemetry['session_id']}"),
        "screen_inks": _css(SCREEN_INKS),
        "paper_inks": _css(PAPER_INKS),
        "hatch": hatch_definition(),
        "subtitle": escape(subtitle(telemetry)),
        "wide": svg(chart(telemetry, WIDE), title, "wide"),
        "narrow": svg(chart(telemetry, NARROW), title, "narrow"),
        "sample_every_ms": str(int(telemetry["sample_every_ms"])),
        "flags": _flag_table(telemetry),
        "numbers": _number_table(telemetry),
        "gaps": _gap_table(telemetry),
        "rules_note": escape(_rules_note(telemetry)),
        "rules": _rule_list(),
        "engine": _engine_list(telemetry),
    }
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(parts)


def subtitle(telemetry: Telemetry) -> str:
    answers, flags = (
        len(telemetry["answers"]),
        sum(bool(flag["assessable"]) for flag in telemetry["flags"]),
    )
    counts = f"{_counted(answers, 'answer')} · {_counted(flags, 'flag')}"
    return f"{telemetry['session_id']} · {clock(telemetry['duration_ms'])} · {counts}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _css(inks: dict[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in inks.items())


def _table(heads: Sequence[str], rows: Iterable[str], css_class: str = "") -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    return (
        "<table"
        f' class="{css_class}"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _cell(text: str, css_class: str = "num", name: str = "") -> str:
    named = f' data-name="{escape(name)}"' if name else ""
    return f'<td class="{css_class}"{named}>{escape(text)}</td>'


def _flag_table(telemetry: Telemetry) -> str:
    if not telemetry["flags"]:
        return "<p>No rule found anything to ask about.</p>"
    heads = ("Flag", "When", "Severity", "Rule", "Threshold", "Measured", "Reason")
    return _table(heads, [_flag_row(flag) for flag in telemetry["flags"]], "cards")


def _flag_row(flag: dict[str, Any]) -> str:
    shape = svg(Figure(14, 14, sign(7, 7, flag_word(flag))), flag_word(flag), "sign")
    kind = f'<td><span class="strong">{shape}{escape(_title(flag))}</span></td>'
    cells = [
        _cell(f"{clock(flag['start_ms'])}–{clock(flag['end_ms'])}"),
        _cell(flag_word(flag), ""),
        _cell(str(flag["rule"]), name="rule"),
        _cell(_amount(flag["threshold"], flag["unit"]), name="threshold"),
        _cell(_amount(flag["measured"], flag["unit"]), name="measured"),
        _cell(str(flag["reason"]), ""),
    ]
    return f"<tr>{kind}{''.join(cells)}</tr>"


def _title(flag: dict[str, Any]) -> str:
    return str(flag["kind"]).replace("_", " ").capitalize()


def _amount(value: float, unit: str) -> str:
    if unit == "ms":
        return f"{value / 1000:.1f} s"
    return f"{value:g}×" if unit == "times" else f"{_number(value)} {unit}".strip()


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _number_table(telemetry: Telemetry) -> str:
    expected = max(1.0, telemetry["duration_ms"] / telemetry["sample_every_ms"])
    rows = [
        _moments_row(signal, telemetry, expected)
        if signal.drawn is Drawn.TICKS
        else _number_row(signal, telemetry, expected)
        for signal in SIGNALS
        if signal.drawn is not Drawn.CORNERS  # a box is no number
    ]
    return _table(("Quantity", "Measured", "Least", "Median", "Most"), rows, "numbers")


def _number_row(signal: Signal, telemetry: Telemetry, expected: float) -> str:
    known = [float(value) for value in column(telemetry, signal) if value is not None]
    amounts = (
        [_number(value) for value in (min(known), median(known), max(known))]
        if known
        else ["–"] * 3
    )
    name = f"{signal.label} {signal.scale.unit}".strip()
    cells = map(_cell, (_share(len(known), expected), *amounts))
    return f"<tr>{_cell(name, '')}{''.join(cells)}</tr>"


def _moments_row(signal: Signal, telemetry: Telemetry, expected: float) -> str:
    """The row of a list of moments: how many, and how many in a measured minute."""
    rows = len(telemetry[signal.log]["t_ms"])
    minutes = rows * telemetry["sample_every_ms"] / 60_000
    number = len(column(telemetry, signal))
    said = f"{number} in all · {number / minutes:.1f} per minute" if minutes else "–"
    share = _cell(_share(rows, expected))
    return f'<tr>{_cell(signal.label, "")}{share}<td class="num" colspan="3">{said}</td></tr>'


def _share(known: int, expected: float) -> str:
    return f"{min(1.0, known / expected):.0%}"


def _words(name: str) -> str:
    stem, _, ending = name.rpartition("_")
    return (stem if ending in UNITS else name).replace("_", " ")


def _unit(name: str) -> str:
    return UNITS.get(name.rpartition("_")[2], "")


def _gap_table(telemetry: Telemetry) -> str:
    gaps = [(gap["start_ms"], gap["end_ms"], f"gap: {gap['cause']}") for gap in telemetry["gaps"]]
    events = [
        (event["t_ms"], event["until_ms"], f"page: {event['kind']}")
        for event in telemetry["events"]
    ]
    if not gaps and not events:
        return "<p>None.</p>"
    rows = sorted(gaps + events, key=lambda row: row[0])
    return _table(("From", "To", "What"), [_gap_row(*row) for row in rows])


def _gap_row(start_ms: int, end_ms: int | None, what: str) -> str:
    end = "" if end_ms is None else clock(end_ms)
    return f"<tr>{_cell(clock(start_ms))}{_cell(end)}{_cell(what.replace('_', ' '), '')}</tr>"


def _rules_note(telemetry: Telemetry) -> str:
    judged = telemetry["engine"].get("rules", "unknown")
    note = f"Judged by rules {judged}."
    if judged == RULES_VERSION:
        return f"{note} These are all of their thresholds; docs/flags.md explains them."
    return (
        f"{note} Below are the thresholds of rules {RULES_VERSION}, which this program has; they"
        " may differ."
    )


def _rule_list() -> str:
    """Every threshold that is a number, in the order of `Rules`."""
    values = [(field.name, getattr(RULES, field.name)) for field in fields(RULES)]
    known = [(name, value) for name, value in values if isinstance(value, int | float)]
    rows = [
        f"<dt>{escape(_words(name))}</dt><dd class=num>{_amount(value, _unit(name))}</dd>"
        for name, value in known
    ]
    return f'<dl class="tiles">{"".join(f"<div>{row}</div>" for row in rows)}</dl>'


def _engine_list(telemetry: Telemetry) -> str:
    rows = [
        f'<dt>{escape(_words(name))}</dt><dd class="num">{escape(str(value))}</dd>'
        for name, value in telemetry["engine"].items()
    ]
    return f"<dl>{''.join(rows)}</dl>"


def sheet(telemetry: Telemetry) -> Figure:
    """The picture: the chart with its title, and below it every flag and the engine."""
    drawn = chart(telemetry, WIDE)
    width, y = WIDE.width + 2 * SHEET_MARGIN_PX, 96
    items: list[Primitive] = [
        Word(SHEET_MARGIN_PX, 44, "What was measured", size=24, is_bold=True),
        Word(SHEET_MARGIN_PX, 72, subtitle(telemetry), "muted", 13, is_number=True),
        Area(SHEET_MARGIN_PX, y, drawn.width, drawn.height, "panel"),
        *shifted(drawn.items, SHEET_MARGIN_PX, y),
    ]
    y += drawn.height + 24
    caption = (
        "Measured signals on the media clock. Shaded: flagged. Hatched: no data, or not assessable."
    )
    items.append(Word(SHEET_MARGIN_PX, y, caption, "muted", 12))
    for flag in telemetry["flags"]:
        y += SHEET_FLAG_PX
        items += _sheet_flag(flag, y - SHEET_FLAG_PX + FLAG_ROW_PX)
    engine = " · ".join(f"{name} {str(value)[:12]}" for name, value in telemetry["engine"].items())
    items.append(Word(SHEET_MARGIN_PX, y + 40, engine, "muted", 11, is_number=True))
    return Figure(width, y + 64, items)


def _sheet_flag(flag: dict[str, Any], top: int) -> list[Primitive]:
    left, line = SHEET_MARGIN_PX, top + 12
    span = f"{clock(flag['start_ms'])}–{clock(flag['end_ms'])}"
    numbers = f"{flag['rule']}   limit {_amount(flag['threshold'], flag['unit'])}"
    measured = f"measured {_amount(flag['measured'], flag['unit'])}"
    return [
        *sign(left + 7, line - 4, flag_word(flag)),
        Word(left + 24, line, _title(flag), size=14, is_bold=True),
        Word(left + 220, line, flag_word(flag), "muted"),
        Word(left + 340, line, span, "muted", is_number=True),
        Word(left + 500, line, f"{numbers}   {measured}", "muted", is_number=True),
        Word(left + 24, line + 18, str(flag["reason"]), size=13),
    ]
