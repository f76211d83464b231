"""The token of an upload: one algorithm, one purpose, one answer, two hours. Whatever else is shown
opens nothing.
"""

import base64
import hmac
import json
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from acting import interviews
from api_caller import bearer
from factories import make_application, sign_in
from flask import Flask, current_app
from flask.testing import FlaskClient
from interview_steps import begin_interview, clip_bytes, record_answer, start_answer
from werkzeug.test import TestResponse

from portal import upload_tokens
from portal.blueprints.api import tokens as api_tokens
from portal.models import Answer, InterviewSession, User, utc_now

METHODS = ("POST", "HEAD", "PATCH", "DELETE")


@pytest.fixture
def answer(interview: InterviewSession) -> Answer:
    return start_answer(interview)


def ask(client: FlaskClient, method: str, answer: Answer, authorization: str) -> TestResponse:
    """What this method does at the answer's address (where uploads are made, for POST), as a tus
    client asks.
    """
    address = "/capture/uploads" if method == "POST" else f"/capture/uploads/{answer.id}"
    more = {
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Length": "1000",
    }
    return client.open(
        address,
        method=method,
        data=b"x",
        headers={"Tus-Resumable": "1.0.0", "Authorization": authorization} | more,
    )


def right_claims(answer: Answer) -> dict[str, Any]:
    return {
        "aud": upload_tokens.AUDIENCE,
        "sub": str(answer.id),
        "exp": utc_now() + timedelta(hours=1),
    }


def made(answer: Answer, key: bytes | None = None, **changes: Any) -> str:
    """A token that is right but for what is said here. A claim of None is left out."""
    claims = {
        name: value for name, value in (right_claims(answer) | changes).items() if value is not None
    }
    return jwt.encode(claims, key or upload_tokens._key(), algorithm=upload_tokens.ALGORITHM)


def called(answer: Answer, algorithm: str, signed_by: str = "sha256") -> str:
    """Signed with our key, under this algorithm's name: what a reader falls for that believes the
    header.
    """
    claims = right_claims(answer) | {"exp": int(time.time()) + 3600}
    said = [json.dumps(part).encode() for part in ({"alg": algorithm, "typ": "JWT"}, claims)]
    body = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in said)
    signature = base64.urlsafe_b64encode(hmac.digest(upload_tokens._key(), body, signed_by)).rstrip(
        b"="
    )
    return (body + b"." + signature).decode()


FORGERIES = {
    "nothing": lambda _answer: "",
    "no token at all": lambda _answer: "Bearer",
    "words": lambda _answer: "Bearer let me in",
    "a password": lambda _answer: "Basic YWxpY2U6cGFzcw==",
    "unsigned": lambda answer: "Bearer " + jwt.encode(right_claims(answer), None, algorithm="none"),
    "unsigned, called ours": lambda answer: "Bearer " + made(answer).rpartition(".")[0] + ".",
    "signed by HS384": lambda answer: "Bearer " + called(answer, "HS384", signed_by="sha384"),
    "signed by HS512": lambda answer: "Bearer " + called(answer, "HS512", signed_by="sha512"),
    "called RS256": lambda answer: "Bearer " + called(answer, "RS256"),
    "called none": lambda answer: "Bearer " + called(answer, "none"),
    "another key": lambda answer: "Bearer " + made(answer, key=b"x" * 32),
    "the server's secret as the key": lambda answer: "Bearer " + made(answer, key=secret_key()),
    "another purpose": lambda answer: "Bearer " + made(answer, aud="career-portal:something"),
    "the API's purpose": lambda answer: "Bearer " + made(answer, aud=api_tokens.AUDIENCE),
    "no purpose": lambda answer: "Bearer " + made(answer, aud=None),
    "expired": lambda answer: "Bearer " + made(answer, exp=utc_now() - timedelta(seconds=1)),
    "for ever": lambda answer: "Bearer " + made(answer, exp=None),
    "for nothing": lambda answer: "Bearer " + made(answer, sub=None),
    "for no upload": lambda answer: "Bearer " + made(answer, sub="everything"),
    "an access token of the API": lambda answer: bearer(answer.interview.application.user)[
        "Authorization"
    ],
}


def secret_key() -> bytes:
    return str(current_app.config["SECRET_KEY"]).encode().ljust(32, b"x")


@pytest.mark.parametrize("kind", FORGERIES)
def test_what_is_no_upload_token_of_ours_opens_nothing(
    client: FlaskClient, answer: Answer, kind: str
) -> None:
    shown = FORGERIES[kind](answer)
    path = interviews.answer_path(answer)

    assert {ask(client, method, answer, shown).status_code for method in METHODS} == {401}
    assert not path.exists()


@pytest.mark.usefixtures("client")
def test_the_forgeries_differ_from_a_right_token_in_one_thing(answer: Answer) -> None:
    assert upload_tokens.read_upload_token(called(answer, upload_tokens.ALGORITHM)) == answer.id
    assert upload_tokens.read_upload_token(made(answer)) == answer.id


def test_a_token_opens_only_its_own_upload(client: FlaskClient, answer: Answer, bob: User) -> None:
    others = start_answer(begin_interview(make_application(bob)))
    shown = f"Bearer {upload_tokens.make_upload_token(others.id)}"

    assert {
        ask(client, method, answer, shown).status_code for method in ("HEAD", "PATCH", "DELETE")
    } == {403}


def test_being_signed_in_opens_no_upload(client: FlaskClient, answer: Answer) -> None:
    sign_in(client, answer.interview.application.user)

    assert {ask(client, method, answer, "").status_code for method in METHODS} == {401}


def test_an_upload_token_opens_nothing_else(client: FlaskClient, answer: Answer) -> None:
    token = upload_tokens.make_upload_token(answer.id)

    assert (
        client.get("/api/applications", headers={"Authorization": f"Bearer {token}"}).status_code
        == 401
    )


def test_a_finished_interview_takes_nothing_more(
    client: FlaskClient, interview: InterviewSession, tmp_path: Path
) -> None:
    answers = [record_answer(interview, clip_bytes(tmp_path), question=number) for number in (1, 2)]
    interviews.finish(interview)
    path, shown = (
        interviews.answer_path(answers[0]),
        f"Bearer {upload_tokens.make_upload_token(answers[0].id)}",
    )

    assert {ask(client, method, answers[0], shown).status_code for method in METHODS} == {403}
    assert path.read_bytes() == clip_bytes(tmp_path)


@pytest.mark.usefixtures("answer")
def test_an_upload_that_never_was_is_not_there(client: FlaskClient) -> None:
    nobodys = Answer(id=uuid.uuid4())
    token = upload_tokens.make_upload_token(nobodys.id)

    assert {ask(client, method, nobodys, f"Bearer {token}").status_code for method in METHODS} == {
        410
    }


def test_a_token_that_was_seen_before_still_ends(answer: Answer) -> None:
    token = upload_tokens.make_upload_token(answer.id)
    assert upload_tokens.read_upload_token(token) == answer.id

    with pytest.raises(upload_tokens.BadToken):
        upload_tokens.read_upload_token(
            token, now_s=time.time() + upload_tokens.LIFETIME.total_seconds()
        )


def test_a_new_secret_ends_every_token(app: Flask, answer: Answer) -> None:
    token = upload_tokens.make_upload_token(answer.id)
    assert upload_tokens.read_upload_token(token) == answer.id
    app.config["SECRET_KEY"] = "another one"

    with pytest.raises(upload_tokens.BadToken):
        upload_tokens.read_upload_token(token)
