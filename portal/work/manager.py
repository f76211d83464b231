"""The background threads of one process: they look for work, do it, and stop cleanly.

There is no queue in memory. A thread claims work only when it is free, so another process can take
work that this one has no time for. Does not know what the work is.
"""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Task = Callable[[threading.Event], None]
"""Claimed work. It runs to its end, or until the event tells it to stop."""

# tasks end within a second of being asked; a slower one is cut off, and its lease expires
EXIT_TIMEOUT_S = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lane:
    """Some kinds of work with threads of their own. Two lanes never wait for each other."""

    find_work: Callable[[], Task | None]
    max_threads: int


@dataclass(frozen=True)
class ManagerStatus:
    """Whether this process looks for work, and how many tasks its threads run now."""

    is_running: bool
    tasks: int
    max_threads: int


class BackgroundManager:
    """Runs tasks in threads. `ensure_started` also restarts it after a crash or a fork."""

    _poller: threading.Thread | None

    def __init__(
        self,
        find_work: Callable[[], Task | None],
        max_threads: int,
        idle_s: float = 1.0,
        beat: Callable[[int], None] = lambda _tasks: None,
        beside: Sequence[Lane] = (),
    ) -> None:
        """`beat` is called at each look for work, with the number of running tasks.

        The lanes in `beside` have threads of their own.
        """
        self._tell = beat
        # one thread per core: more threads would only make each answer slower
        self._first = Lane(find_work, max_threads)
        self._beside = beside
        self._idle_s = idle_s
        self._begin()
        # a forked child has no threads, and its copied locks may be locked
        os.register_at_fork(after_in_child=self._begin)

    def ensure_started(self) -> None:
        """Start the polling thread if it does not run. Cheap enough to call with every request.

        Does nothing after `stop`.
        """
        if self._is_polling():
            return  # without the lock, because a hundred uploads a second would wait for it
        with self._lock:
            if self._stop.is_set() or self._is_polling():
                return
            if self._poller is None:
                atexit.register(self.stop, EXIT_TIMEOUT_S)
            self._poller = threading.Thread(
                target=self._poll, name="background-manager", daemon=True
            )
            self._poller.start()

    def _is_polling(self) -> bool:
        return self._poller is not None and self._poller.is_alive()

    def wake(self) -> None:
        """Look for work now, without waiting for the next poll."""
        self._woken.set()

    def stop(self, timeout_s: float) -> bool:
        """Ask all threads to end, and wait for them. Returns whether all have ended.

        May be called twice.
        """
        self._stop.set()
        self._woken.set()
        until_s = time.monotonic() + timeout_s
        with self._lock:
            poller = self._poller
        if poller is not None:
            poller.join(timeout_s)  # first, because it may be starting one more task
        with self._lock:
            tasks = list(self._tasks)
        for task in tasks:
            task.join(max(0.0, until_s - time.monotonic()))
        return not any(thread.is_alive() for thread in (poller, *tasks) if thread is not None)

    def status(self) -> ManagerStatus:
        is_running = self._poller is not None and self._poller.is_alive()
        return ManagerStatus(is_running, len(self._tasks), self._first.max_threads)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._poller = None
        self._tasks: dict[threading.Thread, Lane] = {}

    def _poll(self) -> None:
        while not self._stop.is_set():
            self._woken.clear()
            _guarded(lambda: self._tell(len(self._tasks)))
            started = [self._start_next(lane) for lane in (self._first, *self._beside)]
            if not any(started):
                self._woken.wait(self._idle_s)

    def _start_next(self, lane: Lane) -> bool:
        """Start the lane's next task. False if it has no free thread, or nothing to do."""
        with self._lock:
            busy = sum(one is lane for one in self._tasks.values())
        task = _guarded(lane.find_work) if busy < lane.max_threads else None
        if task is None:
            return False
        thread = threading.Thread(
            target=self._run, args=(task,), name="background-task", daemon=True
        )
        with self._lock:
            thread.start()
            self._tasks[thread] = lane
        return True

    def _run(self, task: Task) -> None:
        _guarded(lambda: task(self._stop))
        with self._lock:
            self._tasks.pop(threading.current_thread(), None)
        self._woken.set()


def _guarded(work: Callable[[], Task | None]) -> Task | None:
    """Run the work. Any error is caught here and logged, so that the thread continues."""
    try:
        return work()
    except Exception:
        log.exception("work in the background failed")
        return None
