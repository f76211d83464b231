"""What tus 1.0.0 asks of a server beyond the usual way: lengths, methods named in a header, uploads
taken back.
"""

import threading
import uuid
from pathlib import Path

import pytest
from api_caller import as_header
from factories import make_application, sign_in
from flask import Flask
from flask.testing import FlaskClient
from routes import RULES_AND_METHODS
from sittings import TAB, begin, clip_bytes, record, show, start
from werkzeug.test import TestResponse

from portal import interviews, tus, upload_tokens
from portal.extensions import db
from portal.models import Answer, AnswerState, InterviewSession, User

CREATED = "/capture/uploads"


@pytest.fixture
def interview(alice: User) -> InterviewSession:
    return begin(make_application(alice))


@pytest.fixture
def answer(interview: InterviewSession) -> Answer:
    return start(interview)


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    return clip_bytes(tmp_path)


def headers(answer: Answer, **more: str) -> dict[str, str]:
    said = {name.replace("_", "-"): value for name, value in more.items()}
    return (
        as_header(upload_tokens.make_upload_token(answer.id))
        | {"Tus-Resumable": tus.VERSION}
        | said
    )


def ask(
    client: FlaskClient, method: str, answer: Answer, data: bytes = b"", **more: str
) -> TestResponse:
    path = CREATED if method == "CREATE" else f"{CREATED}/{answer.id}"
    sent = headers(answer, **more)
    method = "POST" if method == "CREATE" else method
    # the client of tests would leave out a length of nothing
    length = {"CONTENT_LENGTH": str(len(data))}
    return client.open(path, method=method, data=data, headers=sent, environ_overrides=length)


def patch(
    client: FlaskClient, answer: Answer, offset: int, data: bytes, **more: str
) -> TestResponse:
    piece = {"Upload_Offset": str(offset), "Content_Type": "application/offset+octet-stream"}
    return ask(client, "PATCH", answer, data, **piece | more)


def lengths(client: FlaskClient, answer: Answer) -> tuple[str | None, str | None]:
    """Upload-Length and Upload-Defer-Length, as HEAD says them."""
    said = ask(client, "HEAD", answer).headers
    return said.get("Upload-Length"), said.get("Upload-Defer-Length")


def stored(answer: Answer) -> bytes:
    path = interviews.answer_path(answer)
    return path.read_bytes() if path.exists() else b""


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

    with tus.held(path):
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


@pytest.mark.parametrize("sent_as", ["POST", "GET", "PUT"])
def test_the_method_may_be_named_in_a_header(
    client: FlaskClient, answer: Answer, data: bytes, sent_as: str
) -> None:
    piece = {"Upload_Offset": "0", "Content_Type": "application/offset+octet-stream"}
    kept = ask(client, sent_as, answer, data, X_HTTP_Method_Override="PATCH", **piece)
    asked = ask(client, sent_as, answer, X_HTTP_Method_Override="HEAD")

    assert (kept.status_code, kept.headers["Upload-Offset"]) == (204, str(len(data)))
    assert (asked.status_code, asked.headers["Upload-Offset"]) == (200, str(len(data)))
    assert (
        ask(client, sent_as, answer, X_HTTP_Method_Override="OPTIONS").headers["Tus-Version"]
        == "1.0.0"
    )
    assert ask(client, sent_as, answer, X_HTTP_Method_Override="DELETE").status_code == 204
    assert stored(answer) == b""


def test_the_answer_to_a_head_that_was_sent_as_post_announces_no_body(
    client: FlaskClient, answer: Answer
) -> None:
    for response in (
        ask(client, "POST", answer, X_HTTP_Method_Override="HEAD"),
        client.post(f"{CREATED}/{answer.id}", headers={"X-HTTP-Method-Override": "HEAD"}),
        client.post(
            f"{CREATED}/{answer.id}",
            headers={"X-HTTP-Method-Override": "HEAD", "Tus-Resumable": "1.0.0"},
        ),
    ):
        assert (response.headers["Content-Length"], response.data) == ("0", b"")


@pytest.mark.parametrize("named", ["PUT", "GET", "patch", "TRACE", "", "what ever\x1b[0m"])
def test_a_method_that_is_named_but_not_taken_is_refused(
    client: FlaskClient, answer: Answer, data: bytes, named: str
) -> None:
    response = ask(client, "PATCH", answer, data, X_HTTP_Method_Override=named, Upload_Offset="0")

    assert response.status_code == 405
    assert stored(answer) == b""


def test_nowhere_else_does_a_header_say_the_method(client: FlaskClient, ada: User) -> None:
    """Asked by a method that the address does not take, the header does not make it one that it
    takes.
    """
    sign_in(client, ada)
    for place, method in {(param.values[0], param.values[2]) for param in RULES_AND_METHODS}:
        path = (
            place.replace("<int:position>", "1")
            .replace("<slug>", "a")
            .replace("<path:filename>", "a")
        )
        for name in ("interview_id", "answer_id", "application_id", "job_id", "user_id"):
            path = path.replace(f"<uuid:{name}>", str(uuid.uuid4()))
        if not path.startswith(CREATED):
            response = client.open(path, method="BREW", headers={"X-HTTP-Method-Override": method})
            assert response.status_code == 405, place


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
    first = record(interview, data, recorded_ms=10_000)
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
    old = record(interview, data)
    old.state = AnswerState.DISCARDED  # as finishing does with it
    db.session.commit()

    assert interviews.complete_answer(old, len(data), None) is old


def test_completing_nothing_twice_is_no_fault(interview: InterviewSession, room: object) -> None:
    show(interview)
    answer_id = room("answers", tab=TAB, question=1, container="mp4").json["answer_id"]
    answer = db.session.get_one(Answer, uuid.UUID(answer_id))

    assert interviews.complete_answer(answer, 0, 0) is None
    assert interviews.answer_path(start(interview)).parent.is_dir()
    assert room(f"answers/{answer_id}/complete", length=0).status_code in {200, 404}
