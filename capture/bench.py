"""What measuring costs on this machine: seconds of CPU for a second of video, everything measured.

CPU time of the whole process is counted, not time on the clock, so that a busy machine changes
little.
"""

import resource
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from capture.media.signature import identify_file
from capture.session import AnswerSource, CaptureSession, Models

ROUNDS = 5  # an odd few: the median forgets one disturbed round
PROGRESS_EVERY_S = 0.1


@dataclass(frozen=True)
class Cost:
    """CPU seconds for each second of video, one for each round."""

    rounds: list[float]

    def __str__(self) -> str:
        middle = median(self.rounds)
        spread = f"median of {len(self.rounds)}, {min(self.rounds):.3f}–{max(self.rounds):.3f}"
        return (
            f"{middle:.3f} s of CPU for a second of video ({spread}): {1 / middle:.1f} interviews"
            " at once on a core"
        )


def cpu_s() -> float:
    """CPU time this process has used so far, in all of its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def cost(video: Path, models: Models, progress: Callable[[int], bool]) -> Cost:
    """Measure the clip again and again; `progress` hears how many milliseconds of video are done in
    all.
    """
    done_ms = 0
    costs = []
    for _ in range(ROUNDS):
        before_s = cpu_s()
        length_ms = measure(video, models, _later(progress, done_ms))
        costs.append((cpu_s() - before_s) / max(1, length_ms) * 1000)
        done_ms += length_ms
    return Cost(costs)


def _later(progress: Callable[[int], bool], by_ms: int) -> Callable[[int], bool]:
    return lambda t_ms: progress(by_ms + t_ms)


def measure(video: Path, models: Models, progress: Callable[[int], bool]) -> int:
    """The whole clip, as the portal would; returns its length in ms."""
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
