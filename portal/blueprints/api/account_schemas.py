"""The schemas of accounts, sign-ins and tokens; `schemas` has those of everything else."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from portal import languages, time_zones
from portal.blueprints.api.schemas import Line, said
from portal.languages import gettext as _
from portal.models import Role, SignInKind
from portal.people import contact_details, passwords


class EmailAddress(fields.Email):
    """An e-mail address, without spaces and invisible characters from pasting."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        typed = contact_details.without_blanks(value) if isinstance(value, str) else value
        return super()._deserialize(typed, *args, **kwargs)


def a_name(text: str) -> None:
    if not contact_details.is_name(text):
        raise ValidationError(_("Enter your name."))


def a_phone(text: str) -> None:
    if text and not contact_details.is_phone(text):
        raise ValidationError(_(contact_details.PHONE_ADVICE))


class Credentials(Schema):
    email = EmailAddress(required=True, validate=validate.Length(max=254))
    password = fields.String(
        required=True, load_only=True, validate=validate.Length(max=passwords.MAX_CHARS)
    )


def a_language(code: str) -> None:
    if code and code not in languages.NAMES:
        raise ValidationError(_("The portal does not speak this language."))


def a_time_zone(name: str) -> None:
    if name and name not in time_zones.names():
        raise ValidationError(
            _("Choose a name of the IANA time zone database, like Europe/Lisbon.")
        )


FULL_NAME_CHECKS = [validate.Length(max=120), a_name]
PHONE_CHECKS = [validate.Length(max=contact_details.PHONE_MAX_CHARS), a_phone]


class SignInForProgram(Credentials):
    code = fields.String(
        load_default=None,
        load_only=True,
        allow_none=True,
        validate=validate.Length(max=40),
        metadata=said("For an account with a second factor: its app's code, or a recovery code"),
    )


class Registration(Credentials):
    password = fields.String(
        required=True,
        load_only=True,
        validate=validate.Length(max=passwords.MAX_CHARS),
        metadata={
            "minLength": passwords.MIN_CHARS,
            "description": "Must not be easy to guess",
        },
    )
    full_name = Line(required=True, validate=FULL_NAME_CHECKS)
    phone = Line(contact_details.tidy_phone, load_default="", validate=PHONE_CHECKS)
    location = Line(load_default="", validate=validate.Length(max=120))
    headline = Line(load_default="", validate=validate.Length(max=160))

    @validates_schema
    def _password_is_fit(self, values: dict[str, Any], **_options: Any) -> None:
        if reason := passwords.why_refused(
            values["password"], values["email"], values["full_name"]
        ):
            raise ValidationError(reason, "password")


class MailSent(Schema):
    message = fields.String(metadata=said("What the person does next; the same for each address"))


class ProfileChange(Schema):
    full_name = Line(validate=FULL_NAME_CHECKS)
    phone = Line(contact_details.tidy_phone, validate=PHONE_CHECKS)
    location = Line(validate=validate.Length(max=120))
    headline = Line(validate=validate.Length(max=160))
    language = fields.String(validate=a_language, metadata=said("Empty: the browser decides"))
    time_zone = fields.String(validate=a_time_zone, metadata=said("Empty: times are in UTC"))


class RefreshToken(Schema):
    refresh_token = fields.String(metadata=said("Ends together with the token in the header"))


class Person(Schema):
    id = fields.UUID()
    email = fields.String()
    full_name = fields.String()
    role = fields.Enum(Role, by_value=fields.String)
    phone = fields.String()
    location = fields.String()
    headline = fields.String()
    language = fields.String(metadata=said("Empty: the browser decides"))
    time_zone = fields.String(metadata=said("Empty: the pages show times in UTC"))
    confirmed_at = fields.DateTime(
        allow_none=True, metadata=said("When a link in a mail proved that the address is theirs")
    )
    created_at = fields.DateTime()


class SignInRow(Schema):
    id = fields.UUID()
    kind = fields.Enum(SignInKind, by_value=fields.String)
    device = fields.String(metadata=said("What the browser or program calls itself"))
    started_at = fields.DateTime()
    seen_at = fields.DateTime(metadata=said("When it was last used, to a few minutes"))
    expires_at = fields.DateTime()
    this = fields.Boolean(metadata=said("Whether the token of this request belongs to it"))


class Tokens(Schema):
    access_token = fields.String()
    refresh_token = fields.String()
    token_type = fields.String(metadata={"example": "Bearer"})
    expires_in = fields.Integer(metadata=said("Seconds until the access token expires"))


class SignedIn(Tokens):
    user = fields.Nested(Person)
