"""What is easy to forget about disks: names are safe only with their folder, and a full disk is nobody's fault.

Knows nothing of what is stored.
"""

import errno
import os
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError

NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


def sync_folder(folder: Path) -> None:
    """A new file's name is part of its folder, and only then survives a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def is_full(error: BaseException) -> bool:
    """Whether this went wrong because nothing more could be written, to a file or to the database."""
    if isinstance(error, DBAPIError):
        return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in NO_SPACE
