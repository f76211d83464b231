"""Limits JSON request bodies: their length, their depth of nesting, and valid Unicode.

We refuse a long body before we parse it: to parse 5 MB takes seconds and 30 times the memory, and
anybody can send it without signing in. This module knows no routes and no fields.
"""

from typing import Any

from flask import Flask, abort, request
from flask.json.provider import DefaultJSONProvider

from portal.languages import gettext as _

MAX_BYTES = 64 * 1024  # ten times our pages' longest body, which has a hundred page events
MAX_DEPTH = 40  # of nested lists and objects; our own responses reach a third of it


def init_app(app: Flask) -> None:
    app.json = JsonBodies(app)
    app.before_request(limit)


class JsonBodies(DefaultJSONProvider):
    """Flask's JSON provider. Its `loads` raises ValueError for every body that we refuse."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            value = super().loads(s, **kwargs)
        except RecursionError as exc:
            raise ValueError("nested too deeply") from exc
        _check(value)
        return value


def limit() -> None:
    """Refuse a JSON body that is too long.

    Without a `Content-Length`, Werkzeug refuses it as soon as it has read too much.
    """
    if not request.is_json:
        return
    request.max_content_length = MAX_BYTES
    if (request.content_length or 0) > MAX_BYTES:
        abort(413, _("Send at most %(number)s kB of JSON.", number=MAX_BYTES // 1024))


def _check(whole: Any) -> None:
    """Raise ValueError when the nesting is too deep, or when text contains a lone surrogate."""
    waiting = [(whole, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
        if isinstance(value, str):
            value.encode()  # UnicodeEncodeError is a ValueError
        elif isinstance(value, dict):
            waiting += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]
