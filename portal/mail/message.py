"""Builds a mail: headers, and the same words as plain text and as HTML. Knows no server.

The headers are written here and not by `email.message.EmailMessage`: in Python 3.11 it loses spaces
of long names in other scripts, and reads a name that looks encoded as if it were.
"""

import re
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import idna

from portal.mail.errors import NO_ADDRESS, NotSent
from portal.mail.rendering import Rendering
from portal.models import Mail

# No line of a body needs a server that takes 8-bit letters.
BODY = SMTP.clone(cte_type="7bit")
LINE_MAX_CHARS = 76
CONTROLS = {"Cc", "Cs", "Zl", "Zp"}  # Unicode's categories
# What a server and a header take without quoting. It has no space, so nobody can add a header.
LOCAL_PART = re.compile(r"[^\s\x00-\x20\x7f()<>\[\]:;@\\,\"]{1,64}")
SPECIAL = re.compile(
    r"[^A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]"
)  # what a plain name in a header may not be


@dataclass(frozen=True)
class Mailbox:
    """An address as servers know it (the domain in ASCII), and the name of who reads there."""

    address: str
    name: str = ""

    @property
    def needs_smtputf8(self) -> bool:
        return not self.address.isascii()


@dataclass(frozen=True)
class Letter:
    """A finished mail, with the addresses for the server."""

    mail_id: uuid.UUID
    written_at: datetime
    sender: str
    recipient: str
    content: bytes

    @property
    def needs_smtputf8(self) -> bool:
        return not self.recipient.isascii()


def mailbox(address: str, name: str = "") -> Mailbox:
    """Raises NotSent when mail can never be sent to this address."""
    local, _, domain = address.rpartition("@")
    if not LOCAL_PART.fullmatch(local):
        raise NotSent(NO_ADDRESS, is_final=True)
    return Mailbox(f"{local}@{ascii_domain(domain)}", one_line(name))


def ascii_domain(domain: str) -> str:
    """The domain with `xn--` for other letters. Raises NotSent when it is none."""
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise NotSent(NO_ADDRESS, is_final=True) from None


def one_line(text: str) -> str:
    """The text without line ends and other control characters, which could begin a header."""
    plain = "".join(" " if unicodedata.category(char) in CONTROLS else char for char in text)
    return " ".join(plain.split())


def build(
    mail: Mail,
    message_id: str,
    sender: Mailbox,
    recipient: Mailbox,
    rendering: Rendering,
    now: datetime,
) -> Letter:
    """The mail with its headers. `message_id` must be the same when an answer was lost."""
    headers = (
        ("From", _shown(sender)),
        ("To", _shown(recipient)),
        ("Subject", _encoded(one_line(rendering.subject), first_used=len("Subject: "))),
        ("Date", format_datetime(now)),
        ("Message-ID", message_id),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", mail.language),
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    content = head.encode() + _body(rendering)
    return Letter(mail.id, mail.created_at, sender.address, recipient.address, content)


def _body(rendering: Rendering) -> bytes:
    body = EmailMessage(policy=BODY)
    body.set_content(rendering.plain)
    body.add_alternative(rendering.html, subtype="html")
    return body.as_bytes()


def _shown(box: Mailbox) -> str:
    """The mailbox for a header. A name in other scripts is encoded, and one with signs quoted."""
    if not box.name:
        return box.address
    if box.name.isascii() and "=?" not in box.name and len(box.name) < LINE_MAX_CHARS:
        escaped = box.name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"' if SPECIAL.search(box.name) else box.name
    else:
        name = _encoded(box.name, first_used=len("From: "), force=True)
    return f"{name}\r\n <{box.address}>"


def _encoded(text: str, first_used: int, force: bool = False) -> str:
    """The text for a header, in several encoded words if it is long (RFC 2047)."""
    if text.isascii() and "=?" not in text and not force:
        return "\r\n ".join(_folded(text, first_used))
    header = Header(text, "utf-8", maxlinelen=LINE_MAX_CHARS, header_name="x" * first_used)
    return header.encode(linesep="\r\n")


def _folded(text: str, first_used: int) -> Iterator[str]:
    """ASCII text in lines. It breaks at a space, which the line end then replaces."""
    line, used = "", first_used
    for word in text.split(" "):
        if line and used + len(line) + len(word) >= LINE_MAX_CHARS:
            yield line
            line, used = word, 1
        else:
            line = f"{line} {word}" if line else word
    yield line
