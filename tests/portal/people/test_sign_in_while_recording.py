"""A sign-in that runs out while its person records goes on until the recording pauses."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from factories import PASSWORD, sign_in
from flask import Flask
from flask.testing import FlaskClient
from interview_steps import TAB, clip_bytes, start_answer

from portal import upload_tokens
from portal.extensions import db
from portal.models import (
    Answer,
    ApplicationStatus,
    InterviewQuestion,
    InterviewSession,
    SignIn,
    User,
    utc_now,
)
from portal.recording_now import ARRIVES_WITHIN, PAUSE

HEAD = b"\0\0\0\x18ftypisom" + b"\0" * 12


@pytest.fixture
def client(app: Flask, alice: User) -> FlaskClient:
    return sign_in(app.test_client(), alice)


def move(model: type, **times: datetime | None) -> None:
    db.session.rollback()
    db.session.execute(db.update(model).values(**times))
    db.session.commit()


def run_out() -> None:
    move(SignIn, expires_at=utc_now() - timedelta(minutes=1))


def piece(client: FlaskClient, answer: Answer, offset: int, data: bytes = HEAD) -> int:
    token = upload_tokens.make_upload_token(answer.id)
    headers = {
        "Tus-Resumable": "1.0.0",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
    }
    return client.patch(f"/capture/uploads/{answer.id}", data=data, headers=headers).status_code


def test_pieces_and_pages_go_on_while_an_answer_is_recorded(
    client: FlaskClient, interview: InterviewSession, tmp_path: Path
) -> None:
    answer, data = start_answer(interview), clip_bytes(tmp_path)
    room = f"/capture/{interview.id}"
    assert piece(client, answer, 0, data[:5_000]) == 204
    run_out()

    assert piece(client, answer, 5_000, data[5_000:]) == 204
    assert client.post(f"{room}/seat", json={"tab": TAB}).status_code == 200
    assert client.get(f"{room}/room.json").status_code == 200
    said = {"length": len(data), "recorded_ms": 2_000}
    done = client.post(f"{room}/answers/{answer.id}/complete", json=said)
    assert done.status_code == 200
    shown = client.post(f"{room}/questions/2/release", json={"tab": TAB})
    assert shown.status_code == 200
    begun = {"tab": TAB, "question": 2, "container": "mp4"}
    assert client.post(f"{room}/answers", json=begun).status_code == 201


def test_a_question_that_was_shown_keeps_the_sign_in_through_the_time_to_think(
    client: FlaskClient, interview: InterviewSession
) -> None:
    address = f"/capture/{interview.id}/room.json"
    run_out()
    assert client.get(address).status_code == 401
    move(InterviewQuestion, released_at=utc_now() - PAUSE, think_ms=60_000)
    assert client.get(address).status_code == 200
    move(InterviewQuestion, released_at=utc_now() - PAUSE - timedelta(minutes=2))
    assert client.get(address).status_code == 401


def test_the_sign_in_is_over_when_the_recording_pauses_though_its_page_is_open(
    client: FlaskClient, interview: InterviewSession
) -> None:
    answer = start_answer(interview)
    address = f"/capture/{interview.id}/room.json"
    long_ago = utc_now() - timedelta(hours=1)
    move(InterviewQuestion, released_at=long_ago)
    move(Answer, created_at=long_ago)
    run_out()
    # an answer that still arrives from an open page, over a slow line
    move(InterviewSession, holder_seen_at=utc_now())
    assert client.get(address).status_code == 200
    move(InterviewSession, holder_seen_at=utc_now() - timedelta(minutes=2))
    assert client.get(address).status_code == 401
    move(InterviewSession, holder_seen_at=utc_now())
    move(Answer, created_at=utc_now() - ARRIVES_WITHIN - timedelta(hours=1))
    assert client.get(address).status_code == 401
    # an answer that has just been completed
    move(Answer, completed_at=utc_now() - PAUSE / 2)
    assert client.get(address).status_code == 200
    move(Answer, completed_at=utc_now() - PAUSE * 2)
    assert client.get(address).status_code == 401
    assert piece(client, answer, 0) == 204  # what was recorded may still come


@pytest.mark.usefixtures("interview")
def test_a_sign_in_that_was_ended_by_hand_does_not_go_on(
    app: Flask, client: FlaskClient, alice: User, interview: InterviewSession
) -> None:
    start_answer(interview)
    other = sign_in(app.test_client(), alice)
    other.post("/account/confirm", data={"password": PASSWORD})
    other.post("/account/sign-ins/end-others")

    assert client.get(f"/capture/{interview.id}/room.json").status_code == 401


def test_an_interview_that_was_stopped_keeps_nobody_signed_in(
    client: FlaskClient, interview: InterviewSession
) -> None:
    start_answer(interview)
    interview.application.status = ApplicationStatus.REJECTED
    db.session.commit()
    run_out()

    assert client.get("/dashboard").status_code == 303


def test_a_sign_in_of_somebody_else_does_not_delete_one_that_goes_on(
    app: Flask, client: FlaskClient, interview: InterviewSession, bob: User
) -> None:
    start_answer(interview)
    run_out()
    sign_in(app.test_client(), bob)

    assert client.get(f"/capture/{interview.id}/room.json").status_code == 200
