"""Draws one recording as lanes over time: questions, flags, and a lane for each kind of signal.

Knows the telemetry contract and the positions in a figure, but not how a page or a PNG looks. No
line goes through a hole, and there is no line where we did not measure.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Any

from capture.report.drawing import Area, Figure, Hatch, Line, Primitive, Shape, Word
from capture.signals import LANES, TRUE_FROM, Drawn, Lane, Signal
from capture.store.telemetry import Telemetry, column

HOLE_PERIODS = 2.5  # between rows farther apart we draw nothing, like the portal's player
PADDING_PX = 7  # keeps a line at the end of its scale off the lane's border
TICK_MIN_PX = 76  # closer labels of the axis would touch
TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
LANE_PX = (36, 12)  # the height of a lane: a base, and more for each of its rows
LETTER_PX = 7.0  # the mean width of a letter at 12 px, to see whether a flag's name has room
# if more names than this would overlap, only the list below the figure shows them
MAX_FLAG_ROWS = 5
FLAG_ROW_PX = 18
SHADE = 0.16  # the opacity of a flag's colour over the lanes: lines stay readable

NO_DATA = "not measured"  # in a lane without any data
FLAG_INKS = {"high": "high", "medium": "medium", "low": "measured", "not assessable": "none"}


@dataclass(frozen=True)
class Layout:
    """The width of a figure, and the room for the lanes' names.

    Either a column at the left (`names_px`), or a line above each lane (`head_px`).
    """

    width: int
    names_px: int
    head_px: int = 0


WIDE = Layout(1120, 148)
NARROW = Layout(342, 0, 20)


def flag_word(flag: dict[str, Any]) -> str:
    """A flag's severity in words, or that we could not assess it."""
    return str(flag["severity"]) if flag["assessable"] else "not assessable"


def clock(t_ms: float) -> str:
    """The time as `1:02.5`, or as `1:00:02.5` from an hour on."""
    minutes, rest_ms = divmod(round(t_ms / 100) * 100, 60_000)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours}:{minutes:02d}:{rest_ms / 1000:04.1f}"
        if hours
        else f"{minutes}:{rest_ms / 1000:04.1f}"
    )


def chart(telemetry: Telemetry, layout: Layout = WIDE) -> Figure:
    """The whole recording."""
    drawing = Drawing(telemetry, layout)
    drawing.draw()
    return Figure(layout.width, round(drawing.y), drawing.items)


@dataclass
class Drawing:
    """A figure while we draw it, from top to bottom."""

    telemetry: Telemetry
    layout: Layout
    y: float = 0.0
    items: list[Primitive] = field(default_factory=list)

    def draw(self) -> None:
        self._questions()
        self._flags()
        shades_at, top = len(self.items), self.y
        for lane in LANES:
            self._lane(lane)
        self.items[shades_at:shades_at] = self._shades(top)
        self._axis()

    def x(self, t_ms: float) -> float:
        left, right = self.layout.names_px + 1, self.layout.width - 1
        return left + (right - left) * t_ms / max(1.0, float(self.telemetry["duration_ms"]))

    def _name(self, text: str, scale: str, ink: str, height: float) -> None:
        """Draw a lane's name at its left, or on a line above it. Moves `y` to the lane's top."""
        baseline = self.y + (self.layout.head_px - 5 if self.layout.head_px else 20)
        self.items.append(Word(8, baseline, text, ink))
        scale_end = self.layout.width - 8 if self.layout.head_px else self.layout.names_px - 12
        if scale:
            self.items.append(Word(scale_end, baseline, scale, "muted", 11, True, flush_right=True))
        self.y += self.layout.head_px
        self.items.append(Area(0, self.y + height - 1, self.layout.width, 1, "hairline"))

    def _questions(self) -> None:
        height = 34.0
        self._name("Questions", "", "text", height)
        for answer in self.telemetry["answers"]:
            left, right = self.x(answer["start_ms"]) + 1, self.x(answer["end_ms"]) - 1
            self.items.append(
                Area(left, self.y + 7, max(1.0, right - left), height - 14, "edge", 0.4)
            )
            if right - left > 28:
                self.items.append(
                    Word(left + 6, self.y + 21, f"Q{answer['question']}", "text", 12, True)
                )
        self.y += height

    def _flags(self) -> None:
        rows = _packed(self.telemetry["flags"], self._flag_reach)
        height = max(1, len(rows)) * FLAG_ROW_PX + 10
        self._name("Flags", "", "text", max(34, height))
        if not rows:
            self.items.append(Word(self.x(0) + 8, self.y + 21, "none", "muted", 12))
        for number, row in enumerate(rows):
            for flag, has_room in row:
                self._flag(flag, self.y + 7 + number * FLAG_ROW_PX, has_room)
        self.y += max(34, height)

    def _flag_reach(self, flag: dict[str, Any]) -> tuple[float, float]:
        left, words_px = self._flag_left(flag)
        return left, left + max(words_px, self.x(flag["end_ms"]) - left)

    def _flag_left(self, flag: dict[str, Any]) -> tuple[float, float]:
        """Where sign and name begin, and their width. They begin earlier than the flag to fit."""
        words_px = 20 + LETTER_PX * len(_flag_name(flag))
        return min(self.x(flag["start_ms"]), self.layout.width - words_px), words_px

    def _flag(self, flag: dict[str, Any], top: float, has_room: bool) -> None:
        left, _ = self._flag_left(flag)
        if has_room:
            self.items += sign(left + 7, top + 7, flag_word(flag))
            self.items.append(Word(left + 18, top + 11, _flag_name(flag), "text", 12))
        start, end = self.x(flag["start_ms"]), self.x(flag["end_ms"])
        self.items.append(
            Area(start, top + 15, max(2.0, end - start), 2, FLAG_INKS[flag_word(flag)])
        )

    def _shades(self, top: float) -> Iterator[Primitive]:
        """Flags and gaps as shades through all lanes."""
        for flag in self.telemetry["flags"]:
            left, width = self._span(flag)
            if flag["assessable"]:
                yield Area(left, top, width, self.y - top, FLAG_INKS[flag_word(flag)], SHADE)
            else:
                yield Hatch(left, top, width, self.y - top)
        for gap in self.telemetry["gaps"]:
            left, width = self._span(gap)
            yield Hatch(left, top, width, self.y - top)

    def _span(self, span: dict[str, Any]) -> tuple[float, float]:
        left = self.x(span["start_ms"])
        return left, max(2.0, self.x(span["end_ms"]) - left)

    def _lane(self, lane: Lane) -> None:
        height = LANE_PX[0] + LANE_PX[1] * lane.rows
        self._name(lane.label, lane.main.scale.ends, lane.main.ink, height)
        self._legend(lane)
        if lane.has_middle:
            middle, left = self.y + height / 2, self.x(0)
            self.items.append(Area(left, middle, self.layout.width - left, 0.5, "hairline"))
        drawn = [item for signal in lane.signals for item in self._signal(signal, height)]
        nothing = Word(self.x(0) + 8, self.y + height / 2 + 4, NO_DATA, "muted", 12)
        self.items += drawn or [nothing]
        self.y += height

    def _signal(self, signal: Signal, height: float) -> Iterator[Primitive]:
        match signal.drawn:
            case Drawn.LINE | Drawn.STEPS:
                width = 1.0 if signal.dash else 1.25
                for points in self._points(signal, height):
                    yield Line(points, signal.ink, signal.dash, width)
            case Drawn.AREA:
                yield from self._bars(signal, height)
            case Drawn.FOOT:
                yield from self._foot(signal, self.y + height - 5)
            case Drawn.TICKS:
                for t_ms in column(self.telemetry, signal):
                    yield Area(self.x(t_ms) - 0.75, self.y + height - 10, 1.5, 7, signal.ink)

    def _legend(self, lane: Lane) -> None:
        """Draw the names of the lines, if there are several."""
        if len(lane.lines) < 2:
            return
        is_beside = not self.layout.head_px
        x, y = (8.0, self.y + 35) if is_beside else (72.0, self.y - 9)
        for signal in lane.lines:
            has_own_scale = is_beside and signal.scale.ends != lane.main.scale.ends
            label = f"{signal.short} {signal.scale.ends}" if has_own_scale else signal.short
            self.items.append(Line([(x, y), (x + 18, y)], signal.ink, signal.dash))
            self.items.append(Word(x + 23, y + 4, label, "muted", 11))
            x, y = (x, y + 13) if is_beside else (x + 40 + 6.0 * len(label), y)

    def _points(self, signal: Signal, height: float) -> Iterator[list[tuple[float, float]]]:
        """The signal's unbroken lines.

        If many samples share a pixel column, we draw the first, lowest, highest and last of them.
        """
        foot, usable = self.y + height - PADDING_PX, height - 2 * PADDING_PX
        for run in self._runs(signal):
            points: list[tuple[float, float]] = []
            for x, values in run:
                heights = [foot - usable * signal.scale.share(value) for value in values]
                if signal.drawn is Drawn.STEPS and points:
                    points.append((x, points[-1][1]))
                points += [
                    (x, y)
                    for y in dict.fromkeys((heights[0], min(heights), max(heights), heights[-1]))
                ]
            # so that even a single sample is visible
            yield [*points, (points[-1][0] + 1, points[-1][1])]

    def _runs(self, signal: Signal) -> Iterator[list[tuple[int, list[float]]]]:
        """The samples by pixel column, cut at holes."""
        run: list[tuple[int, list[float]]] = []
        last_ms, hole_ms = -inf, HOLE_PERIODS * self.telemetry["sample_every_ms"]
        for t_ms, value in self._rows(signal):
            if run and (value is None or t_ms - last_ms > hole_ms):
                yield run
                run = []
            last_ms, column = t_ms, round(self.x(t_ms))
            if value is not None and run and run[-1][0] == column:
                run[-1][1].append(value)
            elif value is not None:
                run.append((column, [value]))
        if run:
            yield run

    def _rows(self, signal: Signal) -> Iterator[tuple[int, Any]]:
        times = self.telemetry[signal.log]["t_ms"]
        return zip(times, column(self.telemetry, signal), strict=True)

    def _bars(self, signal: Signal, height: float) -> Iterator[Primitive]:
        """A bar for each column's loudest sample, from the middle up and down."""
        middle, half = self.y + height / 2, height / 2 - PADDING_PX
        sample_px = self.x(self.telemetry["sample_every_ms"]) - self.x(0)
        width = max(1.0, min(sample_px - 1, 3.0))
        for run in self._runs(signal):
            for x, values in run:
                reach = max(0.5, half * signal.scale.share(max(values)))
                yield Area(x, middle - reach, width, 2 * reach, signal.ink)

    def _foot(self, signal: Signal, y: float) -> Iterator[Primitive]:
        """A thick line wherever the quantity is true, or at least TRUE_FROM."""
        half_ms = self.telemetry["sample_every_ms"] / 2
        for start_ms, end_ms in _joined(
            [t_ms for t_ms, value in self._rows(signal) if value and value >= TRUE_FROM],
            2 * half_ms,
        ):
            left = self.x(max(0.0, start_ms - half_ms))
            yield Area(left, y, max(1.0, self.x(end_ms + half_ms) - left), 2.5, signal.ink)

    def _axis(self) -> None:
        left, right = self.x(0), self.layout.width - 1
        span_s = max(1, self.telemetry["duration_ms"]) / 1000
        wanted_s = span_s / (right - left) * TICK_MIN_PX
        step_s = next((step for step in TICK_STEPS_S if step >= wanted_s), TICK_STEPS_S[-1])
        for second in range(0, int(span_s) + 1, step_s):
            x = self.x(second * 1000)
            self.items.append(Area(x, self.y, 1, 5, "edge"))
            if x < right - 34:
                self.items.append(
                    Word(x + 5, self.y + 15, clock(second * 1000)[:-2], "muted", 11, True)
                )
        self.y += 22


def _flag_name(flag: dict[str, Any]) -> str:
    return str(flag["kind"]).replace("_", " ")


def _packed(
    flags: Sequence[dict[str, Any]], reach: Callable[[dict[str, Any]], tuple[float, float]]
) -> list[list[tuple[dict[str, Any], bool]]]:
    """Distribute flags over rows so that their names do not overlap.

    On the last row there may be no room for a flag's name, but only for its bar.
    """
    rows: list[list[tuple[dict[str, Any], bool]]] = []
    ends: list[float] = []
    for flag in flags:
        left, right = reach(flag)
        free = next((number for number, end in enumerate(ends) if end < left), len(rows))
        has_room = free < MAX_FLAG_ROWS
        if has_room and free == len(rows):
            rows.append([])
            ends.append(-inf)
        row = min(free, MAX_FLAG_ROWS - 1)
        rows[row].append((flag, has_room))
        ends[row] = max(ends[row], right)
    return rows


def _joined(times_ms: Sequence[int], step_ms: float) -> Iterator[tuple[int, int]]:
    """The first and last moment of each series of moments without a break."""
    breaks = [
        number
        for number, (one, two) in enumerate(pairwise(times_ms), start=1)
        if two - one > step_ms * 1.5
    ]
    for start, end in pairwise([0, *breaks, len(times_ms)]):
        if start < end:
            yield times_ms[start], times_ms[end - 1]


def sign(x: float, y: float, word: str) -> list[Primitive]:
    """A flag's shape around x, y. Each severity has its own shape, and not only its colour."""
    ink = FLAG_INKS[word]
    if word == "not assessable":
        left, top = x - 5, y - 5
        right, bottom = left + 10, top + 10
        frame = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        return [Hatch(left, top, 10, 10), Line(frame, ink, width=1)]
    corners = {
        "high": [(0.0, -5.5), (6.0, 5.0), (-6.0, 5.0)],
        "medium": [(0.0, -6.0), (6.0, 0.0), (0.0, 6.0), (-6.0, 0.0)],
        "low": [
            (4.5, 1.9),
            (1.9, 4.5),
            (-1.9, 4.5),
            (-4.5, 1.9),
            (-4.5, -1.9),
            (-1.9, -4.5),
            (1.9, -4.5),
            (4.5, -1.9),
        ],
    }[word]
    return [Shape([(x + dx, y + dy) for dx, dy in corners], ink)]
