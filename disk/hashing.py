"""SHA-256 of files, and a note beside a file that will not change any more, so that it is read only
once.

Also a program: `python hashing.py FILE` prints the hash.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HASH_SUFFIX = ".sha256"
BLOCK_BYTES = 1 << 20  # large enough for full disk speed, small enough for many interviews at once
ASK_EVERY_S = 0.1  # whether a hash that another process computes is still wanted


def go_on() -> None:
    """As in `capture.halting`, which a program that is run by its path cannot import."""


def sha256(path: Path, check: Callable[[], None] = go_on) -> str:
    """The file's hash, read in blocks so that an hour of video needs no memory."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            check()
            digest.update(block)
    return digest.hexdigest()


def note_hash(path: Path, check: Callable[[], None] = go_on) -> None:
    """Hash a file that is whole, ahead of the manifest. A torn note is no note, so it need not be
    safe on disk.
    """
    stamp = _stamp(path)  # first: whatever changes the file meanwhile makes the note void
    _note_path(path).write_text(
        json.dumps({"sha256": _sha256_beside(path, check), "stamp": stamp}), encoding="utf-8"
    )


def _sha256_beside(path: Path, check: Callable[[], None]) -> str:
    """Computed by a process of its own: in ours each block would wait for the interpreter's lock, 5
    ms where others compute, and whoever waits for an hour's telemetry would wait for the hash
    after it.

    Where that process cannot be started or is ended, ours does it: slower, and with the true error
    if there is one.
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
        said = _waited_for(process, check)
    return sha256(path, check) if process.returncode else said.strip()


def _waited_for(process: subprocess.Popen[str], check: Callable[[], None]) -> str:
    """What the process says, which is one line and so never fills the pipe. It ends with whoever
    waits for it.
    """
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
    """What `note_hash` found, where the file is still the same."""
    try:
        noted = json.loads(_note_path(path).read_text(encoding="utf-8"))
        return str(noted["sha256"]) if noted["stamp"] == _stamp(path) else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _note_path(path: Path) -> Path:
    return path.with_name(path.name + HASH_SUFFIX)


def _stamp(path: Path) -> list[int]:
    """Differs as soon as the file does."""
    state = path.stat()
    return [state.st_size, state.st_mtime_ns]


if __name__ == "__main__":
    print(sha256(Path(sys.argv[1])))
