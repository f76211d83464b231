"""A line that carries only so many bytes a second towards the server, all connections together: a
slow uplink.
"""

import socket
import threading
import time
from contextlib import suppress

STEP_BYTES = 512  # half a second at 1 kB/s
BUFFER_BYTES = 4_096  # the system must not swallow what the line could not carry


class SlowLine:
    """In front of a server on this machine; `bytes_per_s` may be changed at any time, None is as
    fast as it goes.
    """

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self.bytes_per_s: float | None = None
        self._lock = threading.Lock()
        self._free_at = 0.0
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._open, daemon=True).start()

    def stop(self) -> None:
        self._door.close()

    def _open(self) -> None:
        with suppress(OSError):  # the door is closed
            while True:
                browser, _ = self._door.accept()
                server = socket.create_connection(("127.0.0.1", self.server_port))
                threading.Thread(
                    target=self._carry, args=(browser, server, True), daemon=True
                ).start()
                threading.Thread(
                    target=self._carry, args=(server, browser, False), daemon=True
                ).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_up: bool) -> None:
        with suppress(OSError):  # either side has gone; then so does the other
            while data := source.recv(STEP_BYTES if is_up and self.bytes_per_s else 65_536):
                if is_up:
                    self._wait_for_turn(len(data))
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()  # each direction closes the end that it read from

    def _wait_for_turn(self, size: int) -> None:
        if not self.bytes_per_s:
            return
        with self._lock:
            self._free_at = max(self._free_at, time.monotonic()) + size / self.bytes_per_s
            wait_s = self._free_at - time.monotonic()
        time.sleep(max(0.0, wait_s))
