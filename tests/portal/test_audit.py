"""The audit log: its entries are written with what they tell, nobody changes them, and they hold no
personal data.
"""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from acting import hiring, interviews
from factories import PASSWORD, Cast, make_application, make_job, sign_in
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError

from portal import audit
from portal.audit import FACTS
from portal.database import transaction
from portal.extensions import db
from portal.models import Application, AuditEntry, AuditEvent, InterviewSession, User, utc_now

PORTAL = Path(audit.__file__).parent


def told() -> list[tuple[str, str, str, dict]]:
    db.session.rollback()
    rows = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
    return [(row.by_kind, row.what, row.of_kind, row.facts) for row in rows]


def test_a_decision_and_its_entry_are_one_transaction(cast: Cast, application: Application) -> None:
    with pytest.raises(ZeroDivisionError):
        decide_and_fail(application, cast.ada)
    assert (application.status, told()) == ("applied", [])
    hiring.offer(application, by=cast.ada)
    facts = {"from": "applied", "to": "offered"}
    assert told() == [("person", "decided", "application", facts)]


def decide_and_fail(application: Application, by: User) -> None:
    with transaction():
        hiring.offer(application, by=by)
        raise ZeroDivisionError


@pytest.mark.usefixtures("app")
def test_nobody_changes_an_entry_or_deletes_a_young_one() -> None:
    with transaction():
        audit.record(audit.SYSTEM, AuditEvent.DELETED)
    for statement in (sa.update(AuditEntry).values(what="viewed"), sa.delete(AuditEntry)):
        with pytest.raises(DBAPIError):
            db.session.execute(statement)
        db.session.rollback()
    assert [what for _, what, _, _ in told()] == ["deleted"]


@pytest.mark.usefixtures("app")
def test_old_entries_go_and_younger_ones_stay() -> None:
    with transaction():
        for days in (800, 1):
            at = utc_now() - timedelta(days=days)
            entry = {"by_kind": "system", "what": "deleted", "of_kind": "", "facts": {}}
            db.session.add(AuditEntry(at=at, **entry))
    with transaction():
        assert audit.forget_old(utc_now(), days=730) == 1
    assert len(told()) == 1


@pytest.mark.usefixtures("app")
def test_a_fact_that_is_not_in_the_list_is_refused() -> None:
    with pytest.raises(ValueError, match="email"):
        audit.record(audit.SYSTEM, AuditEvent.DELETED, None, {"email": "a@example.org"})


def test_every_call_names_only_facts_of_the_list() -> None:
    calls = [
        node
        for path in PORTAL.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("audit.record")
    ]
    facts = [argument for call in calls for argument in call.args[3:]]
    assert all(isinstance(one, ast.Dict) for one in facts)
    keys = {ast.literal_eval(key) for one in facts for key in one.keys if key}
    assert keys <= FACTS
    assert len(calls) > 20


def test_a_failed_sign_in_names_the_account_and_no_address(
    client: FlaskClient, alice: User
) -> None:
    alice_id = alice.id
    for email in ("alice@example.org", "nobody@example.org"):
        client.post("/login", data={"email": email, "password": "wrong pass phrase"})
    rows = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(row.what, row.by_kind, row.of_id) for row in rows] == [
        ("sign_in_failed", "visitor", alice_id),
        ("sign_in_failed", "visitor", None),
    ]
    assert all(row.facts == {} for row in rows)


def test_the_same_failure_within_a_minute_is_one_entry(client: FlaskClient, alice: User) -> None:
    for _ in range(5):
        client.post("/login", data={"email": alice.email, "password": "wrong pass phrase"})
    assert [what for _, what, _, _ in told()] == ["sign_in_failed"]


def test_signing_in_is_told(client: FlaskClient, alice: User) -> None:
    client.post("/login", data={"email": alice.email, "password": PASSWORD})
    assert told() == [("person", "signed_in", "account", {})]


def test_a_refusal_is_told_although_its_request_is_rolled_back(
    client: FlaskClient, cast: Cast, interview: InterviewSession
) -> None:
    path = f"/capture/{interview.id}/finish"
    sign_in(client, cast.bob)
    assert client.post(path).status_code == 404
    assert client.get("/admin/").status_code == 403
    refused = [entry for entry in told() if entry[1] == "refused"]
    assert refused == [
        ("person", "refused", "interview", {}),
        ("person", "refused", "", {}),
    ]


def test_looking_at_an_interview_is_told_once_a_minute(
    client: FlaskClient, cast: Cast, interview: InterviewSession
) -> None:
    path = f"/admin/sessions/{interview.id}"
    sign_in(client, cast.ada)
    for _ in range(2):
        assert client.get(path).status_code == 200
    assert [entry for entry in told() if entry[1] == "viewed"] == [
        ("person", "viewed", "interview", {})
    ]


def test_what_was_done_to_a_job_is_told_by_names_of_fields(client: FlaskClient, cast: Cast) -> None:
    job = make_job()
    hiring.close(job, by=cast.ada)
    assert told() == [("person", "changed", "job", {"from": "open", "to": "closed"})]
    assert client is not None


def test_entries_outlive_an_account_and_are_about_it_before(
    alice: User, application: Application
) -> None:
    hiring.withdraw(application, by=alice)
    interview = make_application(alice, make_job("Other"))
    interviews.open_interview(interview)
    assert [entry.what for entry in audit.about(alice)] == ["decided"]


@pytest.mark.parametrize(("told_s", "kept"), [("7", 7), ("90000", 20), ("0", None), ("x", None)])
def test_no_more_is_believed_to_be_played_than_the_film_has(
    client: FlaskClient, cast: Cast, interview: InterviewSession, told_s: str, kept: int | None
) -> None:
    interview.duration_ms, path = 20_000, f"/admin/sessions/{interview.id}/played"
    db.session.commit()
    status = sign_in(client, cast.ada).post(path, data={"seconds": told_s}).status_code
    assert status == (204 if kept else 400)
    played = [facts["seconds"] for _, what, _, facts in told() if what == "played"]
    assert played == ([kept] if kept else [])
