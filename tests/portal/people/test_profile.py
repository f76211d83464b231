"""What people correct about themselves, and the time zone in which they read times."""

from datetime import UTC, date, datetime

import pytest
from factories import sign_in
from flask import Flask
from flask.testing import FlaskClient
from reviewing import make_interview
from visiting import seen_in

from portal import time_zones
from portal.extensions import db
from portal.models import AuditEntry, AuditEvent, User
from portal.web import template_filters

WHOLE = {
    "full_name": "Alice Marsh",
    "phone": "+351 21 000 0000",
    "location": "Porto",
    "headline": "Electrician",
    "language": "de",
    "time_zone": "America/Argentina/Buenos_Aires",
}
LATE = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)


def test_a_person_corrects_everything_at_once(client: FlaskClient, alice: User) -> None:
    seen = seen_in(sign_in(client, alice).get("/account/profile").text)
    saved = client.post("/account/profile", data=WHOLE | seen, follow_redirects=True)
    assert 'lang="de"' in saved.text
    db.session.refresh(alice)
    assert {name: getattr(alice, name) for name in WHOLE} == WHOLE
    page = client.get("/account/profile").text
    assert '<option lang="en" selected value="America/Argentina/Buenos_Aires">' in page
    entry = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.what == AuditEvent.PROFILE_CHANGED)
    ).one()
    assert entry.facts == {"fields": sorted(WHOLE)}


def test_what_another_tab_saved_meanwhile_is_not_overwritten(
    client: FlaskClient, alice: User
) -> None:
    seen = seen_in(sign_in(client, alice).get("/account/profile").text)
    client.post("/account/profile", data=WHOLE | seen)
    late = client.post("/account/profile", data=WHOLE | seen | {"location": "Faro"})
    assert late.status_code == 409
    assert "Porto" in late.text
    assert 'value="Faro"' in late.text


@pytest.mark.parametrize(("field", "typed"), [
    ("full_name", " "), ("phone", "call me"), ("language", "xx"), ("time_zone", "Mars/Olympus"),
    ("time_zone", "../../etc/passwd"), ("location", "x" * 121),
])  # fmt: skip
def test_what_cannot_be_right_is_said_beside_the_field(
    client: FlaskClient, alice: User, field: str, typed: str
) -> None:
    seen = seen_in(sign_in(client, alice).get("/account/profile").text)
    refused = client.post("/account/profile", data=WHOLE | seen | {field: typed})
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text
    assert 'value="Electrician"' in refused.text


@pytest.mark.parametrize(("zone", "shown"), [
    ("", "2 Mar 2026 23:30 UTC"), ("Europe/Berlin", "3 Mar 2026 00:30 CET"),
    ("America/Argentina/Buenos_Aires", "2 Mar 2026 20:30 UTC-03"),
    ("Nowhere/At_all", "2 Mar 2026 23:30 UTC"),
])  # fmt: skip
def test_pages_show_times_in_the_zone_that_was_chosen(app: Flask, zone: str, shown: str) -> None:
    with app.test_request_context():
        time_zones.use_account(zone)
        assert template_filters.moment(LATE) == shown
        assert shown.startswith(template_filters.day(LATE))


def test_the_review_queue_counts_days_as_its_reader_does(client: FlaskClient, ada: User) -> None:
    make_interview(name="Nora Night", start_time=LATE)
    day = "/admin/sessions?from=2026-03-03&to=2026-03-03"
    assert "Nora Night" not in sign_in(client, ada).get(day).text
    ada.time_zone = "Europe/Berlin"
    db.session.commit()
    page = client.get(day).text
    assert "Nora Night" in page
    assert "3 Mar 2026 00:30 CET" in page


def test_the_first_and_last_days_of_the_calendar_are_days(client: FlaskClient, ada: User) -> None:
    ada.time_zone = "Pacific/Auckland"
    db.session.commit()
    sign_in(client, ada)
    for day in (date.min, date.max):
        assert client.get(f"/admin/sessions?from={day}&to={day}").status_code == 200
