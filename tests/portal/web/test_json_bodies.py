"""JSON that is too long, too deep or no text is refused before it costs anything, on every address
that takes some.
"""

import json
import time

import pytest
from factories import sign_in
from flask import Flask
from flask.testing import FlaskClient
from interview_steps import begin_interview

from portal.models import Application, User
from portal.web.json_bodies import MAX_BYTES, MAX_DEPTH

NEW = {"email": "zoe@example.org", "password": "purple wagon wheel", "full_name": "Zoë Quill"}
DEEP = b"[" * 20_000 + b"]" * 20_000


def room_address(application: Application) -> str:
    return f"/capture/{begin_interview(application).id}/seat"


def posted(client: FlaskClient, path: str, body: bytes) -> int:
    answer = client.post(
        path, data=body, content_type="application/json", headers={"Accept": "application/json"}
    )
    assert answer.mimetype == "application/problem+json"
    assert len(answer.data) < 1_000, "a refusal does not say again what was sent"
    return answer.status_code


@pytest.mark.parametrize("path", ["/api/auth/login", "/api/auth/register", "/api/auth/logout"])
def test_what_is_too_long_is_refused_unread(client: FlaskClient, path: str) -> None:
    began_s = time.process_time()
    assert posted(client, path, json.dumps(["a"] * 1_000_000).encode()) in {401, 413}
    assert posted(client, path, b"[" + b" " * MAX_BYTES + b"]") in {401, 413}
    assert time.process_time() - began_s < 2.0  # 5 MB were parsed for 4 s


def test_what_says_nothing_of_its_length_is_read_no_further(client: FlaskClient) -> None:
    body = json.dumps(NEW | {"full_name": "a" * MAX_BYTES}).encode()
    whole = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = client.post(
        "/api/auth/register", data=body, content_type="application/json", environ_overrides=whole
    )
    assert answer.status_code == 400  # cut off, it is no JSON any more


@pytest.mark.parametrize("body", [
    DEEP, b'{"email": ' + DEEP + b"}", b'{"a":' * 900 + b"1" + b"}" * 900,
    b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), b'{"email": "\\ud800@example.org"}',
    b'{"\\udfff": 1}', b"\xff", b"{",
])  # fmt: skip
def test_what_is_no_plain_json_is_refused(
    app: Flask, application: Application, alice: User, body: bytes
) -> None:
    assert posted(app.test_client(), "/api/auth/login", body) == 400
    address = room_address(application)
    assert posted(sign_in(app.test_client(), alice), address, body) in {400, 415}


def test_a_name_of_half_a_character_is_refused(client: FlaskClient) -> None:
    assert (
        posted(client, "/api/auth/register", json.dumps(NEW | {"full_name": "Zo\ud800"}).encode())
        == 400
    )


def test_names_that_we_do_not_know_are_not_said_again(
    app: Flask, application: Application, alice: User
) -> None:
    body = {"z" * 30_000: 1, "y" * 20_000: 2}
    assert posted(app.test_client(), "/api/auth/register", json.dumps(body | NEW).encode()) == 422
    address = room_address(application)
    client = sign_in(app.test_client(), alice)
    assert posted(client, address, json.dumps(body | {"tab": "a-tab-of-hers"}).encode()) == 422


def test_characters_of_two_halves_are_text(client: FlaskClient) -> None:
    body = json.dumps(NEW | {"full_name": "Zoë \U0001f9ed"})  # written as two escapes
    assert (
        client.post("/api/auth/register", data=body, content_type="application/json").status_code
        == 202
    )
