"""The forms of what a person tells about themselves, which several tabs may change at once."""

from collections.abc import Iterator
from typing import Any, ClassVar, Self

from wtforms import Field, HiddenField, SelectField, StringField, TelField
from wtforms.validators import Optional, ValidationError

from portal import edit_conflicts, languages, time_zones
from portal.edit_conflicts import Difference
from portal.forms import PageForm
from portal.forms.account import at_most, name_field, tidied
from portal.languages import gettext as _
from portal.languages import lazy_gettext
from portal.models import User
from portal.people import contact_details


class AboutForm(PageForm):
    """Step 2 of the registration: optional facts."""

    NAMES: ClassVar[tuple[str, ...]] = ("phone", "location", "headline")

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
    def of(cls, user: User) -> Self:
        """The form with the stored values, or with the typed ones if the user has sent it."""
        form = cls(obj=user)
        if not form.is_submitted():
            form.seen.data = edit_conflicts.fingerprints(cls.known(user))
        return form

    @classmethod
    def known(cls, user: User) -> dict[str, str]:
        return {name: getattr(user, name) for name in cls.NAMES}

    def values(self) -> dict[str, str]:
        return {name: self[name].data or "" for name in self.NAMES}

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
                self.in_words(name, known[name]),
                self.in_words(name, typed[name]) if is_mine else None,
            )
            for name, is_mine in over.items()
        ]

    def in_words(self, name: str, value: str) -> str:
        """A value of this field as its reader knows it."""
        if name == "language":
            return languages.NAMES.get(value, _("As the browser says"))
        return value or (_("UTC") if name == "time_zone" else _("nothing"))


class ProfileForm(AboutForm):
    """All that a person may correct about themselves without the password."""

    NAMES = ("full_name", "phone", "location", "headline", "language", "time_zone")

    full_name = name_field()
    language = SelectField(lazy_gettext("Language"))
    time_zone = SelectField(
        lazy_gettext("Time zone"),
        validate_choice=True,
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.language.choices = [
            ("", _("As the browser says"), {}),
            *((code, name, {"lang": code}) for code, name in languages.NAMES.items()),
        ]
        self.time_zone.choices = {_("Everywhere"): [("", _("UTC"), {})]} | dict(_zones())


def _zones() -> Iterator[tuple[str, list[tuple[str, str, dict[str, str]]]]]:
    """The zones by area. Their names are English everywhere, as the IANA database has them."""
    for area, names in time_zones.by_area().items():
        if names:
            yield (
                _(time_zones.AREAS[area]),
                [(name, _place(name), {"lang": "en"}) for name in names],
            )


def _place(name: str) -> str:
    """`America/Argentina/Buenos_Aires` as people read it: Argentina, Buenos Aires."""
    return name.partition("/")[2].replace("_", " ").replace("/", ", ")
