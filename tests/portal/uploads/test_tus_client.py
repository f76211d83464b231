"""Two tus clients that are not ours, tuspy and tus-js-client, upload a clip to a real server.

In pieces, past a lost reply and a damaged piece, paused and resumed, taken back, with a length
known only at the end.
"""

import base64
import hashlib
import http.client
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from factories import make_application, make_user
from interview_steps import begin_interview, clip_bytes, start_answer
from servers import LiveServer
from tusclient.client import TusClient
from tusclient.uploader import Uploader

from portal import interviews, upload_tokens
from portal.config import PROJECT_FOLDER
from portal.models import Answer
from setup.assets import npm

pytestmark = pytest.mark.server

PIECE_BYTES = 4_000
JS_CLIENT = Path(__file__).with_name("tus_js_upload.cjs")
JS_PATIENCE_S = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("clients"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    clip_bytes(folder)
    return folder / "clip-2.0.mp4"


@dataclass
class Target:
    """One answer of a candidate on the server, and where its bytes shall arrive."""

    server: LiveServer
    answer_id: Any
    token: str
    stored: Path

    @property
    def endpoint(self) -> str:
        return f"{self.server.url}/capture/uploads"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Tus-Resumable": "1.0.0"}

    def head(self) -> requests.Response:
        return requests.head(f"{self.endpoint}/{self.answer_id}", headers=self.headers, timeout=10)


@pytest.fixture
def target(server: LiveServer) -> Target:
    with server.app.app_context():
        answer: Answer = start_answer(begin_interview(make_application(make_user())))
        token, stored = upload_tokens.make_upload_token(answer.id), interviews.answer_path(answer)
        return Target(server, answer.id, token, stored)


@pytest.fixture
def upload(target: Target, clip: Path) -> Iterator[tuple[Uploader, Path]]:
    """An uploader of the clip, and where its bytes shall arrive."""
    with clip.open("rb") as file:
        how = {"chunk_size": PIECE_BYTES, "upload_checksum": True, "retries": 2, "retry_delay": 0}
        yield (
            TusClient(target.endpoint, headers=target.headers).uploader(file_stream=file, **how),
            target.stored,
        )


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_clip_arrives_whole(upload: tuple[Uploader, Path], clip: Path) -> None:
    uploader, stored = upload
    uploader.upload()

    assert clip.stat().st_size > 2 * PIECE_BYTES
    assert digest(stored) == digest(clip)


def test_a_piece_whose_reply_was_lost_is_not_stored_twice(
    upload: tuple[Uploader, Path], clip: Path
) -> None:
    uploader, stored = upload
    uploader.upload_chunk()
    # as after a reply that never came: the client does not know that the piece is there
    uploader.offset = 0
    uploader.upload()

    assert digest(stored) == digest(clip)


def test_a_damaged_piece_is_refused_and_the_upload_goes_on(
    upload: tuple[Uploader, Path], clip: Path
) -> None:
    uploader, stored = upload
    uploader.upload_chunk()
    headers = uploader.get_headers() | {
        "Upload-Offset": str(uploader.offset),
        "Upload-Checksum": (
            f"sha1 {base64.b64encode(hashlib.sha1(b'what was meant').digest()).decode()}"
        ),
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


def test_tuspy_pauses_and_another_one_goes_on(
    upload: tuple[Uploader, Path], target: Target, clip: Path
) -> None:
    uploader, stored = upload
    uploader.upload(stop_at=2 * PIECE_BYTES)
    assert stored.stat().st_size == 2 * PIECE_BYTES
    assert target.head().headers["Upload-Length"] == str(clip.stat().st_size)

    client = TusClient(target.endpoint, headers=target.headers)
    with clip.open("rb") as file:
        later = client.uploader(file_stream=file, url=uploader.url, chunk_size=PIECE_BYTES)
        assert later.offset == 2 * PIECE_BYTES
        later.upload()
    assert digest(stored) == digest(clip)


class Deferring(Uploader):
    """tuspy knows no deferred length, but lets others say the headers."""

    def get_url_creation_headers(self) -> dict[str, str]:
        known = super().get_url_creation_headers()
        del known["upload-length"]
        return known | {"Upload-Defer-Length": "1"}

    def get_headers(self) -> dict[str, str]:
        is_last = (
            self.offset + self.chunk_size >= self.stop_at if hasattr(self, "chunk_size") else False
        )
        return super().get_headers() | ({"Upload-Length": str(self.stop_at)} if is_last else {})


def test_tuspy_says_the_length_with_the_last_piece(target: Target, clip: Path) -> None:
    with clip.open("rb") as file:
        client = TusClient(target.endpoint, headers=target.headers)
        uploader = Deferring(file_stream=file, client=client, chunk_size=PIECE_BYTES)
        uploader.upload_chunk()
        before = target.head().headers
        uploader.upload()

    after = target.head().headers
    assert (before.get("Upload-Length"), before.get("Upload-Defer-Length")) == (None, "1")
    assert (after.get("Upload-Length"), after.get("Upload-Defer-Length")) == (
        str(clip.stat().st_size),
        None,
    )
    assert digest(target.stored) == digest(clip)


def test_an_upload_that_tuspy_began_is_taken_back(
    upload: tuple[Uploader, Path], target: Target
) -> None:
    uploader, stored = upload
    uploader.upload_chunk()

    assert (
        requests.delete(uploader.url, headers=uploader.get_headers(), timeout=10).status_code == 204
    )
    assert not stored.exists()
    assert target.head().status_code == 410


def js(step: str, target: Target, clip: Path, **more: Any) -> dict[str, Any]:
    """One step of a story, told by tus-js-client in Node."""
    _, path = npm()
    node = shutil.which("node", path=path)
    assert (PROJECT_FOLDER / "node_modules" / "tus-js-client").is_dir(), (
        "run `make tools` again: npm's packages are gone"
    )
    wish = {
        "endpoint": target.endpoint,
        "token": target.token,
        "file": str(clip),
        "chunk": PIECE_BYTES,
    } | more
    done = subprocess.run(
        [str(node), str(JS_CLIENT), step, json.dumps(wish)],
        capture_output=True, text=True, timeout=JS_PATIENCE_S, check=True,
    )  # fmt: skip
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


@pytest.mark.parametrize(
    "how", [{}, {"deferred": True}, {"deferred": True, "stream": True}], ids=str
)
@pytest.mark.parametrize("override", [False, True])
def test_tus_js_client_sends_a_clip(
    target: Target, clip: Path, how: dict[str, bool], override: bool
) -> None:
    outcome = js("send", target, clip, override=override, **how)

    assert outcome.get("done"), outcome
    sent_as = {tuple(request[:2]) for request in outcome["requests"]}
    assert sent_as == {("POST", ""), ("POST", "PATCH") if override else ("PATCH", "")}
    assert {request[2] for request in outcome["requests"]} == {201, 204}
    assert digest(target.stored) == digest(clip)
    assert target.head().headers["Upload-Length"] == str(clip.stat().st_size)


@pytest.mark.parametrize("deferred", [False, True])
def test_tus_js_client_pauses_and_another_one_goes_on(
    target: Target, clip: Path, deferred: bool
) -> None:
    first = js("pause", target, clip, deferred=deferred, stopAt=2 * PIECE_BYTES)
    assert first["taken"] == target.stored.stat().st_size == 2 * PIECE_BYTES
    second = js("send", target, clip, deferred=deferred, url=first["url"])

    assert second.get("done"), second
    # and nothing from the beginning
    assert [request[0] for request in second["requests"][:2]] == ["HEAD", "PATCH"]
    assert digest(target.stored) == digest(clip)


@pytest.mark.parametrize("how", [{}, {"deferred": True, "stream": True}], ids=str)
def test_tus_js_client_pauses_and_goes_on_by_itself(
    target: Target, clip: Path, how: dict[str, bool]
) -> None:
    outcome = js("pause_and_go_on", target, clip, stopAt=PIECE_BYTES, **how)

    assert outcome.get("done"), outcome
    assert ["HEAD", "", 200] in outcome["requests"]
    assert digest(target.stored) == digest(clip)


def test_tus_js_client_that_has_sent_all_finds_it_done(target: Target, clip: Path) -> None:
    first = js("send", target, clip)
    again = js("send", target, clip, url=first["url"])

    assert again.get("done"), again
    assert again["requests"] == [["HEAD", "", 200]]


def test_tus_js_client_aborts_and_takes_the_upload_back(target: Target, clip: Path) -> None:
    outcome = js("abort", target, clip, stopAt=PIECE_BYTES)
    again = js("send", target, clip, url=outcome["url"])

    assert outcome["requests"][-1] == ["DELETE", "", 204]
    assert not target.stored.exists()
    assert "410" in again["error"]  # asked, then made anew with the same token: gone both times
    assert [request[2] for request in again["requests"]] == [410, 410]
