"""Mails and interviews never wait for each other, not even when a mail server hangs."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from interview_steps import clip_bytes, record_answer
from mail_servers import Taking, running
from posting import confirm_address, fresh, let_pass, sent, use_server, write_mail

from portal import work
from portal.database import transaction
from portal.extensions import db
from portal.mail import errors, sending
from portal.models import Answer, InterviewSession, Mail, MailState, User, utc_now
from portal.work import kinds
from portal.work.claims import Waiting
from portal.work.kinds import next_or_idle_task
from portal.work.manager import BackgroundManager, Lane, Task


@pytest.fixture
def mail(alice: User) -> Mail:
    confirm_address(alice)
    return write_mail(alice)


@pytest.fixture
def answer(interview: InterviewSession, tmp_path: Path) -> Answer:
    return record_answer(interview, clip_bytes(tmp_path))


def beside(app: Flask) -> Task | None:
    """What the threads for mails find."""
    (lane,) = kinds.kinds_of(app).lanes
    return lane.find_work()


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    held = threading.Event()
    yield held
    held.set()


@pytest.mark.parametrize(("first", "beside"), [(True, False), (False, True)])
def test_a_lane_whose_threads_are_busy_holds_up_no_other(
    hold: threading.Event, first: bool, beside: bool
) -> None:
    done = threading.Event()

    def finds(is_busy: bool) -> Task | None:
        return (lambda _stop: hold.wait(10) and None) if is_busy else (lambda _stop: done.set())

    manager = BackgroundManager(
        lambda: finds(first), 1, idle_s=0.02, beside=[Lane(lambda: finds(beside), 1)]
    )
    manager.ensure_started()
    assert done.wait(5)
    hold.set()
    assert manager.stop(timeout_s=5)


@pytest.mark.usefixtures("mail", "answer")
def test_the_threads_that_measure_take_no_mail_and_the_others_no_answer(app: Flask) -> None:
    db.session.rollback()
    claimed = next_or_idle_task(app)
    assert claimed
    assert db.session.scalars(db.select(Mail.fence)).one() == 0
    assert db.session.scalars(db.select(Answer.fence)).one() == 1
    db.session.rollback()
    assert beside(app)
    assert beside(app) is None


def test_no_more_than_two_mails_are_sent_at_once_by_all_processes(app: Flask, mail: Mail) -> None:
    mails = [mail, *(write_mail(fresh(mail.id).user) for _ in range(3))]
    rows = [Waiting.of(fresh(one.id)) for one in mails]
    db.session.rollback()
    claims = [row.claim(app, sending.AT_ONCE) for row in rows]

    assert [claim is not None for claim in claims] == [True, True, False, False]
    assert claims[0]
    claims[0].write(keep=False)
    db.session.rollback()
    assert rows[3].claim(app, sending.AT_ONCE)


@pytest.mark.usefixtures("answer")
def test_an_answer_on_trial_and_a_mail_on_trial_do_not_wait_for_each_other(
    app: Flask, mail: Mail
) -> None:
    mail_id = mail.id
    db.session.rollback()
    past = utc_now() - timedelta(seconds=1)
    with transaction():  # both were in a process that died
        for model in (Answer, Mail):
            db.session.execute(db.update(model).values(attempts=1, lease_until=past))
    assert next_or_idle_task(app)
    assert beside(app)
    db.session.rollback()
    assert db.session.scalars(db.select(Answer.attempts)).one() == 2
    assert fresh(mail_id).attempts == 2


def test_a_mail_on_trial_is_tried_alone_among_mails(app: Flask, mail: Mail) -> None:
    write_mail(fresh(mail.id).user)
    past = utc_now() - timedelta(seconds=1)
    with transaction():
        db.session.execute(db.update(Mail).values(attempts=1, lease_until=past))
    assert beside(app)
    assert beside(app) is None


def test_a_mail_that_may_end_processes_gives_them_time_and_is_given_up(
    app: Flask, mail: Mail
) -> None:
    with transaction():
        row = db.session.get_one(Mail, mail.id)
        row.attempts, row.lease_until = 2, utc_now() - timedelta(seconds=1)
    db.session.rollback()
    assert beside(app) is None
    let_pass(mail, sending.SUSPECTED_PAUSE)
    with transaction():
        db.session.execute(db.update(Mail).values(attempts=sending.MAX_ATTEMPTS))
    mail = sent(app, mail)

    assert (mail.state, mail.reason) == (MailState.FAILED, errors.GIVEN_UP)


def test_every_outcome_ends_the_trial(app: Flask, mail: Mail) -> None:
    with transaction():
        db.session.get_one(Mail, mail.id).attempts = 1
    assert sent(app, mail).attempts == 0


def test_a_process_that_slept_sends_nothing(app: Flask, mail: Mail) -> None:
    """Another process has the row since then: the mail does not go out a second time."""
    mail_id = mail.id
    with running(server := Taking()) as at:
        use_server(app, f"smtp://{at}?tls=none")
        db.session.rollback()
        task = beside(app)
        assert task
        let_pass(fresh(mail_id), timedelta(minutes=1))
        sent(app, fresh(mail_id))
        db.session.rollback()
        task(threading.Event())

    assert len(server.envelopes) == 1
    assert fresh(mail_id).state is MailState.SENT


def test_a_process_that_ends_gives_the_mail_back(app: Flask, mail: Mail) -> None:
    mail_id, stop = mail.id, threading.Event()
    stop.set()
    with running(server := Taking()) as at:
        use_server(app, f"smtp://{at}?tls=none")
        db.session.rollback()
        task = beside(app)
        assert task
        task(stop)

    mail = fresh(mail_id)
    assert (mail.state, mail.attempts, mail.lease_until) == (MailState.WAITING, 0, None)
    assert server.envelopes == []


def test_a_sent_mail_says_so_although_the_database_takes_nothing_just_then(
    app: Flask, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, refusals = work.Claim.write, iter([db.exc.OperationalError("", {}, Exception())] * 2)

    def write_later(self: work.Claim, **values: object) -> bool:
        if values.get("state") == "sent" and (refusal := next(refusals, None)):
            raise refusal
        return write(self, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "WRITE_AGAIN_S", 0.01)
    monkeypatch.setattr(work.Claim, "write", write_later)
    with running(server := Taking()) as at:
        use_server(app, f"smtp://{at}?tls=none")
        mail = sent(app, mail)

    assert mail.state is MailState.SENT
    assert len(server.envelopes) == 1
