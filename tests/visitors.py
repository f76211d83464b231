"""Two real servers on one database, as two gunicorn workers are to each other, and people who visit both."""

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path

from factories import PASSWORD
from servers import LiveServer, free_port

ONE_WORKER = {"GUNICORN_CMD_ARGS": "--workers=1", "CAPTURE_WORKERS": "0"}


class SecondServer(LiveServer):
    """Another process on the database of the first; a request to it is one to another process, for certain."""

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
class Answer:
    code: int
    headers: dict[str, str]
    text: str


@dataclass
class Visitor:
    """One browser, or one program with a token. Cookies are those of 127.0.0.1, whichever port it visits."""

    email: str = "alice@example.org"
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def copied(self) -> "Visitor":
        """Somebody else with a copy of these cookies."""
        thief = Visitor(self.email)
        for cookie in self.jar:
            thief.jar.set_cookie(copy(cookie))
        return thief

    def ask(self, url: str, data: bytes | None = None, **headers: str) -> Answer:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), Still)
        request = urllib.request.Request(url, data, {name.replace("_", "-"): said for name, said in headers.items()})
        try:
            response = opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return Answer(response.status, dict(response.headers), response.read().decode())

    def send(self, server: LiveServer, path: str, page: str | None = None, **fields: str) -> Answer:
        """Fill in and send the form of `page` (or of the address itself)."""
        form = self.ask(server.url + (page or path)).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
        assert token, form
        return self.ask(server.url + path, urllib.parse.urlencode(fields | {"csrf_token": token[1]}).encode())

    def sign_in(self, server: LiveServer, password: str = PASSWORD) -> Answer:
        return self.send(server, "/login", email=self.email, password=password)

    def is_signed_in(self, server: LiveServer) -> bool:
        return self.ask(f"{server.url}/account/").code == 200

    def tokens(self, server: LiveServer, password: str = PASSWORD) -> dict[str, str]:
        return json.loads(self.post_json(server, "/api/auth/login", email=self.email, password=password).text)

    def post_json(self, server: LiveServer, path: str, token: str = "", **values: str) -> Answer:
        body = json.dumps(values).encode()
        return self.ask(server.url + path, body, Content_Type="application/json", Authorization=f"Bearer {token}")

    def may_use(self, server: LiveServer, token: str) -> bool:
        return self.ask(f"{server.url}/api/applications", Authorization=f"Bearer {token}").code == 200


class Still(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: where it leads to is part of the answer."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None
