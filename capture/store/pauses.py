"""Leaves out observations from the time when the candidate's device paused camera or microphone.

A phone does so during a call. Such observations say nothing about anybody. This module knows
neither rules nor why a device pauses.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from capture.signals import SIGNALS
from capture.types import Observation, Pause, PausedDevice

# The page's clock and the file's clock can differ by a second. A camera turns dark before the page
# learns of the pause, and stays dark for a moment after it.
SLACK_MS = 1_000
UNHEARD: dict[str, Any] = {signal.name: None for signal in SIGNALS if signal.is_heard}


def assessable(
    observations: Sequence[Observation], pauses: Sequence[Pause]
) -> Sequence[Observation]:
    """The observations that rules may judge.

    Drops the rows of a paused camera, which leaves a gap. The rows of a paused microphone lose only
    their sound.
    """
    if not pauses:
        return observations
    kept = []
    for seen in observations:
        paused = {pause.device for pause in pauses if _covers(pause, seen.t_ms)}
        if PausedDevice.CAMERA not in paused:
            kept.append(replace(seen, **UNHEARD) if paused else seen)
    return kept


def _covers(pause: Pause, t_ms: int) -> bool:
    is_over = pause.end_ms is not None and t_ms >= pause.end_ms + SLACK_MS
    return t_ms >= pause.start_ms - SLACK_MS and not is_over
