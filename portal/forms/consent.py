"""The form with which a candidate consents before the camera starts."""

from typing import Any

from wtforms import BooleanField, HiddenField
from wtforms.validators import StopValidation

from portal.forms import PageForm
from portal.languages import gettext as _
from portal.languages import lazy_gettext

# A page's checkbox sends "y", a program sends "true". No other value is consent.
YES = {"y", "true"}


class Agreement(BooleanField):
    """A checkbox that is true only for a value in YES. WTForms would accept almost any value."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = bool(valuelist) and all(value in YES for value in valuelist)


def needed(_form: PageForm, field: Agreement) -> None:
    if not field.data:
        raise StopValidation(
            _("Without this there is nothing to show the hiring team. Tick it to go on.")
        )


class ConsentForm(PageForm):
    """Two separate checkboxes, both unticked at first. Only the first one is required."""

    shown = HiddenField()
    record = Agreement(
        lazy_gettext("Record my answers as video with sound"),
        [needed],
        description=lazy_gettext("Needed for the interview."),
    )
    analyse = Agreement(
        lazy_gettext("Measure picture and sound to help reviewers find places to look at"),
        description=lazy_gettext(
            "Yours to choose. Without it nothing is measured, and your interview counts the same."
        ),
    )

    def choices(self) -> list[str]:
        """The texts of the two checkboxes."""
        return [
            words
            for field in (self.record, self.analyse)
            for words in (field.label.text, field.description)
        ]

    def agrees_to(self, sha256: str) -> bool:
        """Whether the user sent the form with consent, and saw the text with this hash."""
        is_agreed: bool = self.validate_on_submit()
        if self.is_submitted() and self.shown.data != sha256:
            self.shown.errors = [
                _(
                    "The consent text has changed since you opened this page. Read it again,"
                    " then choose."
                )
            ]
            is_agreed = False
        self.shown.data = sha256  # the next page shows the current text
        return is_agreed
