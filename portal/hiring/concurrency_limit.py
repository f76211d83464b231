"""A concurrency limit for costly work: a few run, a few wait, the rest come back later.

Each one that waits holds a thread which could answer pages. So only few may wait, and one person
has at most one that runs and one that waits. The limit counts within one process.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class LimitReached(Exception):
    """Too many wait already, or this one waited too long. Nothing was done."""


class ConcurrencyLimit:
    """At most `at_once` run and `waiting` wait, each for up to `wait_s`, first come first
    served.
    """

    def __init__(self, at_once: int, waiting: int, wait_s: float) -> None:
        self._at_once, self._most_waiting, self.wait_s = at_once, waiting, wait_s
        self._running: list[str] = []
        self._waiting: list[str] = []
        self._changed = threading.Condition()

    @contextmanager
    def of(self, who: str) -> Iterator[None]:
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
        """The one that came first goes first, unless another request of the same person runs."""
        return (
            self._is_free_for(who)
            and next(one for one in self._waiting if one not in self._running) == who
        )
