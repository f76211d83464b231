"""The process that does background work: threads beside the pages, or `flask capture-worker` alone.

A process imports what a kind of work needs (measuring needs every decoder) when it first looks for
work. So a process that only serves pages never imports any of it.
"""

import logging
import os
import resource
import signal
import threading
from pathlib import Path

from flask import Flask

from portal.config import Config
from portal.models import WorkerKind
from portal.work.heartbeats import Heartbeat
from portal.work.kinds import kinds_of, next_or_idle_task
from portal.work.manager import EXIT_TIMEOUT_S, BackgroundManager

log = logging.getLogger(__name__)

# another process cannot wake us, and a candidate waits for the interview to become ready
LOOK_EVERY_S = 0.5
# This is no limit of the kernel (rlimit): when the kernel refuses memory, every library fails in
# another way, and good answers would be called unreadable. Everything here can handle a process
# that ends as in a crash, and a crash counts as a try.
WATCH_EVERY_S = 0.5
EXIT_OUT_OF_MEMORY = 70  # not 0, so that a supervisor starts it again


def start_working(app: Flask, manager: BackgroundManager) -> None:
    """Import what the kinds of work need, while nobody waits for this process yet, and start to
    look.
    """
    kinds_of(app).rows()
    manager.ensure_started()


def make_manager(app: Flask, kind: WorkerKind) -> BackgroundManager:
    """The threads that look for work and do it, not started yet."""
    return BackgroundManager(
        lambda: next_or_idle_task(app),
        app.config["PORTAL"].capture_workers,
        idle_s=LOOK_EVERY_S,
        beat=Heartbeat(app, kind).beat,
    )


class Worker:
    """A process that does only background work, until it is told to stop or uses too much
    memory.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._manager = make_manager(app, WorkerKind.WORKER)
        self._max_bytes = app.config["PORTAL"].capture_memory_bytes
        self._ended = threading.Event()

    def run(self) -> None:
        """Work until a signal asks this process to end. Then give back what was not finished, and
        return.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ended.set())
        start_working(self._app, self._manager)
        log.info("measuring, at most %d answers at a time", self._manager.status().max_threads)
        while not self._ended.wait(WATCH_EVERY_S):
            self._manager.ensure_started()
            if self._max_bytes and memory_bytes() > self._max_bytes:
                log.error(
                    "more than CAPTURE_MEMORY_BYTES in use: this process ends as in a crash, to be"
                    " started anew"
                )
                os._exit(EXIT_OUT_OF_MEMORY)
        if not self._manager.stop(EXIT_TIMEOUT_S):
            log.warning(
                "something was still worked on when time was up; another process goes on with it"
            )


def memory_bytes() -> int:
    """The memory of this process (resident set size)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def hold_back(config: Config) -> None:
    """Give way to the processes that serve pages: raise the nice value, and use only as many cores
    as set.
    """
    os.nice(config.capture_niceness)
    if config.capture_cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-config.capture_cores :])
