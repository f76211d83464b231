"""What a candidate may look at again: their own answers, as the server has them, while the
interview records.
"""

from pathlib import Path

import pytest
from factories import sign_in
from flask.testing import FlaskClient
from interview_steps import clip_bytes, send_bytes, start_answer

from portal.extensions import db
from portal.interviews import answer_path
from portal.models import Answer, InterviewSession, InterviewState, User


@pytest.fixture
def answer(interview: InterviewSession) -> Answer:
    return start_answer(interview)


def address(answer: Answer) -> str:
    return f"/capture/{answer.interview_id}/answers/{answer.id}/playback"


def test_an_answer_is_played_from_what_the_server_has_piece_by_piece(
    client: FlaskClient, answer: Answer, tmp_path: Path
) -> None:
    data = clip_bytes(tmp_path)
    send_bytes(answer, data[:5000])  # more of it is on its way
    sign_in(client, answer.interview.application.user)
    part = client.get(address(answer), headers={"Range": "bytes=100-199"}, buffered=True)
    whole = client.get(address(answer), buffered=True)

    assert (part.status_code, part.data) == (206, data[100:200])
    assert part.headers["Content-Range"] == "bytes 100-199/5000"
    assert (whole.data, whole.mimetype, whole.headers["Cache-Control"]) == (
        data[:5000],
        "video/mp4",
        "no-store",
    )


def test_an_answer_of_which_nothing_came_is_not_there(client: FlaskClient, answer: Answer) -> None:
    sign_in(client, answer.interview.application.user)
    assert client.get(address(answer)).status_code == 404


@pytest.mark.parametrize(
    "state", [InterviewState.FINISHING, InterviewState.READY, InterviewState.FAILED]
)
def test_after_the_interview_nothing_is_played_any_more(
    client: FlaskClient, answer: Answer, state: InterviewState
) -> None:
    answer_path(answer).write_bytes(b"a piece")
    answer.interview.state = state
    db.session.commit()
    sign_in(client, answer.interview.application.user)
    assert client.get(address(answer)).status_code == 404


def test_nobody_plays_the_answers_of_another(
    client: FlaskClient, answer: Answer, bob: User, ada: User
) -> None:
    answer_path(answer).write_bytes(b"a piece")
    for user in (bob, ada):
        sign_in(client, user)
        assert client.get(address(answer)).status_code == 404
