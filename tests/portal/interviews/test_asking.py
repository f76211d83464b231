"""The questions of an interview: copied when it begins, shown one after the other, and never before
their turn.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from acting import delete_account, interviews
from factories import make_application, make_question, sign_in
from flask.testing import FlaskClient
from interview_steps import (
    TAB,
    begin_interview,
    clip_bytes,
    record_answer,
    send_bytes,
    show_question,
    start_answer,
)

from portal import data_export
from portal.extensions import db
from portal.models import Application, InterviewSession, JobStatus, User, utc_now

SECRET = "Question number 2?"


@pytest.fixture
def page(client: FlaskClient, interview: InterviewSession) -> Any:
    """Posts to the interview as its owner."""
    sign_in(client, interview.application.user)
    base = f"/capture/{interview.id}"
    return lambda path, **body: client.post(f"{base}/{path}", json={"tab": TAB} | body)


def in_room(client: FlaskClient, interview: InterviewSession) -> list[dict[str, Any]]:
    return client.get(f"/capture/{interview.id}/room.json").json["questions"]


def test_no_page_of_a_candidate_holds_a_prompt_before_its_turn(
    client: FlaskClient, application: Application, tmp_path: Path
) -> None:
    """Before consent none, in the interview those that were shown."""
    user, job = application.user, application.job
    interview = interviews.open_interview(application)
    sign_in(client, user)
    addresses = ["/jobs", f"/jobs/{job.slug}", "/applications", f"/api/jobs/{job.id}", "/account"]
    addresses += [
        f"/capture/{interview.id}/{name}"
        for name in ("consent", "check", "room", "room.json", "status")
    ]

    def all_pages() -> str:
        return "".join(client.get(address, follow_redirects=True).text for address in addresses)

    assert "Question number" not in all_pages()
    interviews.give_consent(interview, analyse=True)
    interviews.claim_seat(interview, TAB)
    assert "Question number" not in all_pages()
    record_answer(interview, clip_bytes(tmp_path))
    seen = all_pages()
    assert "Question number 1?" in seen
    assert SECRET not in seen


def test_before_consent_there_is_nothing_to_ask(
    client: FlaskClient, application: Application
) -> None:
    interview = interviews.open_interview(application)
    sign_in(client, application.user)
    address = f"/capture/{interview.id}"

    assert client.get(f"{address}/room.json").json["questions"] == []
    reply = client.post(f"{address}/questions/1/release", json={"tab": TAB})
    assert (reply.status_code, reply.json["detail"]) == (403, "Agree to the recording first.")


def test_a_question_is_shown_when_its_turn_comes_and_the_server_notes_when(
    page: Any, client: FlaskClient, interview: InterviewSession
) -> None:
    before = in_room(client, interview)
    reply = page("questions/1/release")

    assert [(row["prompt"], row["think_left_ms"]) for row in before] == [
        (None, 2_000),
        (None, 2_000),
    ]
    assert (reply.json["position"], reply.json["prompt"]) == (1, "Question number 1?")
    assert 1_000 < reply.json["think_left_ms"] <= 2_000
    assert [row["prompt"] for row in in_room(client, interview)] == ["Question number 1?", None]
    assert abs(interview.questions[0].released_at - utc_now()) < timedelta(seconds=5)


def test_asking_again_resets_no_time_to_think(
    page: Any, client: FlaskClient, interview: InterviewSession
) -> None:
    shown_at = utc_now() - timedelta(milliseconds=1_500)
    show_question(interview)
    interview.questions[0].released_at = shown_at
    db.session.commit()

    assert page("questions/1/release").json["think_left_ms"] <= 500
    assert in_room(client, interview)[0]["think_left_ms"] <= 500
    db.session.refresh(interview.questions[0])
    assert interview.questions[0].released_at == shown_at
    interview.questions[0].released_at -= timedelta(hours=1)
    db.session.commit()
    assert page("questions/1/release").json["think_left_ms"] == 0


def test_a_clock_that_was_set_back_gives_no_more_than_the_time_to_think(
    interview: InterviewSession,
) -> None:
    show_question(interview)

    assert interview.questions[0].think_left_ms(utc_now() - timedelta(hours=1)) == 2_000


def test_the_next_question_waits_for_an_answer_to_the_one_before(
    page: Any, interview: InterviewSession, tmp_path: Path
) -> None:
    early = page("questions/2/release")
    answer = start_answer(interview)
    begun = page("questions/2/release")
    send_bytes(answer, clip_bytes(tmp_path)[:5_000])  # the rest may still be on its way
    arriving = page("questions/2/release")

    assert (early.status_code, begun.status_code, arriving.status_code) == (409, 409, 200)
    assert early.json["detail"] == "Question 1 comes first: it has no answer yet."


def test_a_take_that_was_taken_back_is_no_answer(
    page: Any, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = start_answer(interview)
    send_bytes(answer, clip_bytes(tmp_path))
    interviews.discard_upload(answer)

    assert page("questions/2/release").status_code == 409


def test_a_question_is_shown_only_to_the_page_that_records(page: Any) -> None:
    assert page("questions/1/release", tab="another-tab").status_code == 409
    assert page("questions/9/release").status_code == 409


def test_nobody_answers_what_was_not_asked(page: Any, interview: InterviewSession) -> None:
    reply = page("answers", question=1, container="mp4")

    assert (reply.status_code, reply.json["detail"]) == (409, "Ask for the question first.")
    assert interview.answers == []


def test_what_a_job_asks_later_changes_nothing_for_who_has_begun(
    client: FlaskClient, application: Application, tmp_path: Path
) -> None:
    interview = begin_interview(application)
    asked = in_room(sign_in(client, application.user), interview)
    job = application.job
    job.questions.clear()
    db.session.flush()
    job.questions = [make_question(1, prompt="Reworded?", think_ms=9_000, limit_ms=5_000, takes=5)]
    job.status = JobStatus.CLOSED
    db.session.commit()
    answer = record_answer(interview, clip_bytes(tmp_path))

    assert answer.prompt == "Question number 1?"
    assert answer.limit_ms == 60_000
    assert [row["limit_ms"] for row in in_room(client, interview)] == [
        row["limit_ms"] for row in asked
    ]
    with pytest.raises(interviews.AnswersMissing, match="Question 2"):
        interviews.finish(interview)
    record_answer(interview, clip_bytes(tmp_path), question=2)
    interviews.finish(interview)


def test_who_has_begun_goes_on_where_a_job_asks_nothing_any_more(application: Application) -> None:
    interview = begin_interview(application)
    application.job.questions.clear()
    db.session.commit()

    assert start_answer(interview).prompt == "Question number 1?"


def test_who_has_not_begun_is_asked_what_the_job_asks_now(application: Application) -> None:
    interviews.open_interview(application)
    application.job.questions[0].prompt = "Reworded?"
    db.session.commit()

    assert [question.prompt for question in begin_interview(application).questions] == [
        "Reworded?",
        SECRET,
    ]


def test_who_takes_their_data_along_reads_only_what_was_shown(interview: InterviewSession) -> None:
    show_question(interview)
    package = b"".join(data_export.export_data(interview.application.user))

    assert b"Question number 1?" in package
    assert SECRET.encode() not in package
    assert json.dumps("released_at").encode() in package


def test_a_deleted_interview_takes_its_questions_along(interview: InterviewSession) -> None:
    delete_account(interview.application.user)

    assert db.session.scalar(db.text("SELECT count(*) FROM interview_questions")) == 0


def test_each_interview_has_its_own_copy(application: Application, bob: User) -> None:
    others = begin_interview(make_application(bob, application.job))
    show_question(begin_interview(application))

    assert not others.questions[0].is_released
