"""An admin's page of one interview: flags with their numbers, media in ranges, ways back to the
list.
"""

import html
import json
import re
from datetime import timedelta

import pytest
from factories import Cast, make_job, sign_in
from flask.testing import FlaskClient
from reviewing import NOON, make_answer, make_flag, make_interview

from capture.signals import LANES, SIGNALS
from portal import interviews
from portal.extensions import db
from portal.models import AnswerState, InterviewSession, InterviewState
from portal.web import sealed_queries
from setup.translations import compile_all

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


def test_the_player_lists_each_flag_with_its_numbers(
    admin: FlaskClient, ready: InterviewSession
) -> None:
    page = admin.get(f"/admin/sessions/{ready.id}?t=1.5").text

    assert 'data-start-ms="1000"' in page
    for words in (
        "No face for 6.0 s",
        "no_face/1",
        "measured 6.0 s",
        "limit 5.0 s",
        "No face was seen for 6.0 s (rule: 5.0 s or longer).",
    ):
        assert words in page
    assert "recording.mp4#t=1.5" in page


@pytest.mark.parametrize("t", ["nan", "inf", "-5", "x"])
def test_a_link_to_no_moment_opens_at_the_start(
    admin: FlaskClient, ready: InterviewSession, t: str
) -> None:
    assert "recording.mp4#t=" not in admin.get(f"/admin/sessions/{ready.id}?t={t}").text


def test_the_player_of_a_refused_analysis_fetches_no_telemetry(admin: FlaskClient) -> None:
    page = admin.get(f"/admin/sessions/{make_interview(consent_analyse_at=None).id}").text

    assert "Analysis not used" in page
    assert "telemetry.json" not in page


def test_media_comes_in_ranges_and_is_never_kept_by_others(
    admin: FlaskClient, ready: InterviewSession
) -> None:
    address = f"/admin/sessions/{ready.id}/recording.mp4"
    part = admin.get(address, headers={"Range": "bytes=10-19"}, buffered=True)
    whole = admin.get(address, buffered=True)

    assert (part.status_code, part.data) == (206, VIDEO[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(VIDEO)}"
    assert whole.data == VIDEO
    assert whole.headers["Cache-Control"] == "no-store"
    assert (
        admin.get(
            address, headers={"If-None-Match": whole.headers["ETag"]}, buffered=True
        ).status_code
        == 304
    )


def test_files_are_not_given_out_before_the_interview_is_ready(
    admin: FlaskClient, ready: InterviewSession
) -> None:
    ready.state = InterviewState.FINISHING
    db.session.commit()

    assert admin.get(f"/admin/sessions/{ready.id}/recording.mp4").status_code == 404
    assert admin.get(f"/admin/sessions/{ready.id}/telemetry.json").status_code == 404


def test_telemetry_is_handed_out_as_it_was_written(
    admin: FlaskClient, ready: InterviewSession
) -> None:
    assert admin.get(f"/admin/sessions/{ready.id}/telemetry.json", buffered=True).json == {
        "version": 1
    }


@pytest.mark.parametrize(
    ("state", "words", "polls"),
    [
        (InterviewState.PENDING, "has not agreed", True),
        (InterviewState.RECORDING, "but is not on the page at the moment", True),
        (InterviewState.FINISHING, "measured and joined", True),
        (InterviewState.FAILED, "could not be put together", False),
    ],
)
def test_an_interview_that_is_not_ready_says_so(
    admin: FlaskClient, state, words: str, polls: bool
) -> None:
    page = admin.get(f"/admin/sessions/{make_interview(state=state).id}").text

    assert words in page
    assert ("every 2s" in page) == polls


def test_the_status_offers_the_player_when_ready_and_stops(
    admin: FlaskClient, ready: InterviewSession
) -> None:
    fragment = admin.get(f"/admin/sessions/{ready.id}/status").text

    assert "Open the player" in fragment
    assert "hx-get" not in fragment


def test_an_interview_that_failed_names_the_reasons_and_can_be_tried_again(
    admin: FlaskClient,
) -> None:
    answer = make_answer(
        1, state=AnswerState.FAILED, failure="Given up after several tries.", attempts=6
    )
    interview = make_interview(
        state=InterviewState.FAILED, failure="No answer could be read.", answers=[answer]
    )
    page = admin.get(f"/admin/sessions/{interview.id}").text
    assert "No answer could be read." in page
    assert "Given up after several tries." in page
    assert "Try again to finish it" in page

    assert admin.post(f"/admin/sessions/{interview.id}/retry").status_code == 303
    db.session.refresh(interview)
    assert (interview.state, answer.state, answer.attempts) == (
        InterviewState.FINISHING,
        AnswerState.RECEIVED,
        0,
    )


def test_a_ready_interview_that_lacks_an_answer_can_be_tried_again(admin: FlaskClient) -> None:
    answers = [
        make_answer(1, state=AnswerState.FAILED, failure="cut off"),
        make_answer(2, duration_ms=60_000),
    ]
    interview = make_interview(answers=answers, result_json_mapping={"video": "recording.mp4"})
    whole = make_interview(answers=[make_answer(1, duration_ms=60_000)])
    assert "Try again with every answer" in admin.get(f"/admin/sessions/{interview.id}").text
    assert "Try again with every answer" not in admin.get(f"/admin/sessions/{whole.id}").text

    page = admin.post(f"/admin/sessions/{interview.id}/retry", follow_redirects=True).text
    assert "The recording is being made again." in page
    assert [answer.state for answer in interview.answers] == [AnswerState.RECEIVED] * 2


def test_the_player_says_which_answers_are_not_measured_or_not_there_and_why(
    admin: FlaskClient,
) -> None:
    lost = make_answer(1, state=AnswerState.FAILED, failure="its first bytes are cut off")
    blind = make_answer(2, duration_ms=60_000, failure="the face model is missing")
    page = admin.get(f"/admin/sessions/{make_interview(answers=[lost, blind]).id}").text

    assert "Not in the recording: its first bytes are cut off" in page
    assert "Not measured: the face model is missing" in page


def test_the_player_goes_on_and_back_in_the_list_that_was_asked_for(admin: FlaskClient) -> None:
    job = make_job()
    newer, here, older = (
        make_interview(make_flag(severity="high"), job=job, start_time=NOON - timedelta(hours=hour))
        for hour in range(3)
    )
    make_interview(start_time=NOON - timedelta(minutes=30))  # between them, without a flag
    rows = admin.get("/admin/sessions?severity=high&candidate=Person").text
    page = admin.get(f"/admin/sessions/{here.id}?severity=high&candidate=Person").text

    person = sealed_queries.encrypt("Person")
    assert f"/admin/sessions/{here.id}?candidate={person}&amp;severity=high" in rows
    assert (
        f'rel="prev" href="/admin/sessions/{newer.id}?candidate={person}&amp;severity=high"' in page
    )
    assert (
        f'rel="next" href="/admin/sessions/{older.id}?candidate={person}&amp;severity=high"' in page
    )
    assert (
        f'href="/admin/sessions?candidate={person}&amp;severity=high#interview-row-{here.id}"'
        in page
    )
    assert "2 of 3 as filtered" in page


@pytest.mark.parametrize("state", [InterviewState.READY, InterviewState.FAILED])
def test_who_comes_from_the_applications_is_led_back_there(
    admin: FlaskClient, state: InterviewState
) -> None:
    interview = make_interview(make_flag(), name="Ines Duarte", state=state)
    status = interview.application.status
    row = admin.get(f"/admin/applications?candidate=Ines&status={status}").text
    asked = f"list=applications&amp;candidate={sealed_queries.encrypt('Ines')}&amp;status={status}"
    page = admin.get(f"/admin/sessions/{interview.id}?{asked.replace('&amp;', '&')}").text

    assert f'href="/admin/sessions/{interview.id}?{asked}"' in row
    back = asked.removeprefix("list=applications&amp;")
    assert f'href="/admin/applications?{back}#application-{interview.application_id}"' in page
    assert "Applications, as filtered" in page
    assert "All interviews" not in page


def test_an_interview_that_becomes_ready_or_is_tried_again_keeps_the_list(
    admin: FlaskClient,
) -> None:
    interview = make_interview(state=InterviewState.FAILED)
    again = admin.post(f"/admin/sessions/{interview.id}/retry?state=failed")
    interview.state = InterviewState.READY
    db.session.commit()
    status = admin.get(f"/admin/sessions/{interview.id}/status?state=failed").text

    assert again.location == f"/admin/sessions/{interview.id}?state=failed"
    assert f'href="/admin/sessions/{interview.id}?state=failed"' in status


def test_the_way_back_leads_to_the_page_of_the_list_where_the_interview_is_now(
    admin: FlaskClient,
) -> None:
    interviews = [make_interview(start_time=NOON - timedelta(hours=hour)) for hour in range(27)]
    page = admin.get(f"/admin/sessions/{interviews[26].id}").text

    assert f'href="/admin/sessions?page=2#interview-row-{interviews[26].id}"' in page


def test_questions_lead_to_their_moment_without_any_measurement(admin: FlaskClient) -> None:
    answers = [
        make_answer(1, duration_ms=9_000, recorded_ms=10_000),
        make_answer(2, duration_ms=5_000),
    ]
    plain = make_interview(answers=answers, consent_analyse_at=None)
    page = admin.get(f"/admin/sessions/{plain.id}?state=ready").text

    assert f'href="/admin/sessions/{plain.id}?state=ready&amp;t=10.0" data-seek-ms="10000"' in page


def test_the_page_gives_its_script_every_signal_and_each_lane_a_row(
    admin: FlaskClient, ready: InterviewSession
) -> None:
    page = html.unescape(admin.get(f"/admin/sessions/{ready.id}").text)
    registry = json.loads(re.search(r'data-registry="(.*?\})"', page)[1])
    assert [signal["name"] for signal in registry["signals"]] == [one.name for one in SIGNALS]

    for lane in LANES:
        row = re.search(rf'data-lane="{lane.name}".*?</div>', page, re.DOTALL)[0]
        assert re.search(r"\bh-1[135]\b", row), "a height that the stylesheet has"
        assert f"text-{lane.main.ink}" in row
        assert (lane.main.scale.unit or lane.main.scale.ends) in row
        for signal in lane.lines[1:]:
            assert f'data-series="{signal.name}"' in page


def test_the_page_and_its_script_get_the_words_of_the_signals_in_the_readers_language(
    admin: FlaskClient, ready: InterviewSession
) -> None:
    compile_all()
    german = {"Accept-Language": "de"}
    page = html.unescape(admin.get(f"/admin/sessions/{ready.id}", headers=german).text)
    registry = json.loads(re.search(r'data-registry="(.*?\})"', page)[1])
    head = next(lane for lane in registry["lanes"] if lane["name"] == "head")
    units = {signal["name"]: signal["scale"]["unit"] for signal in registry["signals"]}
    assert head["label"] == "Kopf"
    assert re.search(r'data-lane="head".*?Kopf', page, re.DOTALL)
    assert (units["openness"], units["yaw_deg"], units["level_dbfs"]) == ("offen", "°", "dBFS")
