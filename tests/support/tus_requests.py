"""Requests of the tus protocol about one answer."""

from api_caller import as_header
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import interviews, tus, upload_tokens
from portal.models import Answer

CREATED = "/capture/uploads"


def headers(answer: Answer, **more: str) -> dict[str, str]:
    said = {name.replace("_", "-"): value for name, value in more.items()}
    return (
        as_header(upload_tokens.make_upload_token(answer.id))
        | {"Tus-Resumable": tus.VERSION}
        | said
    )


def ask(
    client: FlaskClient, method: str, answer: Answer, data: bytes = b"", **more: str
) -> TestResponse:
    path = CREATED if method == "CREATE" else f"{CREATED}/{answer.id}"
    sent = headers(answer, **more)
    method = "POST" if method == "CREATE" else method
    # the client of tests would leave out a length of nothing
    length = {"CONTENT_LENGTH": str(len(data))}
    return client.open(path, method=method, data=data, headers=sent, environ_overrides=length)


def patch(
    client: FlaskClient, answer: Answer, offset: int, data: bytes, **more: str
) -> TestResponse:
    piece = {"Upload_Offset": str(offset), "Content_Type": "application/offset+octet-stream"}
    return ask(client, "PATCH", answer, data, **piece | more)


def stored(answer: Answer) -> bytes:
    path = interviews.answer_path(answer)
    return path.read_bytes() if path.exists() else b""
