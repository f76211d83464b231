"""A tus client that is not ours uploads a clip to a real server, in pieces, past a lost reply and a damaged piece."""

import base64
import hashlib
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import make_application
from servers import LiveServer
from sittings import begin, clip_bytes, start
from tusclient.client import TusClient
from tusclient.uploader import Uploader

from portal import interviews, tokens
from portal.extensions import db
from portal.models import Answer, User

PIECE_BYTES = 4_000


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    clip_bytes(tmp_path)
    return tmp_path / "clip-2.0.mp4"


@pytest.fixture
def upload(live_server: LiveServer, clip: Path) -> Iterator[tuple[Uploader, Path]]:
    """An uploader of the clip, and where its bytes shall arrive."""
    with live_server.app.app_context():
        alice = db.session.scalars(db.select(User).where(User.email == "alice@example.org")).one()
        answer: Answer = start(begin(make_application(alice)))
        token, stored = tokens.make_upload_token(answer.id), interviews.answer_path(answer)
    client = TusClient(f"{live_server.url}/capture/uploads", headers={"Authorization": f"Bearer {token}"})
    with clip.open("rb") as file:
        how = {"chunk_size": PIECE_BYTES, "upload_checksum": True, "retries": 2, "retry_delay": 0}
        yield client.uploader(file_stream=file, **how), stored


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_clip_arrives_whole(upload: tuple[Uploader, Path], clip: Path) -> None:
    uploader, stored = upload
    uploader.upload()

    assert clip.stat().st_size > 2 * PIECE_BYTES
    assert digest(stored) == digest(clip)


def test_a_piece_whose_reply_was_lost_is_not_stored_twice(upload: tuple[Uploader, Path], clip: Path) -> None:
    uploader, stored = upload
    uploader.upload_chunk()
    uploader.offset = 0  # as after a reply that never came: the client does not know that the piece is there
    uploader.upload()

    assert digest(stored) == digest(clip)


def test_a_damaged_piece_is_refused_and_the_upload_goes_on(upload: tuple[Uploader, Path], clip: Path) -> None:
    uploader, stored = upload
    uploader.upload_chunk()
    headers = uploader.get_headers() | {
        "Upload-Offset": str(uploader.offset),
        "Upload-Checksum": f"sha1 {base64.b64encode(hashlib.sha1(b'what was meant').digest()).decode()}",
        "Content-Type": "application/offset+octet-stream",
    }
    host, _, path = uploader.url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("PATCH", f"/{path}", body=b"what arrived instead", headers=headers)
    status = connection.getresponse().status
    connection.close()
    uploader.upload()

    assert status == 460
    assert digest(stored) == digest(clip)
