"""Many clients that say little and take long.

`python tests/support/slow_clients.py PORT` measures what a
server makes of them.

Half begin a header and never end it, half a body. Each sends one more byte a second, so none is
ever quite silent.
"""

import socket
import ssl
import sys
import threading
import time
from types import TracebackType

HEADER = b"GET /jobs HTTP/1.1\r\nHost: %s\r\nX-Slow: "
BODY = (
    b"POST /login HTTP/1.1\r\nHost: %s\r\nContent-Type: application/octet-stream\r\nContent-Length:"
    b" 100000\r\n\r\n"
)
GIVE_UP_S = 10.0


class SlowClients:
    """`count` of each kind hold on to a server on this machine while the block runs."""

    def __init__(
        self,
        port: int,
        count: int = 100,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.port, self.count, self.host, self.tls = port, count, host, tls
        self.connections: list[socket.socket] = []
        self._over = threading.Event()
        self._dripping = threading.Thread(target=self._drip, daemon=True)

    def __enter__(self) -> "SlowClients":
        for beginning in [HEADER] * self.count + [BODY] * self.count:
            connection = socket.create_connection(("127.0.0.1", self.port), timeout=GIVE_UP_S)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_hostname=self.host)
            connection.sendall(beginning % self.host.encode())
            self.connections.append(connection)
        self._dripping.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._dripping.join()
        for connection in self.connections:
            connection.close()

    def _drip(self) -> None:
        left = list(self.connections)
        while not self._over.wait(1.0):
            left = [connection for connection in left if _sent(connection)]


def _sent(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"a")
    except OSError:  # the server had enough of this one
        return False
    return True


def main() -> None:
    port = int(sys.argv[1])
    with SlowClients(port):
        began = time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=GIVE_UP_S) as connection:
                connection.sendall(
                    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
                )
                answer = connection.recv(12).decode() or "closed without an answer"
        except TimeoutError:
            answer = f"no answer within {GIVE_UP_S:.0f} s"
        print(
            f"/healthz beside 100 slow headers and 100 slow bodies: {answer},"
            f" {time.monotonic() - began:.2f} s"
        )


if __name__ == "__main__":
    main()
