"""The lanes of a recording's figure: which quantities they show, on which scales, and how.

Knows names, units and the ends of scales. Draws nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

DASHED, DOTTED = (6.0, 3.0), (2.0, 3.0)  # so that the lines of a lane differ without colour


@dataclass(frozen=True)
class Curve:
    """One quantity as a line. `low` and `high` are the ends of its scale."""

    log: str
    name: str
    label: str
    low: float
    high: float
    dash: tuple[float, float] | None = None
    is_stepped: bool = False
    is_logarithmic: bool = False

    def share(self, value: float) -> float:
        """Where the value lies on the scale: 0 at the low end, 1 at the high end, never beyond."""
        low, high = self.low, self.high
        if self.is_logarithmic:
            value, low, high = log10(max(value, low)), log10(low), log10(high)
        share: float = (min(max(value, low), high) - low) / (high - low)
        return share


@dataclass(frozen=True)
class Lane:
    """One row of the figure. `bars` grow from its middle. `foot` shows where a quantity is true."""

    label: str
    scale: str
    ink: str
    height: int
    curves: Sequence[Curve] = ()
    bars: Curve | None = None
    foot: tuple[str, str, str] | None = None
    has_middle: bool = False
    ticks: bool = False


HEAD = [
    Curve("face", "yaw_deg", "yaw", -45, 45),
    Curve("face", "pitch_deg", "pitch", -45, 45, DASHED),
    Curve("face", "roll_deg", "roll", -45, 45, DOTTED),
]
EYES = [Curve("eyes", "gaze_x", "sideways", -1, 1), Curve("eyes", "gaze_y", "up", -1, 1, DASHED)]
QUALITY = [
    Curve("quality", "brightness", "brightness 0…1", 0, 1),
    Curve("quality", "sharpness", "sharpness 1…1000", 1, 1000, DASHED, is_logarithmic=True),
]
LANES = (
    Lane("Faces", "0…3", "measured", 48, [Curve("face", "count", "", 0, 3, is_stepped=True)]),
    Lane("Head", "−45…45°", "measured", 72, HEAD, has_middle=True),
    Lane("Eyes", "−1…1", "measured", 60, EYES, has_middle=True),
    Lane(
        "Eyes, openness", "0…1", "measured", 48, [Curve("eyes", "openness", "", 0, 1)], ticks=True
    ),
    Lane(
        "Sound",
        "−70…0 dBFS",
        "sound",
        56,
        bars=Curve("audio", "level_dbfs", "", -70, 0),
        foot=("audio", "speech", "text"),
    ),
    Lane("Mouth open", "0…1", "measured", 40, [Curve("audio", "mouth_open", "", 0, 1)]),
    Lane("Quality", "", "good", 60, QUALITY, foot=("quality", "frozen", "medium")),
)
