"""Work on an interview that was withdrawn: it ends within seconds and writes nothing."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from acting import hiring, interviews
from clips import make_long_clip
from flask import Flask
from interview_steps import begin_interview, clip_bytes, record_answer, send_bytes, start_answer

from capture.film import joining
from portal import work
from portal.extensions import db
from portal.interviews import finishing, flagging, measuring
from portal.models import Answer, AnswerState, Application, InterviewSession, InterviewState, Mail
from portal.work import Claim, Halted, Waiting, halting

pytestmark = pytest.mark.film

ENDS = [hiring.withdraw, hiring.reject, hiring.offer]
STOPPED_WITHIN_S = 5.0  # the promise
End = Callable[[Application], None]


def is_measuring_due(app: Flask) -> bool:
    """Whether work waits, but for the mail about a decision."""
    db.session.execute(db.delete(Mail))
    db.session.commit()
    return work.next_task(app) is not None


@pytest.fixture
def answer(application: Application, tmp_path: Path) -> Answer:
    """One that is being recorded, with its first bytes there."""
    answer = start_answer(begin_interview(application, analyse=True))
    send_bytes(answer, clip_bytes(tmp_path, 20.0)[:50_000])
    return answer


@pytest.mark.parametrize("end", ENDS)
def test_measuring_stops_within_seconds_and_is_not_taken_up_again(
    app: Flask, answer: Answer, end: End
) -> None:
    """The rest of the answer never comes; whoever measures it waits for it."""
    waiting, application, answer_id = Waiting.of(answer), answer.interview.application, answer.id
    db.session.rollback()
    held = waiting.claim(app)
    thread = threading.Thread(target=measuring.measure_answer, args=(held, threading.Event()))
    thread.start()
    try:
        time.sleep(1)
        assert thread.is_alive()
        end(application)
        # as at the end of a request: an open look of the test would keep the worker waiting
        db.session.rollback()
        ended = time.monotonic()
        thread.join(STOPPED_WITHIN_S)
        assert not thread.is_alive(), time.monotonic() - ended
    finally:
        held.lost.set()
        thread.join()
    assert not is_measuring_due(app)
    answer = db.session.get_one(Answer, answer_id)
    db.session.refresh(answer)
    assert (answer.state, answer.lease_until) == (AnswerState.RECORDING, None)


def begun(app: Flask, row: Answer | InterviewSession) -> Claim:
    """Somebody's claim on this row, from before anything was withdrawn."""
    waiting = Waiting.of(row)
    db.session.rollback()
    claim = waiting.claim(app)
    assert claim
    return claim


@contextmanager
def at_work(
    work: Callable[[Claim, threading.Event], None], claim: Claim, stop: threading.Event
) -> Iterator[None]:
    """Work that goes on meanwhile, and has ended in time when the block is left."""
    thread = threading.Thread(target=work, args=(claim, stop))
    thread.start()
    try:
        yield
        thread.join(STOPPED_WITHIN_S)
        assert not thread.is_alive()
    finally:
        claim.lost.set()
        thread.join()


def wait_for(there: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not there():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_long_clip(tmp_path_factory.mktemp("long") / "long.webm", 10).read_bytes()


@pytest.fixture
def long_answer(application: Application, long_clip: bytes) -> Answer:
    """A whole one that takes minutes to bring into the form of a film; analysis was refused."""
    interview = begin_interview(application)
    interview.questions[0].limit_ms = 600_000
    db.session.commit()
    answer = start_answer(interview, container="webm")
    send_bytes(answer, long_clip)
    interviews.complete_answer(answer, len(long_clip), None)
    return answer


@pytest.mark.parametrize("ends", ["withdrawn", "rejected", "process stopped"])
def test_bringing_an_answer_into_form_ends_within_seconds(
    app: Flask, long_answer: Answer, ends: str
) -> None:
    application, stop, answer_id = (
        long_answer.interview.application,
        threading.Event(),
        long_answer.id,
    )
    claim, folder = begun(app, long_answer), interviews.answer_path(long_answer).parent
    db.session.rollback()
    with at_work(measuring.measure_answer, claim, stop):
        wait_for(lambda: list(folder.glob("*.part")))
        if ends == "process stopped":
            stop.set()
        else:
            (hiring.withdraw if ends == "withdrawn" else hiring.reject)(application)
        db.session.rollback()

    answer = db.session.get_one(Answer, answer_id, populate_existing=True)
    assert (answer.state, answer.lease_until, answer.failure) == (AnswerState.RECEIVED, None, "")
    assert [path.name for path in folder.iterdir()] == ["01-1.webm"]
    if ends == "process stopped":
        assert answer.attempts == 0  # it was no try that came to nothing
    assert is_measuring_due(app) == (ends == "process stopped")


def test_putting_an_interview_together_ends_within_seconds(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    """Somebody else still adds to its film, so that it waits."""
    for question in (1, 2):
        record_answer(interview, clip_bytes(tmp_path), question=question)
    work.work_through(app)
    interviews.finish(interview)
    application, place, interview_id = (
        interview.application,
        interviews.recording(interview),
        interview.id,
    )
    claim = begun(app, interview)
    with place.film_locked(wait_s=0), at_work(finishing.finish_interview, claim, threading.Event()):
        time.sleep(0.5)
        hiring.withdraw(application)
        db.session.rollback()

    interview = db.session.get_one(InterviewSession, interview_id, populate_existing=True)
    assert (interview.state, interview.failure, interview.flags) == (
        InterviewState.FINISHING,
        "",
        [],
    )
    assert not place.recording_path.exists()


def test_an_answer_is_not_added_to_the_film_of_what_is_withdrawn(
    app: Flask, interview: InterviewSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halting, "ASK_EVERY_S", 0.0)
    answer = record_answer(interview, clip_bytes(tmp_path))
    work.work_through(app)
    place = interviews.recording(interview)
    place.delete_temporary()
    joining.normalise(interviews.answer_path(answer), place.normalised_path(1, 1, 1), "mp4")
    hiring.withdraw(interview.application)
    db.session.rollback()

    with pytest.raises(Halted):
        finishing.prepare_results(app, answer.id, threading.Event())


@pytest.mark.parametrize("end", ENDS)
def test_work_that_was_begun_before_can_write_nothing(app: Flask, answer: Answer, end: End) -> None:
    interview, application = answer.interview, answer.interview.application
    claims, version = [begun(app, answer), begun(app, interview)], interview.flags_version
    end(application)
    db.session.rollback()

    assert [claim.write(keep=True) for claim in claims] == [False, False]
    assert all(claim.lost.is_set() for claim in claims)
    assert flagging._store_flags(interview.id, version, []) is False


def test_deciding_for_somebody_whose_interview_is_put_together_ends_no_work(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    for question in (1, 2):
        record_answer(interview, clip_bytes(tmp_path), question=question)
    work.work_through(app)
    interviews.finish(interview)
    claim = begun(app, interview)
    hiring.offer(interview.application)
    db.session.rollback()

    assert claim.write(keep=True)


def test_what_was_withdrawn_is_neither_measured_nor_put_together(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    for question in (1, 2):
        record_answer(interview, clip_bytes(tmp_path), question=question)
    interviews.finish(interview)
    hiring.withdraw(interview.application)

    assert work.work_through(app) == 0
    db.session.refresh(interview)
    assert interview.state is InterviewState.FINISHING
    assert interviews.status(interview).is_final
    assert not interview.is_live


@pytest.mark.parametrize("end", [hiring.reject, hiring.offer])
def test_what_was_decided_while_it_is_put_together_is_put_together(
    app: Flask, interview: InterviewSession, tmp_path: Path, end: End
) -> None:
    for question in (1, 2):
        record_answer(interview, clip_bytes(tmp_path), question=question)
    interviews.finish(interview)
    end(interview.application)
    work.work_through(app)

    db.session.refresh(interview)
    assert interview.state is InterviewState.READY
