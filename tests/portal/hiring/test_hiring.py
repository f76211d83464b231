"""The verbs on jobs and applications."""

import io
from pathlib import Path

import papers
import pytest
from acting import hiring
from factories import Cast, make_application, make_job, save
from flask import Flask

from portal.config import settings
from portal.extensions import db
from portal.hiring import AlreadyApplied, CannotApply, CannotChange, applying, next_step, resumes
from portal.hiring.next_step import Step
from portal.hiring.resumes import Resume
from portal.models import (
    Application,
    ApplicationStatus,
    InterviewSession,
    InterviewState,
    JobStatus,
    User,
)

S = ApplicationStatus
VERBS = {
    S.INVITED: hiring.invite,
    S.OFFERED: hiring.offer,
    S.REJECTED: hiring.reject,
    S.WITHDRAWN: hiring.withdraw,
}


@pytest.fixture
def resume() -> Resume:
    return resumes.read("cv.pdf", io.BytesIO(papers.pdf()), "alice")


@pytest.fixture
def folder(app: Flask) -> Path:
    return settings(app).resumes_folder


def test_applying_keeps_the_file_and_the_row(alice: User, resume: Resume, folder: Path) -> None:
    application = hiring.apply(alice, make_job(), resume, "  Hello.  ")
    assert (folder / application.resume_path).read_bytes() == resume.data
    assert (application.resume_name, application.note, application.status) == (
        "cv.pdf",
        "Hello.",
        S.APPLIED,
    )


def test_one_candidate_applies_for_one_job_once(cast: Cast, resume: Resume, folder: Path) -> None:
    job = make_job()
    hiring.apply(cast.alice, job, resume)
    hiring.apply(cast.bob, job, resume)
    with pytest.raises(AlreadyApplied):
        hiring.apply(cast.alice, job, resume)
    assert len(list(folder.iterdir())) == 2


def test_the_database_decides_when_two_tabs_apply_at_once(
    alice: User, resume: Resume, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job()
    hiring.apply(alice, job, resume)
    # as both tabs looked before either sent
    monkeypatch.setattr(applying, "find_application", lambda _user, _job: None)
    with pytest.raises(AlreadyApplied):
        hiring.apply(alice, job, resume)
    assert len(list(folder.iterdir())) == 1
    assert db.session.scalar(db.select(db.func.count(Application.id))) == 1


@pytest.mark.parametrize("status", [JobStatus.DRAFT, JobStatus.CLOSED])
def test_nobody_applies_for_a_job_that_is_not_open(
    alice: User, resume: Resume, folder: Path, status: JobStatus
) -> None:
    with pytest.raises(CannotApply, match="no more applications"):
        hiring.apply(alice, make_job(status=status), resume)
    assert not list(folder.iterdir())


def test_a_job_that_closes_while_the_file_is_written_takes_no_application(
    alice: User, resume: Resume, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job()
    store = resumes.store
    monkeypatch.setattr(resumes, "store", lambda *args: hiring.close(job) or store(*args))
    with pytest.raises(CannotApply):
        hiring.apply(alice, job, resume)
    assert not list(folder.iterdir())


def test_an_admin_does_not_apply(ada: User, resume: Resume) -> None:
    with pytest.raises(CannotApply, match="candidate's account"):
        hiring.apply(ada, make_job(), resume)


@pytest.mark.parametrize(("before", "after"), [
    (before, after) for before in S for after in VERBS if before in hiring.REACHED_FROM[after]
])  # fmt: skip
def test_each_verb_works_where_it_may(alice: User, before: S, after: S) -> None:
    application = make_application(alice, status=before)
    VERBS[after](application)
    assert application.status is after


@pytest.mark.parametrize(("before", "after"), [
    (S.WITHDRAWN, S.INVITED), (S.WITHDRAWN, S.OFFERED), (S.WITHDRAWN, S.REJECTED),
    (S.WITHDRAWN, S.WITHDRAWN), (S.REJECTED, S.WITHDRAWN), (S.REJECTED, S.INVITED),
    (S.INTERVIEWED, S.INVITED), (S.OFFERED, S.OFFERED),
])  # fmt: skip
def test_each_verb_is_refused_where_it_may_not(alice: User, before: S, after: S) -> None:
    application = make_application(alice, status=before)
    with pytest.raises(CannotChange, match=before):
        VERBS[after](application)
    assert application.status is before


def test_a_status_that_changed_a_moment_ago_is_seen(alice: User) -> None:
    application = make_application(alice)
    change = (
        db.update(Application)
        .values(status=S.WITHDRAWN)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(change)  # another process; our row in memory still says applied
    with pytest.raises(CannotChange, match="withdrawn"):
        hiring.offer(application)


@pytest.mark.parametrize(("before", "after"), [
    (S.APPLIED, S.INTERVIEWED), (S.INVITED, S.INTERVIEWED), (S.WITHDRAWN, S.WITHDRAWN),
    (S.REJECTED, S.REJECTED),
])  # fmt: skip
def test_a_recorded_interview_undoes_no_decision(alice: User, before: S, after: S) -> None:
    application = make_application(alice, status=before)
    hiring.mark_interviewed(application)
    assert application.status is after


def test_an_invitation_needs_questions(alice: User) -> None:
    with pytest.raises(CannotChange, match="no questions"):
        hiring.invite(make_application(alice, make_job(questions=0)))


@pytest.mark.usefixtures("app")
def test_publishing_again_keeps_the_first_date() -> None:
    job = make_job(status=JobStatus.DRAFT, published_at=None)
    hiring.publish(job)
    first = job.published_at
    hiring.close(job)
    hiring.publish(job)
    assert first is not None
    assert (job.status, job.published_at) == (JobStatus.OPEN, first)


@pytest.mark.usefixtures("app")
def test_opening_twice_and_closing_twice_are_refused() -> None:
    job = make_job()
    with pytest.raises(CannotChange, match="open already"):
        hiring.publish(job)
    hiring.close(job)
    with pytest.raises(CannotChange, match="not open"):
        hiring.close(job)


@pytest.mark.parametrize(("state", "step"), [
    (None, Step.RECORD), (InterviewState.PENDING, Step.RECORD),
    (InterviewState.RECORDING, Step.RESUME), (InterviewState.FINISHING, Step.RECEIPT),
    (InterviewState.READY, Step.RECEIPT), (InterviewState.FAILED, Step.RECEIPT),
])  # fmt: skip
def test_the_next_step_follows_the_interview(
    alice: User, state: InterviewState | None, step: Step
) -> None:
    application = make_application(alice)
    if state:
        save(InterviewSession(application=application, state=state))
    assert next_step.next_step(application)[0] is step


@pytest.mark.parametrize("status", [S.WITHDRAWN, S.REJECTED, S.OFFERED])
def test_after_a_decision_there_is_nothing_to_do(alice: User, status: S) -> None:
    application = make_application(alice, status=status)
    save(InterviewSession(application=application, state=InterviewState.READY))
    assert next_step.next_step(application)[0] is Step.NONE


def test_without_questions_or_after_closing_there_is_nothing_to_record(alice: User) -> None:
    unasked = make_application(alice, make_job(questions=0))
    closed = make_application(alice, make_job(status=JobStatus.CLOSED))
    assert [next_step.next_step(row)[0] for row in (unasked, closed)] == [Step.NONE, Step.NONE]
