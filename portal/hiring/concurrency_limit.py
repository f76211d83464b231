"""A concurrency limit for costly work: a few run, a few wait, the rest come back later.

(The field calls this a bulkhead.) Each request that waits holds a thread which could answer pages.
So only a few may wait, and each person may have at most one request that runs and one that waits.
The limit counts within one process.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class LimitReached(Exception):
    """Too many requests wait already, or this one waited too long. Nothing was done."""


class ConcurrencyLimit:
    """At most `at_once` requests run and `waiting` wait, each for up to `wait_s`.

    The request that came first runs first.
    """

    def __init__(self, at_once: int, waiting: int, wait_s: float) -> None:
        self._at_once, self._most_waiting, self.wait_s = at_once, waiting, wait_s
        self._running: list[str] = []
        self._waiting: list[str] = []
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, who: str) -> Iterator[None]:
        """Run the block when it is this person's turn. Raises LimitReached."""
        self._take(who)
        try:
            yield
        finally:
            with self._changed:
                self._running.remove(who)
                self._changed.notify_all()

    def _take(self, who: str) -> None:
        with self._changed:
            if who in self._waiting or (
                not self._is_free_for(who) and len(self._waiting) >= self._most_waiting
            ):
                raise LimitReached
            self._waiting.append(who)
            try:
                if not self._changed.wait_for(lambda: self._is_next(who), self.wait_s):
                    raise LimitReached
                self._running.append(who)
            finally:
                self._waiting.remove(who)
                self._changed.notify_all()

    def _is_free_for(self, who: str) -> bool:
        return len(self._running) < self._at_once and who not in self._running

    def _is_next(self, who: str) -> bool:
        """Whether this person is the first in the queue who has no other request running."""
        return (
            self._is_free_for(who)
            and next(one for one in self._waiting if one not in self._running) == who
        )
