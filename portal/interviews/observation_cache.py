"""A cache (least recently used) of finished answers' observations, for running interviews.

Flags are refreshed every few seconds from all answers, and finished answers do not change.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from capture.store.recording import read_observations
from capture.types import Observation

MAX_ROWS = 60_000  # 700 bytes each; twelve interviews of a quarter of an hour
# flags are refreshed every 5 s: rows unused for a minute belong to no running interview
KEEP_S = 60.0


@dataclass(frozen=True)
class CachedRows:
    """The rows of one file, and the size and time of the file when we read it."""

    stamp: tuple[int, int]
    rows: Sequence[Observation]
    used_at_s: float = field(default_factory=time.monotonic)


class FinishedRows:
    """The rows of recently used files. If a file has changed, it is read again."""

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self._max_rows = max_rows
        self._kept: OrderedDict[Path, CachedRows] = OrderedDict()  # least recently used first
        self._lock = threading.Lock()

    def read(self, path: Path) -> Sequence[Observation]:
        if not path.exists():
            return []
        state = path.stat()
        stamp = (state.st_size, state.st_mtime_ns)
        with self._lock:
            known = self._kept.pop(path, None)
        rows = known.rows if known and known.stamp == stamp else read_observations(path)
        with self._lock:
            self._kept[path] = CachedRows(stamp, rows)
            self._kept.move_to_end(path)
            self._drop()
        return rows

    def drop_unused(self) -> None:
        """Free the memory of unused rows, for example of deleted interviews. Call it sometimes."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        count = sum(len(kept.rows) for kept in self._kept.values())
        for path, kept in list(self._kept.items()):
            if count <= self._max_rows and time.monotonic() - kept.used_at_s < KEEP_S:
                break
            del self._kept[path]
            count -= len(kept.rows)


finished_rows = FinishedRows()
