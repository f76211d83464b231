"""The threads behind the portal: they start late, do not stop for a fault, and stop when asked."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue

import pytest

from portal.work.manager import BackgroundManager, Task

Make = Callable[..., BackgroundManager]


class Work:
    """Tasks to hand out; `asked` counts how often somebody came for one."""

    def __init__(self, *tasks: Task) -> None:
        self.asked = threading.Semaphore(0)
        self._tasks: SimpleQueue[Task] = SimpleQueue()
        for task in tasks:
            self._tasks.put(task)

    def add(self, task: Task) -> None:
        self._tasks.put(task)

    def find(self) -> Task | None:
        self.asked.release()
        try:
            return self._tasks.get_nowait()
        except Empty:
            return None


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[BackgroundManager] = []

    def make_one(work: Work, max_threads: int = 2, idle_s: float = 0.02) -> BackgroundManager:
        made.append(BackgroundManager(work.find, max_threads, idle_s))
        return made[-1]

    yield make_one
    assert all(manager.stop(timeout_s=5) for manager in made)


def becomes_true(condition: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + 10
    while not condition() and time.monotonic() < until_s:
        time.sleep(0.01)
    return condition()


def test_nothing_runs_before_it_is_started(make: Make) -> None:
    work = Work()
    manager = make(work)
    assert not manager.status().is_running
    manager.ensure_started()
    assert work.asked.acquire(timeout=5)
    assert manager.status().is_running


def test_starting_twice_makes_one_thread(make: Make) -> None:
    manager = make(Work())
    manager.ensure_started()
    before = threading.active_count()
    manager.ensure_started()
    assert threading.active_count() == before


def test_it_runs_tasks_side_by_side_but_no_more_than_it_may(make: Make) -> None:
    meet = threading.Barrier(2, timeout=5)
    hold = threading.Event()

    def task(_stop: threading.Event) -> None:
        meet.wait()
        hold.wait(5)

    work = Work(task, task, task)
    manager = make(work)
    manager.ensure_started()
    assert becomes_true(lambda: meet.n_waiting == 0 and manager.status().tasks == 2)
    assert not work._tasks.empty()
    meet.reset()
    hold.set()
    assert becomes_true(work._tasks.empty)
    meet.abort()


@pytest.mark.logs_errors
def test_a_fault_in_one_task_is_logged_and_stops_no_other(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    done = threading.Event()

    def fails(_stop: threading.Event) -> None:
        raise RuntimeError("the disk is gone")

    manager = make(Work(fails, lambda _stop: done.set()), max_threads=1)
    manager.ensure_started()
    assert done.wait(5)
    assert "the disk is gone" in caplog.text


@pytest.mark.logs_errors
def test_a_fault_in_looking_for_work_is_survived(caplog: pytest.LogCaptureFixture) -> None:
    answers = iter([OSError("database is away"), None])
    asked_again = threading.Event()

    def find() -> Task | None:
        answer = next(answers, None)
        if isinstance(answer, OSError):
            raise answer
        asked_again.set()
        return None

    manager = BackgroundManager(find, 1, idle_s=0.02)
    manager.ensure_started()
    assert asked_again.wait(5)
    assert manager.stop(timeout_s=5)
    assert "database is away" in caplog.text


def test_stopping_tells_the_tasks_and_waits_for_them(make: Make) -> None:
    ended = threading.Event()

    def task(stop: threading.Event) -> None:
        assert stop.wait(5)
        ended.set()

    manager = make(Work(task))
    manager.ensure_started()
    assert becomes_true(lambda: manager.status().tasks == 1)
    assert manager.stop(timeout_s=5)
    assert ended.is_set()
    assert manager.stop(timeout_s=5)
    manager.ensure_started()
    assert not manager.status().is_running


def test_it_says_when_a_task_does_not_end(make: Make) -> None:
    hold = threading.Event()
    manager = make(Work(lambda _stop: hold.wait(5) and None))
    manager.ensure_started()
    assert becomes_true(lambda: manager.status().tasks == 1)
    assert not manager.stop(timeout_s=0.05)
    hold.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_thread_is_replaced() -> None:
    asked: SimpleQueue[None] = SimpleQueue()

    def dies_once() -> Task | None:
        asked.put(None)
        if asked.qsize() == 1:
            raise SystemExit
        return None

    manager = BackgroundManager(dies_once, 1, idle_s=0.02)
    manager.ensure_started()
    assert becomes_true(lambda: not manager.status().is_running)
    manager.ensure_started()
    assert becomes_true(lambda: asked.qsize() > 2)
    assert manager.stop(timeout_s=5)


def test_waking_finds_work_at_once(make: Make) -> None:
    work, done = Work(), threading.Event()
    manager = make(work, idle_s=60)
    manager.ensure_started()
    assert work.asked.acquire(timeout=5)
    work.add(lambda _stop: done.set())
    assert becomes_true(lambda: manager.wake() or done.is_set())


def test_a_forked_child_starts_threads_of_its_own(make: Make) -> None:
    manager = make(Work())
    manager.ensure_started()
    child = os.fork()
    if child == 0:
        was_running = manager.status().is_running
        manager.ensure_started()
        is_right = not was_running and manager.status().is_running and manager.stop(timeout_s=5)
        os._exit(0 if is_right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert manager.status().is_running
