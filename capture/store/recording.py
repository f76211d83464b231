"""The files of one recording: their names, and the log of observations of an answer.

No other code knows file names. This module knows nothing of what videos contain, of rules or of
people.
"""

import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from capture.errors import CaptureError, ClaimLost
from capture.halting import Check, go_on
from capture.signals import SIGNALS, Drawn
from capture.types import Observation
from disk.atomic import TEMPORARY_SUFFIX, atomic_write, fsync_folder, nothing_to_confirm, write_json
from disk.hashing import HASH_SUFFIX, noted_hash, sha256

# files that we need only until film and manifest are finished
PASSING = (TEMPORARY_SUFFIX, ".normalised.mp4", HASH_SUFFIX)
DOOMED_SUFFIX = ".deleted"  # a folder that is being deleted
LOCK_POLL_S = 0.02
LATEST_BYTES = 16 * 1024  # about ten seconds of observations
CONTAINER_NAME = re.compile(r"[a-z0-9]{2,4}")

OBSERVATION_FIELDS = tuple(field.name for field in fields(Observation))
DECIMALS = {signal.name: signal.scale.decimals for signal in SIGNALS}
# JSON knows only lists
TUPLE_FIELDS = tuple(
    signal.name for signal in SIGNALS if signal.drawn in (Drawn.CORNERS, Drawn.TICKS)
)


class Recording:
    """The folder of one interview and the paths of all files in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers = folder / "answers"
        self.recording_path = folder / "recording.mp4"
        self.growing_film_path = folder / f"film{TEMPORARY_SUFFIX}"
        self.telemetry_path = folder / "telemetry.json"
        self.page_events_path = folder / "page_events.jsonl"
        self.manifest_path = folder / "manifest.json"
        self.report_path = folder / "report.html"
        self.report_picture_path = folder / "report.png"

    def create(self) -> None:
        """Make the folder, unless it exists."""
        self.answers.mkdir(parents=True, exist_ok=True)
        fsync_folder(self.folder)
        fsync_folder(self.folder.parent)

    def answer_path(self, question: int, take: int, part: int, container: str) -> Path:
        """The media as we received it. Part 2 continues the same take after an interruption."""
        if not CONTAINER_NAME.fullmatch(container):
            raise ValueError(f"not a container name: {container!r}")
        return self._answer_file(question, take, part, container)

    def observations_path(self, question: int, take: int, part: int) -> Path:
        return self._answer_file(question, take, part, "observations")

    def unfinished_path(self, key: str) -> Path:
        """Observations of an analysis that we can interrupt and continue.

        `key` identifies the clip and the engine.
        """
        return self.folder / f"{key}.observations{TEMPORARY_SUFFIX}"

    def normalised_path(self, question: int, take: int, part: int) -> Path:
        """The answer as MP4. We delete it when it is part of the joined recording."""
        return self._answer_file(question, take, part, "normalised.mp4")

    def _answer_file(self, question: int, take: int, part: int, ending: str) -> Path:
        stem = f"{question:02d}-{take}" if part == 1 else f"{question:02d}-{take}-{part}"
        return self.answers / f"{stem}.{ending}"

    def delete_take(self, question: int, take: int) -> None:
        """Delete every file of one take, when the candidate recorded it again or asked for it."""
        stem = re.compile(rf"{question:02d}-{take}(-\d+)?\..*")
        for path in self.answers.iterdir():
            if stem.fullmatch(path.name):
                path.unlink()
        fsync_folder(self.answers)

    def delete_part(self, question: int, take: int, part: int) -> None:
        """Delete every file of one part of a take."""
        for path in self.answers.glob(self._answer_file(question, take, part, "*").name):
            path.unlink()
        fsync_folder(self.answers)

    @contextmanager
    def film_locked(self, wait_s: float, check: Check = go_on) -> Iterator[bool]:
        """Lock the growing film. False if another process still has the lock after `wait_s`."""
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield _lock_within(handle, wait_s, check)
        finally:
            os.close(handle)

    def delete_temporary(self) -> None:
        """Delete normalised answers, noted hashes, and the leftovers of interrupted writes."""
        for folder in (self.folder, self.answers):
            for path in folder.iterdir():
                if path.name.endswith(PASSING):
                    _delete(path)

    def delete(self) -> None:
        """Delete the whole recording, if it exists.

        We rename it first, so that a process that still works on it finds nothing and can add
        nothing. Several processes may delete at the same time.
        """
        doomed = self.folder.with_name(self.folder.name + DOOMED_SUFFIX)
        with suppress(FileNotFoundError):
            self.folder.rename(doomed)
        while doomed.exists():
            with suppress(FileNotFoundError):
                shutil.rmtree(doomed)
            fsync_folder(self.folder.parent)

    def write_manifest(
        self, confirm: Callable[[], None] = nothing_to_confirm, check: Check = go_on
    ) -> dict[str, str]:
        """Store and return the SHA-256 of every file, by its path inside the folder."""
        listed = (path for path in self.files() if path != self.manifest_path)
        manifest = {
            path.relative_to(self.folder).as_posix(): noted_hash(path) or sha256(path, check)
            for path in listed
        }
        write_json(self.manifest_path, manifest, confirm)
        return manifest

    def verify_manifest(self) -> list[str]:
        """The listed files that are missing, or have changed since we wrote the manifest."""
        try:
            manifest: dict[str, str] = json.loads(self.manifest_path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            raise CaptureError(f"{self.manifest_path.name} cannot be read") from exc
        listed = ((name, self.folder / name, known) for name, known in manifest.items())
        return [name for name, path, known in listed if not path.is_file() or sha256(path) != known]

    def files(self) -> list[Path]:
        """All files that we keep, without those that we need only until the end."""
        every = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(
            path
            for path in every
            if not any(name.endswith(PASSING) for name in path.relative_to(self.folder).parts)
        )


def _delete(path: Path) -> None:
    """Delete a file, or a folder that a killed process left, unless another process was faster."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _lock_within(handle: int, wait_s: float, check: Check) -> bool:
    until_s = time.monotonic() + wait_s
    while True:
        check()
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until_s:
                return False
            time.sleep(LOCK_POLL_S)


class ObservationLog:
    """The observations of one answer, one JSON line each, append-only. One process may open it.

    A process that `takes_over` from a suspended one continues in a copy under the same name. What
    the suspended process still writes goes to a file without a name, and `is_displaced` tells it
    so. We do not fsync: after a power failure we measure the lost lines again from the video, which
    is safe on disk.
    """

    def __init__(self, path: Path, *, takes_over: bool = False) -> None:
        self._file: BinaryIO = path.open("a+b")
        if not _take_lock(self._file):
            self._file.close()
            if not takes_over:
                raise ClaimLost(f"{path.name} is being written by another process")
            self._file = _own_copy(path)
        self.last_t_ms: int | None = self._drop_torn_end()

    def is_displaced(self) -> bool:
        """Whether another process has taken over or deleted the file, so new lines are lost."""
        return os.fstat(self._file.fileno()).st_nlink == 0

    def _drop_torn_end(self) -> int | None:
        self._file.seek(0)
        good_bytes, last_t_ms = 0, None
        for line in self._file:
            observation = _parsed(line)
            if observation is None:
                break
            good_bytes += len(line)
            last_t_ms = max(observation.t_ms, -1 if last_t_ms is None else last_t_ms)
        self._file.truncate(good_bytes)
        return last_t_ms

    def append(self, observation: Observation) -> None:
        self._file.write(_line(observation))
        self.last_t_ms = observation.t_ms

    def flush(self) -> None:
        """Give the lines to the operating system, so that they survive if this process dies."""
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _take_lock(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _own_copy(path: Path) -> BinaryIO:
    with atomic_write(path) as temporary:
        shutil.copyfile(path, temporary)
        file: BinaryIO = temporary.open("a+b")
        _take_lock(file)
    return file


def read_observations(path: Path) -> list[Observation]:
    """All complete observations in time order, one per moment. Skips an incomplete last line."""
    if not path.exists():
        return []
    by_time: dict[int, Observation] = {}
    with path.open("rb") as file:
        for line in file:
            if observation := _parsed(line):
                by_time.setdefault(observation.t_ms, observation)
    return [by_time[t_ms] for t_ms in sorted(by_time)]


def rounded(observation: Observation) -> dict[str, Any]:
    """The measured quantities by name, rounded. Leaves out what we did not measure."""
    values = ((name, getattr(observation, name)) for name in OBSERVATION_FIELDS)
    return {
        name: rounded_value(name, value)
        for name, value in values
        if value is not None and value != ()
    }


def rounded_value(name: str, value: Any) -> Any:
    """The value, rounded to the precision of this quantity."""
    if isinstance(value, float):
        return round(value, DECIMALS[name])
    if isinstance(value, tuple):
        return [rounded_value(name, part) for part in value]
    return value


def latest_observations(path: Path) -> list[Observation]:
    """The observations of the last seconds. Reads only the end of the file, so it is fast."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LATEST_BYTES))
        observations = [_parsed(line) for line in file]
    return [observation for observation in observations if observation]


def _line(observation: Observation) -> bytes:
    return json.dumps(rounded(observation), allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _parsed(line: bytes) -> Observation | None:
    """The observation of a line, or None for an incomplete line."""
    if not line.endswith(b"\n"):
        return None
    try:
        values = json.loads(line)
        values.update({name: tuple(values[name]) for name in TUPLE_FIELDS if name in values})
        return Observation(**values)
    except (ValueError, TypeError, AttributeError):
        return None
