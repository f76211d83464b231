"""Reads the labels of the footage: what people saw and heard in it. Knows no engine.

Labels cover only some intervals. Nobody labelled the rest, so we never score it.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BY_EYE = "low"  # labels of this confidence cover a whole clip and ignore pauses


@dataclass(frozen=True)
class Label:
    """One labelled interval of one file, in milliseconds of its own clock."""

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
    labels = []
    with (footage / "segments.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            start_ms, end_ms = (round(float(row[name]) * 1000) for name in ("t_start", "t_end"))
            said = row["kind"], row["value"], row["confidence"]
            labels.append(Label(row["file"], start_ms, end_ms, *said))
    return labels


def of(labels: list[Label], file: str, *kinds: str) -> list[Label]:
    """The usable labels of one file, without those that are uncertain or to be ignored."""
    return [
        label
        for label in labels
        if label.file == file and label.kind in kinds and _is_usable(label.value)
    ]


def doubtful(labels: list[Label], file: str, *kinds: str) -> list[Label]:
    """The labels where the labellers could not tell. An answer there is neither right nor wrong."""
    return [
        label
        for label in labels
        if label.file == file and label.kind in kinds and not _is_usable(label.value)
    ]


def _is_usable(value: str) -> bool:
    return "ignore" not in value and "uncertain" not in value


def videos(labels: list[Label]) -> Iterator[str]:
    yield from sorted({label.file for label in labels if label.file.startswith("video/")})
