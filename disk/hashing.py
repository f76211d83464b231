"""SHA-256 hashes of files, and notes that store the hash of a finished file beside it.

With the note we read a large file only once. This module is also a program: `python hashing.py
FILE` prints the hash.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HASH_SUFFIX = ".sha256"
BLOCK_BYTES = 1 << 20  # large enough for full disk speed, small enough for many interviews at once
ASK_EVERY_S = 0.1  # how often we check whether we should stop, while another process hashes


def go_on() -> None:
    """Never raise. A program cannot import `capture.halting.go_on`, which does the same."""


def sha256(path: Path, check: Callable[[], None] = go_on) -> str:
    """The file's hash. Reads in blocks, so that a long video needs little memory."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            check()
            digest.update(block)
    return digest.hexdigest()


def note_hash(path: Path, check: Callable[[], None] = go_on) -> None:
    """Hash a finished file and write the note, before the manifest needs the hash.

    The note needs no fsync: `noted_hash` ignores a damaged note.
    """
    stamp = _stamp(path)  # before hashing, so that a change in the meantime makes the note invalid
    _note_path(path).write_text(
        json.dumps({"sha256": _sha256_in_subprocess(path, check), "stamp": stamp}), encoding="utf-8"
    )


def _sha256_in_subprocess(path: Path, check: Callable[[], None]) -> str:
    """Hash without waiting for the global interpreter lock.

    In our process each block would wait up to 5 ms for this lock while other threads compute, and a
    user who waits for a long interview's telemetry would wait for the hash.
    If the other process cannot start or fails, ours computes the hash. That is slower, but it
    raises the real error if there is one.
    """
    command = [sys.executable, "-I", "-S", __file__, str(path)]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except OSError:
        return sha256(path, check)
    with process:
        said = _output_of(process, check)
    return sha256(path, check) if process.returncode else said.strip()


def _output_of(process: subprocess.Popen[str], check: Callable[[], None]) -> str:
    """Kill the process if `check` raises. Its output is one line, so it cannot fill the pipe."""
    try:
        while True:
            check()
            try:
                return process.communicate(timeout=ASK_EVERY_S)[0]
            except subprocess.TimeoutExpired:
                continue
    except BaseException:
        process.kill()
        raise


def noted_hash(path: Path) -> str | None:
    """The hash from the note, or None without a valid note or when the file has changed."""
    try:
        noted = json.loads(_note_path(path).read_text(encoding="utf-8"))
        return str(noted["sha256"]) if noted["stamp"] == _stamp(path) else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _note_path(path: Path) -> Path:
    return path.with_name(path.name + HASH_SUFFIX)


def _stamp(path: Path) -> list[int]:
    """The file's size and time of change. They differ when the file has changed."""
    state = path.stat()
    return [state.st_size, state.st_mtime_ns]


if __name__ == "__main__":
    print(sha256(Path(sys.argv[1])))
