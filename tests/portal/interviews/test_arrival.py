"""An answer's limit holds for what was sent, and how an answer came is told to reviewers in neutral
words.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from acting import interviews
from api_caller import bearer
from arrivals import came, worked
from clips import make_clip
from factories import make_application, sign_in
from flask import Flask
from flask.testing import FlaskClient
from interview_steps import TAB, begin_interview, clip_bytes, send_bytes, start_answer

from portal import work
from portal.extensions import db
from portal.interviews import NewAnswer
from portal.interviews.answer_remarks import NO_WORD, NOT_ASSESSABLE, notes
from portal.models import (
    Answer,
    InterviewSession,
    InterviewState,
    User,
    utc_now,
)

pytestmark = pytest.mark.film


def test_an_answer_that_came_as_usual_has_nothing_to_say(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = came(interview, clip_bytes(tmp_path, 3.0), took_ms=3_000, recorded_ms=3_100)
    worked(app, answer)

    assert notes(answer) == []


def test_who_was_offline_and_sends_all_at_the_end_has_nothing_to_say(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    """The pieces come in a burst; the answer took as long as it is."""
    answer = came(interview, clip_bytes(tmp_path, 20.0), took_ms=20_500, recorded_ms=20_000)
    worked(app, answer)

    assert notes(answer) == []


def test_an_answer_faster_than_time_says_so(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = came(interview, clip_bytes(tmp_path, 20.0), took_ms=800, recorded_ms=20_000)
    worked(app, answer)

    # some 0.8 s, and what this machine adds
    assert re.fullmatch(
        r"This answer arrived in \d\.\d s though it is 20\.0 s long\.", notes(answer)[0]
    )
    assert notes(answer)[-1] == NOT_ASSESSABLE


def test_parts_are_counted_together_as_a_page_may_record_before_it_has_an_answer_to_its_question(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    first = came(interview, clip_bytes(tmp_path, 20.0), took_ms=40_000, recorded_ms=20_000)
    second = came(
        interview, clip_bytes(tmp_path, 9.0), took_ms=100, recorded_ms=9_000, continues=first.id
    )
    worked(app, first, second)

    assert notes(first) == notes(second) == []


def test_an_answer_without_the_pages_word_says_so_where_it_would_have_watched(
    app: Flask, interview: InterviewSession, bob: User, tmp_path: Path
) -> None:
    unwatched = came(interview, clip_bytes(tmp_path, 2.0), watched=False)
    refused = came(
        begin_interview(make_application(bob), analyse=False),
        clip_bytes(tmp_path, 2.0),
        watched=False,
    )
    worked(app, unwatched)

    assert notes(unwatched) == [NO_WORD, NOT_ASSESSABLE]
    assert notes(refused) == []


def test_an_answer_coded_as_no_page_of_ours_does_says_so(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = came(
        interview, make_clip(tmp_path / "other.mp4", 2, codec="mpeg4", sound="tone").read_bytes()
    )
    worked(app, answer)

    assert answer.codecs == "mpeg4 aac"
    assert (
        notes(answer)[0]
        == "It is mpeg4 aac in mp4, which the page that asks the questions does not record."
    )


@pytest.mark.parametrize(("waited_s", "is_told"), [(55, False), (754, True)])
def test_a_question_that_was_on_show_for_long_is_told(
    app: Flask, interview: InterviewSession, tmp_path: Path, waited_s: int, is_told: bool
) -> None:
    answer = came(interview, clip_bytes(tmp_path, 2.0))
    interview.questions[0].released_at -= timedelta(seconds=waited_s)
    db.session.commit()
    worked(app, answer)

    told = ["It began 12:34 min after its question was shown; 2.0 s were given to think."]
    assert notes(answer) == (told if is_told else [])


def shown_early(answer: Answer) -> list[str]:
    return [note for note in notes(answer) if "was shown" in note]


def test_a_few_bytes_that_show_the_next_question_are_told_beside_what_follows_them(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    """The head of a file for each question, and all prompts are read in a row; the answers
    follow.
    """
    data, answers = clip_bytes(tmp_path, 9.0), []
    for position in (1, 2):
        interviews.release(interview, position, TAB)
        answers.append(interviews.start_answer(interview, NewAnswer(TAB, position, "mp4")))
        interviews.receive(answers[-1], 0, data[:40], None)
    for answer in answers:
        interviews.receive(answer, 40, data[40:], None)
        interviews.complete_answer(answer, len(data), 9_000, watched=True)
    worked(app, *answers)

    assert len(shown_early(answers[0])) == 1
    assert shown_early(answers[0])[0].startswith("Question 2 was shown ")
    assert shown_early(answers[0])[0].endswith(
        "s after this answer was begun; the answer is 9.0 s long."
    )
    assert shown_early(answers[1]) == []


def test_a_take_that_is_begun_when_the_next_question_is_known_says_so(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    first = came(interview, clip_bytes(tmp_path, 2.0), took_ms=300_000)
    second = came(interview, clip_bytes(tmp_path, 2.0), took_ms=200_000, question=2)
    again = came(interview, clip_bytes(tmp_path, 9.0))
    worked(app, first, second, again)

    assert shown_early(first) == shown_early(second) == []
    assert len(shown_early(again)) == 1
    assert re.fullmatch(
        r"It was begun 02:2\d min after question 2 was shown\.", shown_early(again)[0]
    )


@pytest.mark.parametrize(("earlier_ms", "is_told"), [(300, False), (1_900, False), (2_100, True)])
def test_a_moment_between_the_next_question_and_a_take_is_not_spoken_of(
    app: Flask, interview: InterviewSession, tmp_path: Path, earlier_ms: int, is_told: bool
) -> None:
    answer = came(interview, clip_bytes(tmp_path, 1.0))
    interview.questions[1].released_at = answer.created_at - timedelta(milliseconds=earlier_ms)
    db.session.commit()
    worked(app, answer)

    assert any(note.startswith("It was begun") for note in shown_early(answer)) is is_told


@pytest.mark.parametrize("line", ["all at the end", "still on its way", "parts made late"])
def test_who_records_first_and_then_asks_for_the_next_question_is_not_told_of(
    app: Flask, interview: InterviewSession, tmp_path: Path, line: str
) -> None:
    """However late the bytes come: the time of the answer has passed when its next question is
    shown.
    """
    data = clip_bytes(tmp_path, 9.0)
    answer = start_answer(interview)
    interviews.receive(answer, 0, data[:40], None)
    answer.created_at -= timedelta(milliseconds=20_500 if line == "parts made late" else 9_200)
    interview.questions[0].released_at = answer.created_at
    db.session.commit()
    if line == "still on its way":
        interviews.release(interview, 2, TAB)
    interviews.receive(answer, 40, data[40:], None)
    interviews.complete_answer(answer, len(data), 9_000, watched=True)
    parts = [answer]
    if line != "still on its way":
        interviews.release(interview, 2, TAB)
    if line == "parts made late":
        parts.append(start_answer(interview, continues=answer.id))
        send_bytes(parts[1], data)
        interviews.complete_answer(parts[1], len(data), 9_000, watched=True)
    worked(app, *parts)

    assert [shown_early(part) for part in parts] == [[] for _ in parts]


def test_answers_of_an_earlier_version_have_nothing_to_say(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer = came(interview, clip_bytes(tmp_path, 2.0), took_ms=0, watched=False)
    worked(app, answer)
    answer.completed_at = answer.sent_ms = answer.codecs = answer.watched = None
    db.session.commit()

    assert notes(answer) == []


def test_reviewers_read_it_beside_the_answer(
    app: Flask, client: FlaskClient, interview: InterviewSession, ada: User, tmp_path: Path
) -> None:
    came(interview, clip_bytes(tmp_path, 20.0), took_ms=800, recorded_ms=20_000)
    came(interview, clip_bytes(tmp_path, 2.0), took_ms=1_000, question=2)
    interviews.finish(interview)
    work.work_through(app)
    db.session.refresh(interview)
    interview.consent_analyse_at = utc_now()
    db.session.commit()
    assert interview.state is InterviewState.READY
    page = sign_in(client, ada).get(f"/admin/sessions/{interview.id}").text

    assert page.count("though it is 20.0 s long.") == 1
    assert page.count(NOT_ASSESSABLE) == 1
    key = bearer(ada)
    told = client.get(f"/api/admin/sessions/{interview.id}", headers=key).json["answers"]
    assert [len(answer["notes"]) for answer in told] == [3, 0]
    assert not [flag for flag in interview.flags if "arrived" in flag.finding]


def test_the_page_says_its_word_when_an_answer_is_complete(
    client: FlaskClient, interview: InterviewSession, tmp_path: Path
) -> None:
    sign_in(client, interview.application.user)
    answers = [start_answer(interview, question) for question in (1, 2)]
    data = clip_bytes(tmp_path)
    for answer, said in zip(answers, ({"watched": True}, {}), strict=True):
        send_bytes(answer, data)
        address = f"/capture/{interview.id}/answers/{answer.id}/complete"
        assert (
            client.post(
                address, json={"length": len(data), "recorded_ms": 2_000} | said
            ).status_code
            == 200
        )

    assert [answer.watched for answer in answers] == [True, False]
    assert all(answer.completed_at for answer in answers)
