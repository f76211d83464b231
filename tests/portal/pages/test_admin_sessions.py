"""The queue's page, its live rows, and who may fetch a recording."""

import json

import pytest
from factories import Cast, sign_in
from flask.testing import FlaskClient
from reviewing import make_answer, make_flag, make_interview
from sqlalchemy import event

from portal import interviews
from portal.extensions import db
from portal.models import InterviewSession, InterviewState, utc_now
from portal.web import sealed_queries

VIDEO = bytes(range(256)) * 8


@pytest.fixture
def admin(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.ada)


@pytest.fixture
def ready(cast: Cast) -> InterviewSession:
    interview = make_interview(
        make_flag(), name="Ines Duarte", answers=[make_answer(1, duration_ms=60_000)]
    )
    recording = interviews.recording(interview)
    recording.create()
    recording.recording_path.write_bytes(VIDEO)
    recording.telemetry_path.write_text(json.dumps({"version": 1}))
    return interview


def test_the_page_says_how_well_picture_and_sound_agree(
    admin: FlaskClient, ready: InterviewSession
) -> None:
    assert "picture and sound within" not in admin.get(f"/admin/sessions/{ready.id}").text
    ready.av_offset_ms = 12
    db.session.commit()
    assert "picture and sound within 12 ms" in admin.get(f"/admin/sessions/{ready.id}").text


def test_the_page_says_what_the_recorder_lost(admin: FlaskClient, ready: InterviewSession) -> None:
    assert "recorder lost" not in admin.get(f"/admin/sessions/{ready.id}").text
    ready.answers[0].pictures_dropped, ready.answers[0].sound_lost_ms = 3, 2_040
    db.session.commit()
    assert (
        "recorder lost 3 pictures and 2.0 s of sound"
        in admin.get(f"/admin/sessions/{ready.id}").text
    )


def test_it_sends_the_anonymous_to_sign_in_and_refuses_candidates(
    client: FlaskClient, ready, cast: Cast
) -> None:
    for path in (
        "/admin/sessions",
        f"/admin/sessions/{ready.id}",
        f"/admin/sessions/{ready.id}/recording.mp4",
    ):
        assert client.get(path).location.startswith("/login")
    sign_in(client, cast.alice)
    for path in ("", "/row", "/status", "/recording.mp4", "/telemetry.json"):
        assert client.get(f"/admin/sessions/{ready.id}{path}").status_code == 403
    assert client.get("/admin/sessions").status_code == 403


@pytest.mark.usefixtures("ready")
def test_the_queue_shows_flags_by_severity_and_kind(admin: FlaskClient) -> None:
    page = admin.get("/admin/sessions").text

    assert "Ines Duarte" in page
    assert "Medium" in page
    assert "no face" in page
    assert 'x="1.67"' in page  # the flag's mark on the strip: 1 s of 60 s


def test_the_queue_tells_refused_and_unassessable_from_none(admin: FlaskClient) -> None:
    make_interview(make_flag(assessable=False, start_ms=0, end_ms=30_000), name="Dark")
    make_interview(name="Refused", consent_analyse_at=None)
    make_interview(name="Clean")
    row = {
        name: admin.get(f"/admin/sessions?candidate={name}").text
        for name in ("Dark", "Refused", "Clean")
    }

    assert "not assessable 50 %" in row["Dark"]
    assert "analysis not used" in row["Refused"]
    assert ">none<" in row["Clean"]


def test_filters_narrow_the_queue_and_pages_keep_them(admin: FlaskClient) -> None:
    for number in range(26):
        make_interview(make_flag(severity="high"), name=f"Person {number}")
    make_interview(name="Nobody")
    page = admin.get("/admin/sessions?severity=high&candidate=person").text

    assert "25 shown of 26" in page
    assert "Nobody" not in page
    assert f"candidate={sealed_queries.encrypt('person')}&amp;severity=high&amp;page=2" in page


@pytest.mark.usefixtures("ready")
def test_htmx_gets_only_the_results(admin: FlaskClient) -> None:
    fragment = admin.get("/admin/sessions", headers={"HX-Request": "true"}).text

    assert fragment.lstrip().startswith('<section id="interviews"')
    assert "<html" not in fragment


def test_the_page_takes_as_many_queries_for_many_rows_as_for_one(admin: FlaskClient) -> None:
    def queries() -> int:
        counted: list[str] = []
        listen = (db.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
        event.listen(*listen)
        admin.get("/admin/sessions")
        event.remove(*listen)
        return len(counted)

    make_interview(make_flag(), answers=[make_answer(1)])
    one = queries()
    for _ in range(5):
        make_interview(make_flag(), answers=[make_answer(1)], state=InterviewState.RECORDING)

    assert queries() == one


def test_only_rows_in_progress_poll(admin: FlaskClient, ready: InterviewSession) -> None:
    live = make_interview(state=InterviewState.RECORDING, holder_seen_at=utc_now())
    away = make_interview(state=InterviewState.RECORDING)  # begun long ago, nobody seen since
    rows = {row: admin.get(f"/admin/sessions/{row.id}/row").text for row in (live, away, ready)}

    assert f'id="interview-row-{live.id}"' in rows[live]
    assert 'hx-trigger="every 2s"' in rows[live]
    assert "Paused" in rows[away]
    assert "hx-trigger" not in rows[ready]


def test_a_row_that_is_asked_for_again_keeps_the_filter(admin: FlaskClient) -> None:
    interview = make_interview(state=InterviewState.RECORDING)
    row = admin.get(f"/admin/sessions/{interview.id}/row?state=recording").text

    assert f'href="/admin/sessions/{interview.id}?state=recording"' in row
    assert f'hx-get="/admin/sessions/{interview.id}/row?state=recording"' in row


def test_the_list_says_how_many_it_leaves_out_so_that_the_chips_add_up(admin: FlaskClient) -> None:
    make_interview(name="Ines Duarte")
    for name in ("Jonas Ahlers", "Jonas Brandt"):
        make_interview(name=name, state=InterviewState.PENDING, start_time=None)
    assert "not shown: 2 not started" in admin.get("/admin/sessions").text
    assert "not shown: 1 not started" in admin.get("/admin/sessions?candidate=brandt").text
    assert "left out" not in admin.get("/admin/sessions?state=pending").text
    assert "left out" not in admin.get("/admin/sessions?candidate=ines").text


@pytest.mark.usefixtures("ready")
def test_days_the_wrong_way_round_are_named(admin: FlaskClient) -> None:
    page = admin.get("/admin/sessions?from=2026-11-27&to=2026-11-01").text
    assert "“From” is later than “to”" in page
    assert "later than" not in admin.get("/admin/sessions?from=2020-01-01&to=2020-01-01").text
