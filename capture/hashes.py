"""SHA-256 of files, and a note beside a file that will not change any more, so that it is read only once.

Also a program: `python hashes.py FILE` prints the hash.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

HASH_SUFFIX = ".sha256"
BLOCK_BYTES = 1 << 20  # large enough for full disk speed, small enough for many interviews at once


def sha256(path: Path) -> str:
    """The file's hash, read in blocks so that an hour of video needs no memory."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def note_hash(path: Path) -> None:
    """Hash a file that is whole, ahead of the manifest. A torn note is no note, so it need not be safe on disk."""
    stamp = _stamp(path)  # first: whatever changes the file meanwhile makes the note void
    _note_path(path).write_text(json.dumps({"sha256": _sha256_beside(path), "stamp": stamp}), encoding="utf-8")


def _sha256_beside(path: Path) -> str:
    """Computed by a process of its own: in ours each block would wait for the interpreter's lock, 5 ms where others
    compute, and whoever waits for an hour's telemetry would wait for the hash after it.

    Where that process cannot be started or is ended, ours does it: slower, and with the true error if there is one.
    """
    command = [sys.executable, "-I", "-S", __file__, str(path)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return sha256(path)
    return done.stdout.strip()


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
