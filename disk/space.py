"""How much room a disk has left, and whether a fault means that it has none: a full disk is
nobody's fault.

Knows nothing of what is stored.
"""

import errno
import shutil
import sqlite3
from pathlib import Path

NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def is_full(error: BaseException) -> bool:
    """Whether this went wrong because nothing more could be written, to a file or to the
    database.
    """
    cause = getattr(error, "orig", error)  # SQLAlchemy carries the driver's own error there
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(cause, OSError) and cause.errno in NO_SPACE
