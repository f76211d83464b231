"""The forms of an application: a résumé, and a note to the team."""

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import Field, TextAreaField
from wtforms.validators import ValidationError

from portal import hiring
from portal.config import settings
from portal.forms import PageForm
from portal.forms.account import at_most
from portal.hiring import resumes
from portal.languages import lazy_gettext


class ResumeForm(PageForm):
    """A résumé. Validation opens and checks the file; `checked` is then the accepted résumé.

    Validation raises RetryLater when too many files arrive at once, from `who` or from all users.
    """

    resume = FileField(
        lazy_gettext("Résumé"),
        [FileRequired(lazy_gettext("Choose your résumé: a PDF or a Word document (.docx)."))],
        description=lazy_gettext(
            "PDF or Word (.docx), up to %(number)s MB. Only you and the hiring team can open it.",
            number=resumes.MAX_MB,
        ),
        # Phones filter files by type, computers by file name extension. We check the file anyway.
        render_kw={
            "accept": ",".join(
                [*(f".{kind}" for kind in resumes.MIMETYPES), *resumes.MIMETYPES.values()]
            )
        },
    )
    checked: resumes.Resume

    def __init__(self, who: str, **more: Any) -> None:
        super().__init__(**more)
        self._who = who

    def validate_resume(self, field: Field) -> None:
        try:
            scan_command = settings().scan_command
            self.checked = resumes.read(
                field.data.filename, field.data.stream, self._who, scan_command
            )
        except resumes.ResumeRefused as exc:
            raise ValidationError(exc.message) from exc


class ApplyForm(ResumeForm):
    """A résumé and a note."""

    note = TextAreaField(
        lazy_gettext("A note to the team"),
        [at_most(hiring.NOTE_MAX_CHARS)],
        # A browser's `maxlength` counts a line end as one character but sends two.
        filters=[lambda text: text.replace("\r\n", "\n") if text else text],
        render_kw={"rows": 6, "maxlength": hiring.NOTE_MAX_CHARS},
    )
