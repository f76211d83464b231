"""Applying and deciding write a mail in the same transaction; other steps write none."""

import pytest
from acting import hiring
from factories import make_application, make_job

import portal.hiring
from portal.config import settings
from portal.database import transaction
from portal.extensions import db
from portal.hiring.resumes import StoredResume
from portal.mail import rendering
from portal.models import Application, Job, Mail, MailEvent, MailState, User


def apply(person: User, job: Job) -> Application:
    resume = StoredResume("none.pdf", settings().resumes_folder, "resume.pdf", "")
    with transaction():
        return portal.hiring.apply(job, resume, by=person)


def mails() -> list[Mail]:
    return list(db.session.scalars(db.select(Mail)))


def told(application: Application) -> str:
    (written,) = mails()
    assert written.user is application.user
    assert written.state is MailState.WAITING
    return rendering.render(written).plain


def test_who_applies_hears_so(alice: User) -> None:
    job = make_job("Data engineer")
    application = apply(alice, job)
    assert "Thank you for your application for Data engineer." in told(application)


def test_who_applies_twice_hears_it_once(alice: User) -> None:
    job = make_job()
    apply(alice, job)
    with pytest.raises(Exception, match="already applied"):
        apply(alice, job)
    assert [one.event for one in mails()] == [MailEvent.APPLIED]


def test_an_offer_is_told(application: Application, ada: User) -> None:
    hiring.offer(application, by=ada)
    assert "you are offered the job Data engineer" in " ".join(told(application).split())


def test_a_rejection_is_told_kindly(application: Application, ada: User) -> None:
    hiring.reject(application, by=ada)
    assert "We are sorry" in told(application)


def test_each_decision_that_is_revised_is_told(application: Application, ada: User) -> None:
    hiring.reject(application, by=ada)
    hiring.offer(application, by=ada)
    assert {one.event for one in mails()} == {MailEvent.REJECTED, MailEvent.OFFERED}


def test_a_decision_that_is_refused_is_not_told(application: Application, ada: User) -> None:
    with pytest.raises(Exception, match="by now"):
        hiring.offer(application, "invited", by=ada)
    assert mails() == []


def test_who_withdraws_or_is_invited_gets_no_mail_about_a_decision(
    alice: User, bob: User, ada: User
) -> None:
    hiring.withdraw(make_application(alice), by=alice)
    hiring.invite(make_application(bob), by=ada)
    assert mails() == []
