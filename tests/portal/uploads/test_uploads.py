"""The tus endpoint: what is acknowledged is on disk, and nothing else is."""

import base64
import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from acting import interviews
from factories import make_application
from flask import Flask
from flask.testing import FlaskClient
from interview_steps import begin_interview, clip_bytes, start_answer
from werkzeug.test import TestResponse

from portal import tus, upload_tokens, work
from portal.config import settings
from portal.extensions import db
from portal.interviews import receiving
from portal.models import Answer, User
from portal.web import security_headers

TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def answer(alice: User) -> Answer:
    return start_answer(begin_interview(make_application(alice)))


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    return clip_bytes(tmp_path)


def headers(answer: Answer, **more: str) -> dict[str, str]:
    extra = {name.replace("_", "-"): value for name, value in more.items()}
    return TUS | {"Authorization": f"Bearer {upload_tokens.make_upload_token(answer.id)}"} | extra


def patch(
    client: FlaskClient, answer: Answer, offset: int, data: bytes, **more: str
) -> TestResponse:
    sent = headers(
        answer, Upload_Offset=str(offset), Content_Type="application/offset+octet-stream", **more
    )
    return client.patch(f"/capture/uploads/{answer.id}", data=data, headers=sent)


def stored(answer: Answer) -> bytes:
    path = interviews.answer_path(answer)
    return path.read_bytes() if path.exists() else b""


def test_it_tells_what_it_speaks(client: FlaskClient) -> None:
    response = client.options("/capture/uploads")

    assert response.status_code == 204
    assert response.headers["Tus-Version"] == "1.0.0"
    assert set(response.headers["Tus-Extension"].split(",")) >= {
        "creation",
        "checksum",
        "termination",
    }


def test_it_creates_an_upload_for_the_token(client: FlaskClient, answer: Answer) -> None:
    response = client.post("/capture/uploads", headers=headers(answer, Upload_Length="1000"))

    assert response.status_code == 201
    assert response.headers["Location"].endswith(f"/capture/uploads/{answer.id}")


def test_it_appends_pieces_in_order(client: FlaskClient, answer: Answer, data: bytes) -> None:
    first = patch(client, answer, 0, data[:5000])
    second = patch(client, answer, 5000, data[5000:])

    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "5000")
    assert (second.status_code, second.headers["Upload-Offset"]) == (204, str(len(data)))
    assert stored(answer) == data


@pytest.mark.logs_errors
def test_a_database_that_was_away_costs_one_piece_sent_twice(
    client: FlaskClient, answer: Answer, data: bytes
) -> None:
    patch(client, answer, 0, data[:5000])
    receiving.kept.connection.close()  # as after a restart of the database
    refused = patch(client, answer, 5000, data[5000:])
    again = patch(client, answer, 5000, data[5000:])

    assert (refused.status_code, again.status_code) == (500, 204)
    assert stored(answer) == data


def test_the_kept_connection_leaves_the_pool_as_it_was(
    client: FlaskClient, answer: Answer, data: bytes
) -> None:
    patch(client, answer, 0, data)
    fresh = [db.engine.raw_connection() for _ in range(3)]
    kept = receiving.kept.connection
    for connection in fresh:
        connection.close()
    again = [db.engine.raw_connection() for _ in range(3)]

    assert kept not in [connection.dbapi_connection for connection in again]
    assert [connection.dbapi_connection.isolation_level for connection in again] == [None] * 3
    for connection in again:
        connection.close()


def test_it_tells_the_offset(client: FlaskClient, answer: Answer, data: bytes) -> None:
    patch(client, answer, 0, data[:5000])
    response = client.head(f"/capture/uploads/{answer.id}", headers=headers(answer))

    assert response.headers["Upload-Offset"] == "5000"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("offset", [0, 4999, 5001])
def test_a_piece_that_is_repeated_or_early_changes_nothing(
    client: FlaskClient, answer: Answer, data: bytes, offset: int
) -> None:
    patch(client, answer, 0, data[:5000])
    response = patch(client, answer, offset, data[:5000])

    assert (response.status_code, response.headers["Upload-Offset"]) == (409, "5000")
    assert stored(answer) == data[:5000]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_damaged_piece_is_not_kept(
    client: FlaskClient, answer: Answer, data: bytes, algorithm: str
) -> None:
    digest = base64.b64encode(hashlib.new(algorithm, data).digest()).decode()

    assert (
        patch(
            client, answer, 0, data[:-1] + b"!", Upload_Checksum=f"{algorithm} {digest}"
        ).status_code
        == 460
    )
    assert stored(answer) == b""
    assert (
        patch(client, answer, 0, data, Upload_Checksum=f"{algorithm} {digest}").status_code == 204
    )


@pytest.mark.parametrize("checksum", ["crc32 AAAA", "sha1 not-base64!", "sha1 \xe9", "sha1"])
def test_a_checksum_we_cannot_read_is_refused(
    client: FlaskClient, answer: Answer, data: bytes, checksum: str
) -> None:
    assert patch(client, answer, 0, data, Upload_Checksum=checksum).status_code in {400, 460}
    assert stored(answer) == b""


@pytest.mark.parametrize(
    "head",
    [
        b"ffconcat version 1.0\nfile x.mp4\n",
        b"#EXTM3U\n#EXTINF:1,\nx.ts\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\n",
        b"GIF89a",
    ],
)
def test_what_is_no_video_is_refused(client: FlaskClient, answer: Answer, head: bytes) -> None:
    assert patch(client, answer, 0, head * 50).status_code == 415
    assert stored(answer) == b""


def test_another_kind_than_announced_is_refused(
    client: FlaskClient, answer: Answer, tmp_path: Path
) -> None:
    assert patch(client, answer, 0, clip_bytes(tmp_path, container="webm")).status_code == 415


def test_a_piece_above_the_limit_is_refused(
    client: FlaskClient, app: Flask, answer: Answer
) -> None:
    too_much = b"x" * (settings(app).upload_chunk_max_bytes + 1)

    assert patch(client, answer, 0, too_much).status_code == 413


def test_it_wants_the_right_content_type(client: FlaskClient, answer: Answer, data: bytes) -> None:
    response = client.patch(
        f"/capture/uploads/{answer.id}", data=data, headers=headers(answer, Upload_Offset="0")
    )

    assert response.status_code == 415


def test_it_wants_the_protocol_version(client: FlaskClient, answer: Answer) -> None:
    response = client.head(f"/capture/uploads/{answer.id}")

    assert (response.status_code, response.headers["Tus-Version"]) == (412, "1.0.0")


def test_a_complete_answer_takes_no_more(client: FlaskClient, answer: Answer, data: bytes) -> None:
    patch(client, answer, 0, data)
    interviews.complete_answer(answer, len(data), None)

    assert patch(client, answer, len(data), b"more").status_code == 403
    assert stored(answer) == data


def test_an_unfinished_upload_can_be_taken_back(
    client: FlaskClient, answer: Answer, data: bytes
) -> None:
    patch(client, answer, 0, data)
    path = interviews.answer_path(answer)

    sent = headers(answer)
    assert client.delete(f"/capture/uploads/{answer.id}", headers=sent).status_code == 204
    assert not path.exists()
    assert client.head(f"/capture/uploads/{answer.id}", headers=sent).status_code == 410


def test_every_answer_to_a_piece_carries_what_every_response_carries(
    client: FlaskClient, answer: Answer, data: bytes
) -> None:
    kept, refused = patch(client, answer, 0, data), patch(client, answer, 0, data)

    assert (kept.status_code, refused.status_code) == (204, 409)
    for response in (kept, refused, client.get("/login")):
        assert all(response.headers[name] == value for name, value in security_headers.HEADERS)
        assert len(response.headers["X-Request-ID"]) == 12
    assert kept.headers["X-Request-ID"] != refused.headers["X-Request-ID"]


@pytest.mark.logs_errors
def test_a_fault_of_ours_says_so_and_keeps_its_reason_in_the_log(
    client: FlaskClient, answer: Answer, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(interviews.answer_path(answer).parent)
    response = patch(client, answer, 0, data)

    assert (response.status_code, response.headers["X-Frame-Options"]) == (500, "DENY")
    assert str(answer.id) not in response.text
    assert "a piece could not be appended" in caplog.text


@pytest.mark.sqlite
def test_a_piece_writes_no_database(
    client: FlaskClient, app: Flask, answer: Answer, data: bytes
) -> None:
    with closing(sqlite3.connect(settings(app).instance_path / "portal.db")) as watcher:
        changes = [watcher.execute("PRAGMA data_version").fetchone()]
        assert patch(client, answer, 0, data).status_code == 204
        changes.append(watcher.execute("PRAGMA data_version").fetchone())
        interviews.complete_answer(answer, len(data), None)
        changes.append(watcher.execute("PRAGMA data_version").fetchone())

    assert changes[0] == changes[1] != changes[2]


def test_an_address_that_is_no_upload_is_not_there(client: FlaskClient) -> None:
    assert client.patch("/capture/uploads/not-one", headers=TUS).status_code == 404


def test_a_process_that_only_gets_pieces_measures_too(
    client: FlaskClient, app: Flask, answer: Answer, data: bytes
) -> None:
    manager = app.extensions[work.MANAGER]
    app.testing = False
    patch(client, answer, 0, data)

    assert manager.status().is_running
    assert manager.stop(10)


def test_a_full_disk_keeps_nothing_half(
    answer: Answer, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = interviews.answer_path(answer)
    tus.append(path, 0, data[:100])

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    # the one thing a test cannot ask of a real disk at a chosen moment
    monkeypatch.setattr(tus, "sync_data", full)
    with pytest.raises(tus.NoSpace):
        tus.append(path, 100, data[100:])
    db.session.rollback()
    assert path.read_bytes() == data[:100]
