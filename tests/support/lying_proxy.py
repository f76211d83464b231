"""A proxy between a browser and the portal that answers in the portal's place: with a page, a
refusal, half an answer, a reset, or not at all; each before the portal has heard of the request,
and after it has done what was asked.
"""

import re
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

HEAD_END = b"\r\n\r\n"
PAGE = b"<!doctype html><title>Network</title><h1>Something on the way</h1>"
GIVE_UP_S = 60.0

# What a path is, by its method and the end of its address.
KINDS = {
    "room.json": re.compile(r"GET /capture/[^/]+/room\.json$"),
    "seat": re.compile(r"POST /capture/[^/]+/seat$"),
    "release": re.compile(r"POST /capture/[^/]+/questions/\d+/release$"),
    "answers": re.compile(r"POST /capture/[^/]+/answers$"),
    "token": re.compile(r"POST /capture/[^/]+/answers/[^/]+/token$"),
    "complete": re.compile(r"POST /capture/[^/]+/answers/[^/]+/complete$"),
    "events": re.compile(r"POST /capture/[^/]+/events$"),
    "HEAD": re.compile(r"HEAD /capture/uploads/[^/]+$"),
    "PATCH": re.compile(r"PATCH /capture/uploads/[^/]+$"),
}


class Lie(NamedTuple):
    name: str
    is_after: bool  # the portal has done what was asked; only its answer is lost


NAMES = ("200", "404", "403", "413", "502", "redirect", "reset", "hang")
LIES = [Lie(name, is_after) for name in NAMES for is_after in (False, True)] + [Lie("half", True)]


class Request(NamedTuple):
    method: str
    path: str
    head: bytes
    body: bytes

    @property
    def kind(self) -> str:
        line = f"{self.method} {self.path.partition('?')[0]}"
        return next((kind for kind, pattern in KINDS.items() if pattern.match(line)), "")


Judge = Callable[[Request], Lie | None]


class LyingProxy(socketserver.ThreadingTCPServer):
    """`judge(request)` gives the lie to tell, or None; `change(request)` what the portal gets to
    see.
    """

    allow_reuse_address = True
    daemon_threads = False  # the end waits for them

    def __init__(
        self, portal_port: int, judge: Judge, change: Callable[[Request], Request] = lambda it: it
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.portal_port, self.judge, self.change = portal_port, judge, change
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.connections: set[socket.socket] = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        for connection in list(self.connections):
            with suppress(OSError):  # it ends just now by itself
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


@dataclass
class Script:
    """Tells each lie once for each kind of request, then the truth. `told` is what was told."""

    lies: list[Lie] = field(default_factory=lambda: list(LIES))
    told: dict[str, list[Lie]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    truths: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def judge(self, request: Request) -> Lie | None:
        with self.lock:
            told = self.told.get(request.kind)
            if told is None:
                return None
            if len(told) == len(self.lies):
                self.truths[request.kind] += 1
                return None
            told.append(self.lies[len(told)])
            return told[-1]

    def left(self) -> dict[str, int]:
        return {
            kind: len(self.lies) - len(told)
            for kind, told in self.told.items()
            if len(told) < len(self.lies)
        }


class _Connection(socketserver.BaseRequestHandler):
    """One request a connection: what is lied about here can disturb no other."""

    server: LyingProxy
    request: socket.socket

    def setup(self) -> None:
        self.server.connections.add(self.request)

    def finish(self) -> None:
        self.server.connections.discard(self.request)

    def handle(self) -> None:
        try:
            asked = self._read()
            if asked is None:
                return
            lie = self.server.judge(asked)
            answer = (
                b"" if lie and not lie.is_after else self._ask_portal(self.server.change(asked))
            )
            self._answer(lie.name if lie else "", answer)
        except OSError:  # the browser has left, or the portal
            return

    def _read(self) -> Request | None:
        self.request.settimeout(GIVE_UP_S)
        data = b""
        while HEAD_END not in data:
            more = self.request.recv(65_536)
            if not more:
                return None
            data += more
        head, _, body = data.partition(HEAD_END)
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        while len(body) < int(length[1] if length else 0):
            more = self.request.recv(65_536)
            if not more:
                return None
            body += more
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        return Request(method, path, head, body)

    def _ask_portal(self, asked: Request) -> bytes:
        head = re.sub(rb"(?im)^connection:[^\r\n]*\r\n", b"", asked.head + b"\r\n")
        with socket.create_connection(
            ("127.0.0.1", self.server.portal_port), timeout=GIVE_UP_S
        ) as portal:
            portal.sendall(head + b"Connection: close\r\n\r\n" + asked.body)
            answer = b""
            while more := portal.recv(65_536):
                answer += more
        return answer

    def _answer(self, lie: str, answer: bytes) -> None:
        if lie == "reset":
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if lie == "hang":
            self.request.recv(1)  # nothing comes: until the browser gives up
            return
        self.request.sendall({"": answer, "half": _half(answer)}.get(lie) or _canned(lie))


def _canned(lie: str) -> bytes:
    status, more = ("302", b"Location: /nowhere\r\n") if lie == "redirect" else (lie, b"")
    headers = b"Content-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n" % len(PAGE)
    return b"HTTP/1.1 %s Said by a proxy\r\n" % status.encode() + more + headers + b"\r\n" + PAGE


def _half(answer: bytes) -> bytes:
    """All but the last third: with a body it breaks off within that, else within the headers."""
    head, _, body = answer.partition(HEAD_END)
    return head + HEAD_END + body[: len(body) * 2 // 3] if body else head[: len(head) * 2 // 3]
