"""A server that is told to stop gives back what it was measuring, and the next one goes on
there.
"""

import time
from itertools import pairwise
from pathlib import Path

import pytest
from acting import interviews
from factories import make_application
from interview_steps import begin_interview, clip_bytes, start_answer
from servers import LiveServer

from capture.store.recording import read_observations
from portal.extensions import db
from portal.models import Answer, AnswerState, User

PATIENCE_S = 60


def look(answer: Answer) -> Answer:
    """The row as it is now, holding nothing open."""
    db.session.rollback()
    db.session.refresh(answer)
    db.session.expunge(answer)
    db.session.rollback()
    return answer


def wait_for(answer: Answer, state: AnswerState, measured_ms: int) -> Answer:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        now = look(db.session.get_one(Answer, answer.id))
        if now.state is state and now.measured_ms >= measured_ms:
            return now
        time.sleep(0.3)
    raise AssertionError(f"{now.state} at {now.measured_ms} ms")


@pytest.mark.long
@pytest.mark.server
def test_a_server_that_stops_gives_back_what_it_measures(
    live_server: LiveServer, tmp_path: Path
) -> None:
    data = clip_bytes(tmp_path, seconds=12.0)
    with live_server.app.app_context():
        alice = db.session.scalars(db.select(User).where(User.email == "alice@example.org")).one()
        answer = look(start_answer(begin_interview(make_application(alice), analyse=True)))
        answer_id, path = answer.id, interviews.answer_path(db.session.get_one(Answer, answer.id))
        interviews.receive(db.session.get_one(Answer, answer_id), 0, data[: len(data) // 2], None)
        wait_for(answer, AnswerState.RECORDING, 1_000)
        live_server.stop()
        stopped = look(db.session.get_one(Answer, answer_id))
        live_server.start()
        interviews.receive(
            db.session.get_one(Answer, answer_id), len(data) // 2, data[len(data) // 2 :], None
        )
        interviews.complete_answer(db.session.get_one(Answer, answer_id), len(data), None)
        ready = wait_for(answer, AnswerState.READY, 11_000)
        times = [
            observation.t_ms for observation in read_observations(path.with_suffix(".observations"))
        ]

    assert (stopped.lease_until, stopped.attempts) == (None, 0)
    assert ready.fence == 2
    assert max(later - earlier for earlier, later in pairwise(times)) <= 250
    assert "Traceback" not in live_server.log_text()
