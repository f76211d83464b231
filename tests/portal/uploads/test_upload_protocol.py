"""What tus 1.0.0 asks of a server beyond the usual way: lengths, methods named in a header, uploads
taken back.
"""

import threading
from pathlib import Path

import pytest
from acting import interviews
from factories import make_application
from flask import Flask
from flask.testing import FlaskClient
from interview_steps import begin_interview, clip_bytes, start_answer
from tus_requests import ask, patch, stored

from portal import tus
from portal.extensions import db
from portal.models import Answer, AnswerState, InterviewSession, User
from setup.translations import compile_all


@pytest.fixture
def interview(alice: User) -> InterviewSession:
    return begin_interview(make_application(alice))


@pytest.fixture
def answer(interview: InterviewSession) -> Answer:
    return start_answer(interview)


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    return clip_bytes(tmp_path)


def lengths(client: FlaskClient, answer: Answer) -> tuple[str | None, str | None]:
    """Upload-Length and Upload-Defer-Length, as HEAD says them."""
    said = ask(client, "HEAD", answer).headers
    return said.get("Upload-Length"), said.get("Upload-Defer-Length")


def test_a_length_that_was_said_at_creation_is_told_to_whoever_resumes(
    client: FlaskClient, answer: Answer, data: bytes
) -> None:
    assert ask(client, "CREATE", answer, Upload_Length=str(len(data))).status_code == 201
    patch(client, answer, 0, data[:5000])

    assert lengths(client, answer) == (str(len(data)), None)
    # the reply was lost
    assert ask(client, "CREATE", answer, Upload_Length=str(len(data))).status_code == 201


def test_a_length_that_is_not_known_yet_is_said_with_a_later_piece(
    client: FlaskClient, answer: Answer, data: bytes
) -> None:
    assert ask(client, "CREATE", answer, Upload_Defer_Length="1").status_code == 201
    patch(client, answer, 0, data[:5000])
    assert lengths(client, answer) == (None, "1")

    assert (
        patch(client, answer, 5000, data[5000:6000], Upload_Length=str(len(data))).status_code
        == 204
    )
    assert lengths(client, answer) == (str(len(data)), None)
    assert patch(client, answer, 6000, data[6000:]).status_code == 204
    assert stored(answer) == data


def test_the_length_may_be_said_with_an_empty_last_piece(
    client: FlaskClient, answer: Answer, data: bytes
) -> None:
    patch(client, answer, 0, data)

    assert patch(client, answer, len(data), b"", Upload_Length=str(len(data))).status_code == 204
    assert lengths(client, answer) == (str(len(data)), None)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("de", "Diese Antwort ist vollständig."),
        ("en", "This answer is complete."),
        ("fr", "This answer is complete."),
    ],
)
def test_a_refusal_of_a_piece_is_said_in_the_language_that_the_page_names(
    client: FlaskClient, answer: Answer, page: str, said: str
) -> None:
    """No cookie and no account is read for a piece, so the page's script names its language."""
    compile_all()
    answer.state = AnswerState.RECEIVED
    db.session.commit()
    refused = patch(client, answer, 0, b"more", Accept_Language=page)

    assert (refused.status_code, refused.json["detail"]) == (403, said)


def test_an_empty_piece_makes_no_file(client: FlaskClient, answer: Answer) -> None:
    assert patch(client, answer, 0, b"").status_code == 204
    assert not interviews.answer_path(answer).exists()


@pytest.mark.parametrize("creates", [True, False])
@pytest.mark.parametrize(
    "length",
    ["-1", "+5000", "5 000", "5_000", "5e3", "0x10", "", "NaN", "٥٠٠٠", "9" * 30, "9" * 5000],
)
def test_what_is_no_number_of_bytes_is_refused(
    client: FlaskClient, answer: Answer, data: bytes, length: str, creates: bool
) -> None:
    encoded = length.encode().decode("latin-1")  # as a header carries it
    if creates:
        response = ask(client, "CREATE", answer, Upload_Length=encoded)
    else:
        response = patch(client, answer, 0, data, Upload_Length=encoded)

    assert response.status_code == 400
    assert lengths(client, answer) == (None, "1")
    assert stored(answer) == b""


@pytest.mark.parametrize("offset", ["-1", "+0", " 0 0", "0_0", "0x0", "", "٠", "9" * 30])
def test_what_is_no_offset_is_refused(
    client: FlaskClient, answer: Answer, data: bytes, offset: str
) -> None:
    encoded = offset.encode().decode("latin-1")

    assert patch(client, answer, 0, data, Upload_Offset=encoded).status_code == 400
    assert stored(answer) == b""


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Upload_Defer_Length": "0"},
        {"Upload_Defer_Length": "true"},
        {"Upload_Length": "5000", "Upload_Defer_Length": "1"},
        {"Upload_Length": "5000", "Upload_Defer_Length": "0"},
        {"Upload_Length": "5000", "Upload_Concat": "partial"},
        {"Upload_Concat": "final;/capture/uploads/1 /capture/uploads/2"},
    ],
)
def test_a_creation_that_says_no_length_or_two_or_joins_others_is_refused(
    client: FlaskClient, answer: Answer, said: dict[str, str]
) -> None:
    assert ask(client, "CREATE", answer, **said).status_code == 400
    assert lengths(client, answer) == (None, "1")


def test_more_than_an_answer_of_this_length_can_be_is_refused_at_once(
    client: FlaskClient, answer: Answer, data: bytes
) -> None:
    too_much = str(interviews.receiving.most_bytes(answer.limit_ms) + 1)

    assert ask(client, "CREATE", answer, Upload_Length=too_much).status_code == 413
    assert patch(client, answer, 0, data, Upload_Length=too_much).status_code == 413
    assert (stored(answer), lengths(client, answer)) == (b"", (None, "1"))


def test_bytes_past_the_length_are_refused_whole(
    client: FlaskClient, answer: Answer, data: bytes
) -> None:
    ask(client, "CREATE", answer, Upload_Length="6000")
    patch(client, answer, 0, data[:5000])

    assert patch(client, answer, 5000, data[5000:6001]).status_code == 413
    assert stored(answer) == data[:5000]
    assert patch(client, answer, 5000, data[5000:6000]).status_code == 204
    assert patch(client, answer, 6000, data[6000:6001]).status_code == 413


def test_a_length_does_not_change(client: FlaskClient, answer: Answer, data: bytes) -> None:
    ask(client, "CREATE", answer, Upload_Length=str(len(data)))

    assert ask(client, "CREATE", answer, Upload_Length="5000").status_code == 400
    assert patch(client, answer, 0, data[:5000], Upload_Length="5000").status_code == 400
    assert (stored(answer), lengths(client, answer)) == (b"", (str(len(data)), None))


def test_a_length_below_what_is_here_is_refused(
    client: FlaskClient, answer: Answer, data: bytes
) -> None:
    patch(client, answer, 0, data[:5000])

    assert ask(client, "CREATE", answer, Upload_Length="4999").status_code == 400
    assert patch(client, answer, 5000, data[5000:6000], Upload_Length="5999").status_code == 400
    assert (stored(answer), lengths(client, answer)) == (data[:5000], (None, "1"))


DIGEST_OF_NOTHING = "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk="


@pytest.mark.parametrize(
    ("offset", "said", "status"),
    [
        (0, {}, 409),
        (5_001, {}, 409),
        (5_000, {"Upload_Checksum": DIGEST_OF_NOTHING}, 460),
        (5_000, {"Content_Type": "text/plain"}, 415),
        (5_000, {"Upload_Length": "5999"}, 400),
    ],
    ids=[
        "an old offset",
        "a later one",
        "damaged on the way",
        "another kind",
        "too short a length",
    ],
)
def test_a_piece_that_is_refused_changes_nothing(
    client: FlaskClient, answer: Answer, data: bytes, offset: int, said: dict[str, str], status: int
) -> None:
    patch(client, answer, 0, data[:5000])
    before = row_of(answer)

    refused = patch(
        client, answer, offset, data[offset : offset + 1000], **{"Upload_Length": "6500"} | said
    )
    assert refused.status_code == status
    assert (row_of(answer), stored(answer)) == (before, data[:5000])
    assert patch(client, answer, 5000, data[5000:], Upload_Length=str(len(data))).status_code == 204
    assert (stored(answer), lengths(client, answer)) == (data, (str(len(data)), None))


def row_of(answer: Answer) -> dict[str, object]:
    db.session.refresh(answer)
    return {column.name: getattr(answer, column.name) for column in Answer.__table__.columns}


def test_of_two_lengths_at_once_one_counts(
    app: Flask, client: FlaskClient, answer: Answer, data: bytes
) -> None:
    """The second was looked at while nothing was known yet; it waits for the file, and is looked at
    again.
    """
    target, answer_id, path = (
        interviews.upload_target(answer.id),
        answer.id,
        interviews.answer_path(answer),
    )
    patch(client, answer, 0, data[:5000])
    db.session.rollback()
    wait = threading.Event()

    def late() -> None:
        wait.set()
        with app.app_context(), pytest.raises(tus.UploadError, match="cannot change"):
            interviews.receive(target, 5000, b"", None, 7000)

    with tus.locked(path):
        thread = threading.Thread(target=late)
        thread.start()
        assert wait.wait(30)
        db.session.execute(
            db.update(Answer).where(Answer.id == answer_id).values(announced_bytes=8000)
        )
        db.session.commit()
    thread.join()
    assert lengths(client, db.session.get_one(Answer, answer_id)) == ("8000", None)


def test_a_complete_answer_tells_its_length_and_takes_no_other(
    client: FlaskClient, answer: Answer, data: bytes
) -> None:
    patch(client, answer, 0, data)
    interviews.complete_answer(answer, len(data), None)

    assert lengths(client, answer) == (str(len(data)), None)
    assert ask(client, "CREATE", answer, Upload_Length="1").status_code == 400
    assert patch(client, answer, len(data), b"", Upload_Length="1").status_code == 403
