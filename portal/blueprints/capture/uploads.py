"""The tus endpoints for uploads, except PATCH, which `pieces` handles.

A token says who may send.
"""

import uuid
from http import HTTPStatus

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Headers

from portal import audit, interviews, tus, upload_tokens
from portal.blueprints.capture.bp import bp
from portal.config import settings
from portal.database import reading, transaction
from portal.extensions import csrf, db
from portal.languages import gettext as _
from portal.models import Answer, AuditEvent

ADDRESS = "/capture/uploads"

# `pieces` handles this request before Flask. The rule is here so that `url_for` and the list of
# routes know it.
bp.add_url_rule("/uploads/<uuid:answer_id>", endpoint="piece", methods=["PATCH"], build_only=True)


@bp.after_app_request
def name_protocol(response: Response) -> Response:
    """Add the tus headers to all responses for uploads, also to Flask's own errors."""
    return speaking_tus(response) if request.path.startswith(ADDRESS) else response


@bp.route("/uploads", methods=["POST"])
@bp.route(
    "/uploads", methods=["OPTIONS"], endpoint="upload_options", provide_automatic_options=False
)
@csrf.exempt
def create_upload() -> ResponseReturnValue:
    """Return the upload URL for the token's answer. The room has already created the row."""
    if request.method == "OPTIONS":
        return options()
    check_version(request.headers)
    with reading():  # otherwise it would hold SQLite's write lock while it waits for the disk
        answer = authorised_answer()
        answer_id = answer.id
        if (length_bytes := announced_bytes(request.headers)) is not None:
            interviews.announce(answer, length_bytes)
    response = empty(201)
    response.headers["Location"] = url_for("capture.upload", answer_id=answer_id, _external=True)
    return response


@bp.route(
    "/uploads/<uuid:answer_id>",
    methods=["HEAD", "DELETE", "OPTIONS"],
    provide_automatic_options=False,
)
@csrf.exempt
def upload(answer_id: uuid.UUID) -> ResponseReturnValue:
    if request.method == "OPTIONS":
        return options()
    check_version(request.headers)
    answer = authorised_answer(answer_id)
    if request.method == "DELETE":
        return terminate(answer)
    response = empty(200)
    length_bytes = answer.announced_bytes if answer.length_bytes is None else answer.length_bytes
    response.headers["Upload-Offset"] = str(interviews.confirmed_bytes(answer))
    if length_bytes is None:
        response.headers["Upload-Defer-Length"] = "1"
    else:
        response.headers["Upload-Length"] = str(length_bytes)
    return response


def announced_bytes(headers: Headers) -> int | None:
    """The length of the new upload, or None if the client does not know it yet.

    Raises UploadError.
    """
    if "Upload-Concat" in headers:
        raise tus.UploadError(_("Uploads are not concatenated here."))
    length_bytes = tus.number("Upload-Length", headers.get("Upload-Length"))
    deferred = headers.get("Upload-Defer-Length")
    if (length_bytes is None) != (deferred == "1") or deferred not in {None, "1"}:
        raise tus.UploadError(_("Say either Upload-Length, or Upload-Defer-Length: 1."))
    return length_bytes


def terminate(answer: Answer) -> Response:
    """Cancel an unfinished upload."""
    owner = audit.actor(answer.interview.application.user)  # the token is the owner's
    with interviews.locked_to_discard(answer) as locked, transaction():
        interviews.discard_upload(locked, by=owner)
    return empty(204)


def token_holder(headers: Headers, expected: uuid.UUID | None = None) -> uuid.UUID:
    """The id of the answer that the request's token is for. Does not ask the database.

    Raises BadToken, or Refused if the token is not for the `expected` answer.
    """
    kind, _space, token = headers.get("Authorization", "").partition(" ")
    answer_id = upload_tokens.read_upload_token(token if kind.lower() == "bearer" else "")
    if expected is not None and expected != answer_id:
        holder = audit.Thing("answer", answer_id)
        audit.record_apart(audit.VISITOR, AuditEvent.BYPASS_TRIED, holder)
        raise tus.Refused(403, _("This token is for another upload."))
    return answer_id


def authorised_answer(expected: uuid.UUID | None = None) -> Answer:
    """The answer that the token is for, if it still accepts an upload.

    Raises BadToken, Gone or Refused.
    """
    answer = db.session.get(Answer, token_holder(request.headers, expected))
    if answer is None:
        raise tus.Gone
    interviews.refuse_uploads(answer.state, answer.interview.state, interviews.owner_of(answer))
    return answer


def check_version(headers: Headers) -> None:
    if headers.get("Tus-Resumable") != tus.VERSION:
        text = _("This server speaks tus %(version)s.", version=tus.VERSION)
        raise tus.Refused(412, text)


def options() -> Response:
    response = empty(204)
    response.headers["Tus-Version"] = tus.VERSION
    response.headers["Tus-Extension"] = tus.EXTENSIONS
    response.headers["Tus-Max-Size"] = str(settings().upload_max_bytes)
    response.headers["Tus-Checksum-Algorithm"] = ",".join(tus.CHECKSUMS)
    return response


def empty(status: int) -> Response:
    return speaking_tus(Response(status=status, mimetype="text/plain"))


def speaking_tus(response: Response) -> Response:
    response.headers["Tus-Resumable"] = tus.VERSION
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        response.headers["Tus-Version"] = tus.VERSION
    return response
