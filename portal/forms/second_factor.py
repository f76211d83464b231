"""The forms of second factors: enter a code, name an app or a passkey, answer with a passkey."""

from wtforms import Field, HiddenField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from portal.forms import PageForm
from portal.forms.account import at_most, tidied
from portal.languages import gettext as _
from portal.languages import lazy_gettext
from portal.people import contact_details, second_factors

CODE_MAX_CHARS = 40  # more than a recovery code with blanks between its letters


def app_code_field() -> StringField:
    return StringField(
        lazy_gettext("Code of the app"),
        [Length(max=CODE_MAX_CHARS, message=lazy_gettext("The code has six digits."))],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "maxlength": CODE_MAX_CHARS,
            "required": True,
        },
    )


def name_field() -> StringField:
    return StringField(
        lazy_gettext("Name in your list"),
        [
            DataRequired(lazy_gettext("Give it a name, so that you know it again.")),
            at_most(second_factors.NAME_MAX_CHARS),
        ],
        filters=tidied(contact_details.tidy_text),
        render_kw={"autocomplete": "off", "maxlength": second_factors.NAME_MAX_CHARS},
    )


class SecondStepForm(PageForm):
    """The second step of signing in: the code of an app, or a recovery code."""

    code = app_code_field()
    recovery = StringField(
        lazy_gettext("Recovery code"),
        [Length(max=CODE_MAX_CHARS, message=lazy_gettext("This is no recovery code."))],
        render_kw={
            "autocomplete": "off",
            "autocapitalize": "characters",
            "spellcheck": "false",
            "maxlength": CODE_MAX_CHARS,
            "required": True,
        },
    )

    @property
    def filled(self) -> str:
        """The name of the field that was filled in."""
        return "recovery" if self.recovery.raw_data else "code"

    def validate_code(self, field: Field) -> None:
        if self.filled == "code" and not (field.data or "").strip():
            raise ValidationError(_("Type the six digits that the app shows."))

    def validate_recovery(self, field: Field) -> None:
        if self.filled == "recovery" and not (field.data or "").strip():
            raise ValidationError(_("Type one of your recovery codes."))


class AppForm(PageForm):
    """An authenticator app: its name, and the code that shows that it works."""

    set_up = HiddenField()  # sealed: the secret that the page shows
    name = name_field()
    code = app_code_field()

    def validate_code(self, field: Field) -> None:
        if not (field.data or "").strip():
            raise ValidationError(_("Type the six digits that the app shows."))


class PasskeyForm(PageForm):
    """What the browser says when it uses a passkey. A script fills it in."""

    credential = HiddenField(validators=[InputRequired()])


class NewPasskeyForm(PasskeyForm):
    """A new passkey, and its name."""

    name = name_field()
