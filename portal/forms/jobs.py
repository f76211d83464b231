"""The form of a job and its questions, and how its values become database rows.

Ordinary submit buttons add, remove and move questions, so the page works without JavaScript.
`rearranged` then builds the form again with all typed values, valid or not.
"""

import re
import secrets
import unicodedata
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict
from wtforms import (
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from portal import access, edit_conflicts, interviews
from portal.choice_words import words
from portal.edit_conflicts import Difference
from portal.extensions import db
from portal.forms import PageForm
from portal.forms.account import at_most, tidied
from portal.languages import N_, lazy_gettext
from portal.languages import gettext as _
from portal.models import (
    Application,
    EmploymentType,
    InterviewSession,
    InterviewState,
    Job,
    Question,
    Workplace,
)

MAX_QUESTIONS = 20  # a longer interview asks too much of a candidate
QUESTION_FIELD = re.compile(r"questions-(\d+)-(prompt|think_s|limit_s|takes)")
NEW_QUESTION = {"prompt": "", "think_s": "30", "limit_s": "120", "takes": "2"}
SLUG_MAX_CHARS = 80
WHAT_CHANGED = {
    "title": N_("Title"),
    "description": N_("Description"),
    "location": N_("Location"),
    "workplace": N_("Workplace"),
    "employment_type": N_("Employment type"),
    "salary_range": N_("Salary range"),
    "status": N_("Status"),
    "questions": N_("Questions"),
}
TYPED = ("title", "description", "location", "workplace", "employment_type", "salary_range")


def tidy_lines(text: str) -> str:
    return edit_conflicts.one_line_end(text).strip()


class QuestionForm(PageForm):
    """One question. It is a part of the job's form, so it needs no CSRF token of its own."""

    class Meta(PageForm.Meta):
        csrf = False

    prompt = TextAreaField(
        lazy_gettext("Question"),
        [
            DataRequired(lazy_gettext("Write the question.")),
            at_most(500),
        ],
        filters=tidied(tidy_lines),
        render_kw={"rows": 2, "maxlength": 500},
    )
    think_s = IntegerField(
        lazy_gettext("Time to think, s"),
        [
            InputRequired(lazy_gettext("Enter whole seconds.")),
            NumberRange(0, 600, lazy_gettext("From 0 to 600 seconds.")),
        ],
        render_kw={"min": 0, "max": 600},
    )
    limit_s = IntegerField(
        lazy_gettext("Answer limit, s"),
        [
            InputRequired(lazy_gettext("Enter whole seconds.")),
            NumberRange(10, 1800, lazy_gettext("From 10 to 1800 seconds.")),
        ],
        render_kw={"min": 10, "max": 1800},
    )
    takes = IntegerField(
        lazy_gettext("Takes"),
        [
            InputRequired(lazy_gettext("Enter a number.")),
            NumberRange(1, 5, lazy_gettext("From 1 to 5 takes.")),
        ],
        render_kw={"min": 1, "max": 5},
    )


def choices(enum: type[StrEnum]) -> list[SelectChoice]:
    return [SelectChoice(member.value, words(member.value)) for member in enum]


class JobForm(PageForm):
    """A job with its questions. The form does not change the status; other actions do that."""

    seen = HiddenField()  # marks of the stored job when we rendered the page
    title = StringField(
        lazy_gettext("Title"),
        [
            DataRequired(lazy_gettext("Give the job a title.")),
            at_most(120),
        ],
        filters=tidied(str.strip),
        render_kw={"maxlength": 120},
    )
    description = TextAreaField(
        lazy_gettext("Description"),
        [
            DataRequired(lazy_gettext("Describe the job.")),
            Length(max=20_000, message=lazy_gettext("Use at most 20,000 characters.")),
        ],
        filters=tidied(tidy_lines),
        render_kw={"rows": 8, "maxlength": 20_000},
    )
    location = StringField(
        lazy_gettext("Location"),
        [
            DataRequired(lazy_gettext("Say where the job is.")),
            at_most(120),
        ],
        filters=tidied(str.strip),
        render_kw={"maxlength": 120},
    )
    workplace = SelectField(
        lazy_gettext("Workplace"), [InputRequired()], choices=lambda: choices(Workplace)
    )
    employment_type = SelectField(
        lazy_gettext("Type"), [InputRequired()], choices=lambda: choices(EmploymentType)
    )
    salary_range = StringField(
        lazy_gettext("Salary range"),
        [at_most(60)],
        filters=tidied(str.strip),
        render_kw={"maxlength": 60, "placeholder": lazy_gettext("€ 45,000–55,000 a year")},
    )
    questions = FieldList(FormField(QuestionForm), max_entries=MAX_QUESTIONS)

    @classmethod
    def of(cls, job: Job) -> "JobForm":
        """The form with a job's stored values, before the user types anything."""
        stored = values_of(job)
        questions = [
            dict(zip(NEW_QUESTION, question, strict=True)) for question in stored["questions"]
        ]
        shown = {name: getattr(job, name) for name in TYPED}
        return cls(
            formdata=None, questions=questions, seen=edit_conflicts.fingerprints(stored), **shown
        )

    def find_edit_conflicts(self, job: Job) -> list[Difference]:
        """The values that somebody else changed since we rendered the page, with the typed ones.

        The form then shows them, so they count as seen. Fields that the user did not change take
        the stored values, so that saving again does not undo the other person's change.
        """
        stored, typed = values_of(job), self._typed(job)
        over = edit_conflicts.find_conflicts(self.seen.data, stored, typed)
        self.seen.data = edit_conflicts.fingerprints(stored)
        self._show(
            {name: stored[name] for name, is_mine in over.items() if name in typed and not is_mine}
        )
        return [
            Difference(
                _(WHAT_CHANGED[name]),
                _as_text(stored[name]),
                _as_text(typed[name]) if is_mine else None,
            )
            for name, is_mine in over.items()
        ]

    def _typed(self, job: Job) -> dict[str, Any]:
        """The typed values, with the types that the job's columns have."""
        questions = [[row[field].data for field in NEW_QUESTION] for row in self.questions]
        kinds = {name: type(getattr(job, name)) for name in TYPED}
        return {name: kinds[name](self[name].data or "") for name in TYPED} | {
            "questions": questions
        }

    def _show(self, stored: dict[str, Any]) -> None:
        """Replace the form's values with these values of the job."""
        for name, value in stored.items():
            if name == "questions":
                self.questions.last_index = -1
                self.questions.process(
                    None, [dict(zip(NEW_QUESTION, row, strict=True)) for row in value]
                )
            else:
                self[name].data = str(value)

    def write_to(self, job: Job) -> list[str]:
        """Set the job's columns and replace its questions. Returns the names that changed."""
        before = values_of(job)
        for name in ("title", "description", "location", "salary_range"):
            setattr(job, name, self[name].data or "")
        job.workplace = Workplace(self.workplace.data)
        job.employment_type = EmploymentType(self.employment_type.data)
        # Interviews that have begun have their own copy of the questions. We delete the old rows
        # first, because two questions of a job can never have the same position.
        job.questions.clear()
        db.session.flush()
        job.questions = [
            Question(
                position=position,
                prompt=row.prompt.data,
                think_ms=row.think_s.data * 1000,
                limit_ms=row.limit_s.data * 1000,
                takes=row.takes.data,
            )
            for position, row in enumerate(self.questions, start=1)
        ]
        after = values_of(job)
        return [name for name, value in after.items() if value != before[name]]


def values_of(job: Job) -> dict[str, Any]:
    """The job's values that the form shows, and its status, on which saving depends."""
    questions = [
        [row.prompt, row.think_ms // 1000, row.limit_ms // 1000, row.takes] for row in job.questions
    ]
    return {name: getattr(job, name) for name in (*TYPED, "status")} | {"questions": questions}


def _as_text(value: Any) -> str:
    """The value as text, to compare it with another one on the page."""
    if not isinstance(value, list):
        return words(value) if isinstance(value, StrEnum) else str(value or _("nothing"))
    numbered = enumerate(value, start=1)
    told = [
        _(
            "%(number)s. %(question)s (think %(think)s s, answer %(limit)s s, takes %(takes)s)",
            number=n,
            question=prompt,
            think=think,
            limit=limit,
            takes=takes,
        )
        for n, (prompt, think, limit, takes) in numbered
    ]
    return "\n".join(told) or _("none")


def rearranged(formdata: MultiDict[str, str], action: str) -> MultiDict[str, str]:
    """The typed values after a change to the questions: `add`, `remove-2` or `up-2`."""
    rows = _question_rows(formdata)
    verb, _dash, number = action.partition("-")
    row = int(number) if number.isdecimal() else -1
    if verb == "add" and len(rows) < MAX_QUESTIONS:
        rows.append(dict(NEW_QUESTION))
    elif verb == "remove" and 0 <= row < len(rows):
        del rows[row]
    elif verb == "up" and 0 < row < len(rows):
        rows[row - 1], rows[row] = rows[row], rows[row - 1]
    kept = [
        (name, value)
        for name, value in formdata.items(multi=True)
        if not QUESTION_FIELD.fullmatch(name)
    ]
    numbered = [
        (f"questions-{index}-{field}", value)
        for index, values in enumerate(rows)
        for field, value in values.items()
    ]
    return MultiDict(kept + numbered)


def _question_rows(formdata: MultiDict[str, str]) -> list[dict[str, str]]:
    rows: dict[int, dict[str, str]] = {}
    for name, value in formdata.items():
        if match := QUESTION_FIELD.fullmatch(name):
            rows.setdefault(int(match[1]), {})[match[2]] = value
    return [rows[index] for index in sorted(rows)]


def unfinished_interviews(job: Job, viewer: access.Viewer) -> int:
    """How many candidates are in an interview now, with the questions from when they began."""
    under_way = sa.and_(
        InterviewSession.state == InterviewState.RECORDING, interviews.is_not_stopped()
    )
    interviews_of_job = access.reviewed(sa.select(InterviewSession.id), viewer).join(
        InterviewSession.application
    )
    return access.count(interviews_of_job.where(Application.job_id == job.id, under_way))


def new_slug(title: str) -> str:
    """The job's URL name (slug), from its first title. Gets a random suffix if it is taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:SLUG_MAX_CHARS].strip("-") or "job"
    taken = db.session.scalar(sa.select(Job.id).where(Job.slug == slug))
    return f"{slug}-{secrets.token_hex(3)}" if taken else slug
