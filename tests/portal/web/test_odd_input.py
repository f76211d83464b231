"""Whatever is sent to whatever address: it is taken or refused, and never a fault of ours."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from api_caller import bearer
from factories import Cast, make_application, sign_in
from flask import Flask, url_for
from interview_steps import begin_interview, start_answer
from papers import pdf
from werkzeug.routing import Rule

from portal.config import settings
from portal.extensions import db
from portal.models import User

HUGE = 10**30
ODD_VALUES: list[Any] = [
    None, True, -1, HUGE, 1e308, "", "\0", "\ud800", "a" * 5_000, "\u202eexe.fdp", [], [[]], {},
    {"a": None},
]  # fmt: skip
FIELDS = (
    "tab",
    "question",
    "container",
    "continues",
    "length_bytes",
    "recorded_ms",
    "events",
    "email",
    "password",
)
ODD_BODIES: list[Any] = [
    *ODD_VALUES,
    *(dict.fromkeys(FIELDS, value) for value in ODD_VALUES),
    *({"events": [{"kind": value, "t_ms": value, "until_ms": value}]} for value in ODD_VALUES),
]
ODD_FORMS: list[dict[str, Any]] = [
    *(
        dict.fromkeys((*FIELDS, "title", "note", "action", "decision"), value)
        for value in ("", "\0", "a" * 5_000)
    ),
    {
        "action": f"remove-{HUGE}",
        "questions-0-limit_s": str(HUGE),
        "questions-99999999999-prompt": "a",
    },
]
ODD_QUERIES = (
    "page=-1&page_size=0", f"page={HUGE}&t={HUGE}&page_size={HUGE}", "page=a&t=nan",
    "q=%00&candidate=%00", "q=%ff&candidate=%ff",
    "state=x&kind=x&severity=x&status=x&workplace=x&type=x", "job=x&from=x&to=x",
    "from=0001-01-01&to=9999-12-31", "next=//elsewhere.example", "q=" + "a%20" * 900,
    "seen=a&q[]=1&q=1&q=2",
)  # fmt: skip


def asked(rule: Rule, path: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, what is sent) of everything odd that this address may be asked."""
    methods = rule.methods or set()
    if "GET" in methods:
        yield from (("GET", f"{path}?{query}", {}) for query in ODD_QUERIES)
    for method in methods & {"POST", "PUT", "PATCH", "DELETE"}:
        yield from ((method, path, {"json": body}) for body in ODD_BODIES)
        yield from ((method, path, {"data": form}) for form in ODD_FORMS)
        yield method, path, {"data": b"{", "content_type": "application/json"}
        yield method, path, {"data": b"--a", "content_type": "multipart/form-data; boundary=a"}


@pytest.mark.long
@pytest.mark.slow
def test_nothing_odd_that_is_sent_makes_the_portal_fail(app: Flask, cast: Cast) -> None:
    application = make_application(cast.alice)
    (settings().resumes_folder / application.resume_path).write_bytes(pdf())
    interview = begin_interview(application)
    answer = start_answer(interview)
    known = {
        "interview_id": interview.id, "answer_id": answer.id, "application_id": application.id,
        "slug": "a", "job_id": application.job_id, "user_id": cast.bob.id,
        "filename": "\u202e/../a", "position": 1, "token": "\u202eA" * 40, "event": "applied",
        "factor_id": cast.bob.id, "mail_id": cast.bob.id, "sign_in_id": cast.bob.id,
        "language": "de",
    }  # fmt: skip
    with app.test_request_context():
        paths = [
            (rule, url_for(rule.endpoint, **{a: known[a] for a in rule.arguments}))
            for rule in rules(app)
        ]
    db.session.commit()

    failed = {
        (method, path[:80], str(sent)[:80], status)
        for rule, path in paths
        for method, path, sent in asked(rule, path)
        if (status := status_of(app, cast, method, path, sent)) == 500
    }

    assert failed == set()


def rules(app: Flask) -> list[Rule]:
    """Every address, but for those whose very purpose is to end something."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.endswith(("sign_out_everywhere", "logout"))
    ]


def status_of(app: Flask, cast: Cast, method: str, path: str, sent: dict[str, Any]) -> int:
    person: User = cast.ada if "/admin/" in path else cast.alice
    if path.startswith("/api/"):
        headers, client = bearer(person), app.test_client()
    else:
        headers, client = {}, sign_in(app.test_client(), person)
    db.session.rollback()
    return client.open(path, method=method, headers=headers, buffered=True, **sent).status_code


def test_an_id_that_is_none_is_not_there(app: Flask, alice: User) -> None:
    client = sign_in(app.test_client(), alice)

    for wrong in ("x", "%00", str(uuid.UUID(int=0)), "a" * 300, "..%2f..%2fetc"):
        assert client.get(f"/capture/{wrong}").status_code == 404
