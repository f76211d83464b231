"""Keeps the terminal to ourselves where a person reads it. Knows nothing of what is done
meanwhile.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def own_stderr() -> Iterator[TextIO]:
    """Keep stderr to ourselves: the libraries' native code writes notices there that no setting
    turns off.
    """
    sys.stderr.flush()
    with os.fdopen(os.dup(2), "w", encoding="utf-8") as ours, open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield ours
        finally:
            os.dup2(ours.fileno(), 2)
