"""PATCH of an upload, answered in front of Flask's dispatch: everybody who records sends a piece
each second.

Some firewalls know neither PATCH nor DELETE, so tus lets a client name the method in a header. That
is believed here, for the addresses of uploads and nowhere else: they ask for a token, and no cookie
opens them.

Sessions, cookies and forms have no part in it, and looking for them costs more than appending does.
Errors, headers and request ids are those of every other answer. Who may send is in the token; what
may be appended `receiving` says.
"""

import logging
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, current_app
from werkzeug.datastructures import EnvironHeaders

from portal import interviews, logs, tus, work
from portal.blueprints.capture.uploads import ADDRESS, check_version, refused, token_holder
from portal.web import security_headers

Environ = dict[str, Any]
METHODS = ("POST", "HEAD", "PATCH", "DELETE", "OPTIONS")

log = logging.getLogger(__name__)


def stand_in_front(app: Flask) -> None:
    """Answer pieces here; everything else goes on to `app` as before."""
    others: Callable[[Environ, Any], Iterable[bytes]] = app.wsgi_app

    def door(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(ADDRESS):
            start_response = _meant(environ, start_response)
        answer_id = _addressed(environ)
        if answer_id is None:
            return others(environ, start_response)
        with app.app_context():
            environ[logs.PATH_FOR_LOG] = f"{ADDRESS}/{answer_id}"
            security_headers.name_request()
            return _answer(environ, start_response, answer_id)

    app.wsgi_app = door  # type: ignore[method-assign]


def _meant(environ: Environ, start_response: Any) -> Any:
    """Lets the header say which method is meant. Gives how the answer is started."""
    meant = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE")
    if meant is None or meant == environ["REQUEST_METHOD"]:
        return start_response
    environ["REQUEST_METHOD"] = meant if meant in METHODS else "UNKNOWN"  # it stands in the log
    if meant != "HEAD":
        return start_response

    def without_length(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        """Whoever sent a POST waits for a body of the length that is said, and the answer to HEAD
        has none.
        """
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        return start_response(status, [*kept, ("Content-Length", "0")], *more)

    return without_length


def _addressed(environ: Environ) -> uuid.UUID | None:
    """Which upload this is a piece of; None for every other request."""
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
    except tus.UploadError as error:
        response = refused(error)
    except (
        Exception
    ):  # as Flask does around each view: the reason goes to the log, none of it to the sender
        log.exception("a piece could not be taken")
        response = refused(tus.Refused(500, "Something failed on our side. Send the piece again."))
    else:
        said = [("Tus-Resumable", tus.VERSION), ("Upload-Offset", str(new_offset))]
        start_response("204 No Content", [*security_headers.headers_of_every_response(), *said])
        return []
    return security_headers.add_headers(response)(environ, start_response)


def _append(environ: Environ, headers: EnvironHeaders, answer_id: uuid.UUID) -> int:
    """Append one piece. The body is read before the database is asked, so that a slow sender holds
    nothing.
    """
    check_version(headers)
    token_holder(headers, answer_id)
    if headers.get("Content-Type") != "application/offset+octet-stream":
        raise tus.Refused(415, "Send application/offset+octet-stream.")
    offset = tus.number("Upload-Offset", headers.get("Upload-Offset"))
    if offset is None:
        raise tus.UploadError("Say Upload-Offset.")
    length_bytes = tus.number("Upload-Length", headers.get("Upload-Length"))
    checksum = (
        tus.Checksum.parse(headers["Upload-Checksum"]) if "Upload-Checksum" in headers else None
    )
    data = _body(environ, headers.get("Content-Length", type=int))
    return interviews.receive(
        interviews.upload_target(answer_id), offset, data, checksum, length_bytes
    )


def _body(environ: Environ, length_bytes: int | None) -> bytes:
    """The whole piece, or an error: of one that ends early nothing is kept. Without a length it is
    sent in chunks.
    """
    limit_bytes = current_app.config["PORTAL"].upload_chunk_max_bytes
    too_large = tus.Refused(413, f"Send pieces of at most {limit_bytes} bytes.")
    if length_bytes is None and not environ.get("wsgi.input_terminated"):
        raise tus.Refused(411, "Say Content-Length.")
    if length_bytes is not None and length_bytes > limit_bytes:
        raise too_large
    try:
        data: bytes = environ["wsgi.input"].read(
            limit_bytes + 1 if length_bytes is None else length_bytes
        )
    except OSError as exc:
        raise tus.UploadError("The piece ended early; nothing of it was kept.") from exc
    if length_bytes is None and len(data) > limit_bytes:
        raise too_large
    if length_bytes is not None and len(data) != length_bytes:
        raise tus.UploadError("The piece ended early; nothing of it was kept.")
    return data
