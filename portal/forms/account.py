"""The forms of an account: sign in, register, forgotten and changed passwords."""

from collections.abc import Callable

from wtforms import EmailField, Field, PasswordField, StringField
from wtforms.validators import DataRequired, Email, InputRequired, Length, ValidationError

from portal.forms import PageForm
from portal.forms.robot_defence import DefendedForm
from portal.languages import gettext as _
from portal.languages import lazy_gettext
from portal.people import contact_details, passwords


def tidied(tidy: Callable[[str], str]) -> list[Callable[[str | None], str | None]]:
    """A field's filters, which bring the typed text into its normal form."""
    return [lambda value: tidy(value) if value else value]


def at_most(chars: int) -> Length:
    """The longest text that a field takes."""
    message = lazy_gettext("Use at most %(number)s characters.", number=chars)
    return Length(max=chars, message=message)


def email_field(label: str | None = None, autocomplete: str = "username") -> EmailField:
    checks = [
        DataRequired(lazy_gettext("Enter your e-mail address.")),
        Length(max=254, message=lazy_gettext("An e-mail address has at most 254 characters.")),
        Email(lazy_gettext("This is not a complete e-mail address, like name@example.org.")),
    ]
    return EmailField(
        label or lazy_gettext("E-mail"),
        checks,
        filters=tidied(contact_details.without_blanks),
        render_kw={"autocomplete": autocomplete, "inputmode": "email", "maxlength": 254},
    )


def known_password_field(label: str) -> PasswordField:
    """A field for an existing password. It shows no rules, because they would help to guess it."""
    checks = [
        InputRequired(lazy_gettext("Enter your password.")),
        Length(max=passwords.MAX_CHARS, message=lazy_gettext("This is not a password here.")),
    ]
    return PasswordField(label, checks, render_kw={"autocomplete": "current-password"})


def new_password_field(label: str) -> PasswordField:
    limits = {"minlength": passwords.MIN_CHARS, "maxlength": passwords.MAX_CHARS}
    return PasswordField(
        label,
        [InputRequired(lazy_gettext("Choose a password."))],
        render_kw={"autocomplete": "new-password"} | limits,
    )


class SignInForm(PageForm):
    """Signing in with e-mail and password."""

    email = email_field()
    password = known_password_field(lazy_gettext("Password"))


class ConfirmForm(PageForm):
    """A signed-in user confirms an action with the password."""

    password = known_password_field(lazy_gettext("Your password"))


class PasswordForm(PageForm):
    """The old and the new password of the account with this address and name."""

    old = known_password_field(lazy_gettext("Password now"))
    new = new_password_field(lazy_gettext("New password"))

    def __init__(self, email: str, full_name: str) -> None:
        super().__init__()
        self._email, self._full_name = email, full_name

    def validate_new(self, field: Field) -> None:
        if reason := passwords.why_refused(field.data, self._email, self._full_name):
            raise ValidationError(reason)
        if field.data == self.old.data:
            raise ValidationError(_("This is the password you have. Choose another."))


def name_field() -> StringField:
    return StringField(
        lazy_gettext("Full name"),
        [DataRequired(lazy_gettext("Enter your name.")), at_most(120), visible],
        filters=tidied(contact_details.tidy_text),
        render_kw={"autocomplete": "name", "maxlength": 120},
    )


def visible(_form: PageForm, field: Field) -> None:
    """A check: the name has a letter or digit that people can see."""
    if not contact_details.is_name(field.data):
        raise ValidationError(_("Enter your name."))


class AccountForm(DefendedForm):
    """Step 1 of the registration: the account."""

    full_name = name_field()
    email = email_field()
    password = new_password_field(lazy_gettext("Password"))

    def validate_password(self, field: Field) -> None:
        if reason := passwords.why_refused(
            field.data, self.email.data or "", self.full_name.data or ""
        ):
            raise ValidationError(reason)


class ForgotForm(DefendedForm):
    """Asking for a link to set a new password."""

    email = email_field()


class NewPasswordForm(PageForm):
    """A new password for the account with this address and name, whose link was followed."""

    new = new_password_field(lazy_gettext("New password"))

    def __init__(self, email: str, full_name: str) -> None:
        super().__init__()
        self._email, self._full_name = email, full_name

    def validate_new(self, field: Field) -> None:
        if reason := passwords.why_refused(field.data, self._email, self._full_name):
            raise ValidationError(reason)


class AddressForm(PageForm):
    """Another e-mail address for the account that has the address `email` now."""

    new_email = email_field(lazy_gettext("New e-mail"), autocomplete="email")
    password = known_password_field(lazy_gettext("Your password"))

    def __init__(self, email: str) -> None:
        super().__init__()
        self._email = email

    def validate_new_email(self, field: Field) -> None:
        if contact_details.tidy_email(field.data) == self._email:
            raise ValidationError(_("This is the address that your account has."))
