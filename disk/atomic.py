"""How a file reaches the disk so that a crash never leaves half of it: written beside, then
renamed.

Knows nothing of what is written.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# what the server in front sends by itself, as another user that is in the folder's group
GROUP_READS = 0o640
# nothing that is finished ever bears this name, so leftovers can be swept at any time
TEMPORARY_SUFFIX = ".part"


def nothing_to_confirm() -> None:
    """What most who write a file have to ask before it takes its place."""


@contextmanager
def atomic_write(
    target: Path, confirm: Callable[[], None] = nothing_to_confirm, mode: int | None = None
) -> Iterator[Path]:
    """Give a temporary path; when the block ends well, its content replaces `target` in one step,
    safely on disk.

    `confirm` raises where `target` is no longer ours to write. Who sleeps behind it finds no
    temporary file any more: whoever finished meanwhile has deleted it. Without `mode` only its
    owner reads what was written here.
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
    """Make names in this folder survive a power cut: a file's own fsync does not cover its name."""
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
    """Replace `target` with compact JSON; NaN and infinity are refused, as browsers cannot read
    them.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    with atomic_write(target, confirm, mode) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
