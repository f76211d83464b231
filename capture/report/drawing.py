"""The drawing primitives of a figure, and two ways to paint them: as SVG for a page, and as a PNG.

A primitive names its ink; only the painter knows the ink's colour. So the same figure is dark on a
screen and light on paper. This module does not know what the primitives mean.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from math import dist
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SCREEN_INKS = {
    "page": "#0b0f14",
    "panel": "#111821",
    "hairline": "#1d2733",
    "edge": "#526579",
    "text": "#e6edf3",
    "muted": "#93a1b2",
    "measured": "#5cd6dc",
    "sound": "#a99bff",
    "good": "#a8e05f",
    "medium": "#f5b83d",
    "high": "#ff7a6b",
    "none": "#526579",
}
# the same inks for white paper: text has a contrast of at least 4.5:1
PAPER_INKS = {
    "page": "#ffffff",
    "panel": "#ffffff",
    "hairline": "#d5dbe1",
    "edge": "#8594a3",
    "text": "#10161d",
    "muted": "#4d5a67",
    "measured": "#0b6a73",
    "sound": "#5140b3",
    "good": "#3d6a0c",
    "medium": "#8a5a00",
    "high": "#b3261e",
    "none": "#6b7a89",
}
PNG_SCALE = 2  # pixels for each unit of the figure: sharp on today's screens and in print
HATCH_STEP_PX = 6
SUBPIXEL_BITS = 4  # OpenCV draws lines at multiples of 1/16 pixel
PNG_FONT_SHARE = 0.92  # OpenCV's own font looks larger than the page's at the same size


@dataclass(frozen=True)
class Area:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    ink: str
    alpha: float = 1.0


@dataclass(frozen=True)
class Hatch:
    """A hatched rectangle: no data."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """An open line through points. `dash` is the length of a stroke and of the space after it."""

    points: Sequence[tuple[float, float]]
    ink: str
    dash: tuple[float, float] | None = None
    width: float = 1.25


@dataclass(frozen=True)
class Shape:
    """A filled polygon."""

    points: Sequence[tuple[float, float]]
    ink: str


@dataclass(frozen=True)
class Word:
    """Text. Its baseline begins at x, y; with `flush_right` it ends there."""

    x: float
    y: float
    text: str
    ink: str = "text"
    size: int = 13
    is_number: bool = False
    is_bold: bool = False
    flush_right: bool = False


Primitive = Area | Hatch | Line | Shape | Word


@dataclass(frozen=True)
class Figure:
    """Primitives on a canvas of this size, in the order in which we paint them."""

    width: int
    height: int
    items: Sequence[Primitive]


def shifted(items: Iterable[Primitive], right: float, down: float) -> Iterator[Primitive]:
    """Move the primitives, for example to put a figure into a larger one."""
    for item in items:
        if isinstance(item, Line | Shape):
            yield replace(item, points=[(x + right, y + down) for x, y in item.points])
        else:
            yield replace(item, x=item.x + right, y=item.y + down)


def svg(figure: Figure, title: str, css_class: str) -> str:
    """An inline SVG. Its inks are CSS variables of the page around it."""
    body = "".join(_svg_primitive(item) for item in figure.items)
    size = (
        f'viewBox="0 0 {figure.width} {figure.height}" width="{figure.width}"'
        f' height="{figure.height}"'
    )
    return f'<svg class="{css_class}" {size} role="img" aria-label="{escape(title)}">{body}</svg>'


def _svg_primitive(item: Primitive) -> str:
    match item:
        case Area():
            return (
                f'<rect {_svg_box(item)} fill="{_svg_ink(item.ink)}"'
                f' fill-opacity="{item.alpha:g}"/>'
            )
        case Hatch():
            return f'<rect {_svg_box(item)} fill="url(#hatch)"/>'
        case Shape():
            return f'<polygon points="{_svg_points(item.points)}" fill="{_svg_ink(item.ink)}"/>'
        case Line():
            dash = f' stroke-dasharray="{item.dash[0]:g} {item.dash[1]:g}"' if item.dash else ""
            stroke = (
                f'fill="none" stroke="{_svg_ink(item.ink)}" stroke-width="{item.width:g}"{dash}'
            )
            return f'<polyline points="{_svg_points(item.points)}" {stroke}/>'
        case Word():
            return _svg_word(item)


def _svg_word(word: Word) -> str:
    kind = " ".join(
        name for name, holds in (("num", word.is_number), ("strong", word.is_bold)) if holds
    )
    anchor = ' text-anchor="end"' if word.flush_right else ""
    look = f'class="{kind}" font-size="{word.size}" fill="{_svg_ink(word.ink)}"{anchor}'
    return f'<text x="{word.x:.1f}" y="{word.y:.1f}" {look}>{escape(word.text)}</text>'


def _svg_box(item: Area | Hatch) -> str:
    return f'x="{item.x:.1f}" y="{item.y:.1f}" width="{item.width:.1f}" height="{item.height:.1f}"'


def _svg_points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _svg_ink(ink: str) -> str:
    return f"var(--{ink})"


def hatch_definition() -> str:
    """The hatch pattern as SVG. A page contains it once, before the figures that use it."""
    lines = f'<path d="M0 {HATCH_STEP_PX}L{HATCH_STEP_PX} 0" stroke="var(--none)" fill="none"/>'
    box = f'width="{HATCH_STEP_PX}" height="{HATCH_STEP_PX}" patternUnits="userSpaceOnUse"'
    pattern = f'<defs><pattern id="hatch" {box}>{lines}</pattern></defs>'
    return f'<svg class="nothing" width="0" height="0" aria-hidden="true">{pattern}</svg>'


def png(figure: Figure) -> bytes:
    """The figure in its screen colours."""
    painter = Painter(figure)
    for item in figure.items:
        painter.paint(item)
    return painter.encoded()


class Painter:
    """A canvas of pixels."""

    def __init__(self, figure: Figure) -> None:
        self._pixels = np.empty((figure.height * PNG_SCALE, figure.width * PNG_SCALE, 3), np.uint8)
        self._pixels[:] = _bgr("page")
        self._font = cv2.FontFace("sans")

    def paint(self, item: Primitive) -> None:
        match item:
            case Area():
                self._area(item)
            case Hatch():
                self._hatch(item)
            case Shape():
                cv2.fillPoly(
                    self._pixels,
                    [_fixed(item.points)],
                    _bgr(item.ink),
                    cv2.LINE_AA,
                    SUBPIXEL_BITS,
                )
            case Line():
                strokes = [_fixed(part) for part in _dashed(item)]
                width = max(1, round(item.width * PNG_SCALE))
                cv2.polylines(
                    self._pixels,
                    strokes,
                    False,
                    _bgr(item.ink),
                    width,
                    cv2.LINE_AA,
                    SUBPIXEL_BITS,
                )
            case Word():
                self._word(item)

    def encoded(self) -> bytes:
        is_made, data = cv2.imencode(".png", self._pixels)
        if not is_made:
            raise ValueError("the picture cannot be written as PNG")
        return data.tobytes()

    def _cut(self, item: Area | Hatch) -> NDArray[Any]:
        left, top = round(item.x * PNG_SCALE), round(item.y * PNG_SCALE)
        right, bottom = (
            round((item.x + item.width) * PNG_SCALE),
            round((item.y + item.height) * PNG_SCALE),
        )
        return self._pixels[max(0, top) : max(top + 1, bottom), max(0, left) : max(left + 1, right)]

    def _area(self, area: Area) -> None:
        part = self._cut(area)
        part[:] = np.round(part * (1 - area.alpha) + np.array(_bgr(area.ink)) * area.alpha).astype(
            np.uint8
        )

    def _hatch(self, hatch: Hatch) -> None:
        part = self._cut(hatch)
        rows, columns = np.indices(part.shape[:2])
        part[(rows + columns) % (HATCH_STEP_PX * PNG_SCALE) < PNG_SCALE] = _bgr("none")

    def _word(self, word: Word) -> None:
        weight, size = (600 if word.is_bold else 400), round(word.size * PNG_SCALE * PNG_FONT_SHARE)
        corner = (round(word.x * PNG_SCALE), round(word.y * PNG_SCALE))
        side = cv2.PUT_TEXT_ALIGN_RIGHT if word.flush_right else cv2.PUT_TEXT_ALIGN_LEFT
        cv2.putText(self._pixels, word.text, corner, _bgr(word.ink), self._font, size, weight, side)


def _bgr(ink: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(SCREEN_INKS[ink][1:])
    return blue, green, red


def _fixed(points: Iterable[tuple[float, float]]) -> NDArray[Any]:
    return np.round(np.array(list(points)) * PNG_SCALE * (1 << SUBPIXEL_BITS)).astype(np.int32)


def _dashed(line: Line) -> list[list[tuple[float, float]]]:
    """The line's strokes. OpenCV cannot draw dashes; a line without dashes is one stroke."""
    if not line.dash:
        return [list(line.points)]
    strokes: list[list[tuple[float, float]]] = []
    gone, is_pausing = 0.0, True
    for before, after in pairwise(_close_together(line.points)):
        was_pausing, is_pausing = is_pausing, gone % sum(line.dash) >= line.dash[0]
        if was_pausing and not is_pausing:
            strokes.append([before])
        if not is_pausing:
            strokes[-1].append(after)
        gone += dist(before, after)
    return strokes


def _close_together(points: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The points of the line, with a new one at every pixel."""
    yield points[0]
    for before, after in pairwise(points):
        steps = max(1, round(dist(before, after)))
        for step in range(1, steps + 1):
            share = step / steps
            yield (
                before[0] + (after[0] - before[0]) * share,
                before[1] + (after[1] - before[1]) * share,
            )
