"""When a mail goes out, how often it is tried, and what its row says. Real servers on loopback."""

from datetime import timedelta

import pytest
from flask import Flask
from mail_servers import Taking, running
from posting import confirm_address, fresh, let_pass, newest_mail, sent, use_server, write_mail
from servers import free_port

from portal.database import transaction
from portal.extensions import db
from portal.mail import errors, sending
from portal.models import LinkPurpose, Mail, MailEvent, MailState, User, utc_now
from portal.people import email_links

DAY = timedelta(days=1)


class Refusing(Taking):
    """Gives these answers to RCPT, one after the other, and takes what comes after them."""

    def __init__(self, *answers: str) -> None:
        super().__init__()
        self.answers = list(answers)

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # type: ignore[no-untyped-def]
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 known"


@pytest.fixture
def confirmed(alice: User) -> User:
    confirm_address(alice)
    return alice


def test_a_server_takes_the_mail_once(app: Flask, confirmed: User) -> None:
    with running(server := Taking()) as at:
        use_server(app, f"smtp://{at}?tls=none")
        mail = sent(app, write_mail(confirmed))
        sent(app, mail)

    assert (mail.state, mail.reason, mail.attempts, mail.tries) == (MailState.SENT, "", 0, 0)
    assert mail.sent_at
    (message,) = server.mails
    assert message["Message-ID"] == f"<{mail.id}@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert server.envelopes[0].rcpt_tos == ["alice@example.org"]
    assert server.envelopes[0].mail_from == "jobs@example.org"


def test_without_a_server_the_mail_is_a_file(app: Flask, confirmed: User, tmp_path) -> None:  # type: ignore[no-untyped-def]
    mail = sent(app, write_mail(confirmed))
    (path,) = (tmp_path / "instance" / "mail").iterdir()

    assert mail.state is MailState.SENT
    assert path.name == f"{mail.created_at:%Y%m%dT%H%M%SZ}-{mail.id}.eml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"Data engineer" in path.read_bytes()


def test_an_address_that_nobody_confirmed_waits(app: Flask, alice: User) -> None:
    alice.confirmed_at = None
    db.session.commit()
    mail = sent(app, write_mail(alice))
    assert mail.state is MailState.WAITING
    confirm_address(alice)
    assert sent(app, mail).state is MailState.SENT


def test_what_proves_the_address_does_not_wait(app: Flask, alice: User) -> None:
    with transaction():
        link = email_links.create(alice, LinkPurpose.CONFIRM_ADDRESS)
    assert sent(app, write_mail(alice, MailEvent.CONFIRM_ADDRESS, link=link)).state == "sent"


@pytest.mark.parametrize("column", ["disabled_at", "leaving_at"])
def test_an_account_that_nobody_uses_gets_no_mail(app: Flask, confirmed: User, column: str) -> None:
    mail = write_mail(confirmed, MailEvent.PASSWORD_CHANGED)
    setattr(confirmed, column, utc_now())
    db.session.commit()
    assert sent(app, mail).state is MailState.WAITING


def test_a_warning_goes_to_the_address_of_then_and_news_to_that_of_now(
    app: Flask, confirmed: User
) -> None:
    with running(server := Taking()) as at:
        use_server(app, f"smtp://{at}?tls=none")
        write_mail(confirmed, MailEvent.PASSWORD_CHANGED)
        mail = write_mail(confirmed)
        confirmed = db.session.get_one(User, confirmed.id)
        confirmed.email = "alice@example.net"
        db.session.commit()
        mail = sent(app, mail)

    recipients = {envelope.rcpt_tos[0] for envelope in server.envelopes}
    assert recipients == {"alice@example.org", "alice@example.net"}
    assert mail.address == "alice@example.net"


def test_a_refused_recipient_fails_at_once_and_marks_the_address(
    app: Flask, confirmed: User
) -> None:
    says = "550 5.1.1 <alice@example.org> unknown, ask\tpostmaster@mail.example.net"
    with running(server := Refusing(says)) as at:
        use_server(app, f"smtp://{at}?tls=none")
        mail = sent(app, write_mail(confirmed))
        later = sent(app, write_mail(confirmed))

    assert mail.state is MailState.FAILED
    assert fresh(mail.id).reason == "550 5.1.1 <alice@example.org> unknown, ask …"
    assert db.session.get_one(User, confirmed.id).mail_refused_at
    assert (later.state, server.envelopes) == (MailState.WAITING, [])


@pytest.mark.parametrize(
    ("says", "state"),
    [("550 5.7.1 relaying denied", "waiting"), ("530 authenticate first", "waiting"),
     ("552 5.2.2 mailbox full", "failed")],
)  # fmt: skip
def test_what_is_not_about_the_address_does_not_mark_it(
    app: Flask, confirmed: User, says: str, state: str
) -> None:
    with running(Refusing(says)) as at:
        use_server(app, f"smtp://{at}?tls=none")
        mail = sent(app, write_mail(confirmed))

    assert (mail.state, mail.reason) == (state, says)
    assert db.session.get_one(User, confirmed.id).mail_refused_at is None


def test_greylisting_is_answered_with_patience(app: Flask, confirmed: User) -> None:
    with running(server := Refusing("451 4.7.1 come back later")) as at:
        use_server(app, f"smtp://{at}?tls=none")
        mail = sent(app, write_mail(confirmed))
        assert (mail.state, mail.tries, mail.attempts) == (MailState.WAITING, 1, 0)
        assert sent(app, mail).state is MailState.WAITING  # not yet
        let_pass(mail, timedelta(minutes=1))
        assert sent(app, mail).state is MailState.SENT

    assert len(server.envelopes) == 1


def test_five_tries_are_made_further_and_further_apart(app: Flask, confirmed: User) -> None:
    use_server(app, f"smtp://127.0.0.1:{free_port()}?tls=none")
    mail = write_mail(confirmed)
    for tries, minutes in enumerate((1, 5, 30, 120), 1):
        mail = sent(app, mail)
        assert (mail.state, mail.tries, mail.attempts) == (MailState.WAITING, tries, 0)
        pause = mail.try_at - utc_now()
        assert timedelta(minutes=minutes - 1) < pause <= timedelta(minutes=minutes)
        let_pass(mail, pause)
    mail = sent(app, mail)

    assert (mail.state, mail.tries) == (MailState.FAILED, 5)
    assert mail.reason == errors.NO_CONNECTION


@pytest.mark.parametrize("how", ["used", "too old"])
def test_a_mail_whose_link_is_gone_is_not_sent(app: Flask, alice: User, how: str) -> None:
    with transaction():
        link = email_links.create(alice, LinkPurpose.RESET_PASSWORD)
    write_mail(alice, MailEvent.RESET_PASSWORD, link=link)
    with transaction():
        if how == "used":
            email_links.end_all(alice.id, LinkPurpose.RESET_PASSWORD)
        else:
            link.expires_at = utc_now() - DAY
    mail = sent(app, newest_mail())

    assert (mail.state, mail.reason) == (MailState.FAILED, errors.LINK_IS_GONE)


@pytest.mark.logs_errors
def test_an_error_of_ours_counts_as_a_try(
    app: Flask, confirmed: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "render", lambda _mail: 1 / 0)
    mail = sent(app, write_mail(confirmed))
    assert (mail.state, mail.tries, mail.reason) == (MailState.WAITING, 1, errors.UNFORESEEN)


def test_no_log_names_an_address_or_what_a_server_said(
    app: Flask, confirmed: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with running(Refusing("451 later, alice@example.org", "550 unknown alice")) as at:
        use_server(app, f"smtp://{at}?tls=none")
        mail = sent(app, write_mail(confirmed))
        let_pass(mail, DAY)
        sent(app, mail)
        sent(app, write_mail(confirmed, MailEvent.TEST))

    ours = [line.getMessage() for line in caplog.records if line.name.startswith("portal")]
    assert any(str(mail.id) in line for line in ours)
    assert "alice" not in " ".join(ours).lower()


@pytest.mark.usefixtures("app")
def test_mails_with_links_go_first_and_those_that_were_refused_last(
    confirmed: User,
) -> None:
    refused = write_mail(confirmed)
    db.session.execute(db.update(Mail).values(tries=1))
    db.session.commit()
    news, urgent = write_mail(confirmed), write_mail(confirmed, MailEvent.TEST)
    ids = [urgent.id, news.id, refused.id]
    assert [mail.id for mail in sending._waiting()] == ids
