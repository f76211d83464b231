"""Keeps the notices of native libraries off the terminal."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def own_stderr() -> Iterator[TextIO]:
    """Send stderr of the whole process to nowhere, and give a file that still writes to it.

    The native code of libraries writes notices there, and no setting turns them off.
    """
    sys.stderr.flush()
    with os.fdopen(os.dup(2), "w", encoding="utf-8") as ours, open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield ours
        finally:
            os.dup2(ours.fileno(), 2)
