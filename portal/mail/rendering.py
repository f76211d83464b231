"""Renders a mail as plain text and HTML, in the language of the person who gets it.

Values that people typed are escaped, lose their line breaks, and are isolated from the direction of
the text around them. The HTML has its style in itself and loads nothing from anywhere.
"""

import re
import textwrap
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from flask import current_app
from markupsafe import Markup, escape

from portal import languages, time_zones
from portal.config import settings
from portal.languages import gettext as _
from portal.mail import edited_texts
from portal.mail.link_tokens import token
from portal.mail.texts import CHANGES, LINK, NEXT, PLACEHOLDER, TEXTS, Words
from portal.models import EmailLink, Mail, MailEvent, MailState, MailText, utc_now

PLAIN_COLUMNS = 72  # mail clients do not wrap plain text well; longer lines are hard to read
VALUE_MAX_CHARS = 300
MASK = "*" * 8  # stands for the secret part of a link where somebody else looks at a mail
ISOLATE, POP = "\u2068", "\u2069"  # Unicode: what stands between has a direction of its own
# what may turn the direction of the text that follows
TURNS = {"R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI"}


class Rendering(NamedTuple):
    """A mail as it is sent. `text` is the admin's version of its words, if there is one."""

    subject: str
    plain: str
    html: str
    text: MailText | None


class LinkGone(LookupError):
    """The mail's link was used or is too old, so the mail is of no use any more."""


def render(mail: Mail) -> Rendering:
    """The mail as its reader gets it, with its link. Raises LinkGone."""
    return _render(mail, link_of(mail))


def render_masked(mail: Mail) -> Rendering:
    """The mail for other eyes than its reader's: a link that proves an address is masked."""
    return _render(mail, _masked(mail) if TEXTS[mail.event].purpose else link_of(mail))


def render_example(event: MailEvent, language: str, words: Words | None = None) -> Rendering:
    """A mail of this event with example facts, in these words or the latest ones."""
    with languages.speaking(language):
        text = None if words else edited_texts.latest(event, language)
        words = words or edited_texts.words_of(text, event)
        return Rendering(*_rendered(event, words, _example_values(event)), text)


def examples(event: MailEvent, language: str) -> dict[str, str]:
    """The placeholders of this event, each with what may stand there."""
    with languages.speaking(language):
        values = _example_values(event)
        if change := values.get("change"):
            values["change"] = _(CHANGES[change])
        return values


def _example_values(event: MailEvent) -> dict[str, str]:
    values = {name: _(value) if value else "" for name, value in _examples(event).items()}
    values |= {"time": _moment(utc_now(), ""), "site": settings().site_name}
    if "link" in values:
        purpose, leads_to = TEXTS[event].purpose, TEXTS[event].leads_to
        values["link"] = _link_address(MASK) if purpose else _address(leads_to)
    return values


def link_of(mail: Mail) -> str:
    """The address that `{link}` stands for; empty if the event has none. Raises LinkGone."""
    text = TEXTS[mail.event]
    if not text.purpose:
        return _address(text.leads_to) if text.leads_to else ""
    if mail.link is None or not is_alive(mail.link):
        raise LinkGone
    return address_of(mail.link, mail.facts.get(NEXT))


def address_of(link: EmailLink, leads_on_to: str | None = None) -> str:
    """The whole address of the page of this link, with its secret part."""
    return _link_address(token(link), leads_on_to)


def is_alive(link: EmailLink | None) -> bool:
    return link is not None and link.expires_at > utc_now()


def _masked(mail: Mail) -> str:
    return _link_address(MASK, mail.facts.get(NEXT))


def _link_address(secret: str, leads_on_to: str | None = None) -> str:
    return _address("links.follow", token=secret, **({NEXT: leads_on_to} if leads_on_to else {}))


def _address(endpoint: str, **values: str) -> str:
    """The address of a page of ours. No request says what our host is: its sender chooses that."""
    path = current_app.url_map.bind("").build(endpoint, values)
    return settings().site_url + path


def _render(mail: Mail, link: str) -> Rendering:
    with languages.speaking(mail.language):
        text = mail.text
        if mail.state is not MailState.SENT:
            text = edited_texts.latest(mail.event, mail.language)
        words = edited_texts.words_of(text, mail.event)
        return Rendering(*_rendered(mail.event, words, _values(mail, link)), text)


def _values(mail: Mail, link: str) -> dict[str, str]:
    known = {
        **mail.facts,
        "name": mail.user.full_name,
        "site": settings().site_name,
        "address": mail.address,
        "time": _moment(mail.created_at, mail.user.time_zone),
        "link": link,
    }
    return {name: known[name] for name in _examples(mail.event)}


def _examples(event: MailEvent) -> dict[str, str]:
    return TEXTS[event].examples


def _moment(at: datetime, time_zone: str) -> str:
    """A day and a time where the reader is: 5 Mar 2026, 14:03 CET."""
    local = at.astimezone(time_zones.zone(time_zone))
    return f"{languages.day(local)}, {local:%H:%M} {time_zones.label(local)}"


# ---- words and values become a subject, plain text and HTML


def _rendered(event: MailEvent, words: Words, values: Mapping[str, str]) -> tuple[str, str, str]:
    values = {name: _tidy(value, name) for name, value in values.items()}
    if change := values.get("change"):
        values["change"] = _(CHANGES[change])
    subject = " ".join(_filled(words.subject, values, _isolated).split())
    paragraphs = [one.strip() for one in re.split(r"\n\s*\n", words.body.strip())]
    foot = _("{site} sent this mail to {address}.")
    plain = "\n\n".join(
        [*(_plain(one, values) for one in paragraphs), f"-- \n{_plain(foot, values)}"]
    )
    html = current_app.jinja_env.get_template("mail/message.html").render(
        language=languages.language(),
        direction=languages.direction(),
        subject=subject,
        site=values["site"],
        paragraphs=[(one == LINK, _html(one, values)) for one in paragraphs],
        link=values.get("link"),
        button=_(TEXTS[event].button) if TEXTS[event].button else "",
        foot=_html(foot, values),
    )
    return subject, plain + "\n", html


def _tidy(value: str, name: str) -> str:
    """The value as one line: it can neither begin a paragraph nor another header."""
    one_line = " ".join(value.split())
    visible = "".join(one for one in one_line if unicodedata.category(one) != "Cc")
    return visible if name == "link" else visible[:VALUE_MAX_CHARS]


def _filled(text: str, values: Mapping[str, str], shown: Callable[[str], str]) -> str:
    """The text with its placeholders filled. What is no placeholder of this event stays."""
    return PLACEHOLDER.sub(
        lambda found: shown(values[found[1]]) if found[1] in values else found[0], text
    )


def _isolated(value: str) -> str:
    turns = any(unicodedata.bidirectional(one) in TURNS for one in value)
    return f"{ISOLATE}{value}{POP}" if turns else value


def _plain(paragraph: str, values: Mapping[str, str]) -> str:
    """The paragraph in lines that are easy to read. A link is never broken."""
    lines = _filled(paragraph, values, _isolated).splitlines()
    return "\n".join(
        textwrap.fill(line, PLAIN_COLUMNS, break_long_words=False, break_on_hyphens=False)
        for line in lines
    )


def _html(paragraph: str, values: Mapping[str, str]) -> Markup:
    pieces = PLACEHOLDER.split(paragraph)  # text, name, text, name, …, text
    shown = Markup("")
    for number, piece in enumerate(pieces):
        if number % 2 == 0:
            shown += Markup("<br>").join(escape(line) for line in piece.split("\n"))
        elif piece == "link" and piece in values:
            shown += Markup('<a href="{0}" class="quiet">{0}</a>').format(values[piece])
        elif piece in values:
            shown += Markup("<bdi>{}</bdi>").format(values[piece])
        else:
            shown += escape("{" + piece + "}")
    return shown
