"""The forms of an application: a résumé, and a note to the team."""

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import Field, TextAreaField
from wtforms.validators import Length, ValidationError

from portal import hiring
from portal.config import settings
from portal.forms import PageForm
from portal.hiring import resumes


class ResumeForm(PageForm):
    """A résumé. Validation opens and checks the file; `checked` is then the accepted résumé.

    Validation raises RetryLater when too many files arrive at once, from `who` or from all users.
    """

    resume = FileField(
        "Résumé",
        [FileRequired("Choose your résumé: a PDF or a Word document (.docx).")],
        description=f"PDF or Word (.docx), up to {resumes.MAX_MB} MB. "
        "Only you and the hiring team can open it.",
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
        "A note to the team",
        [
            Length(
                max=hiring.NOTE_MAX_CHARS,
                message=f"Use at most {hiring.NOTE_MAX_CHARS} characters.",
            )
        ],
        # A browser's `maxlength` counts a line end as one character but sends two.
        filters=[lambda text: text.replace("\r\n", "\n") if text else text],
        render_kw={"rows": 6, "maxlength": hiring.NOTE_MAX_CHARS},
    )
