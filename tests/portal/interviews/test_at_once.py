"""Two requests about one interview in the same moment: the database decides their order, and both
get an answer.

On SQLite one writer at a time decides; on PostgreSQL (TEST_DATABASE_URL) the rows that a verb holds
do.
"""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from acting import hiring, interviews
from api_caller import issue
from flask import Flask
from interview_steps import TAB, begin_interview, clip_bytes, record_answer, start_answer

from portal import audit
from portal.blueprints.api import tokens
from portal.extensions import db
from portal.hiring import used_takes
from portal.interviews import NewAnswer, answers, disk_space, lifecycle, questions
from portal.models import (
    Answer,
    AnswerState,
    Application,
    ApplicationStatus,
    EarlierInterview,
    InterviewSession,
    InterviewState,
    SignIn,
    User,
)
from portal.people import sign_ins

HEAD_START_S = 1.0  # in which the second request does all it can while the first one stands still


class Second:
    """Another request, made while the first one is in the middle of its work."""

    def __init__(self, app: Flask, verb: Callable[[], object]) -> None:
        self.app, self.verb, self.outcome = app, verb, Future[object]()
        self.thread: threading.Thread | None = None

    def meanwhile(self, *_args: Any, **_more: Any) -> None:
        if self.thread is None:
            self.thread = threading.Thread(target=self._run)
            self.thread.start()
            self.thread.join(HEAD_START_S)

    def _run(self) -> None:
        with self.app.app_context():
            try:
                self.outcome.set_result(self.verb())
            except Exception as error:
                self.outcome.set_exception(error)

    def error(self) -> BaseException | None:
        db.session.rollback()  # the first request is over
        return self.outcome.exception(timeout=30)


def before(monkeypatch: pytest.MonkeyPatch, module: object, name: str, second: Second) -> None:
    """Let the second request happen where the first one calls this."""
    real = getattr(module, name)

    def instead(*args: Any, **more: Any) -> object:
        second.meanwhile()
        return real(*args, **more)

    monkeypatch.setattr(module, name, instead)


def finish(interview_id: uuid.UUID) -> bool:
    return interviews.finish(db.session.get_one(InterviewSession, interview_id))


def begin_take(interview_id: uuid.UUID) -> Answer:
    interview = db.session.get_one(InterviewSession, interview_id)
    return interviews.start_answer(interview, NewAnswer(TAB, 1, "mp4"))


@pytest.fixture
def answered(interview: InterviewSession, tmp_path: Path) -> InterviewSession:
    for question in (1, 2):
        record_answer(interview, clip_bytes(tmp_path), question=question)
    return interview


def begun_takes(interview_id: uuid.UUID) -> int:
    rows = db.session.scalars(db.select(Answer).where(Answer.state == AnswerState.RECORDING)).all()
    return len([answer for answer in rows if answer.interview_id == interview_id])


def test_finishing_while_a_take_begins_waits_for_it(
    app: Flask, answered: InterviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    interview_id = answered.id
    second = Second(app, lambda: finish(interview_id))
    before(monkeypatch, disk_space, "refuse_new", second)
    begin_take(interview_id)

    assert isinstance(second.error(), interviews.AnswersMissing)
    interview = db.session.get_one(InterviewSession, interview_id, populate_existing=True)
    assert (interview.state, begun_takes(interview_id)) == (InterviewState.RECORDING, 1)


def test_a_take_that_begins_while_its_interview_is_finished_is_refused(
    app: Flask, answered: InterviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    interview_id = answered.id
    second = Second(app, lambda: begin_take(interview_id))
    before(monkeypatch, lifecycle.hiring, "mark_interviewed", second)
    assert finish(interview_id)

    assert isinstance(second.error(), interviews.NotInterviewable)
    assert begun_takes(interview_id) == 0


def test_withdrawing_and_finishing_at_once_end_withdrawn(
    app: Flask, answered: InterviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is first: neither waits for the other for ever."""
    interview_id, application_id = answered.id, answered.application_id
    second = Second(app, lambda: hiring.withdraw(db.session.get_one(Application, application_id)))
    before(monkeypatch, lifecycle.hiring, "mark_interviewed", second)
    assert finish(interview_id)

    assert second.error() is None
    application = db.session.get_one(Application, application_id, populate_existing=True)
    assert application.status is ApplicationStatus.WITHDRAWN
    assert application.interview is not None
    assert application.interview.is_stopped


def test_two_takes_that_begin_at_once_are_one(
    app: Flask, interview: InterviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_answer(interview, 2)
    interviews.release(interview, 1, TAB)
    interview_id = interview.id
    second = Second(app, lambda: begin_take(interview_id).id)
    before(monkeypatch, answers, "_next_take", second)
    first = begin_take(interview_id).id

    assert second.error() is None
    assert second.outcome.result() == first


@pytest.mark.parametrize("verb", ["opened", "agreed to"])
def test_an_interview_that_is_opened_or_agreed_to_twice_at_once_is_one(
    app: Flask, application: Application, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    application_id = application.id

    def do() -> None:
        interview = interviews.open_interview(db.session.get_one(Application, application_id))
        if verb == "agreed to":
            interviews.give_consent(interview, analyse=False)

    second = Second(app, do)
    if verb == "opened":
        before(monkeypatch, lifecycle, "InterviewSession", second)
    else:
        before(monkeypatch, questions, "copy_from_job", second)
    do()

    assert second.error() is None
    (interview,) = db.session.scalars(db.select(InterviewSession)).all()
    assert len(interview.questions) == (2 if verb == "agreed to" else 0)


def test_one_report_that_comes_twice_at_once_is_one(
    app: Flask, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_id = start_answer(begin_interview(application, analyse=True)).id

    def report() -> int:
        event = {"kind": "paste", "t_ms": 5, "characters": 3}
        return interviews.report_events(db.session.get_one(Answer, answer_id), [event])

    second = Second(app, report)
    before(monkeypatch, answers, "PageEvent", second)

    assert report() == 1
    assert second.error() is None
    assert second.outcome.result() == 1


def test_a_sign_in_that_is_ended_twice_at_once_is_over(
    app: Flask, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = alice.id
    with app.test_request_context():
        claims = tokens.read_refresh(issue(alice)["refresh_token"], alice)
        db.session.rollback()
    assert claims

    def end() -> None:
        tokens.end_family(claims)
        db.session.commit()

    second = Second(app, end)
    before(monkeypatch, sign_ins, "changed_one", second)
    end()

    assert second.error() is None
    assert db.session.scalars(db.select(SignIn)).all() == []
    assert db.session.get(User, user_id)


def test_a_person_who_is_deleted_twice_at_once_is_gone(
    app: Flask, interview: InterviewSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the person and by the housekeeping, which found an earlier try that had been
    interrupted.
    """
    record_answer(interview, clip_bytes(tmp_path))
    user_id = interview.application.user_id
    second = Second(app, lambda: interviews.erase(user_id, by=audit.SYSTEM))
    before(monkeypatch, used_takes, "insert_unless_there", second)
    interviews.erase(user_id, by=audit.SYSTEM)

    assert second.error() is None
    assert db.session.get(User, user_id) is None
    assert len(db.session.scalars(db.select(EarlierInterview)).all()) == 1
