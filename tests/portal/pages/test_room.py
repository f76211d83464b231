"""The room's JSON: what its script is told, and that neither slow senders nor lost sign-ins do
harm.
"""

import socket
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from factories import make_application, make_user, sign_in
from flask.testing import FlaskClient
from interview_steps import (
    TAB,
    begin_interview,
    clip_bytes,
    record_answer,
    send_bytes,
    show_question,
    start_answer,
)
from servers import LiveServer

from portal import interviews
from portal.extensions import db
from portal.interviews import receiving
from portal.models import Answer, AnswerState, InterviewSession, ThrottleHit, User, utc_now
from portal.people import throttle


@pytest.fixture
def interview(alice: User) -> InterviewSession:
    return begin_interview(make_application(alice), analyse=True)


@pytest.fixture
def room(client: FlaskClient, interview: InterviewSession) -> Any:
    """Posts to the interview as its owner."""
    for question in (1, 2):
        show_question(interview, question)
    base = f"/capture/{interview.id}"
    sign_in(client, interview.application.user)
    return lambda path, **body: client.post(f"{base}/{path}", json=body)


def test_a_new_answer_comes_with_its_address_token_and_time(room: Any) -> None:
    reply = room("answers", tab=TAB, question=1, container="mp4")

    assert reply.status_code == 201
    assert reply.json["limit_ms"] == 60_000
    assert reply.json["upload_url"].startswith("/capture/uploads/")


def test_what_was_recorded_before_the_page_could_ask_keeps_the_pages_name_for_it(
    room: Any, interview: InterviewSession
) -> None:
    wish = {"tab": TAB, "question": 1, "container": "mp4", "answer_id": str(uuid.uuid4())}
    first, again = room("answers", **wish), room("answers", **wish)  # its reply was lost on the way

    assert first.json["answer_id"] == again.json["answer_id"] == wish["answer_id"]
    assert [str(answer.id) for answer in interview.answers] == [wish["answer_id"]]


def test_a_name_is_no_way_to_another_answer(
    room: Any, interview: InterviewSession, bob: User, tmp_path: Path
) -> None:
    other, done = (
        start_answer(begin_interview(make_application(bob))),
        record_answer(interview, clip_bytes(tmp_path)),
    )
    for question, taken in ((1, other), (1, done), (2, done)):
        reply = room(
            "answers", tab=TAB, question=question, container="mp4", answer_id=str(taken.id)
        )
        assert (reply.status_code, "cannot start now" in reply.json["detail"]) == (409, True)


def test_bad_fields_are_named(room: Any) -> None:
    reply = room("answers", tab="short", question="first")

    assert reply.status_code == 422
    assert "container, question, tab" in reply.json["detail"]


def test_a_seat_that_is_taken_is_refused_with_a_reason(room: Any) -> None:
    reply = room("seat", tab="another-tab")

    assert reply.status_code == 409
    assert "another tab" in reply.json["detail"]


def test_an_answer_is_not_complete_before_all_of_its_bytes_are_here(
    room: Any, interview: InterviewSession, tmp_path: Path
) -> None:
    answer, data = start_answer(interview), clip_bytes(tmp_path)
    send_bytes(answer, data[:5000])
    early = room(f"answers/{answer.id}/complete", length=len(data))
    unfinished = room("finish")

    assert (early.status_code, early.json["offset"]) == (409, 5000)
    assert early.json["detail"] == f"{len(data) - 5000} bytes have not arrived yet."
    assert unfinished.status_code == 409
    assert "The answer to question 1 is still being sent" in unfinished.json["detail"]
    db.session.refresh(answer)
    assert answer.state is AnswerState.RECORDING


def test_new_answers_are_limited_for_each_candidate_and_say_how_long_to_wait(
    room: Any, interview: InterviewSession, bob: User
) -> None:
    limit, now = throttle.ANSWERS_PER_ACCOUNT, utc_now()
    for _ in range(limit.tries):  # as counted by any process
        throttle.count_try(limit, str(interview.application.user_id), now)
        throttle.count_try(limit, str(bob.id), now)
    reply = room("answers", tab=TAB, question=1, container="mp4")

    assert reply.status_code == 429
    assert 0 < int(reply.headers["Retry-After"]) <= limit.window_s
    assert interview.answers == []


def test_an_answer_that_is_refused_is_not_counted(room: Any) -> None:
    assert room("answers", tab="another-tab", question=1, container="mp4").status_code == 409
    assert db.session.scalar(db.select(db.func.count()).select_from(ThrottleHit)) == 0


def test_an_interview_has_no_more_bytes_than_its_questions_may_need(
    room: Any, interview: InterviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "SLACK_BYTES", 10_000)
    monkeypatch.setattr(receiving, "MAX_BYTES_PER_MS", 0)
    path = interviews.answer_path(record_part(interview))
    path.write_bytes(b"x" * 40_000)  # two questions, two takes each
    refused = room("answers", tab=TAB, question=2, container="mp4")
    path.write_bytes(b"x" * 39_999)
    taken = room("answers", tab=TAB, question=2, container="mp4")

    assert (refused.status_code, taken.status_code) == (413, 201)
    assert "all the space" in refused.json["detail"]


def record_part(interview: InterviewSession) -> Answer:
    answer = start_answer(interview)
    answer.state = AnswerState.RECEIVED
    db.session.commit()
    return answer


def test_a_page_may_report_a_hundred_events_at_once(room: Any) -> None:
    answer_id = room("answers", tab=TAB, question=1, container="mp4").json["answer_id"]
    many = [{"kind": "paste", "t_ms": t_ms} for t_ms in range(101)]

    assert room("events", answer_id=answer_id, events=many[:100]).json == {"kept": 100}
    assert room("events", answer_id=answer_id, events=many).status_code == 422


def test_a_poll_without_sign_in_does_not_lead_the_page_away(
    client: FlaskClient, interview: InterviewSession
) -> None:
    poll = client.get(f"/capture/{interview.id}/status", headers={"HX-Request": "true"})
    page = client.get(f"/capture/{interview.id}/room", headers={"HX-Request": "true"})

    assert (poll.status_code, poll.headers.get("HX-Redirect")) == (401, None)
    assert "/login" in page.headers["HX-Redirect"]


@pytest.mark.server
def test_a_body_that_never_ends_keeps_nobody_from_writing(live_server: LiveServer) -> None:
    with live_server.app.app_context():
        alice = db.session.scalars(db.select(User).where(User.email == "alice@example.org")).one()
        path = f"/capture/{begin_interview(make_application(alice)).id}"
        client = sign_in(live_server.app.test_client(), alice)
        db.session.rollback()
        token = client.get(f"{path}/room.json").json["csrf"]
        cookie = client.get_cookie("portal").value
        # the client has read in this very session, and a reader cannot become a writer
        db.session.rollback()
        head = (
            f"POST {path}/echo HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie:"
            f" portal={cookie}\r\nX-CSRFToken: {token}\r\n"
        )
        with socket.create_connection(("127.0.0.1", live_server.port)) as slow:
            slow.sendall(f"{head}Content-Length: 100000\r\n\r\nslow".encode())
            time.sleep(1)  # until the server waits for the rest
            assert make_user().id  # a lock held meanwhile would make this fail after five seconds
