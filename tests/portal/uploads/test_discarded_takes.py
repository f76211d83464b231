"""Takes and parts that the candidate discarded, seen by the uploads that still mean them."""

import uuid
from pathlib import Path

import pytest
from acting import interviews
from factories import make_application, sign_in
from flask.testing import FlaskClient
from interview_steps import (
    TAB,
    begin_interview,
    clip_bytes,
    record_answer,
    show_question,
    start_answer,
)
from tus_requests import ask, patch

from portal.extensions import db
from portal.models import Answer, AnswerState, InterviewSession, User


@pytest.fixture
def interview(alice: User) -> InterviewSession:
    return begin_interview(make_application(alice))


@pytest.fixture
def answer(interview: InterviewSession) -> Answer:
    return start_answer(interview)


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    return clip_bytes(tmp_path)


@pytest.fixture
def room(client: FlaskClient, interview: InterviewSession) -> object:
    base = f"/capture/{interview.id}"
    sign_in(client, interview.application.user)
    return lambda path, **body: client.post(f"{base}/{path}", json=body)


def test_what_was_taken_back_is_gone_for_everybody_who_still_means_it(
    client: FlaskClient, answer: Answer, data: bytes, room: object
) -> None:
    patch(client, answer, 0, data)
    assert ask(client, "DELETE", answer).status_code == 204

    again = [
        ask(client, method, answer, Upload_Length="9") for method in ("DELETE", "HEAD", "CREATE")
    ]
    again += [patch(client, answer, 0, data), patch(client, answer, len(data), data)]
    again += [
        room(f"answers/{answer.id}/{verb}", length=len(data)) for verb in ("complete", "token")
    ]
    assert [response.status_code for response in again] == [410] * 7
    assert not interviews.answer_path(answer).exists()


def test_a_part_that_was_taken_back_is_followed_by_another(
    client: FlaskClient, interview: InterviewSession, data: bytes, room: object
) -> None:
    first = record_answer(interview, data, recorded_ms=10_000)
    for part in (2, 3):
        begun = room("answers", tab=TAB, question=1, container="mp4", continues=str(first.id))
        assert (begun.status_code, begun.json["part"]) == (201, part)
        answer = db.session.get_one(Answer, uuid.UUID(begun.json["answer_id"]))
        patch(client, answer, 0, data)
        assert ask(client, "DELETE", answer).status_code == 204


def test_a_take_that_was_taken_back_is_followed_by_another(
    client: FlaskClient, answer: Answer, data: bytes, room: object
) -> None:
    patch(client, answer, 0, data)
    ask(client, "DELETE", answer)

    begun = room("answers", tab=TAB, question=1, container="mp4")
    assert (begun.status_code, begun.json["take"]) == (201, 2)


def test_a_first_part_that_was_taken_back_cannot_be_continued(
    client: FlaskClient, answer: Answer, data: bytes, room: object
) -> None:
    patch(client, answer, 0, data)
    ask(client, "DELETE", answer)

    assert (
        room("answers", tab=TAB, question=1, container="mp4", continues=str(answer.id)).status_code
        == 409
    )


def test_a_take_that_was_recorded_again_is_still_complete_when_it_is_said_twice(
    interview: InterviewSession, data: bytes
) -> None:
    old = record_answer(interview, data)
    old.state = AnswerState.DISCARDED  # as finishing does with it
    db.session.commit()

    assert interviews.complete_answer(old, len(data), None) is old


def test_completing_nothing_twice_is_no_fault(interview: InterviewSession, room: object) -> None:
    show_question(interview)
    answer_id = room("answers", tab=TAB, question=1, container="mp4").json["answer_id"]
    answer = db.session.get_one(Answer, uuid.UUID(answer_id))

    assert interviews.complete_answer(answer, 0, 0) is None
    assert interviews.answer_path(start_answer(interview)).parent.is_dir()
    assert room(f"answers/{answer_id}/complete", length=0).status_code in {200, 404}
