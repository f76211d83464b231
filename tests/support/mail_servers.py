"""Real mail servers on loopback, each in a thread of its own, and certificates made for them."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from servers import free_port

from portal.models import utc_now

NAME, WORD = "portal", "p@ss/word: 1"


class Taking:
    """What a server does with mails: it takes them all. Others derive from it."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.sessions: list[Session] = []

    @property
    def mails(self) -> list[EmailMessage]:
        read = BytesParser(policy=policy.default)
        return [read.parsebytes(one.original_content or b"") for one in self.envelopes]

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        self.sessions.append(session)
        return "250 taken"


@contextmanager
def running(handler: Any, **options: Any) -> Iterator[str]:
    """The server's `host:port` while the block runs."""
    options.setdefault("hostname", "localhost")
    options.setdefault("port", free_port())
    controller = Controller(handler, **options)
    controller.start()
    try:
        yield f"{options['hostname']}:{options['port']}"
    finally:
        controller.stop()


def authenticator(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str,
                  data: LoginPassword) -> AuthResult:  # fmt: skip
    is_right = (data.login, data.password) == (NAME.encode(), WORD.encode())
    return AuthResult(success=is_right, handled=False)


def make_certificate(folder: Path, host: str = "localhost") -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate: its file, which a client may believe, and a server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = utc_now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / f"{host}.pem", folder / f"{host}.key"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path, key_path)
    return path, context
