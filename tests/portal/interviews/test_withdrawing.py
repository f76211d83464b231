"""Withdrawing stops an interview wherever it stands, deciding it stops what is being recorded.
Nothing that was recorded is lost by either, and nothing more is made of it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from acting import accounts, hiring, interviews
from factories import make_application, make_user, sign_in
from flask import Flask
from flask.testing import FlaskClient
from interview_steps import (
    TAB,
    begin_interview,
    clip_bytes,
    record_answer,
    record_whole_interview,
    send_bytes,
    show_question,
    start_answer,
)

from portal import tus, upload_tokens, work
from portal.extensions import db
from portal.models import Answer, AnswerState, Application, InterviewSession, InterviewState, User

ENDS = [hiring.withdraw, hiring.reject, hiring.offer]
End = Callable[[Application], None]


@pytest.fixture
def answer(application: Application, tmp_path: Path) -> Answer:
    """One that is being recorded, with its first bytes there."""
    answer = start_answer(begin_interview(application, analyse=True))
    send_bytes(answer, clip_bytes(tmp_path, 20.0)[:50_000])
    return answer


def request_of(client: FlaskClient, answer: Answer, end: End) -> Callable[..., Any]:
    """Asks as the candidate's page, whose application came to an end a moment ago."""
    base = f"/capture/{answer.interview_id}"
    sign_in(client, answer.interview.application.user)
    show_question(answer.interview, 2)
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


def test_a_failed_interview_that_was_withdrawn_is_not_tried_again(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record_whole_interview(app, interview, tmp_path).state = InterviewState.FAILED
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
    other = begin_interview(make_application(make_user(), answer.interview.application.job))
    hiring.withdraw(answer.interview.application)
    record_answer(other, clip_bytes(tmp_path))

    assert work.work_through(app) == 1


@pytest.mark.usefixtures("client")
def test_a_disabled_account_is_told_so_and_not_that_it_withdrew(answer: Answer) -> None:
    accounts.disable(answer.interview.application.user)

    with pytest.raises(tus.Refused, match="disabled"):
        interviews.upload_target(answer.id)
