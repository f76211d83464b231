"""Candidates who record through the shipped nginx, from one address, without a browser."""

import http.client
import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factories import make_application, make_job, make_user, sign_in
from front_doors import NAME, FrontDoor, connected
from interview_steps import TAB, begin_interview, clip_bytes

from portal import interviews
from portal.extensions import db
from portal.models import Answer, InterviewSession


@dataclass
class Recorder:
    """One candidate's page on a slow line: an answer begun, its pieces in slices with pauses
    between, and its end.
    """

    door: FrontDoor
    address: str
    room: str
    cookie: str
    data: bytes
    answer_id: str = ""
    csrf: str = ""

    PIECES, SLICES, PAUSE_S = 4, 4, 0.2

    def run(self) -> list[int]:
        """The statuses of everything that was asked."""
        status, room = self.ask("room.json")
        self.csrf = room.get("csrf", "")
        shown, _ = self.ask("questions/1/release", tab=TAB)
        begun, answer = self.ask("answers", tab=TAB, question=1, container="mp4")
        if begun != 201:
            return [status, shown, begun]
        self.answer_id = answer["answer_id"]
        pieces = self.send_all(answer["upload_token"])
        ended, _ = self.ask(
            f"answers/{self.answer_id}/complete", length=len(self.data), recorded_ms=2_000
        )
        return [status, shown, begun, *pieces, ended]

    def ask(self, path: str, **fields: object) -> tuple[int, dict[str, Any]]:
        headers = {"Cookie": self.cookie, "X-CSRFToken": self.csrf, "Referer": f"https://{NAME}/"}
        line = http.client.HTTPConnection(NAME)
        line.sock = connected(self.door, self.address)
        method, body = ("POST", json.dumps(fields)) if fields else ("GET", None)
        line.request(
            method, f"{self.room}/{path}", body, headers | {"Content-Type": "application/json"}
        )
        answer = line.getresponse()
        if given := answer.headers.get("Set-Cookie"):
            self.cookie = given.partition(";")[0]
        said = answer.read()
        line.close()
        return answer.status, (
            json.loads(said) if "json" in answer.headers.get("Content-Type", "") else {}
        )

    def send_all(self, token: str) -> list[int]:
        size = -(-len(self.data) // self.PIECES)
        offsets = range(0, len(self.data), size)
        return [self.send(token, offset, self.data[offset : offset + size]) for offset in offsets]

    def send(self, token: str, offset: int, piece: bytes) -> int:
        with connected(self.door, self.address) as line:
            line.sendall(self._head(token, offset, len(piece)).encode())
            step = -(-len(piece) // self.SLICES)
            for begin_ in range(0, len(piece), step):
                time.sleep(self.PAUSE_S)
                line.sendall(piece[begin_ : begin_ + step])
            return int(line.recv(4096).split()[1])

    def _head(self, token: str, offset: int, length: int) -> str:
        return (
            f"PATCH /capture/uploads/{self.answer_id} HTTP/1.1\r\nHost: {NAME}\r\nConnection:"
            f" close\r\nAuthorization: Bearer {token}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset:"
            f" {offset}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length:"
            f" {length}\r\n\r\n"
        )


def recorders(door: FrontDoor, address: str, folder: Path, count: int) -> list[Recorder]:
    """Candidates who are signed in and sit before their first question."""
    data = clip_bytes(folder)
    with door.server.app.app_context():
        job = make_job()
        begun = [begin_interview(make_application(make_user(), job)) for _ in range(count)]
        return [
            Recorder(door, address, f"/capture/{one.id}", cookie_of(door, one), data)
            for one in begun
        ]


def cookie_of(door: FrontDoor, interview: InterviewSession) -> str:
    client, name = door.server.app.test_client(), door.server.app.config["SESSION_COOKIE_NAME"]
    cookie = sign_in(client, interview.application.user).get_cookie(name)
    assert cookie
    return f"{name}={cookie.value}"


def arrived(door: FrontDoor, recorder: Recorder) -> bytes:
    with door.server.app.app_context():
        return interviews.answer_path(
            db.session.get_one(Answer, uuid.UUID(recorder.answer_id))
        ).read_bytes()
