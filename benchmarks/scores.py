"""Compares what the engine measured with the labels, and counts. Prints and decides nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from statistics import median

from benchmarks.labels import Label
from capture.rules.head import Ahead
from capture.types import Flag, Observation, Severity

BLINK_SLACK_MS = 200
EDGE_SLACK_MS = 1_000
SOUND_FRAME_MS = 100
SPEAKS = 0.5  # from this probability on, the engine says that somebody speaks
# from the person's own straight ahead; labelled turns begin at about 8° in our readings
TURNED_DEG = 5.0
TILTED_DEG = 3.0
LOOKS_ASIDE = 0.2  # from the person's own straight ahead; 1 is at the eye's corner
# of the head; labels with another word are not compared
DIRECTIONS = {"frontal", "image_left", "image_right", "roll"}


@dataclass
class Score:
    """How many answers of the engine are right, and words for the wrong ones."""

    right: int = 0
    asked: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, is_right: bool, what: str = "") -> None:
        self.asked += 1
        self.right += is_right
        if not is_right and what:
            self.wrong.append(what)


@dataclass
class Found:
    """Counts of events or frames: true and false positives, false and true negatives."""

    hits: int = 0  # true positives
    missed: int = 0  # false negatives
    invented: int = 0  # false positives
    quiet: int = 0  # true negatives: frames without speech, in which the engine found none

    @property
    def f1(self) -> float:
        weighed = 2 * self.hits + self.missed + self.invented
        return 2 * self.hits / weighed if weighed else 1.0

    def plus(self, other: "Found") -> "Found":
        return Found(
            self.hits + other.hits,
            self.missed + other.missed,
            self.invented + other.invented,
            self.quiet + other.quiet,
        )


def faces(rows: Sequence[Observation], labels: Sequence[Label]) -> Score:
    """One answer per sample with a label that names a number."""
    score = Score()
    for label in labels:
        for row in rows:
            if label.holds_at(row.t_ms) and row.count is not None:
                is_right = row.count >= 2 if label.value == ">=2" else str(row.count) == label.value
                score.add(is_right, f"{row.t_ms / 1000:.1f} s: {row.count} for {label.value}")
    return score


def longest_invented_ms(rows: Sequence[Observation], labels: Sequence[Label]) -> int:
    """The longest time with more faces than labelled."""
    longest_ms = 0
    for label in labels:
        seen = [row for row in rows if label.holds_at(row.t_ms)]
        for is_more, group in groupby(seen, key=lambda row: _exceeds(row.count, label.value)):
            times = [row.t_ms for row in group]
            longest_ms = max(longest_ms, times[-1] - times[0] + 200 if is_more else 0)
    return longest_ms


def _exceeds(count: int | None, value: str) -> bool:
    return value.isdigit() and (count or 0) > int(value)


def heads(rows: Sequence[Observation], labels: Sequence[Label], ahead: Ahead) -> Score:
    """One answer per labelled interval: the median direction from the person's straight ahead."""
    score = Score()
    for label in labels:
        inside = [row for row in rows if label.holds_at(row.t_ms) and row.yaw_deg is not None]
        parts = label.value.split("+")
        if inside and DIRECTIONS.issuperset(parts):
            yaw = median(row.yaw_deg or 0.0 for row in inside) - ahead.yaw_deg
            roll = median(row.roll_deg or 0.0 for row in inside) - ahead.roll_deg
            what = (
                f"{label.start_ms / 1000:.1f} s: yaw {yaw:+.0f}° roll {roll:+.0f}° for"
                f" {label.value}"
            )
            score.add(all(_points(part, yaw, roll) for part in parts), what)
    return score


def _points(part: str, yaw: float, roll: float) -> bool:
    return {
        "frontal": abs(yaw) < TURNED_DEG,
        "image_left": yaw <= -TURNED_DEG,
        "image_right": yaw >= TURNED_DEG,
        "roll": abs(roll) >= TILTED_DEG,
    }[part]


def gaze(rows: Sequence[Observation], labels: Sequence[Label], ahead: Ahead) -> Score:
    score = Score()
    for label in labels:
        for row in rows:
            if label.holds_at(row.t_ms) and row.gaze_x is not None:
                aside = row.gaze_x - ahead.gaze_x
                way = (
                    "center"
                    if abs(aside) < LOOKS_ASIDE
                    else "image_right"
                    if aside > 0
                    else "image_left"
                )
                score.add(way == label.value, f"{row.t_ms / 1000:.1f} s: {way} for {label.value}")
    return score


def blinks(found_ms: Sequence[int], labels: Sequence[Label], ignored: Sequence[Label]) -> Found:
    """Compare blinks. Each labelled one counts once; one in a doubtful interval does not count."""
    left = list(found_ms)
    found = Found()
    for label in labels:
        near = [t_ms for t_ms in left if _is_near(t_ms, label)]
        found.hits += bool(near)
        found.missed += not near
        if near:
            left.remove(near[0])
    found.invented = sum(not any(_is_near(t_ms, label) for label in ignored) for t_ms in left)
    return found


def _is_near(t_ms: int, label: Label) -> bool:
    return label.start_ms - BLINK_SLACK_MS <= t_ms <= label.end_ms + BLINK_SLACK_MS


# for each window its end and its probability of speech
Heard = Sequence[tuple[int, float | None]]


def speech(heard: Heard, labels: Sequence[Label]) -> Found:
    """Compare frames of 100 ms with the labels for speech, and for silence or noise."""
    spoken = [label for label in labels if label.kind == "speech"]
    silent = [label for label in labels if label.kind == "audio"]
    found = Found()
    for middle_ms, speaks in _sound_frames(heard):
        if any(label.holds_at(middle_ms) for label in spoken):
            found.hits += speaks
            found.missed += not speaks
        elif any(label.holds_at(middle_ms) for label in silent):
            found.invented += speaks
            found.quiet += not speaks
    return found


def _sound_frames(heard: Heard) -> Iterator[tuple[float, bool]]:
    start_ms = 0
    for end_ms, value in heard:
        for frame_ms in range(start_ms, end_ms, SOUND_FRAME_MS):
            if value is not None:
                yield frame_ms + SOUND_FRAME_MS / 2, value >= SPEAKS
        start_ms = max(start_ms, round(end_ms / SOUND_FRAME_MS) * SOUND_FRAME_MS)


def serious(flags: Sequence[Flag]) -> list[Flag]:
    """The flags that ask a person to look soon."""
    return [flag for flag in flags if flag.assessable and flag.severity is not Severity.LOW]


def matches(flag: Flag, kind: str, start_ms: int, end_ms: int) -> bool:
    edges = (
        abs(flag.start_ms - start_ms) <= EDGE_SLACK_MS
        and abs(flag.end_ms - end_ms) <= EDGE_SLACK_MS
    )
    return flag.kind == kind and edges


def flags_text(flags: Sequence[Flag]) -> str:
    return "; ".join(
        f"{flag.kind} {flag.start_ms / 1000:.1f}–{flag.end_ms / 1000:.1f} s "
        f"{flag.severity if flag.assessable else 'not assessable'}"
        for flag in flags
    )
