"""Handles PATCH, which appends a piece (chunk) to an upload, as WSGI middleware before Flask.

Each recording page sends a piece every second. Sessions, cookies and forms play no part in that,
and to look for them would cost more than to append the piece. Errors, headers and request ids are
the same as in other responses. The token says who may send; `interviews.receiving` decides what may
be appended.

Some firewalls block PATCH and DELETE, so tus lets a client name the method in a header. We accept
that header only for uploads: they need a token, and no cookie gives access to them.
"""

import logging
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from werkzeug.datastructures import EnvironHeaders, LanguageAccept
from werkzeug.http import parse_accept_header

from portal import audit, interviews, languages, logs, tus, work
from portal.blueprints.capture.uploads import ADDRESS, check_version, speaking_tus, token_holder
from portal.config import settings
from portal.errors import PortalError
from portal.languages import N_
from portal.languages import gettext as _
from portal.web import refusal_audit, security_headers
from portal.web.error_pages import refusal

Environ = dict[str, Any]
ENDED_EARLY = N_("The piece ended early; nothing of it was kept.")
METHODS = ("POST", "HEAD", "PATCH", "DELETE", "OPTIONS")

log = logging.getLogger(__name__)


def stand_in_front(app: Flask) -> None:
    """Put our middleware in front of the app. It forwards all other requests to the app."""
    others: Callable[[Environ, Any], Iterable[bytes]] = app.wsgi_app

    def middleware(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(ADDRESS):
            start_response = _override_method(environ, start_response)
        answer_id = _upload_id(environ)
        if answer_id is None:
            return others(environ, start_response)
        with app.app_context():
            environ[logs.PATH_FOR_LOG] = f"{ADDRESS}/{answer_id}"
            security_headers.name_request()
            with languages.speaking(_page_language(EnvironHeaders(environ))):
                return _answer(environ, start_response, answer_id)

    app.wsgi_app = middleware  # type: ignore[method-assign]


def _override_method(environ: Environ, start_response: Any) -> Any:
    """Apply the method from `X-HTTP-Method-Override`. Returns the `start_response` to use."""
    meant = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE")
    if meant is None or meant == environ["REQUEST_METHOD"]:
        return start_response
    environ["REQUEST_METHOD"] = meant if meant in METHODS else "UNKNOWN"  # the log shows it
    if meant != "HEAD":
        return start_response

    def without_length(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        """Set the content length to 0.

        The response to HEAD has no body, but a client that sent POST would wait for one of the
        stated length.
        """
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        return start_response(status, [*kept, ("Content-Length", "0")], *more)

    return without_length


def _upload_id(environ: Environ) -> uuid.UUID | None:
    """The id of the upload if this is a PATCH of one, else None."""
    address, _, name = environ.get("PATH_INFO", "").rpartition("/")
    if environ["REQUEST_METHOD"] != "PATCH" or address != ADDRESS:
        return None
    try:
        return uuid.UUID(name)
    except ValueError:
        return None


def _answer(environ: Environ, start_response: Any, answer_id: uuid.UUID) -> Iterable[bytes]:
    try:
        work.ensure_working()
        new_offset = _append(environ, EnvironHeaders(environ), answer_id)
    except PortalError as error:
        refusal_audit.record_state(error, audit.VISITOR, audit.Thing("answer", answer_id))
        audit.write_apart()
        response = refusal(error)
    # Like Flask around each view: the log gets the exception, and the client gets none of it.
    except Exception:
        log.exception("a piece could not be appended")
        text = _("Something failed on our side. Send the piece again.")
        response = refusal(tus.Refused(500, text))
    else:
        said = [("Tus-Resumable", tus.VERSION), ("Upload-Offset", str(new_offset))]
        start_response("204 No Content", [*security_headers.headers_of_every_response(), *said])
        return []
    return security_headers.add_headers(speaking_tus(response))(environ, start_response)


def _append(environ: Environ, headers: EnvironHeaders, answer_id: uuid.UUID) -> int:
    """Append one piece and return the new offset.

    Reads the body before it asks the database, so that a slow sender holds no lock.
    """
    check_version(headers)
    token_holder(headers, answer_id)
    if headers.get("Content-Type") != "application/offset+octet-stream":
        raise tus.Refused(415, _("Send application/offset+octet-stream."))
    offset = tus.number("Upload-Offset", headers.get("Upload-Offset"))
    if offset is None:
        raise tus.UploadError(_("Say Upload-Offset."))
    length_bytes = tus.number("Upload-Length", headers.get("Upload-Length"))
    checksum = (
        tus.Checksum.parse(headers["Upload-Checksum"]) if "Upload-Checksum" in headers else None
    )
    data = _body(environ, headers.get("Content-Length", type=int))
    return interviews.receive(
        interviews.upload_target(answer_id), offset, data, checksum, length_bytes
    )


def _body(environ: Environ, length_bytes: int | None) -> bytes:
    """The whole piece. Raises UploadError if it ends early or is too large.

    Without a length, the client uses chunked transfer encoding.
    """
    limit_bytes = settings().upload_chunk_max_bytes
    if length_bytes is None and not environ.get("wsgi.input_terminated"):
        raise tus.Refused(411, _("Say Content-Length."))
    if length_bytes is not None and length_bytes > limit_bytes:
        raise _too_large(limit_bytes)
    try:
        data: bytes = environ["wsgi.input"].read(
            limit_bytes + 1 if length_bytes is None else length_bytes
        )
    except OSError as exc:
        raise tus.UploadError(_(ENDED_EARLY)) from exc
    if length_bytes is None and len(data) > limit_bytes:
        raise _too_large(limit_bytes)
    if length_bytes is not None and len(data) != length_bytes:
        raise tus.UploadError(_(ENDED_EARLY))
    return data


def _too_large(limit_bytes: int) -> tus.Refused:
    return tus.Refused(413, _("Send pieces of at most %(limit)s bytes.", limit=limit_bytes))


def _page_language(headers: EnvironHeaders) -> str:
    """The language of the page that sends the piece: its script names it in `Accept-Language`."""
    accepted = parse_accept_header(headers.get("Accept-Language"), LanguageAccept)
    return accepted.best_match(languages.NAMES) or languages.DEFAULT
