"""What the player draws below a film: the engine's registry of signals, for a page and its script.

The page gets the lanes as values, the script gets everything as JSON. Neither has a list of its
own.
"""

from dataclasses import asdict
from typing import Any

from capture.signals import LANES, SIGNALS, TRUE_FROM

__all__ = ["LANES", "signal_registry"]


def signal_registry() -> dict[str, Any]:
    """The registry as JSON knows it. `lane` of a signal names its lane."""
    return {
        "true_from": TRUE_FROM,
        "lanes": [asdict(lane) for lane in LANES],
        "signals": [asdict(signal) | {"ends": signal.scale.ends} for signal in SIGNALS],
    }
