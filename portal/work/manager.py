"""The background threads of one process: they look for work, do it, and stop cleanly.

There is no queue in memory. A thread claims work only when it is free, so that another process can
take what this one cannot do now. Knows nothing of what the work is.
"""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

Task = Callable[[threading.Event], None]
"""Work that was claimed: runs to its end, or until the event tells it to stop."""

# a task ends within a second of being asked; what takes longer is cut off, and its lease expires
EXIT_TIMEOUT_S = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ManagerStatus:
    """What this process's background threads do now."""

    is_running: bool
    tasks: int
    max_threads: int


class BackgroundManager:
    """Starts when asked, and starts again after its thread died or the process forked."""

    _poller: threading.Thread | None

    def __init__(
        self,
        find_work: Callable[[], Task | None],
        max_threads: int,
        idle_s: float = 1.0,
        beat: Callable[[int], None] = lambda tasks: None,
    ) -> None:
        """`beat` gets the number of running tasks at every look for work: the heartbeat of this
        process.
        """
        self._find_work = find_work
        self._tell = beat
        # one for each core: more threads would only slow down each answer
        self._max_threads = max_threads
        self._idle_s = idle_s
        self._begin()
        # a forked child has no threads, and its copied locks may be locked
        os.register_at_fork(after_in_child=self._begin)

    def ensure_started(self) -> None:
        """Cheap enough to be called with every request. Does nothing after `stop`."""
        if self._is_polling():
            return  # without the lock, in which a hundred uploads a second would queue
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
        """Look for work now, because there is some."""
        self._woken.set()

    def stop(self, timeout_s: float) -> bool:
        """Ask all threads to end and wait for them. True when all have ended. May be called
        twice.
        """
        self._stop.set()
        self._woken.set()
        until_s = time.monotonic() + timeout_s
        with self._lock:
            poller = self._poller
        if poller is not None:
            poller.join(timeout_s)  # first: it may just be starting one more task
        with self._lock:
            tasks = list(self._tasks)
        for task in tasks:
            task.join(max(0.0, until_s - time.monotonic()))
        return not any(thread.is_alive() for thread in (poller, *tasks) if thread is not None)

    def status(self) -> ManagerStatus:
        is_running = self._poller is not None and self._poller.is_alive()
        return ManagerStatus(is_running, len(self._tasks), self._max_threads)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._poller = None
        self._tasks: set[threading.Thread] = set()

    def _poll(self) -> None:
        while not self._stop.is_set():
            self._woken.clear()
            _guarded(lambda: self._tell(len(self._tasks)))
            task = _guarded(self._find_work) if len(self._tasks) < self._max_threads else None
            if task is None:
                self._woken.wait(self._idle_s)
            else:
                self._start(task)

    def _start(self, task: Task) -> None:
        thread = threading.Thread(
            target=self._run, args=(task,), name="background-task", daemon=True
        )
        with self._lock:
            thread.start()
            self._tasks.add(thread)

    def _run(self, task: Task) -> None:
        _guarded(lambda: task(self._stop))
        with self._lock:
            self._tasks.discard(threading.current_thread())
        self._woken.set()


def _guarded(work: Callable[[], Task | None]) -> Task | None:
    """The one place that catches every error: it logs the error, and the thread lives on."""
    try:
        return work()
    except Exception:
        log.exception("work in the background failed")
        return None
