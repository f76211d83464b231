"""Résumés are looked at in turns: a few at once, a few wait, the others come back; pages are
answered meanwhile.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import papers
import pytest
from api_caller import bearer
from factories import make_job, make_user, sign_in
from flask.testing import FlaskClient
from servers import LiveServer
from visiting import Visitor

from portal.extensions import db
from portal.hiring import file_inspection
from portal.hiring.concurrency_limit import ConcurrencyLimit, LimitReached
from portal.models import ThrottleHit, User

AT_ONCE, SENT = 2, 16
PROCESSES = 2  # of gunicorn.conf.py, each with turns of its own
PATIENCE_S = 30  # within which something happens that needs no waiting at all


class Crowd:
    """People who take turns; each holds its turn until it is told to go."""

    def __init__(self, turns: ConcurrencyLimit) -> None:
        self.turns, self.order = turns, []
        self.go = {name: threading.Event() for name in "abcd"}
        self.pool = ThreadPoolExecutor(8)

    def come(self, who: str) -> Future[None]:
        return self.pool.submit(self._take, who)

    def _take(self, who: str) -> None:
        with self.turns.slot(who):
            self.order.append(who)
            self.go[who].wait(PATIENCE_S)


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    crowd = Crowd(ConcurrencyLimit(AT_ONCE, waiting=2, wait_s=PATIENCE_S))
    yield crowd
    for event in crowd.go.values():
        event.set()
    crowd.pool.shutdown()


def until(is_so: Callable[[], bool]) -> None:
    done = threading.Event()
    for _ in range(PATIENCE_S * 100):
        if is_so():
            return
        done.wait(0.01)
    raise AssertionError("it did not come to that")


def test_two_run_two_wait_and_nobody_else(crowd: Crowd) -> None:
    for who in "ab":
        crowd.come(who)
        until(lambda who=who: who in crowd.order)
    waiting = [crowd.come("c"), crowd.come("d")]
    until(lambda: len(crowd.turns._waiting) == 2)
    with pytest.raises(LimitReached), crowd.turns.slot("e"):
        pass
    crowd.go["b"].set()
    until(lambda: len(crowd.order) == 3)
    assert crowd.order[2] in "cd"
    assert not any(one.done() for one in waiting)


def test_one_person_waits_for_the_file_before_and_keeps_nobody_else_from_a_turn(
    crowd: Crowd,
) -> None:
    crowd.come("a")
    until(lambda: crowd.order == ["a"])
    second = crowd.come("a")
    until(lambda: crowd.turns._waiting == ["a"])
    with pytest.raises(LimitReached):
        crowd.come("a").result(PATIENCE_S)
    crowd.come("b")
    until(lambda: crowd.order == ["a", "b"])
    crowd.go["a"].set()
    second.result(PATIENCE_S)
    assert crowd.order == ["a", "b", "a"]


def test_whoever_waited_too_long_is_sent_away_and_leaves_no_trace(crowd: Crowd) -> None:
    crowd.turns.wait_s = 0.05
    crowd.come("a")
    until(lambda: crowd.order == ["a"])
    with pytest.raises(LimitReached), crowd.turns.slot("a"):
        pass
    assert (crowd.turns._waiting, crowd.turns._running) == ([], ["a"])


def test_a_turn_that_fails_is_given_back(crowd: Crowd) -> None:
    with pytest.raises(ZeroDivisionError), crowd.turns.slot("a"):
        raise ZeroDivisionError
    assert crowd.turns._running == []


def tries() -> int:
    """How many are counted: a file that nobody looked at is none."""
    return db.session.scalar(db.select(db.func.count(ThrottleHit.id))) or 0


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gets a turn, and nobody waits for one."""
    monkeypatch.setattr(file_inspection, "turns", ConcurrencyLimit(at_once=0, waiting=0, wait_s=0))


@pytest.mark.usefixtures("taken")
def test_the_form_keeps_the_note_and_says_to_come_back(client: FlaskClient, alice: User) -> None:
    path = f"/jobs/{make_job().slug}/apply"
    answer = sign_in(client, alice).post(
        path, **papers.form(resume=papers.upload(), note="From May on")
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert tries() == 0
    assert "Other files are being looked at just now" in answer.text
    assert "From May on" in answer.text


@pytest.mark.usefixtures("taken")
def test_a_program_is_told_when_to_come_back(client: FlaskClient, alice: User) -> None:
    sent = {
        "data": {"job_id": str(make_job().id), "resume": papers.upload()},
        "content_type": "multipart/form-data",
    }
    answer = client.post("/api/applications/apply", headers=bearer(alice), **sent)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert tries() == 0
    assert answer.json["type"] == "urn:career-portal:problem:429"
    assert answer.json["detail"] == file_inspection.BUSY


class SlowScanner:
    """A real portal whose scanner holds every file until it is let go: no file costs more, whatever
    the machine.
    """

    def __init__(self, folder: Path) -> None:
        self.go = folder / "go"
        script = folder / "scanner"
        script.write_text(
            f"#!/bin/sh\ncat >/dev/null\nuntil [ -e {self.go} ]; do sleep 0.1; done\n"
        )
        script.chmod(0o755)
        self.server = LiveServer(folder, SCAN_COMMAND=str(script), CAPTURE_WORKERS="0")
        self.server.start()
        self.path = f"/jobs/{self.server.job_slug}/apply"

    def people(self, count: int) -> list[Visitor]:
        with self.server.app.app_context():
            emails = [make_user().email for _ in range(count)]
        visitors = [Visitor(self.server.url).sign_in(email) for email in emails]
        for one in visitors:
            # a form's token: of sixteen first visits at once, each would be given another one
            one.get(self.path)
        return visitors


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[SlowScanner]:
    slow = SlowScanner(tmp_path)
    yield slow
    slow.go.touch()
    slow.server.stop()


@pytest.mark.long
@pytest.mark.server
@pytest.mark.parametrize("people", [1, 8])
def test_pages_are_answered_while_sixteen_resumes_wait(slow: SlowScanner, people: int) -> None:
    senders = slow.people(people) * (SENT // people)
    with ThreadPoolExecutor(SENT) as pool:
        sent = [pool.submit(one.send, slow.path, resume=papers.upload()) for one in senders]
        held = min(AT_ONCE, people) * PROCESSES
        until(lambda: sum(one.done() for one in sent) >= SENT - held)
        pages = [Visitor(slow.server.url).get("/jobs").status for _ in range(20)]
        early, late = [one for one in sent if one.done()], [one for one in sent if not one.done()]
        slow.go.touch()
    assert pages == [200] * 20
    refused = [one.result() for one in early]
    assert {answer.status for answer in refused} == {429}
    assert all(answer.headers["Retry-After"] == "10" for answer in refused)
    assert late
    # of one person the second is told that there is one already
    assert all(one.result().status == 303 for one in late)
