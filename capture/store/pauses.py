"""Leaves out what was measured while the candidate's device kept camera or microphone for itself,
as for a phone call.

Such rows say nothing about anybody. Knows neither rules nor why a device pauses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from capture.types import Observation, Pause, PausedDevice

# The page's clock and the file's may be a second apart; a camera is dark before anybody is told,
# and after it is back.
SLACK_MS = 1_000


def assessable(
    observations: Sequence[Observation], pauses: Sequence[Pause]
) -> Sequence[Observation]:
    """Without the rows of a paused camera, which leave a gap; those of a paused microphone lose
    their sound only.
    """
    return list(_assessable(observations, pauses)) if pauses else observations


def _assessable(
    observations: Sequence[Observation], pauses: Sequence[Pause]
) -> Iterator[Observation]:
    for seen in observations:
        paused = {pause.device for pause in pauses if _covers(pause, seen.t_ms)}
        if PausedDevice.CAMERA in paused:
            continue
        yield replace(seen, level_dbfs=None, speech=None) if paused else seen


def _covers(pause: Pause, t_ms: int) -> bool:
    is_over = pause.end_ms is not None and t_ms >= pause.end_ms + SLACK_MS
    return t_ms >= pause.start_ms - SLACK_MS and not is_over
