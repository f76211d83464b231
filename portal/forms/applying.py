"""What a candidate sends to apply for a job."""

from flask_wtf.file import FileField, FileRequired
from wtforms import Field, TextAreaField
from wtforms.validators import Length, ValidationError

from portal import hiring, resumes
from portal.forms import PageForm


class ApplyForm(PageForm):
    """A résumé, which is opened and looked at right here, and a note. `checked` is the résumé that passed."""

    resume = FileField(
        "Résumé",
        [FileRequired("Choose your résumé: a PDF or a Word document (.docx).")],
        render_kw={"accept": ".pdf,.docx"},
    )
    note = TextAreaField(
        "A note to the team",
        [Length(max=hiring.NOTE_MAX_CHARS, message=f"Use at most {hiring.NOTE_MAX_CHARS} characters.")],
        filters=[lambda text: text.replace("\r\n", "\n") if text else text],  # a browser counts a line's end as one
        render_kw={"rows": 6, "maxlength": hiring.NOTE_MAX_CHARS},
    )
    checked: resumes.Resume

    def validate_resume(self, field: Field) -> None:
        try:
            self.checked = resumes.read(field.data.filename, field.data.stream)
        except resumes.ResumeRefused as exc:
            raise ValidationError(str(exc)) from exc
