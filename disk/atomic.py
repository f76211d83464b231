"""Writes files atomically: into a temporary file first, which then replaces the target.

So a crash never leaves half a file.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# For files that nginx sends itself. It runs as another user, who is in the folder's group.
GROUP_READS = 0o640
# No finished file has this suffix, so housekeeping can delete leftovers at any time.
TEMPORARY_SUFFIX = ".part"


def nothing_to_confirm() -> None:
    """The default for `confirm`: nothing to check before the file replaces its target."""


@contextmanager
def atomic_write(
    target: Path, confirm: Callable[[], None] = nothing_to_confirm, mode: int | None = None
) -> Iterator[Path]:
    """Give a temporary path. When the block succeeds, its file atomically replaces `target`.

    The new file is then safely on disk. `confirm` raises when another process has taken over the
    work on `target`. If this process sleeps after `confirm`, that other process may finish first.
    It deletes our temporary file, so the rename fails and overwrites nothing. Without `mode` only
    the owner can read the file.
    """
    handle, name = tempfile.mkstemp(
        dir=target.parent, prefix=f".{target.name}.", suffix=TEMPORARY_SUFFIX
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        confirm()
        temporary.replace(target)
        fsync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def fsync_folder(folder: Path) -> None:
    """Make the folder's file names survive a power failure. A file's own fsync does not do that."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(
    target: Path,
    value: Any,
    confirm: Callable[[], None] = nothing_to_confirm,
    mode: int | None = None,
) -> None:
    """Replace `target` with compact JSON. Raises ValueError for NaN and infinity.

    Browsers cannot read those.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    with atomic_write(target, confirm, mode) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
