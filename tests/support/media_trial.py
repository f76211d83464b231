"""Runs media files through everything that a recording goes through, each in a process of its own
that may die.

`python tests/support/media_trial.py FOLDER` prints one JSON line for each file of
FOLDER, in order of name: what became of it (probed, decoded while it grows, measured, made into
film), what it cost, and how its process ended.
"""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from senses_support import MODELS, source_of

from capture.errors import UnusableMedia
from capture.film import joining
from capture.media.container import probe
from capture.media.decoder import Decoder
from capture.media.growing_file import GrowingFile
from capture.media.signature import identify_file
from capture.session import CaptureSession
from capture.types import Frame
from portal.interviews.measuring import ANSWER_LIMITS

CPU_LIMIT_S = 120  # the kernel ends what takes longer; what is expected is far less
# of addresses, not of memory: libraries reserve gigabytes; resident memory is measured
MEMORY_LIMIT_BYTES = 8 << 30
WATCHDOG_S = 600  # wall clock, for what only waits; machines may be busy
MEASURED = "measured"  # in a file's name: the face models look at it, too


@dataclass
class Trial:
    """One file's fate. `steps` has a text for each step: ok, the refusal, or what must not
    happen.
    """

    name: str
    steps: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    ended: str = ""


def trial_of(path: Path, work: Path) -> Trial:
    """All steps, in this process."""
    trial = Trial(path.name)
    step(trial, "probe", lambda: asdict(probe(path, limits=ANSWER_LIMITS)))
    step(trial, "grow", lambda: decoded(path))
    if MEASURED in path.name:
        step(trial, "measure", lambda: measured(path, work))
    step(trial, "film", lambda: filmed(path, work))
    trial.peak_mb = peak_mb()
    return trial


def step(trial: Trial, name: str, act: Callable[[], dict[str, Any]]) -> None:
    try:
        trial.facts |= {f"{name}_{key}": value for key, value in act().items()}
        trial.steps[name] = "ok"
    except UnusableMedia as refusal:
        trial.steps[name] = f"refused: {refusal}"
    except BaseException as fault:
        trial.steps[name] = f"FAULT: {fault!r}"


def decoded(path: Path) -> dict[str, Any]:
    """As a session reads it while it is recorded: byte after byte, never going back."""
    answers = iter([False])
    growing = GrowingFile(path, lambda: next(answers, True))
    decoder = Decoder(growing, identify_file(path), every_ms=200, limits=ANSWER_LIMITS)
    frames = sum(isinstance(item, Frame) for item in decoder)
    return {"frames": frames, "ms": decoder.duration_ms, "damaged_at_ms": decoder.damaged_at_ms}


def measured(path: Path, work: Path) -> dict[str, Any]:
    source = source_of(path, observations_path=work / "observations", limits=ANSWER_LIMITS)
    return asdict(CaptureSession(source, MODELS.senses).run())


def filmed(path: Path, work: Path) -> dict[str, Any]:
    made = joining.normalise(path, work / "normalised.mp4", identify_file(path), ANSWER_LIMITS)
    joining.join([joining.FilmPart(made.path, 0, "1. A question")], work / "recording.mp4")
    return {"ms": made.duration_ms, "damaged_at_ms": made.damaged_at_ms}


def peak_mb() -> float:
    """The most memory this process held at once (getrusage would count what its parent held before
    the fork).
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def run_apart(path: Path, work: Path) -> Trial:
    """The trial in a child that is limited and watched."""
    answer, question = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(answer)
        _limit()
        work.mkdir()
        os.write(question, json.dumps(asdict(trial_of(path, work))).encode())
        os._exit(0)
    os.close(question)
    return _waited(child, answer, path.name)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(WATCHDOG_S)  # ends the process: nobody handles it


def _waited(child: int, answer: int, name: str) -> Trial:
    with os.fdopen(answer, "rb") as pipe:
        told = pipe.read()
    _, status, usage = os.wait4(child, 0)
    trial = Trial(**json.loads(told)) if told else Trial(name, peak_mb=usage.ru_maxrss / 1024)
    code = os.waitstatus_to_exitcode(status)
    trial.ended = (
        "" if code == 0 else f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
    )
    trial.cpu_s = round(usage.ru_utime + usage.ru_stime, 2)
    return trial


def main(folder: Path) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries say of thousands of broken files
    for path in sorted(item for item in folder.iterdir() if item.is_file()):
        began_s = time.monotonic()
        trial = run_apart(path, folder / f"{path.name}.work")
        print(
            json.dumps(asdict(trial) | {"wall_s": round(time.monotonic() - began_s, 2)}), flush=True
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
