"""Settings of mail: what they mean, and which ones stop the portal from starting, with advice."""

from dataclasses import replace
from pathlib import Path

import pytest

from portal.config import Config, ConfigError
from portal.mail.folder import Folder
from portal.mail.message import Mailbox
from portal.mail.smtp import Encryption, MailServer
from portal.mail.transports import _sender, _transport, site_host

FROM = "Example careers <jobs@example.org>"


def server_of(config: Config, url: str) -> MailServer:
    server = _transport(replace(config, mail_url=url, mail_from=FROM))
    assert isinstance(server, MailServer)
    return server


@pytest.mark.parametrize(
    ("url", "host", "port", "encryption"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, Encryption.STARTTLS),
        ("smtps://mail.example.org", "mail.example.org", 465, Encryption.TLS),
        ("smtp://localhost?tls=none", "localhost", 25, Encryption.NONE),
        ("smtp://127.0.0.9:2525?tls=none", "127.0.0.9", 2525, Encryption.NONE),
        ("smtp://[::1]:2525?tls=none", "::1", 2525, Encryption.NONE),
        ("smtps://bücher.example:99", "xn--bcher-kva.example", 99, Encryption.TLS),
    ],
)
def test_a_server(config: Config, url: str, host: str, port: int, encryption: Encryption) -> None:
    server = server_of(config, url)
    assert (server.host, server.port, server.encryption) == (host, port, encryption)


def test_name_and_password_may_hold_any_sign(config: Config) -> None:
    server = server_of(config, "smtp://jobs%40example.org:p%3A%2F%40%3F@mail.example.org")
    assert (server.user, server.password) == ("jobs@example.org", "p:/@?")


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org:587",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org:port",
        "smtp://mail.example.org/path",
        "smtp://mail.example.org?tls=none",
        "smtp://10.0.0.1?tls=none",
        "smtp://localhost.example.org?tls=none",
        "smtps://localhost?tls=none",
        "smtp://mail.example.org?tls=maybe",
        "smtp://mail.example.org?starttls=1",
        "smtp://mail.example.org?ca=certificates.pem",
        "smtp://mail.example.org?ca=/no/such/file.pem",
        "smtp://portal@mail.example.org",
        "smtp://portal:p%C3%A4ss@mail.example.org",
        "smtp://portal:hush%0Ahush@mail.example.org",
        "smtp://-.example.org",
    ],
)
def test_what_is_wrong_or_unsafe_is_refused_with_advice(config: Config, url: str) -> None:
    with pytest.raises(ConfigError, match="MAIL_URL"):
        server_of(config, url)


def test_no_advice_shows_the_password(config: Config) -> None:
    url = "smtp://portal:hush-hush@mail.example.org?tls=none"
    with pytest.raises(ConfigError) as refused:
        server_of(config, url)
    assert "hush" not in str(refused.value) + repr(replace(config, mail_url=url))


def test_without_a_server_mails_lie_in_the_instance_folder(config: Config) -> None:
    assert _transport(config) == Folder(config.instance_path / "mail")
    assert _sender(replace(config, site_url="https://jobs.example.org", site_name="Jobs")) == (
        Mailbox("no-reply@jobs.example.org", "Jobs")
    )


def test_a_server_needs_a_sender(config: Config) -> None:
    server = replace(config, mail_url="smtp://mail.example.org")
    with pytest.raises(ConfigError, match="MAIL_FROM"):
        _sender(server)
    assert _sender(replace(server, mail_from=FROM)) == Mailbox(
        "jobs@example.org", "Example careers"
    )


@pytest.mark.parametrize(
    "wrong", ["jobs", "a@example.org, b@example.org", "jobs@", "jobs@example.org\nBcc: a@b.example",
              "ñ@example.org", "Example: a@example.org;"],
)  # fmt: skip
def test_a_wrong_sender_is_refused(config: Config, wrong: str) -> None:
    with pytest.raises(ConfigError, match="MAIL_FROM"):
        _sender(replace(config, mail_from=wrong))


def test_message_ids_have_the_sites_name(config: Config) -> None:
    assert site_host(replace(config, site_url="https://bücher.example")) == "xn--bcher-kva.example"


def test_a_file_of_certificates_is_believed(config: Config, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    server = server_of(config, f"smtp://mail.example.org?ca={tmp_path}/ca.pem")
    assert server.ca == tmp_path / "ca.pem"
