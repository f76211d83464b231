"""Conditional requests and byte ranges (RFC 9110, sections 13 and 14).

Decides whether a response contains the whole file, a part of it, or nothing. Werkzeug sends the
response, but we give it at most one range that the file can satisfy. Alone it would refuse ranges
that it does not understand, and it would trust weak validators.
"""

import re
from datetime import datetime
from typing import Any

import flask
from werkzeug.datastructures import ETags
from werkzeug.exceptions import PreconditionFailed, RequestedRangeNotSatisfiable
from werkzeug.http import parse_date, parse_etags, unquote_etag
from werkzeug.wrappers import Request

from portal.languages import gettext as _

HANDLED_HERE = {
    "HTTP_RANGE",
    "HTTP_IF_RANGE",
    "HTTP_IF_MATCH",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_UNMODIFIED_SINCE",
}
ONE_RANGE = re.compile(
    r"\s*bytes\s*=[\s,]*(?P<first>\d{0,100})-(?P<last>\d{0,100})[\s,]*", re.IGNORECASE | re.ASCII
)


class Response(flask.Response):
    """The portal's response class. It differs from Flask's only in conditional requests."""

    def make_conditional(
        self,
        request_or_environ: dict[str, Any] | Request,
        accept_ranges: bool | str = False,
        complete_length: int | None = None,
    ) -> "Response":
        """Send 304 or a part when the request allows it.

        Raises PreconditionFailed and RequestedRangeNotSatisfiable.
        """
        environ = (
            request_or_environ.environ
            if isinstance(request_or_environ, Request)
            else request_or_environ
        )
        plain = {name: value for name, value in environ.items() if name not in HANDLED_HERE}
        if environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
            conditions = RequestConditions(environ, self.get_etag(), self.last_modified)
            if conditions.is_refused():
                self.close()
                raise PreconditionFailed(_("The file is not the one that was asked for."))
            if conditions.is_known():
                self.status_code = 304
            elif (
                accept_ranges
                and complete_length is not None
                and (part := conditions.part(complete_length))
            ):
                plain["HTTP_RANGE"] = f"bytes={part[0]}-{part[1]}"
        super().make_conditional(plain, accept_ranges, complete_length)
        return self


class RequestConditions:
    """A request's conditions, compared with the file's validators (ETag and time of change)."""

    def __init__(
        self,
        environ: dict[str, Any],
        etag: tuple[str, bool] | tuple[None, None],
        modified_at: datetime | None,
    ) -> None:
        self._environ = environ
        # Our ETags are strong. A weak ETag can never pass a strong comparison.
        self._etag = etag[0] if not etag[1] else None
        self._any_etag = etag[0]
        self._modified_at = modified_at and modified_at.replace(microsecond=0)

    def is_refused(self) -> bool:
        """Whether the client wants only the version that it knows, and the file has changed."""
        if (named := self._etags("HTTP_IF_MATCH")) is not None:
            return not (named.star_tag or (self._etag is not None and named.is_strong(self._etag)))
        since = self._date("HTTP_IF_UNMODIFIED_SINCE")
        return since is not None and self._modified_at is not None and self._modified_at > since

    def is_known(self) -> bool:
        """Whether the client already has this version of the file."""
        if (named := self._etags("HTTP_IF_NONE_MATCH")) is not None:
            return named.star_tag or (
                self._any_etag is not None and named.contains_weak(self._any_etag)
            )
        since = self._date("HTTP_IF_MODIFIED_SINCE")
        return since is not None and self._modified_at is not None and self._modified_at <= since

    def part(self, length: int) -> tuple[int, int] | None:
        """The first and the last byte to send, or None to send the whole file.

        The standard always allows the whole file. We send it for units other than bytes, for more
        than one range, and when the range belongs to another version of the file.
        """
        found = ONE_RANGE.fullmatch(self._environ.get("HTTP_RANGE", ""))
        if not found or self._environ["REQUEST_METHOD"] != "GET" or not self._is_range_current():
            return None
        first, last = found["first"], found["last"]
        if not (first or last) or (first and last and int(first) > int(last)):
            return None  # not a valid range
        if first:
            begin, end = int(first), min(int(last or length), length - 1)
        else:
            begin, end = max(0, length - int(last)), length - 1
        if begin > end:
            raise RequestedRangeNotSatisfiable(length)
        return begin, end

    def _is_range_current(self) -> bool:
        """Whether `If-Range` is missing, or proves that the file is the same byte by byte."""
        said = self._environ.get("HTTP_IF_RANGE")
        if said is None:
            return True
        if (date := parse_date(said)) is not None:
            return date == self._modified_at
        name, is_weak = unquote_etag(said)
        return not is_weak and name is not None and name == self._etag

    def _etags(self, header: str) -> ETags | None:
        return parse_etags(self._environ[header]) if header in self._environ else None

    def _date(self, header: str) -> datetime | None:
        return parse_date(self._environ.get(header))
