"""The cost of measuring on this machine: seconds of CPU for each second of video, with all senses.

We count the CPU time of the whole process and not the time on the clock, so other work on the
machine changes the result little.
"""

import resource
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from capture.media.signature import identify_file
from capture.session import AnswerSource, CaptureSession, Models

ROUNDS = 5  # an odd number, so that the median ignores one disturbed round
PROGRESS_EVERY_S = 0.1


@dataclass(frozen=True)
class Cost:
    """CPU seconds for each second of video, one value per round."""

    rounds: list[float]

    def __str__(self) -> str:
        middle = median(self.rounds)
        spread = f"median of {len(self.rounds)}, {min(self.rounds):.3f}–{max(self.rounds):.3f}"
        return (
            f"{middle:.3f} s of CPU for a second of video ({spread}): {1 / middle:.1f} interviews"
            " at once on a core"
        )


def cpu_s() -> float:
    """The CPU time that all threads of this process have used so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def cost(video: Path, models: Models, progress: Callable[[int], bool]) -> Cost:
    """Measure the clip several times. `progress` gets the milliseconds of video measured so far."""
    done_ms = 0
    costs = []
    for _ in range(ROUNDS):
        before_s = cpu_s()
        length_ms = measure(video, models, _with_offset(progress, done_ms))
        costs.append((cpu_s() - before_s) / max(1, length_ms) * 1000)
        done_ms += length_ms
    return Cost(costs)


def _with_offset(progress: Callable[[int], bool], by_ms: int) -> Callable[[int], bool]:
    return lambda t_ms: progress(by_ms + t_ms)


def measure(video: Path, models: Models, progress: Callable[[int], bool]) -> int:
    """Measure the whole clip as the portal does. Returns its length in ms."""
    with TemporaryDirectory() as folder:
        observations_path = Path(folder) / "observations"
        source = AnswerSource(
            video,
            identify_file(video),
            observations_path,
            heartbeat=progress,
            heartbeat_s=PROGRESS_EVERY_S,
        )
        return CaptureSession(source, models.senses).run().duration_ms
