"""The command line, `python -m capture`.

The commands are `analyse VIDEO --out FOLDER`, `judge FOLDER`, `report FOLDER`, `bench [VIDEO]`,
`devices`, and `record --seconds 30 --out FOLDER`.

Does what the portal does, with a clip of one answer or a recording from this machine's camera and
microphone. After an interruption, the same command continues the work. Exit codes: 0 done; 2 the
arguments, the file or a device cannot be used (one line on stderr says why); 1 a fault of ours; 130
interrupted.
"""

import argparse
import hashlib
import os
import sys
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn, TextIO

from capture import bench, demo
from capture.device import commands as device_commands
from capture.errors import CaptureError, DeviceMissing, NoPicture, UnusableMedia
from capture.film import joining, still
from capture.media.container import MediaInfo, probe
from capture.media.signature import SOUND_CONTAINERS, identify_sound
from capture.report import page as report
from capture.rules import RULES_VERSION, find_flags
from capture.session import AnswerSource, CaptureSession, Models, hear
from capture.stderr import own_stderr
from capture.store import telemetry, timeline
from capture.store.recording import Recording, read_observations
from capture.types import Flag, MeasuredAnswer, Measurements
from disk.atomic import TEMPORARY_SUFFIX
from disk.hashing import sha256

DONE, OUR_FAULT, UNUSABLE = 0, 1, 2
INTERRUPTED = 130  # what shells expect after Ctrl-C
KEY_LETTERS = 16  # enough to tell two clips apart in one folder
BAR_CELLS = 30
BAR_EVERY_S = 0.1  # faster than a person reads, and slow enough to cost nothing
# `make setup` puts the models here
MODELS_FOLDER = Path(__file__).resolve().parent.parent / "instance" / "models"


class Unusable(Exception):
    """We cannot use the arguments or the file. The message is for the person at the terminal."""


def main(arguments: list[str] | None = None) -> int:
    try:
        options = _parser().parse_args(arguments)
        COMMANDS[options.command](options)
    except (Unusable, UnusableMedia, DeviceMissing) as error:
        return _failed(UNUSABLE, error)
    except (CaptureError, OSError) as error:
        return _failed(OUR_FAULT, error)
    except KeyboardInterrupt as interrupted:
        return _failed(
            INTERRUPTED, str(interrupted) or "interrupted; run the same command again to go on"
        )
    return DONE


def _failed(code: int, why: object) -> int:
    print(f"capture: {why}", file=sys.stderr)
    return code


class OneLineParser(argparse.ArgumentParser):
    """Reports a wrong argument in one line. `--help` shows the rest."""

    def error(self, message: str) -> NoReturn:
        raise Unusable(f"{message} (see --help)")


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m capture", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    analyse = commands.add_parser(
        "analyse",
        help="measure a video, or sound alone; write telemetry.json and, if needed, recording.mp4",
    )
    analyse.add_argument("video", type=Path)
    analyse.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    analyse.add_argument("--no-film", action="store_true", help="leave recording.mp4 out")
    judge = commands.add_parser("judge", help="find flags again in stored measurements")
    judge.add_argument("folder", type=Path)
    drawn = commands.add_parser(
        "report", help="draw stored measurements and flags: report.html and report.png"
    )
    drawn.add_argument("folder", type=Path)
    bench = commands.add_parser("bench", help="what measuring costs on this machine")
    bench.add_argument(
        "video", type=Path, nargs="?", help="a clip to measure; without one, a clip is made"
    )
    device_commands.add_parsers(commands)
    return parser


def _analyse(options: argparse.Namespace) -> None:
    video: Path = options.video
    if not video.is_file():
        raise Unusable(f"there is no file {video}")
    try:
        if identify_sound(video) in SOUND_CONTAINERS:
            raise NoPicture("there is no video track")
        info = probe(video)
    except NoPicture:
        _hear_into(options.out, video, with_film=not options.no_film)
    else:
        _analyse_into(options.out, video, info, with_film=not (options.no_film or _is_film(info)))


def _hear_into(folder: Path, path: Path, *, with_film: bool) -> None:
    """Like `_analyse_into`, for a file that contains only sound."""
    with own_stderr() as terminal:
        bar = ProgressBar(0, terminal)
        try:
            heard = hear(path, lambda heard_ms: bar.say(f"heard {_clock(heard_ms)}"))
        finally:
            bar.clear()
    _tell_damage(path, heard.damaged_at_ms)
    measurements = timeline.join_timeline(
        [MeasuredAnswer(1, 1, heard.duration_ms, observations=heard.observations)]
    )
    recording = Recording(_folder(folder))
    if with_film:
        with TemporaryDirectory(dir=recording.folder, suffix=TEMPORARY_SUFFIX) as temporary:
            part = Path(temporary) / "answer.mp4"
            still.film_still(path, part, path.stem)
            joining.join([joining.FilmPart(part, 0, path.stem)], recording.recording_path)
    flags = find_flags(measurements)
    session_id = str(uuid.uuid5(uuid.NAMESPACE_OID, sha256(path)))
    telemetry.write(
        recording.telemetry_path,
        telemetry.build(session_id, measurements, flags, _models().engine()),
    )
    _tell(flags)


def _analyse_into(folder: Path, video: Path, info: MediaInfo, *, with_film: bool) -> None:
    recording = Recording(_folder(folder))
    engine, digest = _models().engine(), sha256(video)
    unfinished = recording.unfinished_path(_key(digest, engine))
    measurements = _measured(video, info, unfinished)
    if with_film:
        with TemporaryDirectory(dir=recording.folder, suffix=TEMPORARY_SUFFIX) as temporary:
            part = joining.normalise(video, Path(temporary) / "answer.mp4", info.container)
            joining.join([joining.FilmPart(part.path, 0, video.stem)], recording.recording_path)
    flags = find_flags(measurements)
    session_id = str(uuid.uuid5(uuid.NAMESPACE_OID, digest))  # a clip always gets the same id
    telemetry.write(
        recording.telemetry_path, telemetry.build(session_id, measurements, flags, engine)
    )
    unfinished.unlink()
    _tell(flags)


def _key(digest: str, engine: dict[str, str]) -> str:
    """Names unfinished work. We continue it only with the same clip and the same engine.

    Another version of the senses could measure other values.
    """
    # the rules do not matter here, because they judge only afterwards
    senses = sorted(item for item in engine.items() if item[0] != "rules")
    return hashlib.sha256(f"{digest} {senses}".encode()).hexdigest()[:KEY_LETTERS]


def _folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise Unusable(f"{folder} cannot be made: {exc.strerror}") from exc
    return folder


def _models() -> Models:
    face = os.environ.get("CAPTURE_FACE_MODEL") or MODELS_FOLDER / "face_landmarker.task"
    face_detector = os.environ.get("CAPTURE_CROWD_MODEL") or MODELS_FOLDER / "centerface.onnx"
    return Models(Path(face), Path(face_detector))


def _measured(video: Path, info: MediaInfo, unfinished: Path) -> Measurements:
    with own_stderr() as terminal:
        bar = ProgressBar(info.duration_ms, terminal)
        source = AnswerSource(
            video, info.container, unfinished, heartbeat=bar.show, heartbeat_s=BAR_EVERY_S
        )
        try:
            result = CaptureSession(source, _models().senses).run()
        finally:
            bar.clear()
    observations = read_observations(unfinished)
    _tell_damage(video, result.damaged_at_ms)
    return timeline.join_timeline(
        [MeasuredAnswer(1, 1, result.duration_ms, observations=observations)]
    )


def _tell_damage(path: Path, damaged_at_ms: int | None) -> None:
    if damaged_at_ms is not None:
        print(f"capture: {path} is damaged after {damaged_at_ms / 1000:.1f} s", file=sys.stderr)


def _is_film(info: MediaInfo) -> bool:
    """Whether a browser can already play the file and seek in it, so it needs no recording.mp4."""
    return (info.container, info.video_codec, info.audio_codec or "aac") == ("mp4", "h264", "aac")


def _judge(options: argparse.Namespace) -> None:
    path = Recording(options.folder).telemetry_path
    try:
        document = telemetry.load(path)
        measurements, _ = telemetry.read(path)
    except CaptureError as exc:
        raise Unusable(f"{options.folder}: {exc}") from exc
    flags = find_flags(measurements)
    engine = {**document["engine"], "rules": RULES_VERSION}
    telemetry.write(path, telemetry.build(document["session_id"], measurements, flags, engine))
    _tell(flags)


def _report(options: argparse.Namespace) -> None:
    bar = ProgressBar(0, sys.stderr)
    try:
        made = report.write(options.folder, bar.say)
    except CaptureError as exc:
        raise Unusable(f"{options.folder}: {exc}") from exc
    finally:
        bar.clear()
    print(*made, sep="\n")


def _bench(options: argparse.Namespace) -> None:
    with TemporaryDirectory() as folder, own_stderr() as terminal:
        video = options.video or demo.make_demo_clip(
            MODELS_FOLDER / "astronaut.png", Path(folder) / "demo.mp4", demo.calm
        )
        if not video.is_file():
            raise Unusable(f"there is no file {video}")
        bar = ProgressBar(bench.ROUNDS * probe(video).duration_ms, terminal)
        try:
            cost = bench.cost(video, _models(), bar.show)
        finally:
            bar.clear()
    print(cost)


def _devices(_options: argparse.Namespace) -> None:
    with own_stderr():  # drivers write a complaint about every device that they try
        lines = list(device_commands.devices())
    print(*lines, sep="\n")


def _record(options: argparse.Namespace) -> None:
    recording = Recording(_folder(options.out))
    recording.create()
    video = recording.answer_path(1, 1, 1, "mp4")
    if video.exists():
        raise Unusable(
            f"{options.out} holds a recording already, and nothing is recorded over; choose another"
            " folder"
        )
    with own_stderr() as terminal:
        bar = ProgressBar(round(options.seconds * 1000), terminal)
        try:
            status = device_commands.record(options, video, bar.show)
        finally:
            bar.clear()
    for remark in device_commands.remarks(status):
        print(f"capture: {remark}", file=sys.stderr)
    try:
        _analyse_into(options.out, video, probe(video), with_film=True)
    except KeyboardInterrupt:
        again = f"python -m capture analyse {video} --out {options.out}"
        raise KeyboardInterrupt(
            f"interrupted; the recording is kept, and this goes on: {again}"
        ) from None


COMMANDS = {
    "analyse": _analyse,
    "judge": _judge,
    "report": _report,
    "bench": _bench,
    "devices": _devices,
    "record": _record,
}


def _tell(flags: list[Flag]) -> None:
    for flag in flags:
        assessed = flag.severity if flag.assessable else "not assessable"
        print(
            f"{_clock(flag.start_ms)}–{_clock(flag.end_ms)}  {flag.kind}  {assessed}  {flag.reason}"
        )


def _clock(t_ms: int) -> str:
    minutes, rest_ms = divmod(t_ms, 60_000)
    return f"{minutes}:{rest_ms / 1000:04.1f}"


class ProgressBar:
    """A progress bar in one line. It prints nothing when the output is not a terminal."""

    def __init__(self, duration_ms: int, terminal: TextIO) -> None:
        self._duration_ms = max(1, duration_ms)
        self._terminal = terminal if terminal.isatty() else None

    def show(self, measured_ms: int) -> bool:
        if self._terminal:
            share = min(1.0, measured_ms / self._duration_ms)
            cells = "█" * round(share * BAR_CELLS)
            self._terminal.write(f"\r{cells:·<{BAR_CELLS}} {share:4.0%}  {_clock(measured_ms)}")
            self._terminal.flush()
        return True

    def say(self, step: str) -> None:
        """Show a step whose progress we cannot count."""
        if self._terminal:
            self._terminal.write(f"\r\033[K{step} …")
            self._terminal.flush()

    def clear(self) -> None:
        if self._terminal:
            self._terminal.write("\r\033[K")
            self._terminal.flush()


if __name__ == "__main__":
    sys.exit(main())
