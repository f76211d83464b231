"""What mail servers do to a connection: encryption, signing in, slowness, hanging up."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from mail_servers import NAME, WORD, Taking, authenticator, make_certificate, running
from posting import confirm_address, sent, use_server, write_mail

from portal.extensions import db
from portal.mail import errors, smtp, transports
from portal.models import Mail, MailState, User


@pytest.fixture
def mail(alice: User) -> Mail:
    confirm_address(alice)
    return write_mail(alice)


def assert_tried_again(mail: Mail, reason: str) -> None:
    assert (mail.state, mail.tries, mail.reason) == (MailState.WAITING, 1, reason)


def test_no_starttls_no_mail(app: Flask, mail: Mail) -> None:
    with running(server := Taking()) as at:
        use_server(app, f"smtp://{at}")
        assert_tried_again(sent(app, mail), errors.NO_STARTTLS)
    assert server.envelopes == []


@pytest.mark.logs_errors  # the server's own: its client left
def test_starttls_needs_a_certificate_that_is_known(app: Flask, mail: Mail, tmp_path: Path) -> None:
    path, context = make_certificate(tmp_path)
    with running(server := Taking(), tls_context=context) as at:
        use_server(app, f"smtp://{at}")
        assert_tried_again(sent(app, mail), errors.BAD_CERTIFICATE)
        assert server.envelopes == []
        _soon_again(app, mail, f"smtp://{at}?ca={path}")
    assert server.sessions[0].ssl


def test_tls_from_the_start(app: Flask, mail: Mail, tmp_path: Path) -> None:
    path, context = make_certificate(tmp_path)
    with running(server := Taking(), ssl_context=context) as at:
        use_server(app, f"smtps://{at}")
        assert_tried_again(sent(app, mail), errors.BAD_CERTIFICATE)
        _soon_again(app, mail, f"smtps://{at}?ca={path}")
    assert len(server.envelopes) == 1


def test_a_certificate_for_another_name_is_refused(app: Flask, mail: Mail, tmp_path: Path) -> None:
    path, context = make_certificate(tmp_path, "mail.example.org")
    with running(server := Taking(), ssl_context=context) as at:
        use_server(app, f"smtps://{at}?ca={path}")
        assert_tried_again(sent(app, mail), errors.BAD_CERTIFICATE)
    assert server.envelopes == []


def _soon_again(app: Flask, mail: Mail, url: str) -> None:
    db.session.execute(db.update(Mail).values(try_at=Mail.created_at))
    db.session.commit()
    use_server(app, url)
    assert sent(app, mail).state is MailState.SENT


@pytest.mark.parametrize(("word", "state"), [(WORD, "sent"), ("wrong", "waiting")])
def test_the_portal_signs_in(app: Flask, mail: Mail, tmp_path: Path, word: str, state: str) -> None:
    path, context = make_certificate(tmp_path)
    options = {"auth_required": True, "authenticator": authenticator, "tls_context": context}
    with running(Taking(), **options) as at:
        use_server(app, f"smtp://{NAME}:{quote(word, safe='')}@{at}?ca={path}")
        mail = sent(app, mail)

    assert mail.state == state
    assert (state == "sent") != mail.reason.startswith("535")


def test_a_name_where_nobody_signs_in_is_a_reason(app: Flask, mail: Mail) -> None:
    with running(Taking()) as at:
        use_server(app, f"smtp://a:b@{at}?tls=none")
        assert_tried_again(sent(app, mail), errors.NO_SIGNING_IN)


class HangingUp(Taking):
    async def handle_DATA(self, server, session, envelope) -> str:  # type: ignore[no-untyped-def]
        await super().handle_DATA(server, session, envelope)
        server.transport.abort()
        return "250 nobody hears this"


def test_a_server_that_hangs_up_after_the_mail_is_asked_again(app: Flask, mail: Mail) -> None:
    with running(server := HangingUp()) as at:
        use_server(app, f"smtp://{at}?tls=none")
        assert_tried_again(sent(app, mail), errors.HUNG_UP)
        _ = server.mails
    with running(later := Taking()) as at:
        _soon_again(app, mail, f"smtp://{at}?tls=none")
    assert later.mails[0]["Message-ID"] == server.mails[0]["Message-ID"]


@contextmanager
def speaking(*words: bytes, pause_s: float) -> Iterator[int]:
    """The port of something that says these words slowly, again and again, and hears nothing."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak() -> None:
            with listener.accept()[0] as line:
                while not ended.is_set():
                    for word in words:
                        try:
                            line.sendall(word)
                        except OSError:
                            return
                    ended.wait(pause_s)

        thread = threading.Thread(target=speak, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        ended.set()
        thread.join(5)


def hasten(app: Flask, port: int, **limits: float) -> None:
    use_server(app, f"smtp://127.0.0.1:{port}?tls=none")
    server = replace(transports.transport(app), **limits)  # type: ignore[type-var]
    app.extensions[transports.KEPT_AS] = server


def test_a_silent_server_is_left_after_one_step(app: Flask, mail: Mail) -> None:
    with speaking(pause_s=30) as port:
        hasten(app, port, step_s=0.2)
        assert_tried_again(sent(app, mail), errors.TOO_SLOW)


def test_a_dripping_server_is_cut_off_after_the_whole_time(app: Flask, mail: Mail) -> None:
    began = time.monotonic()
    with speaking(b"2", pause_s=0.1) as port:
        hasten(app, port, step_s=5, whole_s=0.5)
        assert_tried_again(sent(app, mail), errors.TOO_SLOW)
    assert time.monotonic() - began < 5


def test_an_endless_answer_does_not_fill_the_memory(app: Flask, mail: Mail) -> None:
    with speaking(b"220-" + b"x" * 4000 + b"\r\n", pause_s=0) as port:
        hasten(app, port)
        assert_tried_again(sent(app, mail), errors.HUNG_UP)


def test_a_letter_beyond_ascii_before_the_at_needs_the_servers_help(
    app: Flask, alice: User
) -> None:
    confirm_address(alice)
    alice.email = "ñandú@bücher.example"
    db.session.commit()
    with running(server := Taking(), enable_SMTPUTF8=True) as at:
        use_server(app, f"smtp://{at}?tls=none")
        mail = sent(app, write_mail(alice))
    assert mail.state is MailState.SENT
    assert server.envelopes[0].rcpt_tos == ["ñandú@xn--bcher-kva.example"]
    with running(Taking(), enable_SMTPUTF8=False) as at:
        use_server(app, f"smtp://{at}?tls=none")
        mail = sent(app, write_mail(alice))
    assert (mail.state, mail.reason) == (MailState.FAILED, errors.NO_SMTPUTF8)


def test_a_name_that_does_not_exist(app: Flask, mail: Mail) -> None:
    use_server(app, "smtp://nobody.invalid:25")
    assert sent(app, mail).reason in (errors.NO_SUCH_HOST, errors.NO_CONNECTION)


def test_the_servers_password_is_never_shown(app: Flask) -> None:
    use_server(app, "smtp://portal:hush-hush@mail.example.org")
    server = transports.transport(app)
    assert isinstance(server, smtp.MailServer)
    assert server.password == "hush-hush"
    assert "hush-hush" not in repr(server)
