"""How mails leave: by a mail server or into a folder. MAIL_URL is checked when the app starts.

The messages of ConfigError never show MAIL_URL itself, because it may hold a password.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from flask import Flask, current_app

from portal.config import Config, ConfigError
from portal.mail.errors import NotSent
from portal.mail.folder import Folder
from portal.mail.message import Mailbox, ascii_domain, mailbox
from portal.mail.smtp import Encryption, MailServer

KEPT_AS = "mail_transport"
SENDER_KEPT_AS = "mail_sender"
ADVICE = (
    "Write smtp://name:password@mail.example.org:587 (STARTTLS) or smtps://…:465 (TLS), or leave "
    "MAIL_URL empty: mails are files in the instance folder's mail/ then."
)
SENDER_ADVICE = "Write one address, like: Example careers <jobs@example.org>"
SCHEMES = {"smtp": Encryption.STARTTLS, "smtps": Encryption.TLS}
PORTS = {Encryption.STARTTLS: 587, Encryption.TLS: 465, Encryption.NONE: 25}
NAMED_ADDRESS = re.compile(r"([^<>\r\n]*)<([^<>\s]+)>")

Transport = Folder | MailServer


def keep(app: Flask, config: Config) -> None:
    """Read and check the settings for mail. Raises ConfigError."""
    app.extensions[KEPT_AS] = _transport(config)
    app.extensions[SENDER_KEPT_AS] = _sender(config)


def transport(app: Flask | None = None) -> Transport:
    return cast(Transport, (app or current_app).extensions[KEPT_AS])


def sender(app: Flask | None = None) -> Mailbox:
    """Who the mails come from."""
    return cast(Mailbox, (app or current_app).extensions[SENDER_KEPT_AS])


def folder(app: Flask | None = None) -> Path | None:
    """Where mails lie as files. None if a mail server takes them."""
    way = transport(app)
    return way.path if isinstance(way, Folder) else None


def site_host(config: Config) -> str:
    """The portal's host name in ASCII, for Message-ID and for what we call ourselves."""
    try:
        return ascii_domain(urlsplit(config.site_url).hostname or "localhost")
    except NotSent:
        return "localhost"


def _transport(config: Config) -> Transport:
    if not config.mail_url:
        return Folder(config.mail_folder)
    try:
        url = urlsplit(config.mail_url)
        port = url.port
    except ValueError:
        raise ConfigError(f"MAIL_URL cannot be read. {ADVICE}") from None
    if url.scheme not in SCHEMES or not url.hostname or url.path.strip("/") or url.fragment:
        raise ConfigError(f"MAIL_URL is not the address of a mail server. {ADVICE}")
    options = _options(url)
    encryption = _encryption(url, options)
    user, password = _signs_in(url)
    return MailServer(
        host=_host(url.hostname),
        port=port or PORTS[encryption],
        encryption=encryption,
        greeting_name=_greeting_name(site_host(config)),
        user=user,
        password=password,
        ca=_ca(options),
    )


def _options(url: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(url.query, keep_blank_values=True))
    if unknown := options.keys() - {"tls", "ca"}:
        raise ConfigError(
            f"MAIL_URL has the option {', '.join(sorted(unknown))}; it may have tls=none and "
            "ca=/path/to/certificates.pem. A ? in a name or password is written %3F."
        )
    return options


def _encryption(url: SplitResult, options: dict[str, str]) -> Encryption:
    if "tls" not in options:
        return SCHEMES[url.scheme]
    if options["tls"] != "none" or url.scheme != "smtp":
        raise ConfigError("MAIL_URL: tls=none is the only value of tls, and only with smtp://.")
    if not _is_this_machine(url.hostname or ""):
        raise ConfigError(
            "MAIL_URL: tls=none is only for a mail server on this machine (localhost). Elsewhere "
            "names, links and the password would be readable on the way."
        )
    return Encryption.NONE


def _ip(host: str) -> IPv4Address | IPv6Address | None:
    """The address, if the host is one and no name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_this_machine(host: str) -> bool:
    if ip := _ip(host):
        return ip.is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _host(host: str) -> str:
    if ip := _ip(host):
        return str(ip)
    try:
        return ascii_domain(host)
    except NotSent:
        raise ConfigError(f"MAIL_URL does not name a mail server. {ADVICE}") from None


def _greeting_name(host: str) -> str:
    """RFC 5321 wants an address that is no name in brackets."""
    ip = _ip(host)
    if ip is None:
        return host
    return f"[{ip}]" if ip.version == 4 else f"[IPv6:{ip}]"


def _signs_in(url: SplitResult) -> tuple[str, str]:
    user, password = unquote(url.username or ""), unquote(url.password or "")
    if bool(user) != bool(password):
        raise ConfigError(f"MAIL_URL has a name or a password alone; it needs both. {ADVICE}")
    if not (user + password).isascii() or not (user + password or " ").isprintable():
        raise ConfigError(
            "MAIL_URL: name and password may have only letters, digits and signs of ASCII. "
            "Ask the mail server's operator for others."
        )
    return user, password


def _ca(options: dict[str, str]) -> Path | None:
    if "ca" not in options:
        return None
    path = Path(options["ca"])
    if not path.is_absolute() or not path.is_file():
        raise ConfigError(
            f"MAIL_URL: ca is {str(path)!r}; it must be the whole path of a file with certificates "
            "(PEM)."
        )
    return path


def _sender(config: Config) -> Mailbox:
    if not config.mail_from:
        if config.mail_url:
            raise ConfigError(
                "MAIL_FROM is not set, and MAIL_URL names a mail server. Write who mails come "
                "from, like: Example careers <jobs@example.org>"
            )
        return Mailbox(f"no-reply@{site_host(config)}", config.site_name)
    found = NAMED_ADDRESS.fullmatch(config.mail_from)
    name, address = found.groups() if found else ("", config.mail_from)
    try:
        box = mailbox(address, name.strip().strip('"'))
    except NotSent:
        raise ConfigError(f"MAIL_FROM has no address that can send mail. {SENDER_ADVICE}") from None
    if box.needs_smtputf8:
        raise ConfigError(f"MAIL_FROM may have only ASCII letters before the @. {SENDER_ADVICE}")
    return box
