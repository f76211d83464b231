"""Somebody who speaks to a live server over sockets as a browser would, without a browser: cookies,
forms, files.
"""

import http.client
import json
import re
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

from factories import PASSWORD
from papers import form as whole_form

from portal.forms.robot_defence import SOONEST_MS

# what the page showed, in forms that change something
SEEN = re.compile(r'name="seen"[^>]*value="([^"]*)"')
MADE = re.compile(r'name="made_at"[^>]*value="([^"]*)"')
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def seen_in(page: str) -> dict[str, str]:
    """What a form on the page says that it showed, as its field."""
    found = SEEN.search(page)
    assert found, "no form of this page says what it showed"
    return {"seen": found[1]}


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: its headers count."""

    def redirect_request(self, *_args: Any) -> None:
        return None


class HereHandler(urllib.request.HTTPSHandler):
    """Reaches a site by its name on this machine, without asking any resolver."""

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(HereConnection, request, context=self._context)  # type: ignore[attr-defined]


class HereConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)  # type: ignore[attr-defined]


@dataclass
class Visitor:
    """`get` and `send` give an Answer whatever the status is. `tls` trusts the certificate of the
    site at `url`.
    """

    url: str
    tls: ssl.SSLContext | None = None
    cookies: CookieJar = field(
        default_factory=lambda: CookieJar(DefaultCookiePolicy(secure_protocols=("https",)))
    )

    @property
    def origin(self) -> str:
        """Where the portal believes it is: a proxy in front passes the name on, not a test's own
        port.
        """
        return f"https://{urlsplit(self.url).hostname}" if self.tls else self.url

    def ask(
        self, path: str, method: str = "GET", data: bytes | None = None, **headers: str
    ) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, data, named, method=method)
        handlers: list[urllib.request.BaseHandler | Callable[[], urllib.request.BaseHandler]] = [
            StayHere,
            urllib.request.HTTPCookieProcessor(self.cookies),
        ]
        if self.tls:
            handlers.append(HereHandler(context=self.tls))
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=60) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask(path, "GET", None, **headers)

    def send(self, path: str, page: str | None = None, **fields: Any) -> Answer:
        """Fill in the form of a page (by default the one at the same address) and send it."""
        text = self.get(page or path).text
        shown = text[max(0, text.find(f'action="{path}"')) :]  # a list has a form in each row
        token, seen, made = (wanted.search(shown) for wanted in (TOKEN, SEEN, MADE))
        assert token, f"there is no form at {page or path}"
        hidden = {"csrf_token": token[1]} | ({"seen": seen[1]} if seen else {})
        if made:
            time.sleep(SOONEST_MS / 1000)  # as long as the quickest person takes
            hidden["made_at"] = made[1]
        sent = whole_form(**hidden | fields)
        headers = {"Content_Type": sent["content_type"], "Referer": self.origin + path}
        return self.ask(path, "POST", sent["data"], **headers)

    def send_json(self, path: str, **fields: Any) -> Answer:
        return self.ask(path, "POST", json.dumps(fields).encode(), Content_Type="application/json")

    def sign_in(self, email: str, password: str = PASSWORD) -> "Visitor":
        answer = self.send("/login", email=email, password=password)
        assert answer.status == 303, answer.text
        return self
