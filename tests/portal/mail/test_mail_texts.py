"""The texts of mails: each event has its words in each language, and takes its own facts only."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from world_names import ADDRESSES, NAMES

from portal import languages, mail
from portal.database import transaction
from portal.extensions import db
from portal.mail import rendering, texts
from portal.mail.texts import CHANGES, PLACEHOLDER, TEXTS
from portal.models import LinkPurpose, Mail, MailEvent, MailState, MailText, User
from portal.people import email_links

pytestmark = pytest.mark.usefixtures("app")

EVENTS = list(MailEvent)
EACH = pytest.mark.parametrize("event", EVENTS)
EACH_LANGUAGE = pytest.mark.parametrize("language", list(languages.NAMES))


def write_mail(to: User, event: MailEvent, language: str = "en", **facts: str) -> Mail:
    """A mail with all that its event needs."""
    text = TEXTS[event]
    with transaction():
        to.language = language
        link = email_links.create(to, text.purpose) if text.purpose else None
        mail.send(to, event, link=link, **{**text.facts, **facts})
    return db.session.scalars(db.select(Mail).order_by(Mail.created_at.desc())).first()


def test_every_event_has_its_text() -> None:
    assert set(TEXTS) == set(EVENTS)


@EACH
@EACH_LANGUAGE
def test_a_text_uses_only_placeholders_that_its_event_fills(
    event: MailEvent, language: str
) -> None:
    with languages.speaking(language):
        words = texts.own_words(event)
    known = TEXTS[event].examples.keys()
    assert set(PLACEHOLDER.findall(words.subject + words.body)) <= known
    assert TEXTS[event].needed <= set(PLACEHOLDER.findall(words.body))
    assert "{link}" not in words.subject


@EACH
def test_a_text_says_where_it_comes_from_and_what_its_reader_can_do(event: MailEvent) -> None:
    words = texts.own_words(event)
    assert "{site}" in words.subject + words.body or event is MailEvent.TEST
    assert "need do nothing" in words.body or "because you applied" in words.body


@EACH
def test_a_mail_that_proves_an_address_repeats_nothing_that_people_typed(event: MailEvent) -> None:
    """Anybody can make the portal send it to anybody, so it must not carry their words."""
    text = TEXTS[event]
    if text.purpose or event is MailEvent.ALREADY_REGISTERED:
        assert text.examples.keys() <= {"site", "address", "time", "link"}


@EACH
def test_a_mail_is_refused_with_a_fact_too_many_or_too_few(event: MailEvent) -> None:
    text = TEXTS[event]
    with pytest.raises(ValueError, match="no facts weather"):
        texts.check_facts(event, {**text.facts, "weather": "rain"}, text.purpose)
    other = LinkPurpose.RESET_PASSWORD if text.purpose is None else None
    with pytest.raises(ValueError, match="carry a link"):
        texts.check_facts(event, text.facts, other)
    for left_out in text.facts:
        rest = {name: value for name, value in text.facts.items() if name != left_out}
        with pytest.raises(ValueError, match=f"need the facts {left_out}"):
            texts.check_facts(event, rest, text.purpose)


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/"])
def test_a_link_leads_on_to_our_own_pages_only(path: str) -> None:
    with pytest.raises(ValueError, match="our own site"):
        texts.check_facts(
            MailEvent.CONFIRM_ADDRESS, {"next": path}, TEXTS[MailEvent.CONFIRM_ADDRESS].purpose
        )


@EACH
@EACH_LANGUAGE
def test_every_mail_can_be_rendered(alice: User, event: MailEvent, language: str) -> None:
    rendered = rendering.render(write_mail(alice, event, language))
    for shown in rendered[:3]:
        assert shown
        assert not PLACEHOLDER.search(shown.replace(":root {", ""))
    assert "\n" not in rendered.subject
    assert f'lang="{language}" dir="ltr"' in rendered.html
    assert alice.email in rendered.plain


@EACH
@EACH_LANGUAGE
def test_every_mail_has_an_example(event: MailEvent, language: str) -> None:
    example = rendering.render_example(event, language)
    assert not PLACEHOLDER.search(example.subject + example.plain)
    assert (rendering.MASK in example.plain) == (TEXTS[event].purpose is not None)


@pytest.mark.parametrize("change", CHANGES)
def test_a_mail_tells_how_the_second_factor_changed(alice: User, change: str) -> None:
    written = write_mail(alice, MailEvent.SECOND_FACTOR_CHANGED, change=change)
    assert CHANGES[change] in " ".join(rendering.render(written).plain.split())


def test_a_change_that_no_text_tells_is_refused(alice: User) -> None:
    with pytest.raises(ValueError, match="No second factor changes"), transaction():
        mail.send(alice, MailEvent.SECOND_FACTOR_CHANGED, change="magic")


def test_the_link_is_a_button_in_html_and_stands_alone_in_plain_text(alice: User) -> None:
    written = write_mail(alice, MailEvent.RESET_PASSWORD)
    rendered = rendering.render(written)
    address = f"http://localhost:8000/link/{email_links.token(written.link)}"
    assert address in rendered.plain.splitlines()
    assert f'<a href="{address}" style=' in rendered.html
    assert email_links.find(address.rpartition("/")[2]) is written.link


def test_a_confirmed_address_may_lead_on_to_a_page(alice: User) -> None:
    written = write_mail(alice, MailEvent.CONFIRM_ADDRESS, next="/jobs/a?b=c&d=é")
    (address,) = re.findall(r"http\S+", rendering.render(written).plain)
    assert parse_qs(urlsplit(address).query) == {"next": ["/jobs/a?b=c&d=é"]}


def test_other_eyes_see_no_secret(alice: User) -> None:
    written = write_mail(alice, MailEvent.RESET_PASSWORD)
    secret = email_links.token(written.link)
    masked = rendering.render_masked(written)
    assert f"/link/{rendering.MASK}" in masked.plain
    assert not any(part in shown for shown in masked[:3] for part in (secret, secret[22:]))


def test_a_mail_whose_link_was_used_is_not_rendered(alice: User) -> None:
    written = write_mail(alice, MailEvent.RESET_PASSWORD)
    with transaction():
        assert email_links.use(written.link)
    db.session.refresh(written)
    with pytest.raises(rendering.LinkGone):
        rendering.render(written)
    assert rendering.MASK in rendering.render_masked(written).plain


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_arrives_as_it_is_and_does_nothing_else(alice: User, name: str) -> None:
    alice.full_name = name
    rendered = rendering.render(write_mail(alice, MailEvent.APPLIED, job=name))
    seen = " ".join("".join(one for one in name if one != "\u0000").split())
    plain = " ".join(rendered.plain.split())
    assert seen in plain.replace(rendering.ISOLATE, "").replace(rendering.POP, "")
    assert "<script" not in rendered.html
    assert "<b>" not in rendered.html
    assert "\n" not in rendered.subject
    assert "\r" not in rendered.subject + rendered.plain
    assert rendered.plain.count("\n\n") == 5


def test_a_name_that_runs_the_other_way_is_isolated(alice: User) -> None:
    alice.full_name = NAMES["Arabic"]
    rendered = rendering.render(write_mail(alice, MailEvent.APPLIED))
    assert f"Hello {rendering.ISOLATE}{alice.full_name}{rendering.POP}," in rendered.plain
    assert f"<bdi>{alice.full_name}</bdi>" in rendered.html


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_stands_in_the_mail(alice: User, address: str) -> None:
    alice.email = address
    assert f"to {address}." in rendering.render(write_mail(alice, MailEvent.TEST)).plain


def test_a_mail_loads_nothing_and_fits_a_phone(alice: User) -> None:
    html = rendering.render(write_mail(alice, MailEvent.APPLIED)).html
    assert not any(found in html for found in ("<img", "<link", "@import", "url(", "<script"))
    assert "max-width: 600px" in html
    assert "prefers-color-scheme: dark" in html


def test_plain_text_is_wrapped_but_not_inside_a_link(alice: User) -> None:
    plain = rendering.render(write_mail(alice, MailEvent.CONFIRM_ADDRESS)).plain
    long = [line for line in plain.splitlines() if len(line) > rendering.PLAIN_COLUMNS]
    assert all(line.startswith("http://localhost:8000/link/") for line in long)


def test_the_time_is_where_the_reader_is(alice: User) -> None:
    alice.time_zone = "Asia/Kathmandu"
    assert " UTC+0545" in rendering.render(write_mail(alice, MailEvent.TEST)).plain


def test_the_words_of_an_admin_come_first_and_stay_with_what_was_sent(alice: User) -> None:
    def version(number: int, subject: str) -> MailText:
        values = {"event": MailEvent.TEST, "language": "en", "version": number}
        return MailText(**values, subject=subject, body="Hi {name}." if subject else "")

    first = version(1, "Ours for {site}")
    db.session.add(first)
    written = write_mail(alice, MailEvent.TEST)
    rendered = rendering.render(written)
    assert (rendered.subject, rendered.text) == ("Ours for Career Portal", first)
    written.state, written.text = MailState.SENT, rendered.text
    db.session.add(version(2, ""))
    db.session.commit()
    assert rendering.render(written).subject == "Ours for Career Portal"
    written.state = MailState.WAITING
    assert rendering.render(written).subject == "A test mail of Career Portal"
