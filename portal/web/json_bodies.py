"""JSON that programs send: how long and how deep it may be, and that its text is text. Knows no
route and no field.

What is too much is refused before it is parsed: parsing 5 MB takes seconds and 30 times the memory,
and anybody may send it without signing in.
"""

from typing import Any

from flask import Flask, abort, request
from flask.json.provider import DefaultJSONProvider

MAX_BYTES = 64 * 1024  # a hundred page events, the longest that we are sent, are a tenth of it
MAX_DEPTH = 40  # of lists and objects in each other; our own answers have a third of it


def init_app(app: Flask) -> None:
    app.json = JsonBodies(app)
    app.before_request(limit)


class JsonBodies(DefaultJSONProvider):
    """Flask's JSON, whose `loads` raises ValueError for everything that is no plain JSON, however
    odd.
    """

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            value = super().loads(s, **kwargs)
        except RecursionError as exc:
            raise ValueError("nested too deeply") from exc
        _check(value)
        return value


def limit() -> None:
    """Refuse a body of JSON that is too long by what it says of its length; without one, where
    reading it shows.
    """
    if not request.is_json:
        return
    request.max_content_length = MAX_BYTES
    if (request.content_length or 0) > MAX_BYTES:
        abort(413, f"Send at most {MAX_BYTES // 1024} kB of JSON.")


def _check(whole: Any) -> None:
    """Raises ValueError where values are nested too deeply, or a text has half of a character (a
    lone surrogate).
    """
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
