"""Hands a mail to a mail server (SMTP), and tells what the server's answers mean.

Nothing here is sent before the connection is encrypted and the certificate checked, except to a
server on this machine.
"""

import logging
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from portal.mail import errors
from portal.mail.errors import NotSent, server_words
from portal.mail.message import Letter

log = logging.getLogger(__name__)

STEP_S = 20.0  # the longest wait for one answer
WHOLE_S = 60.0  # for all of one mail
GOODBYE_S = 3.0  # the mail is sent then, and nobody needs this answer
ANSWERS_MAX_BYTES = 256 * 1024  # of one connection; real servers need 2 KB

# Enhanced status codes (RFC 3463) that say: there is no such mailbox, or it is closed.
NO_MAILBOX = re.compile(r"5\.(1\.[0-9]{1,3}|2\.1)\b")
ANY_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}\b")
# 5.3 to 5.7: the server's own trouble, the network, the protocol, or what the server permits
NOT_ABOUT_THE_MAILBOX = re.compile(r"5\.[3-7]\.[0-9]{1,3}\b")
WRONG_ORDER = {503, 530, 535, 538}  # the server wants something else first: our settings are wrong


class Encryption(StrEnum):
    STARTTLS = "starttls"  # begins without, and then must be encrypted
    TLS = "tls"
    NONE = "none"  # only to a server on this machine


class _Answers:
    """The answers of a server, up to a number of bytes: an endless one must not fill the memory."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._left = ANSWERS_MAX_BYTES

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._file.readline(limit)
        self._left -= len(line)
        # half a line may be half a number, which means nothing
        is_half = bool(line) and not line.endswith(b"\n") and len(line) < limit
        if self._left < 0 or is_half:
            raise ConnectionAbortedError
        return line

    def close(self) -> None:
        self._file.close()


class _Dialogue(smtplib.SMTP):
    """A connection that is cut off after a time, however slowly the server answers."""

    sock: socket.socket | None = None

    def __init__(self, server: "MailServer") -> None:
        self.was_cut_off = False
        self._server = server
        self._line: socket.socket | None = None
        self._timer = threading.Timer(server.whole_s, self._cut_off)
        self._timer.daemon = True

    def begin(self) -> None:
        """Connect, and hear the greeting."""
        self._timer.start()
        of = self._server
        super().__init__(of.host, of.port, local_hostname=of.greeting_name, timeout=of.step_s)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        # To encrypt a connection replaces its socket. This one stays, to cut the connection off.
        self._line = plain.dup()
        if self._server.encryption is not Encryption.TLS:
            return plain
        return self._server.tls_context().wrap_socket(plain, server_hostname=host)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Answers(self.sock.makefile("rb"))
        return super().getreply()

    def _cut_off(self) -> None:
        self.was_cut_off = True
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Close the connection, with a goodbye if it is still there."""
        self._timer.cancel()
        with suppress(OSError, smtplib.SMTPException):
            if self.sock is not None:
                self.sock.settimeout(GOODBYE_S)
                self.putcmd("quit")
        with suppress(OSError):
            self.close()
        if self._line is not None:
            self._line.close()


@dataclass(frozen=True)
class MailServer:
    """A mail server and how to speak with it."""

    host: str
    port: int
    encryption: Encryption
    greeting_name: str  # what we call ourselves
    user: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None  # certificates to believe instead of the system's
    step_s: float = STEP_S
    whole_s: float = WHOLE_S

    def tls_context(self) -> ssl.SSLContext:
        """A context that checks certificate and name."""
        return ssl.create_default_context(cafile=self.ca)

    @contextmanager
    def delivered(self, letter: Letter, confirm: Callable[[], None]) -> Iterator[None]:
        """The block runs when the server has taken the mail. Raises NotSent when it has not.

        `confirm` is asked at the last moment before the mail goes out; it raises to prevent that.
        """
        dialogue = _Dialogue(self)
        try:
            with _understood(dialogue):
                dialogue.begin()
                self._prepare(dialogue)
                _hand_over(dialogue, letter, confirm)
            yield
        finally:
            dialogue.end()

    def _prepare(self, dialogue: _Dialogue) -> None:
        dialogue.ehlo_or_helo_if_needed()
        if self.encryption is Encryption.STARTTLS:
            if not dialogue.has_extn("starttls"):
                raise NotSent(errors.NO_STARTTLS)
            dialogue.starttls(context=self.tls_context())
            dialogue.ehlo_or_helo_if_needed()
        if self.user:
            dialogue.login(self.user, self.password)


def _hand_over(dialogue: _Dialogue, letter: Letter, confirm: Callable[[], None]) -> None:
    options: list[str] = []
    if letter.needs_smtputf8:
        if not dialogue.has_extn("smtputf8"):
            raise NotSent(errors.NO_SMTPUTF8, is_final=True)
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    code, words = dialogue.mail(letter.sender, options)
    if code != 250:  # what is wrong with the sender is wrong with every mail, and can be mended
        raise NotSent(server_words(code, words, letter.recipient))
    code, words = dialogue.rcpt(letter.recipient)
    if code not in (250, 251):
        raise _recipient_refused(code, words, letter.recipient)
    confirm()
    try:
        code, words = dialogue.data(letter.content)
    except smtplib.SMTPDataError as refused:
        code, words = refused.smtp_code, _bytes(refused.smtp_error)
    if code != 250:
        is_final = 500 <= code < 600 and code not in WRONG_ORDER
        raise NotSent(server_words(code, words, letter.recipient), is_final)


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()


def _recipient_refused(code: int, words: bytes, recipient: str) -> NotSent:
    """5xx is for good; but not where the server only says that our settings are wrong."""
    said = words.decode("utf-8", "replace")
    reason = server_words(code, words, recipient)
    if not 500 <= code < 600 or code in WRONG_ORDER or NOT_ABOUT_THE_MAILBOX.match(said):
        return NotSent(reason)
    is_about_mailbox = NO_MAILBOX.match(said) or (code == 550 and not ANY_STATUS.match(said))
    return NotSent(reason, is_final=True, address_is_refused=bool(is_about_mailbox))


@contextmanager
def _understood(dialogue: _Dialogue) -> Iterator[None]:
    """Turn what goes wrong on the way into NotSent. All of it may be well at the next try."""
    try:
        yield
    except smtplib.SMTPNotSupportedError:
        raise NotSent(errors.NO_SIGNING_IN) from None
    except smtplib.SMTPResponseException as refused:
        raise NotSent(server_words(refused.smtp_code, refused.smtp_error, "")) from None
    except ssl.SSLCertVerificationError as error:
        log.warning("the mail server's certificate is refused: %s", error.verify_message)
        raise NotSent(errors.BAD_CERTIFICATE) from error
    except (OSError, smtplib.SMTPException) as error:
        reason = errors.TOO_SLOW if dialogue.was_cut_off else _of_network(error)
        raise NotSent(reason) from error


def _of_network(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPServerDisconnected):  # smtplib says so of a time-out as well
        timed_out = isinstance(error.__context__, TimeoutError)
        return errors.TOO_SLOW if timed_out else errors.HUNG_UP
    if isinstance(error, smtplib.SMTPException):
        return errors.NO_SIGNING_IN  # smtplib knows none of the ways that the server offers
    if isinstance(error, TimeoutError):
        return errors.TOO_SLOW
    if isinstance(error, ssl.SSLError):
        return errors.NO_TLS
    if isinstance(error, socket.gaierror):
        return errors.NO_SUCH_HOST
    return errors.NO_CONNECTION
