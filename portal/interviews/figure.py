"""What the player draws below a film: the engine's registry of signals, for a page and its script.

The page gets the lanes as values, the script gets everything as JSON. Neither has a list of its
own. Both get the words in the reader's language, because the engine knows only English.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from capture.signals import LANES, SIGNALS, SYMBOLS, TRUE_FROM, Scale, Signal
from portal.languages import gettext as _


@dataclass(frozen=True)
class LaneView:
    """What the page shows of a lane. Its first signal is the main one."""

    name: str
    label: str
    rows: int
    signals: list[Signal]

    @property
    def main(self) -> Signal:
        return self.signals[0]


def lane_views() -> list[LaneView]:
    return [
        LaneView(lane.name, _(lane.label), lane.rows, [_translated(one) for one in lane.signals])
        for lane in LANES
    ]


def signal_registry() -> dict[str, Any]:
    """The registry as JSON knows it. `lane` of a signal names its lane."""
    signals = [_translated(signal) for signal in SIGNALS]
    return {
        "true_from": TRUE_FROM,
        "lanes": [asdict(replace(lane, label=_(lane.label))) for lane in LANES],
        "signals": [asdict(signal) | {"ends": signal.scale.ends} for signal in signals],
    }


def _translated(signal: Signal) -> Signal:
    short = _(signal.short) if signal.short else ""
    return replace(signal, label=_(signal.label), short=short, scale=_scale(signal.scale))


def _scale(scale: Scale) -> Scale:
    is_word = scale.unit and scale.unit not in SYMBOLS
    return replace(scale, unit=_(scale.unit)) if is_word else scale
