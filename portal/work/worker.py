"""Background work in a process: in threads of a web process, or alone as `flask capture-worker`.

A process imports the modules of a kind of work (measuring needs every decoder) when it first looks
for work. So a process that only serves pages never imports them.
"""

import logging
import os
import resource
import signal
import threading
from enum import StrEnum
from pathlib import Path

from flask import Flask

from portal.config import Config, settings
from portal.models import WorkerKind
from portal.work.heartbeats import Heartbeat
from portal.work.kinds import kinds_of, next_or_idle_task
from portal.work.manager import EXIT_TIMEOUT_S, BackgroundManager

log = logging.getLogger(__name__)

# other processes cannot wake this one, and a candidate waits until the interview is ready
LOOK_EVERY_S = 0.5
# We check memory ourselves instead of with a kernel limit (rlimit): when the kernel refuses memory,
# each library fails in its own way, and good answers would be reported as unreadable. Instead the
# process ends as in a crash: another one continues its work, and the crash counts as an attempt.
WATCH_EVERY_S = 0.5
EXIT_OUT_OF_MEMORY = 70  # not 0, so that a supervisor starts it again


class Part(StrEnum):
    """Which work a process does. Two processes may share it, each with the rights that it needs."""

    ALL = "all"
    ALONE = "alone"  # not what waits for other machines, so the process needs no network
    BESIDE = "beside"  # only that (`register_rows_beside`)


def start_working(app: Flask, manager: BackgroundManager, part: Part = Part.ALL) -> None:
    """Import the modules of all kinds of work before anybody waits, then start to look for work."""
    if part is not Part.BESIDE:
        kinds_of(app).rows()
    if part is not Part.ALONE:
        kinds_of(app).rows_beside()
    manager.ensure_started()


def make_manager(app: Flask, kind: WorkerKind, part: Part = Part.ALL) -> BackgroundManager:
    """The threads that look for work and do it, not started yet."""
    max_threads = settings(app).capture_workers
    measures, sends = part is not Part.BESIDE, part is not Part.ALONE
    return BackgroundManager(
        lambda: next_or_idle_task(app),
        max_threads if measures else 0,
        idle_s=LOOK_EVERY_S,
        # a heartbeat says that somebody measures
        beat=Heartbeat(app, kind).beat if measures else lambda _tasks: None,
        # kinds of work register later, so this is the list and not what it holds now
        beside=kinds_of(app).lanes if max_threads and sends else (),
    )


class Worker:
    """A process that does only background work. It ends on a signal or above its memory limit."""

    def __init__(self, app: Flask, part: Part = Part.ALL) -> None:
        self._app = app
        self._part = part
        self._manager = make_manager(app, WorkerKind.WORKER, part)
        self._max_bytes = settings(app).capture_memory_bytes
        self._ended = threading.Event()

    def run(self) -> None:
        """Work until a signal asks this process to end. Then give back unfinished work."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ended.set())
        start_working(self._app, self._manager, self._part)
        if self._part is not Part.BESIDE:
            log.info("measuring, at most %d answers at a time", self._manager.status().max_threads)
        while not self._ended.wait(WATCH_EVERY_S):
            self._manager.ensure_started()
            if self._max_bytes and memory_bytes() > self._max_bytes:
                log.error(
                    "more than CAPTURE_MEMORY_BYTES in use: this process ends as in a crash, and"
                    " its supervisor starts it again"
                )
                os._exit(EXIT_OUT_OF_MEMORY)
        if not self._manager.stop(EXIT_TIMEOUT_S):
            log.warning("a task did not end in time and was cut off; another process continues it")


def memory_bytes() -> int:
    """The memory of this process (resident set size)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def lower_priority(config: Config) -> None:
    """Give way to the processes that serve pages: a higher nice value, and only some cores."""
    os.nice(config.capture_niceness)
    if config.capture_cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-config.capture_cores :])
