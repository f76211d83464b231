"""The form of a mail's subject and body, and which placeholders may stand in them."""

import re
import unicodedata

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, ValidationError

from portal import edit_conflicts, languages
from portal.edit_conflicts import Difference
from portal.forms import PageForm
from portal.forms.account import at_most, tidied
from portal.languages import N_, lazy_gettext
from portal.languages import gettext as _
from portal.mail.texts import LINK, PLACEHOLDER, TEXTS, Words
from portal.models import MailEvent

SUBJECT_MAX_CHARS = 200
BODY_MAX_CHARS = 5_000
IN_BRACES = re.compile(r"\{[^{}\n]*\}")
WHAT_CHANGED = {"subject": N_("Subject"), "body": N_("Text")}


def tidy_body(text: str) -> str:
    """The text without control characters; line ends are single newlines."""
    lines = edit_conflicts.one_line_end(text).strip()
    return "".join(one for one in lines if one == "\n" or unicodedata.category(one) != "Cc")


class MailTextForm(PageForm):
    """An admin's own words for the mails of one event in one language."""

    seen = HiddenField()  # marks of the stored words when we rendered the page
    subject = StringField(
        lazy_gettext("Subject"),
        [DataRequired(lazy_gettext("Write a subject.")), at_most(SUBJECT_MAX_CHARS)],
        filters=tidied(str.strip),
        render_kw={"maxlength": SUBJECT_MAX_CHARS},
    )
    body = TextAreaField(
        lazy_gettext("Text"),
        [DataRequired(lazy_gettext("Write the text.")), at_most(BODY_MAX_CHARS)],
        filters=tidied(tidy_body),
        render_kw={"rows": 18, "maxlength": BODY_MAX_CHARS},
    )

    event: MailEvent

    @classmethod
    def of(cls, event: MailEvent, stored: Words) -> "MailTextForm":
        """The form with the stored words, before the user types anything."""
        form = cls(formdata=None, **stored._asdict())
        form.event, form.seen.data = event, edit_conflicts.fingerprints(stored._asdict())
        return form

    @classmethod
    def typed(cls, event: MailEvent) -> "MailTextForm":
        """The form as it was sent."""
        form = cls()
        form.event = event
        return form

    @property
    def words(self) -> Words:
        return Words(self.subject.data or "", self.body.data or "")

    def validate_subject(self, field: StringField) -> None:
        if any(unicodedata.category(one) in {"Cc", "Zl", "Zp"} for one in field.data):
            raise ValidationError(_("A subject is one line, without line breaks."))
        if LINK in field.data:
            raise ValidationError(_("A link has no place in a subject. Write {link} in the text."))
        self._check_placeholders(field.data)

    def validate_body(self, field: TextAreaField) -> None:
        self._check_placeholders(field.data)
        missing = TEXTS[self.event].needed - set(PLACEHOLDER.findall(field.data))
        if missing:
            raise ValidationError(
                _("Write {link} where the button should be. Without it the mail is of no use.")
            )

    def _check_placeholders(self, text: str) -> None:
        known = {f"{{{name}}}" for name in TEXTS[self.event].examples}
        unknown = [one for one in dict.fromkeys(IN_BRACES.findall(text)) if one not in known]
        if unknown:
            named = languages.listed(unknown)
            raise ValidationError(
                _(
                    "Nothing fills %(names)s here. Use only the placeholders that this page lists.",
                    names=named,
                )
            )

    def find_edit_conflicts(self, stored: Words) -> list[Difference]:
        """The words that somebody else saved since we rendered the page, beside the typed ones."""
        saved, typed = stored._asdict(), self.words._asdict()
        over = edit_conflicts.find_conflicts(self.seen.data, saved, typed)
        self.seen.data = edit_conflicts.fingerprints(saved)
        for name, is_mine in over.items():
            if not is_mine:
                self[name].data = saved[name]
        return [
            Difference(_(WHAT_CHANGED[name]), saved[name], typed[name] if is_mine else None)
            for name, is_mine in over.items()
        ]
