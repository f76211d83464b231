"""The nginx configuration that is shipped, in front of a real gunicorn; only ports and files are
other ones.
"""

import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from machine import NGINX
from servers import START_TIMEOUT_S, LiveServer, free_port
from visiting import Visitor

from portal.config import PROJECT_FOLDER

NAME = "careers.example.org"
PATIENCE_S = 30


class FrontDoor:
    """nginx with deploy/nginx.conf, in which only ports, files and the user are others."""

    def __init__(self, folder: Path, server: LiveServer, user: str = "root") -> None:
        self.folder, self.server, self.user = folder, server, user
        self.port, self.plain_port = free_port(), free_port()
        self.url = f"https://{NAME}:{self.port}"
        self._make_certificate()
        self.tls = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
        self.configuration = folder / "nginx.conf"
        self.configuration.write_text(self._configured())

    def start(self) -> None:
        assert NGINX
        command = [
            NGINX,
            "-c",
            str(self.configuration),
            "-g",
            "daemon off;",
            "-e",
            str(self.folder / "error.log"),
        ]
        self.process = subprocess.Popen(command, cwd=self.folder)
        wait_until_listening(self.port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)

    def visitor(self) -> Visitor:
        return Visitor(self.url, self.tls)

    def _configured(self) -> str:
        text = (PROJECT_FOLDER / "deploy" / "nginx.conf").read_text()
        for here, there in {
            "user www-data;": f"user {self.user};",
            "pid /run/nginx.pid": f"pid {self.folder}/nginx.pid",
            "/var/log/nginx/error.log": f"{self.folder}/error.log",
            "/var/lib/nginx/": f"{self.folder}/",
            "/var/cache/nginx": f"{self.folder}/cache",
            "listen 80": f"listen 127.0.0.1:{self.plain_port}",
            "listen 443": f"listen 127.0.0.1:{self.port}",
            f"/etc/ssl/{NAME}/": f"{self.folder}/",
            "http://127.0.0.1:8000": self.server.url,
            "/var/lib/career-portal/": f"{self.server.environ['INSTANCE_PATH']}/",
        }.items():
            assert here in text
            text = text.replace(here, there)
        assert set(re.findall(r"(?:listen|proxy_pass)\s+(\S+?):\d+", text)) == {
            "127.0.0.1",
            "http://127.0.0.1",
        }
        return text

    def _make_certificate(self) -> None:
        make = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            f"/CN={NAME}",
        ]
        files = [
            "-addext",
            f"subjectAltName=DNS:{NAME}",
            "-keyout",
            "privkey.pem",
            "-out",
            "fullchain.pem",
        ]
        subprocess.run([*make, *files], cwd=self.folder, check=True, capture_output=True)


def wait_until_listening(port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            return
        except ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@contextmanager
def front_door(folder: Path, **settings: str) -> Iterator[FrontDoor]:
    """A portal behind its nginx, as docs/deploy.md sets them up."""
    behind = {"TRUSTED_PROXIES": "1", "MEDIA_ACCEL_PREFIX": "/_media", "SESSION_COOKIE_SECURE": "1"}
    server = LiveServer(folder, **behind | settings)
    server.start()
    door = FrontDoor(folder, server)
    door.start()
    yield door
    door.stop()
    server.stop()


def connected(door: FrontDoor, address: str) -> ssl.SSLSocket:
    plain = socket.create_connection(
        ("127.0.0.1", door.port), timeout=2 * PATIENCE_S, source_address=(address, 0)
    )
    return door.tls.wrap_socket(plain, server_hostname=NAME)


class Unfinished:
    """One request whose body never ends: so much of it is sent and no more."""

    def __init__(
        self, door: FrontDoor, address: str, path: str, *, says_bytes: int, sends_bytes: int = 1
    ) -> None:
        self.socket = connected(door, address)
        head = f"POST {path} HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {says_bytes}\r\n\r\n"
        self.socket.sendall(head.encode() + b"a" * sends_bytes)
        self.answered: int | None = None

    def status(self, wait_s: float = 0.001) -> int | None:
        """What nginx answers by itself; None while it waits for the rest."""
        if self.answered is None:
            self.socket.settimeout(wait_s)
            with suppress(TimeoutError):
                self.answered = int(self.socket.recv(12).split()[1])
        return self.answered

    def close(self) -> None:
        self.socket.close()


def unfinished(
    stack: ExitStack,
    who: tuple[FrontDoor, str],
    path: str,
    count: int,
    says_bytes: int = 1000,
    sends_bytes: int = 1,
) -> list[Unfinished]:
    made = [
        Unfinished(*who, path, says_bytes=says_bytes, sends_bytes=sends_bytes) for _ in range(count)
    ]
    for one in made:
        stack.callback(one.close)
    return made


def refused(sent: list[Unfinished]) -> int:
    return sum(one.status() == 429 for one in sent)
