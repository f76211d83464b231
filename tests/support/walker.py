"""A person with JavaScript off: follows the links and sends the forms that are on the page, and
nothing else.
"""

import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from flask.testing import FlaskClient
from papers import form as whole_form
from werkzeug.test import TestResponse

from portal.forms.robot_defence import SOONEST_MS


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class PageReader(HTMLParser):
    """Finds the links by their words (those of the page itself before those of its header), and the
    filled-in forms.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.forms: list[Form] = []
        self._within: list[tuple[str, str, list[str]]] = []
        self._in_main = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "main":
            self._in_main = True
        elif tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get")))
        elif tag in {"a", "button", "textarea"}:
            self._within.append((tag, values.get("href", values.get("name", "")), []))
        elif tag == "input" and self.forms and _is_sent(values):
            self.forms[-1].fields.setdefault(values["name"], []).append(values.get("value", ""))

    def handle_data(self, data: str) -> None:
        for _, _, words in self._within:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not self._within or self._within[-1][0] != tag:
            return
        _, target, pieces = self._within.pop()
        words = " ".join("".join(pieces).split())
        if tag == "a" and (self._in_main or words not in self.links):
            self.links[words] = target
        elif tag == "textarea" and self.forms:
            self.forms[-1].fields[target] = [
                "".join(pieces).removeprefix("\r\n").removeprefix("\n")
            ]
        elif tag == "button" and self.forms:
            self.forms[-1].buttons.append(words)


def _is_sent(attributes: dict[str, str]) -> bool:
    is_choice = attributes.get("type") in {"checkbox", "radio"}
    return bool(attributes.get("name")) and ("checked" in attributes or not is_choice)


class Walker:
    """`text` is the page one is on, `path` its address, `code` its status."""

    def __init__(self, client: FlaskClient, path: str = "/") -> None:
        self.client = client
        self.path = path
        self.go(path)

    def go(self, path: str) -> "Walker":
        return self._arrive(self.client.get(urljoin(self.path, path), follow_redirects=True))

    def follow(self, words: str) -> "Walker":
        return self.go(PageReader(self.text).links[words])

    def send(self, button: str, **typed: Any) -> "Walker":
        """Press the button of that name, with what is typed beside what the form holds already."""
        form = next(form for form in PageReader(self.text).forms if button in form.buttons)
        path, fields = urljoin(self.path, form.action or self.path), form.fields | typed
        if form.method == "get":
            return self._arrive(self.client.get(path, query_string=fields, follow_redirects=True))
        if "made_at" in fields:
            time.sleep(SOONEST_MS / 1000)  # as long as the quickest person takes
        sent = whole_form(
            **{
                name: value[0] if isinstance(value, list) else value
                for name, value in fields.items()
            }
        )
        return self._arrive(self.client.post(path, **sent, follow_redirects=True))

    def _arrive(self, response: TestResponse) -> "Walker":
        self.path, self.text, self.code = (
            response.request.full_path.rstrip("?"),
            response.text,
            response.status_code,
        )
        return self
