"""Reads what people said is to be seen and heard in the footage. Knows no engine.

Labels mark some stretches only; what lies between them was not looked at and is never scored.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BY_EYE = "low"  # labels of this confidence cover a whole clip and ignore pauses


@dataclass(frozen=True)
class Label:
    """One labelled stretch of one file, in milliseconds of its own clock."""

    file: str
    start_ms: int
    end_ms: int
    kind: str
    value: str
    confidence: str

    @property
    def name(self) -> str:
        return Path(self.file).name

    def holds_at(self, t_ms: float) -> bool:
        return self.start_ms <= t_ms < self.end_ms


def read_labels(footage: Path) -> list[Label]:
    with (footage / "segments.csv").open(encoding="utf-8") as file:
        return [_label(row) for row in csv.DictReader(file)]


def _label(row: dict[str, str]) -> Label:
    start_ms, end_ms = (round(float(row[name]) * 1000) for name in ("t_start", "t_end"))
    return Label(row["file"], start_ms, end_ms, row["kind"], row["value"], row["confidence"])


def of(labels: list[Label], file: str, *kinds: str) -> list[Label]:
    """The usable labels of one file; those marked as uncertain or to be ignored are left out."""
    return [
        label
        for label in labels
        if label.file == file and label.kind in kinds and _is_usable(label.value)
    ]


def doubtful(labels: list[Label], file: str, *kinds: str) -> list[Label]:
    """Where the labellers themselves could not tell: neither right nor wrong."""
    return [
        label
        for label in labels
        if label.file == file and label.kind in kinds and not _is_usable(label.value)
    ]


def _is_usable(value: str) -> bool:
    return "ignore" not in value and "uncertain" not in value


def videos(labels: list[Label]) -> Iterator[str]:
    yield from sorted({label.file for label in labels if label.file.startswith("video/")})
