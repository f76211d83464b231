"""Writes and reads `telemetry.json`. docs/telemetry.md explains this contract.

Turns measurements and flags into columns and back. All times are on the recording's clock. Judges
nothing. The contract's schema is telemetry.schema.json.
"""

import json
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import asdict
from operator import attrgetter
from pathlib import Path
from typing import Any

from capture.errors import CaptureError
from capture.signals import SIGNALS, Drawn, Signal
from capture.types import (
    SAMPLE_EVERY_MS,
    AnswerSpan,
    Flag,
    FlagKind,
    Gap,
    GapCause,
    Measurements,
    Observation,
    PageEvent,
    Severity,
)
from disk.atomic import GROUP_READS, nothing_to_confirm, write_json

VERSION = 1
MOMENTS = [signal for signal in SIGNALS if signal.drawn is Drawn.TICKS]
LOGS = {
    log: tuple(signal.name for signal in SIGNALS if signal.log == log and signal not in MOMENTS)
    for log in dict.fromkeys(signal.log for signal in SIGNALS)
}
FLAG_NAMES = (
    "kind",
    "start_ms",
    "end_ms",
    "severity",
    "measured",
    "threshold",
    "unit",
    "rule",
    "reason",
    "assessable",
)

Telemetry = dict[str, Any]


def build(
    session_id: str, measurements: Measurements, flags: Sequence[Flag], engine: dict[str, str]
) -> Telemetry:
    """The document of the contract. A log has a row if we measured one of its quantities."""
    rows = measurements.observations
    logs = {log: _columns(rows, names) for log, names in LOGS.items()}
    logs["face"]["box"] = [box and list(box) for box in logs["face"]["box"]]
    for signal in MOMENTS:
        moments_ms = {t_ms for row in rows for t_ms in getattr(row, signal.name)}
        logs[signal.log][signal.name] = sorted(moments_ms)
    return {
        "version": VERSION,
        "session_id": session_id,
        "duration_ms": measurements.duration_ms,
        "sample_every_ms": SAMPLE_EVERY_MS,
        "engine": dict(engine),
        "answers": [asdict(answer) for answer in measurements.answers],
        **logs,
        "events": [_event(event) for event in measurements.events],
        "gaps": [asdict(gap) for gap in measurements.gaps],
        "flags": [{name: getattr(flag, name) for name in FLAG_NAMES} for flag in flags],
    }


def _event(event: PageEvent) -> dict[str, Any]:
    """The event as a document. `characters` is there only if the event has it."""
    named = asdict(event)
    return (
        named
        if event.characters is not None
        else {name: named[name] for name in ("t_ms", "kind", "until_ms")}
    )


def _columns(rows: Sequence[Observation], names: Sequence[str]) -> dict[str, list[Any]]:
    """The values as they were stored, already rounded.

    A person waits while we write an hour of them. Lists of plain values cost the garbage collector
    little time.
    """
    values_of = attrgetter(*names)
    rows = [row for row in rows if values_of(row).count(None) < len(names)]
    return {name: list(map(attrgetter(name), rows)) for name in ("t_ms", *names)}


def write(
    path: Path, telemetry: Telemetry, confirm: Callable[[], None] = nothing_to_confirm
) -> None:
    """Replace the file in one step, unless `confirm` raises."""
    write_json(path, telemetry, confirm, GROUP_READS)


def read(path: Path) -> tuple[Measurements, list[Flag]]:
    """The measurements and flags of a file. Checks what the rules need to judge it again."""
    telemetry = load(path)
    try:
        return _measurements(telemetry), [_flag(row) for row in telemetry["flags"]]
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise CaptureError(f"{path.name} does not follow the telemetry contract: {exc}") from exc


def load(path: Path) -> Telemetry:
    """The stored document. Raises CaptureError unless it has the version that we know."""
    try:
        telemetry = json.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise CaptureError(f"{path.name} cannot be read") from exc
    except ValueError as exc:
        raise CaptureError(f"{path.name} is not JSON") from exc
    version = telemetry.get("version") if isinstance(telemetry, dict) else None
    if version != VERSION:
        raise CaptureError(
            f"{path.name} has telemetry version {version}, this program knows version {VERSION}"
        )
    return dict(telemetry)


def column(telemetry: Telemetry, signal: Signal) -> list[Any]:
    """The signal's values in a document. Where an older one lacks the signal, nothing is known."""
    log = telemetry[signal.log]
    if signal.is_optional and signal.name not in log:
        return [] if signal.drawn is Drawn.TICKS else [None] * len(log["t_ms"])
    return list(log[signal.name])


def _measurements(telemetry: Telemetry) -> Measurements:
    return Measurements(
        duration_ms=int(telemetry["duration_ms"]),
        answers=[AnswerSpan(**row) for row in telemetry["answers"]],
        observations=_observations(telemetry),
        events=[PageEvent(**row) for row in telemetry["events"]],
        gaps=[
            Gap(row["start_ms"], row["end_ms"], GapCause(row["cause"])) for row in telemetry["gaps"]
        ],
    )


def _observations(telemetry: Telemetry) -> list[Observation]:
    """The rows of all logs, joined by their times."""
    by_time: dict[int, dict[str, Any]] = {}
    for log, names in LOGS.items():
        columns = [column(telemetry, signal) for signal in SIGNALS if signal.name in names]
        for t_ms, *values in zip(telemetry[log]["t_ms"], *columns, strict=True):
            by_time.setdefault(t_ms, {}).update(zip(names, values, strict=True))
    times = sorted(by_time)
    for signal in MOMENTS:
        for t_ms in column(telemetry, signal):
            seen_ms = times[min(bisect_left(times, t_ms), len(times) - 1)] if times else t_ms
            row = by_time.setdefault(seen_ms, {})
            row[signal.name] = (*row.get(signal.name, ()), t_ms)
    return [Observation(t_ms=t_ms, **_tupled(by_time[t_ms])) for t_ms in sorted(by_time)]


def _tupled(values: dict[str, Any]) -> dict[str, Any]:
    box = values.get("box")
    return values if box is None else {**values, "box": tuple(box)}


def _flag(row: dict[str, Any]) -> Flag:
    return Flag(**{**row, "kind": FlagKind(row["kind"]), "severity": Severity(row["severity"])})
