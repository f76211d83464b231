"""Withdrawing stops an interview wherever it stands, deciding it stops what is being recorded.
Nothing that was recorded is lost by either, and nothing more is made of it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from clips import make_long_clip
from factories import make_application, make_user, sign_in
from flask import Flask
from flask.testing import FlaskClient
from sittings import TAB, begin, clip_bytes, finished, record, send, show, start

from capture.film import joining
from portal import hiring, interviews, tus, upload_tokens, work
from portal.extensions import db
from portal.interviews import finishing, flagging, measuring
from portal.models import Answer, AnswerState, Application, InterviewSession, InterviewState, User
from portal.people import accounts
from portal.work import Claim, Halted, Waiting, halting

ENDS = [hiring.withdraw, hiring.reject, hiring.offer]
STOPPED_WITHIN_S = 5.0  # the promise
End = Callable[[Application], None]


@pytest.fixture
def answer(application: Application, tmp_path: Path) -> Answer:
    """One that is being recorded, with its first bytes there."""
    answer = start(begin(application, analyse=True))
    send(answer, clip_bytes(tmp_path, 20.0)[:50_000])
    return answer


def request_of(client: FlaskClient, answer: Answer, end: End) -> Callable[..., Any]:
    """Asks as the candidate's page, whose application came to an end a moment ago."""
    base = f"/capture/{answer.interview_id}"
    sign_in(client, answer.interview.application.user)
    show(answer.interview, 2)
    end(answer.interview.application)
    return lambda method, path, **body: client.open(
        f"{base}/{path}", method=method, json={"tab": TAB} | body
    )


@pytest.mark.parametrize("end", ENDS)
def test_no_piece_is_taken_any_more(client: FlaskClient, answer: Answer, end: End) -> None:
    size, path = tus.size(interviews.answer_path(answer)), interviews.answer_path(answer)
    headers = {
        "Tus-Resumable": "1.0.0",
        "Authorization": f"Bearer {upload_tokens.make_upload_token(answer.id)}",
        "Upload-Offset": str(size),
        "Content-Type": "application/offset+octet-stream",
    }
    end(answer.interview.application)
    address = f"/capture/uploads/{answer.id}"
    patch = client.patch(address, headers=headers, data=b"more")
    head = client.head(address, headers=headers)
    delete = client.delete(address, headers=headers)

    assert (patch.status_code, head.status_code, delete.status_code) == (403, 403, 403)
    assert patch.json["type"] == "urn:career-portal:problem:403"
    assert "Nothing more is recorded." in patch.json["detail"]
    assert tus.size(path) == size


@pytest.mark.parametrize("end", ENDS)
def test_no_verb_of_the_room_does_anything_any_more(
    client: FlaskClient, answer: Answer, end: End
) -> None:
    ask, of_answer = request_of(client, answer, end), f"answers/{answer.id}"
    replies = {
        "room.json": ask("GET", "room.json"),
        "seat": ask("POST", "seat", take_over=True),
        "release": ask("POST", "questions/2/release"),
        "answers": ask("POST", "answers", question=2, container="mp4"),
        "token": ask("POST", f"{of_answer}/token"),
        "finish": ask("POST", "finish"),
    }
    base = f"/capture/{answer.interview_id}"
    replies["complete"] = client.post(f"{base}/{of_answer}/complete", json={"length": 1})
    paste = {"answer_id": str(answer.id), "events": [{"kind": "paste", "t_ms": 1}]}
    replies["events"] = client.post(f"{base}/events", json=paste)

    assert {name: reply.status_code for name, reply in replies.items()} == dict.fromkeys(
        replies, 403
    )
    assert all(reply.json["type"] == "urn:career-portal:problem:403" for reply in replies.values())
    db.session.refresh(answer)
    assert (answer.state, answer.page_events) == (AnswerState.RECORDING, [])
    assert answer.interview.state is InterviewState.RECORDING


def test_the_pages_say_why(client: FlaskClient, answer: Answer) -> None:
    request_of(client, answer, hiring.withdraw)
    for page in ("check", "room"):
        assert (
            "You withdrew this application."
            in client.get(f"/capture/{answer.interview_id}/{page}").text
        )


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
    assert work.next_task(app) is None
    db.session.rollback()
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
    interview = begin(application)
    interview.questions[0].limit_ms = 600_000
    db.session.commit()
    answer = start(interview, container="webm")
    send(answer, long_clip)
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
    db.session.rollback()
    assert (work.next_task(app) is None) == (ends != "process stopped")


def test_putting_an_interview_together_ends_within_seconds(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    """Somebody else still adds to its film, so that it waits."""
    for question in (1, 2):
        record(interview, clip_bytes(tmp_path), question=question)
    work.work_through(app)
    interviews.finish(interview)
    application, place, interview_id = (
        interview.application,
        interviews.recording(interview),
        interview.id,
    )
    claim = begun(app, interview)
    with place.film_held(wait_s=0), at_work(finishing.finish_interview, claim, threading.Event()):
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
    answer = record(interview, clip_bytes(tmp_path))
    work.work_through(app)
    place = interviews.recording(interview)
    place.delete_temporary()
    joining.normalise(interviews.answer_path(answer), place.normalised_path(1, 1, 1), "mp4")
    hiring.withdraw(interview.application)
    db.session.rollback()

    with pytest.raises(Halted):
        finishing.work_ahead(app, answer.id, threading.Event())


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
        record(interview, clip_bytes(tmp_path), question=question)
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
        record(interview, clip_bytes(tmp_path), question=question)
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
        record(interview, clip_bytes(tmp_path), question=question)
    interviews.finish(interview)
    end(interview.application)
    work.work_through(app)

    db.session.refresh(interview)
    assert interview.state is InterviewState.READY


def test_a_failed_interview_that_was_withdrawn_is_not_tried_again(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    finished(app, interview, tmp_path).state = InterviewState.FAILED
    db.session.commit()
    assert interview.may_be_retried
    hiring.withdraw(interview.application)

    with pytest.raises(interviews.InterviewError):
        interviews.retry(interview)


def test_closing_a_job_stops_nobody_who_has_begun(answer: Answer) -> None:
    hiring.close(answer.interview.application.job)

    assert interviews.upload_target(answer.id).state is AnswerState.RECORDING


def test_reviewers_see_that_it_stopped_and_the_row_asks_no_more(
    client: FlaskClient, answer: Answer, ada: User
) -> None:
    interview = answer.interview
    hiring.withdraw(interview.application)
    sign_in(client, ada)
    row = client.get(f"/admin/sessions/{interview.id}/row").text
    page = client.get(f"/admin/sessions/{interview.id}").text

    assert "Stopped" in row
    assert "hx-get" not in row
    assert "Stopped: the application was withdrawn." in page
    assert "every 2s" not in page


def test_others_go_on(app: Flask, answer: Answer, tmp_path: Path) -> None:
    other = begin(make_application(make_user(), answer.interview.application.job))
    hiring.withdraw(answer.interview.application)
    record(other, clip_bytes(tmp_path))

    assert work.work_through(app) == 1


def test_a_disabled_account_is_told_so_and_not_that_it_withdrew(
    client: FlaskClient, answer: Answer
) -> None:
    accounts.disable(answer.interview.application.user)

    with pytest.raises(tus.Refused, match="disabled"):
        interviews.upload_target(answer.id)
