"""A mail server that kills its client at a named point of their dialogue, or at a byte."""

import socket
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from email import message_from_bytes
from pathlib import Path

ANSWERS = {
    b"EHLO": b"250-localhost\r\n250-8BITMIME\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
    b"STARTTLS": b"220 go on\r\n",
    b"AUTH": b"235 welcome\r\n",
    b"MAIL": b"250 fine\r\n",
    b"RCPT": b"250 known\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 goodbye\r\n",
}
PARTS = ("received", "half answered", "answered")
DIALOGUE = ("EHLO", "STARTTLS", "EHLO 2", "AUTH", "MAIL", "RCPT", "DATA")
# Of these points nobody can know whether the client learned that its mail was taken.
ANSWER_LOST = ("dot received", "dot half answered", "dot answered")
POINTS: tuple[str | int, ...] = (
    "connected",
    "greeting half answered",
    "greeting answered",
    "encrypted",
    *(f"{verb} {part}" for verb in DIALOGUE for part in PARTS),
    *range(1, 20_000, 1_000),
    *ANSWER_LOST,
    "QUIT received",
)
WAIT_S = 0.15  # until the client has got an answer and wants to commit


class KillingServer:
    """Serves one client after the other. `taken` has the Message-ID of each whole mail."""

    def __init__(self, context: ssl.SSLContext, database: Path) -> None:
        self.taken: list[str] = []
        self.killed = threading.Event()
        self.context = context
        self._database = database
        self._point: str | int | None = None
        self._kill: Callable[[], None] = lambda: None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def kill_at(self, point: str | int | None, kill: Callable[[], None]) -> None:
        self._point, self._kill = point, kill
        self.killed.clear()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # ends the waiting for a client
        self._thread.join(WAIT_S * 10)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                line = self._listener.accept()[0]
            except OSError:
                return
            line.settimeout(30)
            connection = _Connection(self, line)
            with suppress(OSError, EOFError):
                connection.run()
            connection.line.close()

    def at(self, point: str | int) -> None:
        if point == self._point and not self.killed.is_set():
            self._kill()
            self.killed.set()

    def at_byte(self, count: int) -> None:
        if isinstance(self._point, int) and count >= self._point:
            self.at(self._point)


class _Connection:
    def __init__(self, server: KillingServer, line: socket.socket) -> None:
        self._server = server
        self.line = line
        self._greetings = 0

    def run(self) -> None:
        self._server.at("connected")
        self._say(b"220 here\r\n", "greeting")
        verb = b""
        while verb != b"QUIT":
            verb = self._read_line().split()[0].upper()
            name = verb.decode()
            if verb == b"EHLO":
                self._greetings += 1
                name = "EHLO" if self._greetings == 1 else f"EHLO {self._greetings}"
            self._server.at(f"{name} received")
            self._say(ANSWERS[verb], name)
            if verb == b"STARTTLS":
                self._encrypt()
                self._server.at("encrypted")
            if verb == b"DATA":
                self._take()

    def _encrypt(self) -> None:
        if self._server.killed.is_set():
            raise EOFError
        line = self._server.context.wrap_socket(
            self.line, server_side=True, do_handshake_on_connect=False
        )
        self.line = line  # first, so that it is closed also if the client is killed meanwhile
        line.do_handshake()

    def _say(self, answer: bytes, name: str) -> None:
        self.line.sendall(answer[:2])
        self._server.at(f"{name} half answered")
        self.line.sendall(answer[2:])
        self._server.at(f"{name} answered")

    def _read_line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            line += self._read(1)
        return line

    def _read(self, size: int) -> bytes:
        """Also what a killed client had sent: a real server reads it, too."""
        # otherwise Linux waits 40 ms before it says that a part of the mail has arrived
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        data = self.line.recv(size)
        if not data:
            raise EOFError
        return data

    def _take(self) -> None:
        content = b""
        while not content.endswith(b"\r\n.\r\n"):
            content += self._read(200)
            self._server.at_byte(len(content))
        self._server.taken.append(message_from_bytes(content)["Message-ID"])
        self._server.at("dot received")
        if self._server._point == "dot answered":
            self._answer_while_nothing_can_be_committed()
        else:
            self._say(b"250 taken\r\n", "dot")

    def _answer_while_nothing_can_be_committed(self) -> None:
        lock = sqlite3.connect(self._server._database, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        self.line.sendall(b"250 taken\r\n")
        time.sleep(WAIT_S)
        self._server.at("dot answered")
        lock.rollback()
        lock.close()
