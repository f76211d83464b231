"""Admins edit the words of mails: only with placeholders that are filled, and each save is kept."""

from html import unescape

import pytest
from factories import make_user, sign_in
from flask import Flask
from flask.testing import FlaskClient

from portal import mail
from portal.database import transaction
from portal.extensions import db
from portal.mail import edited_texts, rendering
from portal.mail.texts import TEXTS
from portal.models import AuditEntry, AuditEvent, Mail, MailEvent, MailText, Role, User

APPLIED = "/admin/mail/texts/applied/en"
RESET = "/admin/mail/texts/reset_password/en"
OURS = {"subject": "We have it, {name}", "body": "Dear {name},\n\nit is about {job}.\n\n{link}"}


@pytest.fixture
def admin(client: FlaskClient, ada: User) -> FlaskClient:
    return sign_in(client, ada)


def seen(client: FlaskClient, path: str) -> str:
    shown = client.get(path).text
    return shown.partition('id="seen" name="seen" type="hidden" value="')[2].partition('"')[0]


def save(client: FlaskClient, path: str = APPLIED, action: str = "save", **words: str) -> object:
    fields = {**OURS, "seen": seen(client, path), "action": action, **words}
    return client.post(path, data=fields)


def versions() -> list[MailText]:
    return list(db.session.scalars(db.select(MailText).order_by(MailText.version)))


def subject_of_new_mail(to: User) -> str:
    with transaction():
        mail.send(to, MailEvent.APPLIED, job="Data engineer")
    written = db.session.scalars(db.select(Mail).order_by(Mail.created_at.desc())).first()
    return rendering.render(written).subject


def test_every_event_is_there_in_every_language(admin: FlaskClient) -> None:
    shown = admin.get("/admin/mail/texts").text
    for event in TEXTS:
        for language in ("en", "de"):
            path = f"/admin/mail/texts/{event}/{language}"
            assert f'href="{path}"' in shown
            assert admin.get(path).status_code == 200


def test_the_portals_own_words_can_be_saved_as_they_are(admin: FlaskClient) -> None:
    """So no text of ours breaks a rule that an admin's must keep."""
    for event in TEXTS:
        for language in ("en", "de"):
            path = f"/admin/mail/texts/{event}/{language}"
            words = edited_texts.current_words(event, language)._asdict()
            answer = admin.post(path, data={**words, "seen": seen(admin, path)})
            assert answer.status_code == 303, (event, language, answer.text)
    assert versions() == []


@pytest.mark.parametrize("path", ["/admin/mail/texts/nothing/en", "/admin/mail/texts/test/fr"])
def test_there_is_no_other_text(admin: FlaskClient, path: str) -> None:
    assert admin.get(path).status_code == 404


def test_a_text_is_saved_as_a_version_and_used(admin: FlaskClient, ada: User, alice: User) -> None:
    assert save(admin).status_code == 303
    (version,) = versions()
    assert (version.version, version.by_id, version.body) == (1, ada.id, OURS["body"])
    assert subject_of_new_mail(alice) == "We have it, Alice Moreau"
    entry = db.session.scalars(db.select(AuditEntry)).one()
    assert (entry.what, entry.of_id) == (AuditEvent.CHANGED, version.id)
    assert entry.facts == {"fields": ["subject", "body"]}
    shown = admin.get(APPLIED).text
    assert "Ada Lind" in shown
    assert "it is about {job}." in shown


def test_each_language_has_its_own(admin: FlaskClient, alice: User) -> None:
    save(admin)
    alice.language = "de"
    db.session.commit()
    assert "We have it" not in subject_of_new_mail(alice)


def test_back_to_the_portals_own_words(admin: FlaskClient, alice: User) -> None:
    save(admin)
    assert save(admin, action="reset").status_code == 303
    assert [one.subject for one in versions()] == [OURS["subject"], ""]
    assert subject_of_new_mail(alice) == "Your application for Data engineer has arrived"
    assert save(admin, action="reset").status_code == 303
    assert len(versions()) == 2


@pytest.mark.parametrize(
    ("path", "words", "why"),
    [
        (APPLIED, {"subject": "For {nobody}"}, "Nothing fills {nobody} here"),
        (APPLIED, {"body": "{device} and { name } and {Name}"}, "{device}, { name } and {Name}"),
        (RESET, {"body": "Dear {name}"}, "Nothing fills {name} here"),
        (RESET, {"subject": "Password", "body": "No way on"}, "Write {link} where the button"),
        (APPLIED, {"subject": "At {link}"}, "A link has no place in a subject"),
        (APPLIED, {"subject": "Hello\r\nBcc: all@example.org"}, "A subject is one line"),
        (APPLIED, {"subject": "x" * 201}, "Use at most 200 characters."),
        (APPLIED, {"body": "x" * 5001}, "Use at most 5000 characters."),
        (APPLIED, {"subject": " "}, "Write a subject."),
        (APPLIED, {"body": ""}, "Write the text."),
    ],
)
@pytest.mark.parametrize("action", ["save", "preview"])
def test_what_cannot_be_sent_is_said_beside_its_field_and_stays_typed(
    admin: FlaskClient, path: str, words: dict[str, str], why: str, action: str
) -> None:
    answer = save(admin, path, action, **words)
    assert answer.status_code == 422
    shown = unescape(answer.text)
    assert why in shown
    for typed in words.values():
        assert typed.strip().replace("\r\n", "\n") in shown.replace("\r\n", "\n")
    assert versions() == []


def test_the_preview_shows_the_typed_words_with_example_facts_and_saves_nothing(
    admin: FlaskClient,
) -> None:
    answer = save(admin, action="preview", subject="<b>{job}</b>", body="Hello {name}\n\n{link}")
    shown = unescape(answer.text)
    assert "<iframe sandbox srcdoc=" in shown
    assert "<bdi>Maria Example</bdi>" in shown
    assert "<bdi><b>" not in answer.text
    assert 'value="<b>{job}</b>"' in shown
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert versions() == []


def test_the_preview_comes_as_a_part_of_the_page_to_a_script(admin: FlaskClient) -> None:
    fields = {**OURS, "seen": seen(admin, APPLIED), "action": "preview"}
    answer = admin.post(APPLIED, data=fields, headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<form id="text-form"')
    assert "srcdoc" in answer.text


def test_of_two_editors_the_second_sees_what_the_first_saved(
    app: Flask, admin: FlaskClient
) -> None:
    other = sign_in(app.test_client(), make_user(role=Role.ADMIN))
    before = seen(admin, APPLIED)
    assert save(other, subject="The first one").status_code == 303
    mine = {**OURS, "seen": before, "subject": "The second one"}
    answer = admin.post(APPLIED, data=mine)
    assert answer.status_code == 409
    assert "The first one" in answer.text
    assert 'value="The second one"' in answer.text
    assert admin.post(APPLIED, data={**mine, "action": "reset"}).status_code == 409
    assert len(versions()) == 1
    mine["seen"] = answer.text.partition('name="seen" type="hidden" value="')[2].partition('"')[0]
    assert admin.post(APPLIED, data=mine).status_code == 303
    assert versions()[-1].subject == "The second one"


def test_a_text_stays_when_its_editor_leaves(admin: FlaskClient) -> None:
    save(admin)
    (version,) = versions()
    version.by_id = None
    db.session.commit()
    assert "somebody whose account is gone" in admin.get(APPLIED).text
