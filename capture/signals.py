"""The registry of signals: every quantity that the engine measures, and how people see it.

The telemetry (names, logs, decimals), the report and the portal's player all read this one list, so
a new signal is one entry here. Knows names, units and scales. Measures nothing, draws nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import log10

TRUE_FROM = 0.5  # a probability counts as "yes" from the middle of its scale
SYMBOLS = ("°", "dBFS", "px")  # units that every language writes alike; the others are words
DASHED, DOTTED = (6.0, 3.0), (2.0, 3.0)  # so that the lines of a lane differ without colour


class Drawn(StrEnum):
    """How a figure shows a signal."""

    LINE = "line"
    STEPS = "steps"  # a line that keeps its value until the next sample
    AREA = "area"  # bars from the middle of the lane, up and down
    FOOT = "foot"  # a thick line at the bottom of the lane, while the quantity is true
    TICKS = "ticks"  # the quantity is a list of moments; each of them is a tick
    NUMBER = "number"  # no drawing, only its number
    CORNERS = "corners"  # the quantity is a box; the player draws its corners over the film


@dataclass(frozen=True)
class Scale:
    """The ends of a scale, its unit, and the precision that we store and that people read.

    A quantity may be beyond an end; a figure then draws it at the end.
    """

    low: float = 0
    high: float = 1
    unit: str = ""
    decimals: int = 3
    shown_decimals: int = 2
    is_logarithmic: bool = False

    @property
    def ends(self) -> str:
        """The scale in words: `−45…45°`, `−70…0 dBFS`."""
        numbers = f"{self.low:g}…{self.high:g}".replace("-", "−")
        return f"{numbers}{self.unit}" if self.unit == "°" else f"{numbers} {self.unit}".strip()

    def share(self, value: float) -> float:
        """Where the value lies on the scale: 0 at the low end, 1 at the high end, never beyond."""
        low, high = self.low, self.high
        if self.is_logarithmic:
            value, low, high = log10(max(value, low)), log10(low), log10(high)
        share: float = (min(max(value, low), high) - low) / (high - low)
        return share


# Degrees, decibels, pixels and sharpness are not more exact than one decimal, ratios than three. We
# round once, before the rules judge, so every later judgement uses the same numbers.
COUNT = Scale(0, 3, shown_decimals=0)
ANGLE = Scale(-45, 45, "°", decimals=1, shown_decimals=0)
EYE = Scale(-1, 1)  # from one corner of the eye to the other
RATIO = Scale(0, 1)
LEVEL = Scale(-70, 0, "dBFS", decimals=1, shown_decimals=0)
OPEN = Scale(0, 1, "open")
LUMA = Scale(0, 1, "luma")
SHARPNESS = Scale(1, 1000, decimals=1, shown_decimals=0, is_logarithmic=True)
PIXELS = Scale(0, 1000, "px", decimals=1, shown_decimals=0)
YES_NO = Scale(0, 1, shown_decimals=0)


@dataclass(frozen=True)
class Signal:
    """One quantity. `name` and `log` are its place in the telemetry.

    `lane` is the row of a figure that shows it, `short` its name there. `ink` is a colour of the
    look. `is_heard` says that it comes from the microphone, and not from the camera. `is_optional`
    says that telemetry of version 1 may lack it, because the signal is younger than the version.
    """

    name: str
    log: str
    label: str
    lane: str = ""
    short: str = ""
    scale: Scale = RATIO
    drawn: Drawn = Drawn.LINE
    ink: str = "text"
    dash: tuple[float, float] | None = None
    is_heard: bool = False
    is_optional: bool = False

    @property
    def is_line(self) -> bool:
        return self.drawn in (Drawn.LINE, Drawn.STEPS)


# In the order of the logs and of their columns in the telemetry.
SIGNALS = (
    Signal("count", "face", "Faces in the picture", "faces", "", COUNT, Drawn.STEPS, "measured"),
    Signal("box", "face", "Place of the largest face", drawn=Drawn.CORNERS),
    Signal("yaw_deg", "face", "Head yaw", "head", "yaw", ANGLE, ink="measured"),
    Signal("pitch_deg", "face", "Head pitch", "head", "pitch", ANGLE, dash=DASHED),
    Signal("roll_deg", "face", "Head roll", "head", "roll", ANGLE, dash=DOTTED),
    Signal("gaze_x", "eyes", "Eyes, sideways", "eyes", "sideways", EYE, ink="measured"),
    Signal("gaze_y", "eyes", "Eyes, up", "eyes", "up", EYE, dash=DASHED),
    Signal("openness", "eyes", "Eyelids", "eyelids", "", OPEN, ink="measured"),
    Signal("blinks_ms", "eyes", "Blinks", "eyelids", "blink", drawn=Drawn.TICKS),
    Signal(
        "level_dbfs", "audio", "Sound level", "sound", "", LEVEL, Drawn.AREA, "sound", is_heard=True
    ),
    Signal(
        "speech", "audio", "Speech probability", "sound", "speech", drawn=Drawn.FOOT, is_heard=True
    ),
    Signal("mouth_open", "audio", "Mouth", "mouth", "", OPEN, ink="measured"),
    Signal("brightness", "quality", "Brightness", "picture", "brightness", LUMA, ink="good"),
    Signal("sharpness", "quality", "Sharpness", "picture", "sharpness", SHARPNESS, dash=DASHED),
    Signal("face_px", "quality", "Eye distance", "picture", "eyes", PIXELS, Drawn.NUMBER),
    Signal(
        "frozen", "quality", "Picture frozen", "picture", "frozen", YES_NO, Drawn.FOOT, "medium"
    ),
)


@dataclass(frozen=True)
class Lane:
    """One row of a figure. Its first signal is the main one: it gives the row its scale and ink."""

    name: str
    label: str

    @property
    def signals(self) -> list[Signal]:
        return [signal for signal in SIGNALS if signal.lane == self.name]

    @property
    def main(self) -> Signal:
        return self.signals[0]

    @property
    def lines(self) -> list[Signal]:
        return [signal for signal in self.signals if signal.is_line]

    @property
    def has_middle(self) -> bool:
        """Whether 0 lies in the middle, so that a figure marks it there."""
        return self.main.scale.low == -self.main.scale.high

    @property
    def rows(self) -> int:
        """How much height it needs: a row for each line, and two for an area."""
        return max(len(self.lines), 1, 2 * (self.main.drawn is Drawn.AREA))


LANES = (
    Lane("faces", "Faces"),
    Lane("head", "Head"),
    Lane("eyes", "Eyes"),
    Lane("eyelids", "Eyelids"),
    Lane("sound", "Sound"),
    Lane("mouth", "Mouth"),
    Lane("picture", "Picture"),
)


def words() -> Iterator[str]:
    """What people read of the registry, for a program that translates it."""
    for lane in LANES:
        yield lane.label
    for signal in SIGNALS:
        unit = signal.scale.unit
        yield from filter(None, (signal.label, signal.short, "" if unit in SYMBOLS else unit))
