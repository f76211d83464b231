"""The forms of second factors: enter a code, name an app or a passkey, answer with a passkey."""

from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from portal.forms import PageForm
from portal.forms.account import at_most, tidied
from portal.languages import lazy_gettext
from portal.people import contact_details, second_factors

CODE_MAX_CHARS = 40  # more than a recovery code with blanks between its letters


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


class CodeForm(PageForm):
    """The code of an authenticator app."""

    code = StringField(
        lazy_gettext("Code of the app"),
        [
            DataRequired(lazy_gettext("Type the six digits that the app shows.")),
            Length(max=CODE_MAX_CHARS, message=lazy_gettext("The code has six digits.")),
        ],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "maxlength": CODE_MAX_CHARS,
        },
    )


class RecoveryForm(PageForm):
    """A recovery code, in place of a lost second factor."""

    recovery = StringField(
        lazy_gettext("Recovery code"),
        [
            DataRequired(lazy_gettext("Type one of your recovery codes.")),
            Length(max=CODE_MAX_CHARS, message=lazy_gettext("This is no recovery code.")),
        ],
        render_kw={
            "autocomplete": "off",
            "autocapitalize": "characters",
            "spellcheck": "false",
            "maxlength": CODE_MAX_CHARS,
        },
    )


class AppForm(CodeForm):
    """An authenticator app: its name, and the code that shows that it works."""

    set_up = HiddenField()  # sealed: the secret that the page shows
    name = name_field()


class PasskeyForm(PageForm):
    """What the browser says when it uses a passkey. A script fills it in."""

    credential = HiddenField(validators=[InputRequired()])


class NewPasskeyForm(PasskeyForm):
    """A new passkey, and its name."""

    name = name_field()
