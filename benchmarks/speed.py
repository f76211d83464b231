"""`make bench`: the cost of the engine and the portal on this machine, as a table.

Prints the table and writes it to docs/benchmarks.md. Every row is the median of at least five
rounds in one run. After an interruption, the next run measures the missing rows. `make bench
ROW=flags` measures only one row.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import engine_rows, live_rows, portal_rows
from benchmarks.report_section import PROJECT, rewrite_section
from disk.atomic import write_json

# in the instance folder, because the numbers belong to this machine and not to the project
RESULTS = PROJECT / "instance" / "bench.json"
INTERRUPTED = 130
NOT_AS_WANTED = 3  # a row misses its target

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """One row: a figure of a measurement, what we compare it with, and its target."""

    name: str
    figure: str
    what: str
    against: str
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    def is_met(self, value: float) -> bool:
        return value <= (self.at_most or value) and value >= (self.at_least or value)

    @property
    def target(self) -> str:
        return (
            f"≤ {self.at_most:g} {self.unit}".strip()
            if self.at_most
            else f"≥ {self.at_least:g} {self.unit}".strip()
        )


MEASUREMENTS: dict[str, Callable[[Progress], Iterator[dict[str, float]]]] = {
    "cpu-h264": partial(engine_rows.cpu_ratios, "h264"),
    "cpu-vp8": partial(engine_rows.cpu_ratios, "vp8"),
    "ready-1": partial(portal_rows.ready_s, 1),
    "ready-10": partial(portal_rows.ready_s, 10),
    "ready-60": partial(portal_rows.ready_s, 60),
    "live": live_rows.lags,
    "memory": engine_rows.memory_ratio,
    "tus": portal_rows.tus_ratio,
    "flags": engine_rows.flags_ms,
}
FLOOR = "floor: decode + 5 FaceLandmarker + 1 CenterFace a second"
PLAIN = "OpenCV reads and FaceLandmarker runs on every frame"
ROWS = (
    *(
        row
        for codec in ("h264", "vp8")
        for row in (
            Row(
                f"cpu-{codec}",
                "no blinks / floor",
                f"CPU, {codec}, without blinks",
                FLOOR,
                "×",
                1.25,
            ),
            Row(f"cpu-{codec}", "all / floor", f"CPU, {codec}, everything", FLOOR, "×", 1.6),
            Row(f"cpu-{codec}", "all / plain", f"CPU, {codec}, everything", PLAIN, "×", 0.167),
        )
    ),
    *(
        Row(f"ready-{minutes}", "s", f"stop → ready, {minutes} min of H.264", "–", "s", 2.0)
        for minutes in (1, 10, 60)
    ),
    Row(
        "live",
        "most lag s",
        f"most lag, {live_rows.AT_ONCE} interviews live on two processes",
        "–",
        "s",
        5.0,
    ),
    Row(
        "memory",
        "session / landmarker",
        "memory of a live interview",
        "one FaceLandmarker",
        "×",
        1.5,
    ),
    Row(
        "tus",
        "portal / bare",
        f"tus PATCH with fsync, {portal_rows.AT_ONCE} uploads at once",
        "bare WSGI handler, same gunicorn",
        "×",
        at_least=0.8,
    ),
    Row("flags", "ms", "find_flags over one hour", "–", "ms", 30.0),
)


def main(arguments: list[str]) -> int:
    names = arguments or _unfinished() or list(MEASUREMENTS)
    if unknown := set(names) - set(MEASUREMENTS):
        print(
            f"bench: no row {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}",
            file=sys.stderr,
        )
        return 2
    try:
        for number, name in enumerate(names):
            left = _unfinished() if arguments else names[number:]
            _store(name, _measured(name), unfinished=[other for other in left if other != name])
    except KeyboardInterrupt:
        print(
            "\nbench: interrupted; run it again to go on with the rows that are missing",
            file=sys.stderr,
        )
        return INTERRUPTED
    table = _table()
    rewrite_section("speed", table)
    print(table)
    return 0 if all(row.is_met(value) for row, value in _values()) else NOT_AS_WANTED


def _measured(name: str) -> dict[str, Any]:
    began = time.monotonic()
    rounds = list(MEASUREMENTS[name](partial(_progress, name)))
    _progress(name, "")
    figures = {figure: [round(one[figure], 4) for one in rounds] for figure in rounds[0]}
    took_s = round(time.monotonic() - began, 1)
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "took_s": took_s,
        "figures": figures,
    }


def _progress(name: str, text: str) -> None:
    if sys.stderr.isatty():
        print(
            f"\r\033[K{name} · {text}" if text else "\r\033[K", end="", file=sys.stderr, flush=True
        )


def _results() -> dict[str, Any]:
    if not RESULTS.exists():
        return {"unfinished": [], "rows": {}}
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def _unfinished() -> list[str]:
    return list(_results()["unfinished"])


def _store(name: str, measured: dict[str, Any], unfinished: list[str]) -> None:
    results = _results()
    rows = {**results["rows"], name: measured}
    write_json(RESULTS, {"unfinished": unfinished, "rows": rows})
    print(f"{name}: {_all_medians(measured)} ({measured['took_s']:g} s)", file=sys.stderr)


def _values() -> Iterator[tuple[Row, float]]:
    rows = _results()["rows"]
    return (
        (row, median(rows[row.name]["figures"][row.figure])) for row in ROWS if row.name in rows
    )


def _table() -> str:
    """The tables. Rows that miss their target come first."""
    rows = _results()["rows"]
    values = sorted(_values(), key=lambda pair: pair[0].is_met(pair[1]))
    lines = [_line(row, value, rows[row.name]) for row, value in values]
    details = [
        f"- `{name}` ({rows[name]['at']}): {_all_medians(rows[name])}"
        for name in MEASUREMENTS
        if name in rows
    ]
    head = (
        "| figure | against | reach | measured | from … to | command |\n| --- | --- | --- | --- |"
        " --- | --- |"
    )
    return "\n".join(
        [
            "## Speed and cost",
            "",
            (
                f"`make bench`: medians of at least five rounds, {os.cpu_count()} cores, Python"
                f" {platform.python_version()}, {_processor()}. CPU rows count CPU time of the"
                " whole process; what falls short comes first."
            ),
            "",
            head,
            *lines,
            "",
            "All medians:",
            "",
            *details,
        ]
    )


def _line(row: Row, value: float, measured: dict[str, Any]) -> str:
    rounds = measured["figures"][row.figure]
    mark = "" if row.is_met(value) else " **short**"
    span = f"{min(rounds):.3g} … {max(rounds):.3g}"
    command = f"`make bench ROW={row.name}`"
    return (
        f"| {row.what} | {row.against} | {row.target} | {value:.3g} {row.unit}{mark} | {span} |"
        f" {command} |"
    )


def _all_medians(measured: dict[str, Any]) -> str:
    return ", ".join(
        f"{figure} {median(rounds):.4g}" for figure, rounds in measured["figures"].items()
    )


def _processor() -> str:
    found = [
        line
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return found[0].partition(":")[2].strip() if found else platform.machine()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
