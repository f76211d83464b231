"""Pieces that come twice, late, out of order, by halves, slowly and from two tabs at once, to two
real processes: the file is what was recorded, byte by byte, and who is wrong about the offset is
told the right one.
"""

import re
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from acting import interviews
from factories import make_application, make_user
from interview_steps import begin_interview, clip_bytes, start_answer
from servers import LiveServer

from portal import upload_tokens

pytestmark = pytest.mark.server

PIECE_BYTES = 4_000
PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("races"))
    server.start()
    yield server
    server.stop()


@dataclass
class Upload:
    """An answer on a live server, and raw requests about it."""

    port: int
    answer_id: uuid.UUID
    token: str
    path: Path

    def head(self, method: str, offset: int, length: int) -> bytes:
        lines = (
            f"{method} /capture/uploads/{self.answer_id} HTTP/1.1", "Host: 127.0.0.1",
            "Tus-Resumable: 1.0.0", f"Authorization: Bearer {self.token}",
            f"Upload-Offset: {offset}", f"Content-Length: {length}",
            "Content-Type: application/offset+octet-stream", "Connection: close",
        )  # fmt: skip
        return "\r\n".join((*lines, "", "")).encode()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def patch(self, offset: int, data: bytes, pause_s: float = 0.0) -> tuple[int, int]:
        """The status and the offset that the server says. With a pause the body is sent in ten
        parts.
        """
        with self.connect() as wire:
            wire.sendall(self.head("PATCH", offset, len(data)))
            step = len(data) if not pause_s else -(-len(data) // 10)
            for at in range(0, len(data), step):
                wire.sendall(data[at : at + step])
                time.sleep(pause_s)
            return said(wire)

    def offset(self) -> int:
        with self.connect() as wire:
            wire.sendall(self.head("HEAD", 0, 0))
            status, offset = said(wire)
        assert status == 200
        return offset


def said(wire: socket.socket) -> tuple[int, int]:
    answer = b""
    while part := wire.recv(65536):
        answer += part
    offset = re.search(rb"(?i)^Upload-Offset: (\d+)", answer, re.MULTILINE)
    return int(answer.split(b" ", 2)[1]), int(offset[1]) if offset else -1


@pytest.fixture
def upload(server: LiveServer) -> Upload:
    with server.app.app_context():
        answer = start_answer(begin_interview(make_application(make_user())))
        return Upload(
            server.port,
            answer.id,
            upload_tokens.make_upload_token(answer.id),
            interviews.answer_path(answer),
        )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return clip_bytes(tmp_path_factory.mktemp("clip"))


def test_of_many_equal_pieces_at_once_one_is_kept(upload: Upload, data: bytes) -> None:
    with ThreadPoolExecutor(8) as tabs:
        for at in range(0, 3 * PIECE_BYTES, PIECE_BYTES):
            answers = list(
                tabs.map(lambda _, at=at: upload.patch(at, data[at : at + PIECE_BYTES]), range(8))
            )
            assert Counter(answers) == {(204, at + PIECE_BYTES): 1, (409, at + PIECE_BYTES): 7}

    assert upload.path.read_bytes() == data[: 3 * PIECE_BYTES]


def test_pieces_out_of_order_are_told_where_to_go_on(upload: Upload, data: bytes) -> None:
    assert upload.patch(PIECE_BYTES, data[PIECE_BYTES : 2 * PIECE_BYTES]) == (409, 0)
    assert upload.patch(0, data[:PIECE_BYTES]) == (204, PIECE_BYTES)
    assert upload.patch(3 * PIECE_BYTES, data[3 * PIECE_BYTES :]) == (409, PIECE_BYTES)
    assert upload.path.read_bytes() == data[:PIECE_BYTES]


def test_half_a_piece_is_none(upload: Upload, data: bytes) -> None:
    assert upload.patch(0, data[:PIECE_BYTES])[0] == 204
    for sent in (0, 1, PIECE_BYTES // 2, PIECE_BYTES - 1):
        with upload.connect() as wire:
            wire.sendall(upload.head("PATCH", PIECE_BYTES, PIECE_BYTES) + data[PIECE_BYTES:][:sent])
            wire.shutdown(socket.SHUT_WR)
            assert said(wire)[0] == 400

    assert upload.offset() == PIECE_BYTES
    assert upload.patch(PIECE_BYTES, data[PIECE_BYTES:]) == (204, len(data))
    assert upload.path.read_bytes() == data


def test_a_slow_piece_holds_up_nobody_and_overwrites_nothing(upload: Upload, data: bytes) -> None:
    with ThreadPoolExecutor(1) as slow_tab:
        slow = slow_tab.submit(upload.patch, 0, data[:PIECE_BYTES], 0.2)
        time.sleep(0.5)
        assert upload.patch(0, data[: 2 * PIECE_BYTES]) == (204, 2 * PIECE_BYTES)
        assert not slow.done()
        assert slow.result() == (409, 2 * PIECE_BYTES)

    assert upload.path.read_bytes() == data[: 2 * PIECE_BYTES]


@pytest.mark.long
@pytest.mark.parametrize("ends", ["complete", "taken back"])
def test_no_piece_gets_in_behind_the_end_of_an_upload(
    server: LiveServer, data: bytes, ends: str
) -> None:
    """Whatever was acknowledged is counted, and what is not counted was refused, whoever comes
    first.
    """
    for _ in range(16):
        with server.app.app_context(), ThreadPoolExecutor(8) as tabs:
            answer = start_answer(begin_interview(make_application(make_user())))
            upload = Upload(
                server.port,
                answer.id,
                upload_tokens.make_upload_token(answer.id),
                interviews.answer_path(answer),
            )
            assert upload.patch(0, data[:PIECE_BYTES])[0] == 204
            late = tabs.map(
                lambda _, to=upload: to.patch(PIECE_BYTES, data[PIECE_BYTES:])[0], range(8)
            )
            if ends == "complete":
                here = interviews.complete_answer(answer, PIECE_BYTES, None).length_bytes
            else:
                here = interviews.discard_upload(answer)
            answered = Counter(late)
            if ends == "complete":
                assert upload.path.stat().st_size == here
                assert answered[204] == (here == len(data))
            else:
                assert not upload.path.exists()
            assert set(answered) <= {204, 403, 409, 410}


def test_nothing_is_lost_where_an_answer_is_given_up_while_its_first_piece_comes(
    server: LiveServer, data: bytes
) -> None:
    for _ in range(16):
        with server.app.app_context(), ThreadPoolExecutor(2) as tabs:
            answer = start_answer(begin_interview(make_application(make_user())))
            upload = Upload(
                server.port,
                answer.id,
                upload_tokens.make_upload_token(answer.id),
                interviews.answer_path(answer),
            )
            sent = tabs.submit(upload.patch, 0, data)
            completed = interviews.complete_answer(answer, 0, None)
            status = sent.result()[0]
            if completed:
                assert (status, upload.path.read_bytes()) == (204, data)
            else:
                assert (status, upload.path.exists()) == (410, False)


def send_badly(upload: Upload, data: bytes, seed: int, ended: threading.Event) -> Counter[str]:
    """One of several tabs that all send the same recording: repeats, jumps, breaks off, and in the
    end goes on.
    """
    random, seen = Random(seed), Counter[str]()
    while not ended.is_set():
        at = upload.offset()
        if at == len(data):
            ended.set()
            break
        wrong = random.random()
        piece = data[at : at + random.randint(1, PIECE_BYTES)]
        if wrong < 0.2:
            with upload.connect() as wire:
                wire.sendall(upload.head("PATCH", at, len(piece) + 1) + piece)
            seen["broken off"] += 1
        elif wrong < 0.4:
            before = max(0, at - PIECE_BYTES)
            seen[f"repeated: {upload.patch(before, data[before : before + PIECE_BYTES])[0]}"] += 1
        elif wrong < 0.5:
            seen[f"ahead: {upload.patch(at + 1, data[at + 1 : at + PIECE_BYTES])[0]}"] += 1
        elif wrong < 0.6:
            seen[f"slow: {upload.patch(at, piece, 0.005)[0]}"] += 1
        else:
            seen[f"right: {upload.patch(at, piece)[0]}"] += 1
    return seen


@pytest.mark.parametrize("uploads_at_once", [2, pytest.param(40, marks=pytest.mark.torture)])
def test_tabs_that_send_badly_make_a_good_file(
    server: LiveServer, data: bytes, uploads_at_once: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with server.app.app_context():
        answers = [
            start_answer(begin_interview(make_application(make_user())))
            for _ in range(uploads_at_once)
        ]
        sent = [
            Upload(
                server.port,
                answer.id,
                upload_tokens.make_upload_token(answer.id),
                interviews.answer_path(answer),
            )
            for answer in answers
        ]
    with ThreadPoolExecutor(3 * uploads_at_once) as tabs:
        work = [
            tabs.submit(send_badly, upload, data, 10 * number + tab, ended)
            for number, (upload, ended) in enumerate((upload, threading.Event()) for upload in sent)
            for tab in range(3)
        ]
        seen = sum((one.result() for one in work), Counter[str]())

    assert all(upload.path.read_bytes() == data for upload in sent)
    assert not any(name.endswith((": 500", ": 507", ": 0")) for name in seen)
    with capsys.disabled():
        print(
            f"\n{sum(seen.values())} pieces:"
            f" {', '.join(f'{name} ×{number}' for name, number in sorted(seen.items()))}"
        )
