"""Nobody gets new takes by deleting an account and registering again, and next to nothing stays for
that.
"""

from pathlib import Path

import pytest
from acting import delete_account, hiring, interviews
from factories import make_job, make_user, sign_in
from flask.testing import FlaskClient
from interview_steps import begin_interview, clip_bytes, record_answer, start_answer

from portal.extensions import db
from portal.hiring.resumes import Resume
from portal.models import Application, EarlierInterview, InterviewState, Job, User

EMAIL = "alice@example.org"


def marks() -> list[EarlierInterview]:
    return list(db.session.scalars(db.select(EarlierInterview)))


def comes_back(job_id: object) -> Application:
    """The same person registers once more and applies for the same job."""
    return applied(make_user(EMAIL), db.session.get_one(Job, job_id))


def applied(user: User, job: Job) -> Application:
    return hiring.apply(user, job, Resume("resume.pdf", "pdf", b"%PDF-"))


def test_takes_used_before_are_used(
    client: FlaskClient, application: Application, tmp_path: Path
) -> None:
    job_id = application.job_id
    record_answer(begin_interview(application), clip_bytes(tmp_path))
    delete_account(application.user)
    again = begin_interview(comes_back(job_id))
    sign_in(client, again.application.user)
    first, second = client.get(f"/capture/{again.id}/room.json").json["questions"]

    assert (first["takes"], second["takes"]) == (1, 2)
    record_answer(again, clip_bytes(tmp_path))
    with pytest.raises(interviews.InterviewError, match="All takes"):
        start_answer(again)


def test_what_was_used_twice_adds_up(application: Application, tmp_path: Path) -> None:
    job_id = application.job_id
    application.job.questions[0].takes = 3
    db.session.commit()
    for _ in range(2):
        record_answer(begin_interview(application), clip_bytes(tmp_path))
        delete_account(application.user)
        application = comes_back(job_id)

    assert begin_interview(application).questions[0].takes_left == 1


def test_an_interview_that_was_finished_is_not_recorded_again(
    client: FlaskClient, application: Application, tmp_path: Path
) -> None:
    interview, job_id = begin_interview(application), application.job_id
    for question in (1, 2):
        record_answer(interview, clip_bytes(tmp_path), question=question)
    interviews.finish(interview)
    delete_account(application.user)
    again = comes_back(job_id)

    with pytest.raises(interviews.NotInterviewable, match="recorded already"):
        interviews.open_interview(again)
    page = sign_in(client, again.user).get("/dashboard").text
    assert "Your interview for this job was recorded already." in page
    assert "Record your interview" not in page


def test_a_question_without_a_take_left_leaves_no_interview(
    application: Application, tmp_path: Path
) -> None:
    job_id, interview = application.job_id, begin_interview(application)
    for _ in range(2):
        record_answer(interview, clip_bytes(tmp_path))
    delete_account(application.user)

    with pytest.raises(interviews.NotInterviewable, match="recorded already"):
        interviews.open_interview(comes_back(job_id))


def test_where_takes_were_lessened_since_no_interview_begins_that_cannot_end(
    application: Application, tmp_path: Path
) -> None:
    job_id = application.job_id
    record_answer(begin_interview(application), clip_bytes(tmp_path))
    delete_account(application.user)
    again = interviews.open_interview(comes_back(job_id))
    db.session.get(Job, job_id).questions[0].takes = 1
    db.session.commit()

    with pytest.raises(interviews.NotInterviewable, match="recorded already"):
        interviews.give_consent(again, analyse=False)
    db.session.rollback()
    assert again.state is InterviewState.PENDING


def test_nothing_stays_of_an_interview_that_had_not_begun(application: Application) -> None:
    interviews.open_interview(application)
    delete_account(application.user)

    assert marks() == []


def test_what_stays_names_nobody_and_differs_from_job_to_job(
    application: Application, tmp_path: Path
) -> None:
    second = applied(application.user, make_job())
    for one in (application, second):
        record_answer(begin_interview(one), clip_bytes(tmp_path))
    delete_account(application.user)
    kept = marks()

    assert len({row.mark for row in kept}) == 2
    assert all(set(row.takes) == {"1", "2"} and EMAIL not in row.mark for row in kept)
    assert EMAIL not in [user.email for user in db.session.scalars(db.select(User))]


def test_it_goes_when_the_job_closes(application: Application, tmp_path: Path) -> None:
    job = application.job
    record_answer(begin_interview(application), clip_bytes(tmp_path))
    delete_account(application.user)
    assert len(marks()) == 1
    hiring.close(job)
    assert marks() == []
    hiring.publish(job)
    assert begin_interview(comes_back(job.id)).questions[0].takes_left == 2


def test_nothing_is_kept_for_a_job_that_is_closed(application: Application, tmp_path: Path) -> None:
    record_answer(begin_interview(application), clip_bytes(tmp_path))
    hiring.close(application.job)
    delete_account(application.user)

    assert marks() == []


def test_it_goes_with_the_job(application: Application, tmp_path: Path) -> None:
    job = application.job
    record_answer(begin_interview(application), clip_bytes(tmp_path))
    delete_account(application.user)
    db.session.delete(job)
    db.session.commit()

    assert marks() == []


def test_the_notice_and_the_words_agreed_to_say_so(
    client: FlaskClient, application: Application
) -> None:
    interview = interviews.open_interview(application)
    sign_in(client, application.user)

    assert "a keyed mark of your e-mail address and the job" in client.get("/account/delete").text
    assert (
        "a keyed mark of your e-mail address and this job"
        in client.get(f"/capture/{interview.id}/consent").text
    )


def test_a_recording_that_was_kept_as_long_as_promised_is_not_begun_anew(
    application: Application,
) -> None:
    hiring.mark_interviewed(application)

    with pytest.raises(interviews.NotInterviewable, match="recorded already"):
        interviews.open_interview(application)
