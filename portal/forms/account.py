"""The forms of an account: sign in, register, optional facts, change or confirm the password."""

from collections.abc import Callable

from wtforms import EmailField, Field, HiddenField, PasswordField, StringField, TelField
from wtforms.validators import DataRequired, Email, InputRequired, Length, Optional, ValidationError

from portal import edit_conflicts
from portal.edit_conflicts import Difference
from portal.forms import PageForm
from portal.languages import gettext as _
from portal.languages import lazy_gettext
from portal.models import User
from portal.people import contact_details, passwords

ABOUT = ("phone", "location", "headline")


def tidied(tidy: Callable[[str], str]) -> list[Callable[[str | None], str | None]]:
    """A field's filters, which bring the typed text into its normal form."""
    return [lambda value: tidy(value) if value else value]


def at_most(chars: int) -> Length:
    """The longest text that a field takes."""
    message = lazy_gettext("Use at most %(number)s characters.", number=chars)
    return Length(max=chars, message=message)


def email_field() -> EmailField:
    checks = [
        DataRequired(lazy_gettext("Enter your e-mail address.")),
        Length(max=254, message=lazy_gettext("An e-mail address has at most 254 characters.")),
        Email(lazy_gettext("This is not a complete e-mail address, like name@example.org.")),
    ]
    return EmailField(
        lazy_gettext("E-mail"),
        checks,
        filters=tidied(contact_details.without_blanks),
        render_kw={"autocomplete": "username", "inputmode": "email", "maxlength": 254},
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
    """The old and the new password. The new one must not be `email`, the user's address."""

    old = known_password_field(lazy_gettext("Password now"))
    new = new_password_field(lazy_gettext("New password"))

    def __init__(self, email: str) -> None:
        super().__init__()
        self._email = email

    def validate_new(self, field: Field) -> None:
        if reason := passwords.why_refused(field.data, self._email):
            raise ValidationError(reason)
        if field.data == self.old.data:
            raise ValidationError(_("This is the password you have. Choose another."))


class AccountForm(PageForm):
    """Step 1 of the registration: the account."""

    full_name = StringField(
        lazy_gettext("Full name"),
        [DataRequired(lazy_gettext("Enter your name.")), at_most(120)],
        filters=tidied(contact_details.tidy_text),
        render_kw={"autocomplete": "name", "maxlength": 120},
    )
    email = email_field()
    password = new_password_field(lazy_gettext("Password"))

    def validate_full_name(self, field: Field) -> None:
        if not contact_details.is_name(field.data):
            raise ValidationError(_("Enter your name."))

    def validate_password(self, field: Field) -> None:
        if reason := passwords.why_refused(field.data, self.email.data or ""):
            raise ValidationError(reason)


class AboutForm(PageForm):
    """Step 2 of the registration: optional facts."""

    seen = HiddenField()  # marks of the stored values when we rendered the page
    phone = TelField(
        lazy_gettext("Phone"),
        [Optional(), at_most(contact_details.PHONE_MAX_CHARS)],
        filters=tidied(contact_details.tidy_phone),
        render_kw={"autocomplete": "tel", "maxlength": 60},
    )
    location = StringField(
        lazy_gettext("Where you live"),
        [at_most(120)],
        filters=tidied(contact_details.tidy_text),
        render_kw={"autocomplete": "address-level2", "maxlength": 120},
    )
    headline = StringField(
        lazy_gettext("In one line"),
        [at_most(160)],
        filters=tidied(contact_details.tidy_text),
        render_kw={"autocomplete": "organization-title", "maxlength": 160},
    )

    def validate_phone(self, field: Field) -> None:
        if field.data and not contact_details.is_phone(field.data):
            raise ValidationError(_(contact_details.PHONE_ADVICE))

    @classmethod
    def of(cls, user: User) -> "AboutForm":
        """The form with the stored values, or with the typed ones if the user has sent it."""
        form = cls(obj=user)
        if not form.is_submitted():
            form.seen.data = edit_conflicts.fingerprints(cls.known(user))
        return form

    @staticmethod
    def known(user: User) -> dict[str, str]:
        return {name: getattr(user, name) for name in ABOUT}

    def values(self) -> dict[str, str]:
        return {name: self[name].data or "" for name in ABOUT}

    def find_edit_conflicts(self, user: User) -> list[Difference]:
        """The values that changed elsewhere since we rendered the page, with the typed ones.

        The form then shows them, so they count as seen. Fields that the user did not change take
        the stored values, so that saving again does not undo another change.
        """
        known, typed = self.known(user), self.values()
        over = edit_conflicts.find_conflicts(self.seen.data, known, typed)
        self.seen.data = edit_conflicts.fingerprints(known)
        for name in (name for name, is_mine in over.items() if not is_mine):
            self[name].data = known[name]
        return [
            Difference(
                self[name].label.text,
                known[name] or _("nothing"),
                (typed[name] or _("nothing")) if is_mine else None,
            )
            for name, is_mine in over.items()
        ]
