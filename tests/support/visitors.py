"""Two real servers on one database, as two gunicorn workers are to each other, and people who visit
both.
"""

import http.cookiejar
import json
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path

import visiting
from factories import PASSWORD
from servers import LiveServer, free_port
from visiting import Answer

ONE_WORKER = {"GUNICORN_CMD_ARGS": "--workers=1", "CAPTURE_WORKERS": "0"}


class SecondServer(LiveServer):
    """Another process on the database of the first; a request to it is one to another process, for
    certain.
    """

    def __init__(self, first: LiveServer) -> None:
        self.folder, self.app, self.process = first.folder, first.app, None
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = first.environ | {"PORT": str(self.port)}


def two_servers(folder: Path) -> tuple[LiveServer, LiveServer]:
    first = LiveServer(folder, **ONE_WORKER)
    second = SecondServer(first)
    for server in (first, second):
        server.start()
    return first, second


@dataclass
class Visitor:
    """One browser, or one program with a token. Cookies are those of 127.0.0.1, whichever port it
    visits.
    """

    email: str = "alice@example.org"
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def copied(self) -> "Visitor":
        """Somebody else with a copy of these cookies."""
        thief = Visitor(self.email)
        for cookie in self.jar:
            thief.jar.set_cookie(copy(cookie))
        return thief

    def at(self, server: LiveServer) -> visiting.Visitor:
        return visiting.Visitor(server.url, cookies=self.jar)

    def send(self, server: LiveServer, path: str, page: str | None = None, **fields: str) -> Answer:
        """Fill in and send the form of `page` (or of the address itself)."""
        return self.at(server).send(path, page, **fields)

    def sign_in(self, server: LiveServer, password: str = PASSWORD) -> Answer:
        return self.send(server, "/login", email=self.email, password=password)

    def is_signed_in(self, server: LiveServer) -> bool:
        return self.at(server).get("/account/").status == 200

    def tokens(self, server: LiveServer, password: str = PASSWORD) -> dict[str, str]:
        answer = self.post_json(server, "/api/auth/login", email=self.email, password=password)
        given: dict[str, str] = json.loads(answer.text)
        return given

    def post_json(self, server: LiveServer, path: str, token: str = "", **values: str) -> Answer:
        body, headers = json.dumps(values).encode(), {"Authorization": f"Bearer {token}"}
        return self.at(server).ask(path, "POST", body, Content_Type="application/json", **headers)

    def may_use(self, server: LiveServer, token: str) -> bool:
        return (
            self.at(server).get("/api/applications", Authorization=f"Bearer {token}").status == 200
        )
