"""Candidates who record over HTTP as the room's script does: in order, and again whatever got no
answer.

Each keeps account of what the server acknowledged, byte by byte, to hold it against what is on
disk.
"""

import base64
import hashlib
import http.client
import json
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interview_steps import TAB
from servers import LiveServer
from visiting import Answer, Visitor

PATIENCE_S = 300.0


@dataclass(frozen=True)
class Clip:
    """What is recorded for one question, and when it is measured if nothing disturbs that."""

    container: str
    data: bytes
    duration_ms: int
    measured_at_ms: tuple[int, ...] = ()


@dataclass
class Candidate(threading.Thread):
    """Answers every question and finishes; `error` is what made that impossible."""

    server: LiveServer
    email: str
    interview_id: uuid.UUID
    folder: Path
    clips: list[Clip]
    finishes: bool = True
    piece_bytes: int = 64_000
    pause_s: float = 0.05
    acknowledged: dict[str, int] = field(default_factory=dict)
    faults: int = 0  # answers that said so
    error: BaseException | None = None

    def __post_init__(self) -> None:
        super().__init__(name=f"candidate-{self.email}", daemon=True)
        self.visitor = Visitor(self.server.url)

    __hash__ = threading.Thread.__hash__

    @property
    def room(self) -> str:
        return f"/capture/{self.interview_id}"

    def run(self) -> None:
        try:
            self.sign_in()
            for question, clip in enumerate(self.clips, 1):
                self.answer(question, clip)
            if self.finishes:
                assert self.post("/finish").status == 303
        except BaseException as error:
            self.error = error

    def sign_in(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with suppress(OSError, http.client.HTTPException, AssertionError):
                if (
                    self.visitor.get("/login").status != 303
                ):  # as it is when only the answer was lost on the way
                    self.visitor.sign_in(self.email)
                return
            time.sleep(0.2)
        raise AssertionError("could not sign in")

    def answer(self, question: int, clip: Clip) -> None:
        assert self.post(f"/questions/{question}/release", tab=TAB).status == 200
        begun = json.loads(
            self.post("/answers", tab=TAB, question=question, container=clip.container).body
        )
        self.send(f"{question:02d}-1.{clip.container}", begun, clip.data)
        said = self.post(
            f"/answers/{begun['answer_id']}/complete",
            length=len(clip.data),
            recorded_ms=clip.duration_ms,
        )
        assert said.status == 200, said.text

    def send(self, name: str, begun: dict[str, Any], data: bytes) -> None:
        offset = 0
        while offset < len(data):
            piece = data[offset : offset + self.piece_bytes]
            said = self.insist(
                begun["upload_url"],
                "PATCH",
                piece,
                Authorization=f"Bearer {begun['upload_token']}",
                Tus_Resumable="1.0.0",
                Upload_Offset=str(offset),
                Upload_Checksum=(
                    f"sha256 {base64.b64encode(hashlib.sha256(piece).digest()).decode()}"
                ),
                Content_Type="application/offset+octet-stream",
            )
            # 409: it is there already, the answer was lost on the way
            assert said.status in (204, 409), said.text
            offset = int(said.headers["Upload-Offset"])
            assert offset >= self.acknowledged.get(name, 0), "bytes that were acknowledged are gone"
            self.acknowledged[name] = offset
            time.sleep(self.pause_s)

    def post(self, path: str, **fields: Any) -> Answer:
        room = self.insist(f"{self.room}/room.json", "GET")
        token = json.loads(room.body)["csrf"]
        return self.insist(
            self.room + path,
            "POST",
            json.dumps(fields).encode(),
            Content_Type="application/json",
            X_CSRFToken=token,
        )

    def insist(self, path: str, method: str, data: bytes | None = None, **headers: str) -> Answer:
        """Until there is an answer, whatever happens to the server meanwhile."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with suppress(OSError, http.client.HTTPException):
                said = self.visitor.ask(path, method, data, **headers)
                if said.status < 500:
                    return said
                self.faults += 1
            time.sleep(0.1)
        raise AssertionError(f"no answer from {path}")

    def bytes_kept(self) -> int:
        """How many acknowledged bytes are on disk as they were sent. Raises where one is not."""
        checked = 0
        for name, size in list(self.acknowledged.items()):
            clip = self.clips[int(name[:2]) - 1]
            stored = (self.folder / "answers" / name).read_bytes()[:size]
            assert hashlib.sha256(stored).digest() == hashlib.sha256(clip.data[:size]).digest(), (
                name
            )
            checked += size
        return checked
