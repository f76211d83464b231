"""How far measuring lags behind recording when many interviews are live at the same time.

Two processes measure, as gunicorn runs two. Each interview is a file that grows at the speed of its
recording, a second at a time, like a browser's upload.
"""

import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import Queue, get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import clips
from benchmarks.engine_rows import MODELS
from capture import bench
from capture.media.signature import identify_file
from capture.session import AnswerSource, CaptureSession, SessionState

AT_ONCE = 16
PROCESSES = 2
CLIP_S = 30
SETTLED_S = 8  # until then the processes load models; we want only the lag that remains
LOOK_EVERY_S = 0.25

Progress = Callable[[str], None]


def lags(progress: Progress) -> Iterator[dict[str, float]]:
    with TemporaryDirectory() as folder:
        clip = clips.make("h264", CLIP_S, Path(folder))
        for number in range(bench.ROUNDS):
            progress(f"round {number + 1} of {bench.ROUNDS}, {CLIP_S} s each")
            yield _one_round(clip, Path(folder))


def _one_round(clip: Path, folder: Path) -> dict[str, float]:
    """Feed all files from this process, measure them in the others, and collect the results."""
    context = get_context("spawn")
    heard: Queue[tuple[float, float, float]] = context.Queue()
    files = [folder / f"live-{number}.mp4" for number in range(AT_ONCE)]
    for file in files:
        file.write_bytes(b"")
        file.with_suffix(".observations").unlink(missing_ok=True)
    began = time.time() + 4  # the processes need a moment to import
    shares = [files[number::PROCESSES] for number in range(PROCESSES)]
    processes = [context.Process(target=_measure, args=(share, began, heard)) for share in shares]
    for process in processes:
        process.start()
    _feed(clip.read_bytes(), files, began)
    told = [heard.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(20)
        if process.is_alive():
            process.terminate()
    most, middle, cpu_s = (
        max(row[0] for row in told),
        median(row[1] for row in told),
        sum(row[2] for row in told),
    )
    return {"most lag s": most, "median lag s": middle, "cores busy": cpu_s / CLIP_S}


def _feed(data: bytes, files: list[Path], began: float) -> None:
    """Append a second of every recording each second, until they are complete."""
    step = -(-len(data) // CLIP_S)
    for second in range(1, CLIP_S + 1):
        time.sleep(max(0.0, began + second - time.time()))
        for file in files:
            with file.open("ab") as target:
                target.write(data[(second - 1) * step : second * step])


def _measure(files: list[Path], began: float, heard: "Queue[tuple[float, float, float]]") -> None:
    """Measure one process's share of the interviews, each in its own thread."""
    length = dict.fromkeys(files, 0)
    stop = threading.Event()
    time.sleep(max(0.0, began + 1.2 - time.time()))  # until the first second is there
    sessions = []
    for file in files:
        source = AnswerSource(
            file,
            identify_file(file),
            file.with_suffix(".observations"),
            lambda: time.time() > began + CLIP_S + 0.5,
        )
        sessions.append(CaptureSession(source, MODELS.senses, stop))
        sessions[-1].start()
    lag_s = list(_looks(sessions, began))
    for session in sessions:
        session.stop(10)
    assert all(session.status().state is SessionState.DONE for session in sessions), length
    heard.put((max(lag_s), median(lag_s), bench.cpu_s()))


def _looks(sessions: list[CaptureSession], began: float) -> Iterator[float]:
    """How far each session is behind its recording, at regular times until all have finished."""
    while any(
        session.status().state in (SessionState.NEW, SessionState.MEASURING) for session in sessions
    ):
        time.sleep(LOOK_EVERY_S)
        recorded_s = min(CLIP_S, time.time() - began)
        if recorded_s >= SETTLED_S:
            yield from (recorded_s - session.status().measured_ms / 1000 for session in sessions)
