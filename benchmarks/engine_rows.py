"""The cost of the engine: its CPU time, its memory, and the time of the rules.

We compare the CPU time with the unavoidable work ("floor") and with the code that most people would
write ("plain"). Both run in turns within one run, so that a busy machine affects both.
"""

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import mediapipe as mp
import numpy as np
from mediapipe.tasks.python.core.base_options import BaseOptions
from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions

from benchmarks import clips
from benchmarks.report_section import PROJECT
from capture import bench
from capture.media.signature import identify_file
from capture.rules import find_flags
from capture.senses.face import FaceReader
from capture.senses.face_detector import FaceDetector, shared_face_detector
from capture.senses.hub import Senses
from capture.session import AnswerSource, CaptureSession, Models
from capture.store.recording import read_observations
from capture.store.timeline import join_timeline
from capture.types import Frame, Glance, MeasuredAnswer, Measurements, Observation, Sound

MODELS = Models(
    PROJECT / "instance/models/face_landmarker.task", PROJECT / "instance/models/centerface.onnx"
)
CLIP_S = 20
LANDMARKS_EVERY_MS, COUNT_EVERY_MS = 200, 1_000  # the floor's five and one inferences a second
SESSIONS = 4  # live at the same time after the first one, to see the cost of one more
FLAG_ROUNDS = 51  # two seconds in all, because other guests of the machine disturb whole seconds
HOUR_ANSWERS, ANSWER_ROWS = 30, 600  # 30 answers of two minutes, five rows a second

Progress = Callable[[str], None]


def cpu_ratios(codec: str, progress: Progress) -> Iterator[dict[str, float]]:
    """For each round, the CPU time with and without blinks, compared with floor and plain."""
    with TemporaryDirectory() as folder:
        video = clips.make(codec, CLIP_S, Path(folder))
        for number in range(bench.ROUNDS):
            progress(f"round {number + 1} of {bench.ROUNDS}")
            floor = _cpu(partial(_floor, video))
            all_of_it, no_blinks = (
                _cpu(partial(_engine, video, Senses)),
                _cpu(partial(_engine, video, WithoutBlinks)),
            )
            plain = _cpu(partial(_plain, video))
            yield {
                "floor": floor / CLIP_S * 1000,
                "all": all_of_it / CLIP_S * 1000,
                "all / floor": all_of_it / floor,
                "no blinks / floor": no_blinks / floor,
                "all / plain": all_of_it / plain,
            }


def _cpu(work: Callable[[], object]) -> float:
    gc.collect()
    before_s = bench.cpu_s()
    work()
    return bench.cpu_s() - before_s


class WithoutBlinks(Senses):
    """Ignores the pictures between two samples."""

    def feed(self, item: Frame | Glance | Sound, *, has_sound: bool) -> Iterator[Observation]:
        return iter(()) if isinstance(item, Glance) else super().feed(item, has_sound=has_sound)


def _engine(video: Path, kind: type[Senses]) -> None:
    with TemporaryDirectory() as folder:
        source = AnswerSource(video, identify_file(video), Path(folder) / "observations")
        CaptureSession(
            source,
            lambda: kind(FaceReader(MODELS.face), shared_face_detector(MODELS.face_detector)),
        ).run()


def _landmarker() -> FaceLandmarker:
    """A landmarker with its default options, and the blendshapes that our quantities need."""
    base = BaseOptions(model_asset_path=str(MODELS.face))
    return FaceLandmarker.create_from_options(
        FaceLandmarkerOptions(base_options=base, output_face_blendshapes=True)
    )


def _floor(video: Path) -> None:
    """Only the unavoidable: decode, and run five landmark inferences and one count a second."""
    face_detector = FaceDetector(MODELS.face_detector)
    with av.open(video) as file, _landmarker() as landmarker:
        file.streams.video[0].thread_count = 1
        landmarks_at, count_at = 0, 0
        for frame in file.decode():
            t_ms = round((frame.time or 0) * 1000)
            if isinstance(frame, av.VideoFrame) and t_ms >= landmarks_at:
                picture = Frame(t_ms, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
                landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=picture.rgb))
                landmarks_at += LANDMARKS_EVERY_MS
                if t_ms >= count_at:
                    face_detector.read(picture)
                    count_at += COUNT_EVERY_MS


def _plain(video: Path) -> None:
    """The code that most people would write: OpenCV and FaceLandmarker read every picture."""
    file = cv2.VideoCapture(str(video))
    with _landmarker() as landmarker:
        while True:
            is_there, bgr = file.read()
            if not is_there:
                return
            rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
            landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb))


def memory_ratio(progress: Progress) -> Iterator[dict[str, float]]:
    """The memory of one more live interview, compared with one more FaceLandmarker."""
    with TemporaryDirectory() as folder:
        video = clips.make("h264", CLIP_S, Path(folder))
        for number in range(bench.ROUNDS):
            progress(f"round {number + 1} of {bench.ROUNDS}")
            landmarker, session = (
                _own_process(name, video) for name in ("landmarkers", "sessions")
            )
            yield {
                "landmarker MB": landmarker,
                "session MB": session,
                "session / landmarker": session / landmarker,
            }


def _own_process(what: str, video: Path) -> float:
    command = [sys.executable, "-m", "benchmarks.engine_rows", what, str(video)]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    return float(done.stdout)


def _private_mb() -> float:
    """The memory of this process, without memory that it shares with other processes."""
    rows = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(row.split()[1]) for row in rows if row.startswith("Private_")) / 1024


def _landmarkers_mb(video: Path) -> float:
    with av.open(video) as file:
        picture = next(file.decode(video=0)).to_ndarray(format="rgb24")
    image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
    landmarkers: list[FaceLandmarker] = []

    def one_more() -> None:
        landmarkers.append(_landmarker())
        landmarkers[-1].detect(image)

    return _each_mb(one_more)


def _sessions_mb(video: Path) -> float:
    stop = threading.Event()
    with TemporaryDirectory() as folder:

        def one_more() -> None:
            """Measure all of a file that is not complete, and wait for more."""
            log = Path(folder) / str(time.monotonic_ns())
            source = AnswerSource(video, identify_file(video), log, is_complete=lambda: False)
            session = CaptureSession(source, MODELS.senses, stop)
            session.start()
            while session.status().measured_ms < (CLIP_S - 3) * 1000:
                time.sleep(0.1)

        mb = _each_mb(one_more)
        stop.set()
        time.sleep(1)
    return mb


def _each_mb(one_more: Callable[[], None]) -> float:
    one_more()
    before_mb = _private_mb()
    for _ in range(SESSIONS):
        one_more()
    return (_private_mb() - before_mb) / SESSIONS


def flags_ms(_progress: Progress) -> Iterator[dict[str, float]]:
    """The time of the rules for an hour of real rows: an answer of two minutes, thirty times."""
    hour = _hour()
    for _ in range(FLAG_ROUNDS):
        before_s = time.process_time()
        flags = find_flags(hour)
        yield {
            "ms": (time.process_time() - before_s) * 1000,
            "flags": len(flags),
            "rows": len(hour.observations),
        }


def _hour() -> Measurements:
    with TemporaryDirectory() as folder:
        video, log = clips.make("h264", CLIP_S, Path(folder)), Path(folder) / "observations"
        CaptureSession(AnswerSource(video, identify_file(video), log), MODELS.senses).run()
        seen = read_observations(log)
    rows = [
        replace(seen[number % len(seen)], t_ms=number * 200, blinks_ms=())
        for number in range(ANSWER_ROWS)
    ]
    answers = [
        MeasuredAnswer(number + 1, 1, ANSWER_ROWS * 200, observations=rows)
        for number in range(HOUR_ANSWERS)
    ]
    return join_timeline(answers)


if __name__ == "__main__":
    kind, clip = sys.argv[1:]
    print({"landmarkers": _landmarkers_mb, "sessions": _sessions_mb}[kind](Path(clip)))
