"""The headers of mails that a real server received: names from everywhere, and none injected."""

import unicodedata
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from mail_servers import Taking, running
from posting import confirm_address, sent, use_server, write_mail

from portal.extensions import db
from portal.mail.errors import NotSent, server_words
from portal.mail.message import Mailbox, _encoded, _shown, mailbox, one_line
from portal.models import MailState, User

NAMES = [
    "O'Brien-Ñandú",
    "O\u2019Brien-Ñandú",
    "Sukarno",
    "محمد بن عبد الله الفاسي",
    "王小明",
    "אבגד הוזח, ab",
    "🙂 Emoji 👩\u200d👩\u200d👧",
    "Nandu\u0301 Ame\u0301lie",
    'Quote "Q" O\'R, Jr.',
    'Ñandú, "Jr." <x@example.net>',
    "a@example.net, b@example.net",
    "=?utf-8?q?evil?=",
    "x: (comment) y; back\\slash",
    "A" * 120,
    "名" * 120,
    "م" * 60 + ", " + "م" * 58,
    "ñ, " * 39 + "ñ",
    "two words " * 11 + "end",
]


def read_back(header: str) -> list[tuple[str, str]]:
    """Names and addresses, as a mail client finds them: first the addresses, then the names."""
    unfolded = header.replace("\r\n", "")
    return [
        (str(make_header(decode_header(name))), address)
        for name, address in getaddresses([unfolded])
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_as_it_is(app: Flask, alice: User, name: str) -> None:
    confirm_address(alice)
    alice.full_name = name
    db.session.commit()
    with running(server := Taking()) as at:
        use_server(app, f"smtp://{at}?tls=none")
        assert sent(app, write_mail(alice, job=name)).state is MailState.SENT
    content = server.envelopes[0].original_content
    assert content
    received = message_from_bytes(content)

    assert read_back(received["To"]) == [(name, "alice@example.org")]
    assert [part.get_content_type() for part in received.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    assert received.keys().count("To") == received.keys().count("Subject") == 1
    assert received["Content-Language"] == "en"
    assert content.isascii()
    text = received.get_payload()[0].get_payload(decode=True).decode()
    plain = " ".join(text.replace("\u2068", "").replace("\u2069", "").split())
    assert unicodedata.normalize("NFC", name) in unicodedata.normalize("NFC", plain)


@pytest.mark.parametrize(
    ("address", "for_server"),
    [
        ("alice+jobs@example.org", "alice+jobs@example.org"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@例え.jp", "ana@xn--r8jz45g.jp"),
    ],
)
def test_plus_and_other_domains_arrive(
    app: Flask, alice: User, address: str, for_server: str
) -> None:
    confirm_address(alice)
    alice.email = address
    db.session.commit()
    with running(server := Taking(), enable_SMTPUTF8=False) as at:
        use_server(app, f"smtp://{at}?tls=none")
        assert sent(app, write_mail(alice)).state is MailState.SENT
    assert server.envelopes[0].rcpt_tos == [for_server]


@given(st.text(max_size=120))
def test_no_text_becomes_a_second_header_or_address(text: str) -> None:
    name = one_line(text)
    shown = _shown(Mailbox("a@example.org", name))
    assert read_back(shown) == [(name, "a@example.org")]
    for header in (shown, _encoded(name, 9)):
        lines = header.split("\r\n")
        assert all(line.startswith(" ") for line in lines[1:])
        assert not {"\r", "\n"} & set("".join(lines))


@given(st.text(max_size=200))
def test_a_subject_is_read_as_it_was_written(text: str) -> None:
    subject = one_line(text)
    shown = _encoded(subject, len("Subject: ")).replace("\r\n", "")
    assert str(make_header(decode_header(shown))) == subject


@pytest.mark.parametrize(
    "address",
    ["", "alice", "@example.org", "a b@example.org", "a\r\nBcc: b@example.org", "a@b@example.org",
     "a>@example.org", "a@", "a@example.org\nX: y", "a@exa mple.org", '"a b"@example.org'],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(NotSent) as refused:
        mailbox(address)
    assert refused.value.is_final


def test_words_of_a_server_are_one_short_line_without_others_addresses() -> None:
    said = b"no \xff\r\nBcc: <b@example.net> alice@example.org\x00" + b"x" * 900
    words = server_words(550, said, "Alice@example.org")
    assert len(words) == 500
    assert words.startswith("550 no \ufffd Bcc: <…> alice@example.org")
