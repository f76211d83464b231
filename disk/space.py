"""The free space of a disk, and whether an error means that the disk is full."""

import errno
import shutil
import sqlite3
from pathlib import Path

NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def is_full(error: BaseException) -> bool:
    """Whether a write to a file or to SQLite failed because the disk is full."""
    cause = getattr(error, "orig", error)  # SQLAlchemy carries the driver's own error there
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(cause, OSError) and cause.errno in NO_SPACE
