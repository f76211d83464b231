"""One thing about disks that is easy to forget. Knows nothing of what is stored."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """A new file's name is part of its folder, and only then survives a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
