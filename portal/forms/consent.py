"""What a candidate agrees to before the camera starts."""

from typing import Any

from wtforms import BooleanField, HiddenField
from wtforms.validators import StopValidation

from portal.forms import PageForm

# what the page's box sends, and what a program says; everything else is no agreement
YES = {"y", "true"}


class Agreement(BooleanField):
    """A box that counts only where it was ticked: not by any word that happens to be sent in its
    name.
    """

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = bool(valuelist) and all(value in YES for value in valuelist)


def needed(form: PageForm, field: Agreement) -> None:
    if not field.data:
        raise StopValidation(
            "Without this there is nothing to show the hiring team. Tick it to go on."
        )


class ConsentForm(PageForm):
    """Two separate choices, both unticked; only the first is needed to go on."""

    shown = HiddenField()
    record = Agreement(
        "Record my answers as video with sound", [needed], description="Needed for the interview."
    )
    analyse = Agreement(
        "Measure picture and sound to help reviewers find places to look at",
        description=(
            "Yours to choose. Without it nothing is measured, and your interview counts the same."
        ),
    )

    def choices(self) -> list[str]:
        """The words of the two choices."""
        return [
            words
            for field in (self.record, self.analyse)
            for words in (field.label.text, field.description)
        ]

    def agrees_to(self, sha256: str) -> bool:
        """Whether the form was sent, ticked, by somebody who was shown these very words."""
        is_agreed = self.validate_on_submit()
        if self.is_submitted() and self.shown.data != sha256:
            self.shown.errors = [
                "What you agree to has changed meanwhile. Read it again, then choose."
            ]
            is_agreed = False
        self.shown.data = sha256  # for the page that is shown now
        return is_agreed
