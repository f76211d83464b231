"""The schemas of the API's requests and responses. They validate and document every field.

A response schema names each field, so a new database column never appears in a response by itself.
"""

from collections.abc import Callable
from typing import Any

from flask import url_for
from flask_smorest.fields import Upload
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from werkzeug.datastructures import FileStorage

from portal import hiring, interviews, review_queue
from portal.hiring import job_search, resumes
from portal.languages import N_
from portal.languages import gettext as _
from portal.models import (
    Application,
    ApplicationStatus,
    EmploymentType,
    InterviewSession,
    InterviewState,
    JobStatus,
    MailEvent,
    MailState,
    Workplace,
)
from portal.people import contact_details
from portal.web.error_pages import MARK

PAGE_SIZE = 20
# A page of interviews contains all their flags, so longer pages would be slow.
PAGE_SIZE_MAX = 100


UNKNOWN = ["Unknown field."]  # marshmallow's own words
NOT_TAKEN = N_("Some fields are unknown here. See the documentation for the known ones.")


def said(description: str) -> dict[str, str]:
    return {"description": description}


class Problem(Schema):
    type = fields.String(
        metadata=said("Shows that this portal made the error, and no proxy")
        | {"example": f"{MARK}409"}
    )
    status = fields.Integer(metadata=said("The HTTP status"))
    title = fields.String(metadata=said("What happened"))
    detail = fields.String(metadata=said("What to do about it"))
    request_id = fields.String(metadata=said("The id of this request in the server's log"))
    errors = fields.Dict(keys=fields.String(), metadata=said("Messages for each wrong field"))
    code = fields.String(metadata=said("For some errors: a name that never changes"))


class PageQuery(Schema):
    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=100_000))
    page_size = fields.Integer(
        load_default=PAGE_SIZE, validate=validate.Range(min=1, max=PAGE_SIZE_MAX)
    )


class Page(Schema):
    page = fields.Integer()
    page_size = fields.Integer(attribute="per_page")
    total = fields.Integer(metadata=said("The number of items on all pages"))


class Text(fields.String):
    """Text without spaces at its ends, and without NUL characters, which PostgreSQL refuses."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> str:
        return str(super()._deserialize(*args, **kwargs)).replace("\0", "").strip()


class Line(fields.String):
    """One line of a person's account, in the same normal form as on the page."""

    def __init__(
        self, tidy: Callable[[str], str] = contact_details.tidy_text, **options: Any
    ) -> None:
        self._tidy = tidy
        super().__init__(**options)

    def _deserialize(self, *args: Any, **kwargs: Any) -> str:
        return self._tidy(str(super()._deserialize(*args, **kwargs)))


class JobQuery(PageQuery):
    """The filters of the job board, with the same names as on its page."""

    q = fields.String(
        validate=validate.Length(max=job_search.QUERY_MAX_CHARS),
        metadata=said("Words; each must occur in the title, description or location"),
    )
    workplace = fields.List(fields.Enum(Workplace, by_value=fields.String))
    type = fields.List(fields.Enum(EmploymentType, by_value=fields.String))
    status = fields.String(validate=validate.OneOf([status.value for status in job_search.PUBLIC]))


class JobName(Schema):
    id = fields.UUID()
    slug = fields.String()
    title = fields.String()


class JobBrief(JobName):
    location = fields.String()
    workplace = fields.Enum(Workplace, by_value=fields.String)
    employment_type = fields.Enum(EmploymentType, by_value=fields.String)
    salary_range = fields.String()
    status = fields.Enum(JobStatus, by_value=fields.String)
    published_at = fields.DateTime(allow_none=True)


class QuestionShape(Schema):
    """A question's settings. Its text is shown only in the interview."""

    position = fields.Integer()
    think_ms = fields.Integer()
    limit_ms = fields.Integer()
    takes = fields.Integer()


class JobFull(JobBrief):
    description = fields.String(metadata=said("Markdown"))
    interview_ms = fields.Integer(metadata=said("The longest time that the interview can take"))
    questions = fields.List(fields.Nested(QuestionShape))


class JobPage(Page):
    items = fields.List(fields.Nested(JobBrief))


class File(Upload):
    """A file in a multipart form. A text field with the same name is refused."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> FileStorage:
        if not isinstance(value, FileStorage):
            raise ValidationError(_("Send a file."))
        return value


class ResumeForm(Schema):
    resume = File(required=True, metadata=said(f"PDF or DOCX, up to {resumes.MAX_MB} MB"))


class ApplicationForm(ResumeForm):
    job_id = fields.UUID(required=True)
    note = Text(load_default="", validate=validate.Length(max=hiring.NOTE_MAX_CHARS))


class InterviewBrief(Schema):
    id = fields.UUID()
    state = fields.Enum(InterviewState, by_value=fields.String)
    start_time = fields.DateTime(allow_none=True)
    end_time = fields.DateTime(allow_none=True)
    duration_ms = fields.Integer(allow_none=True)


class ApplicationFull(Schema):
    id = fields.UUID()
    job = fields.Nested(JobBrief)
    status = fields.Enum(ApplicationStatus, by_value=fields.String)
    note = fields.String()
    resume_name = fields.String()
    resume_version = fields.Function(
        hiring.resume_version,
        metadata=said("Changes with each new file; send it as `If-Match`") | {"type": "string"},
    )
    resume_changes = fields.Function(
        hiring.changes_sentence,
        metadata=said("What the portal removed from the file; empty if nothing")
        | {"type": "string"},
    )
    resume_opened_at = fields.DateTime(
        allow_none=True,
        metadata=said("When the hiring team first opened it; after that you cannot replace it"),
    )
    created_at = fields.DateTime()
    interview = fields.Nested(InterviewBrief, allow_none=True)
    links = fields.Method("_links", metadata=said("Pages for a person's browser"))

    def _links(self, application: Application) -> dict[str, str]:
        return {"resume": url_for("applications.resume", application_id=application.id)}


class ApplicationPage(Page):
    items = fields.List(fields.Nested(ApplicationFull))


class InterviewQuery(PageQuery):
    """The filters of the review queue, with the same names as on its page."""

    candidate = fields.String(metadata=said("Words of the name or e-mail address"))
    kind = fields.List(fields.String(validate=validate.OneOf(review_queue.KINDS)))
    severity = fields.List(fields.String(validate=validate.OneOf(review_queue.SEVERITIES)))
    state = fields.List(fields.Enum(InterviewState, by_value=fields.String))
    job = fields.UUID(metadata=said("The job's id"))
    from_ = fields.Date(data_key="from", metadata=said("First day, UTC"))
    to = fields.Date(metadata=said("Last day, UTC; not before `from`"))

    @validates_schema
    def _days_are_in_order(self, values: dict[str, Any], **_options: Any) -> None:
        if "from_" in values and "to" in values and values["from_"] > values["to"]:
            raise ValidationError(
                _("No day lies between these: “from” is later than “to”."), "from"
            )


class PersonBrief(Schema):
    id = fields.UUID()
    full_name = fields.String()
    email = fields.String()


COUNTS = {
    "type": "object",
    "additionalProperties": {"type": "integer"},
    "description": "Without stretches that could not be assessed",
}


class InterviewSummary(InterviewBrief):
    candidate = fields.Nested(PersonBrief, attribute="application.user")
    job = fields.Nested(JobName, attribute="application.job")
    application_id = fields.UUID()
    application_status = fields.Enum(
        ApplicationStatus, by_value=fields.String, attribute="application.status"
    )
    is_analysed = fields.Boolean(
        metadata=said("False if the candidate declined analysis; then nothing is measured")
    )
    flags_by_severity = fields.Function(
        lambda row: review_queue.severity_counts(row.flags), metadata=COUNTS
    )
    flags_by_kind = fields.Function(
        lambda row: review_queue.kind_counts(row.flags), metadata=COUNTS
    )


class InterviewPage(Page):
    items = fields.List(fields.Nested(InterviewSummary))


class MailQuery(PageQuery):
    state = fields.List(fields.Enum(MailState, by_value=fields.String))


class MailSummary(Schema):
    id = fields.UUID()
    to = fields.Nested(PersonBrief, attribute="user")
    address = fields.String(metadata=said("Where it goes; not always the person's own address"))
    event = fields.Enum(MailEvent, by_value=fields.String)
    language = fields.String()
    state = fields.Enum(MailState, by_value=fields.String)
    tries = fields.Integer(metadata=said("Those that a server or the network refused"))
    reason = fields.String(metadata=said("Of the last failure"))
    created_at = fields.AwareDateTime()
    try_at = fields.AwareDateTime(metadata=said("A waiting mail is not sent before this time"))
    sent_at = fields.AwareDateTime(allow_none=True)


class MailPage(Page):
    items = fields.List(fields.Nested(MailSummary))


class FlagFull(Schema):
    """What the engine measured, by which rule, and with which numbers."""

    key = fields.UUID(metadata=said("The same when the interview is judged again"))
    kind = fields.String()
    severity = fields.String()
    start_ms = fields.Integer()
    end_ms = fields.Integer()
    measured = fields.Float()
    threshold = fields.Float()
    unit = fields.String()
    rule = fields.String()
    angle_deg = fields.Float(allow_none=True)
    angle_limit_deg = fields.Float(allow_none=True)
    reason = fields.Function(interviews.flag_sentence, metadata={"type": "string"})
    assessable = fields.Boolean(metadata=said("False: the picture or sound was too poor to judge"))


NOTES = {
    "type": "array",
    "items": {"type": "string"},
    "description": (
        "Unusual facts about its arrival: faster than real time, cut at its limit, or not from"
        " our page"
    ),
}


class AnswerBrief(Schema):
    question = fields.Integer(attribute="question_position")
    prompt = fields.String()
    take = fields.Integer()
    part = fields.Integer()
    state = fields.String()
    length_bytes = fields.Integer(allow_none=True)
    duration_ms = fields.Integer(allow_none=True)
    measured_ms = fields.Integer()
    notes = fields.Function(interviews.arrival_notes, metadata=NOTES)


class InterviewFull(InterviewSummary):
    consent_record_at = fields.DateTime(allow_none=True)
    consent_analyse_at = fields.DateTime(allow_none=True)
    failure = fields.String()
    answers = fields.List(fields.Nested(AnswerBrief), attribute="kept_answers")
    flags = fields.List(fields.Nested(FlagFull))
    telemetry = fields.Dict(
        allow_none=True,
        metadata=said("The whole telemetry.json, version 1; null until the interview is ready"),
    )
    links = fields.Method("_links", metadata=said("Pages for an admin's browser"))

    def get_attribute(self, interview: Any, name: str, default: Any) -> Any:
        value = super().get_attribute(interview, name, default)
        return value() if name == "kept_answers" else value

    def _links(self, interview: InterviewSession) -> dict[str, str]:
        pages = {"player": "admin.interview_page", "recording": "admin.interview_video"}
        return {
            name: url_for(endpoint, interview_id=interview.id) for name, endpoint in pages.items()
        }


def fields_at_fault(messages: Any) -> dict[str, Any]:
    """The validation messages by field, without their location (body, query).

    We do not repeat unknown field names: they are the client's text and may have any length.
    """
    found: dict[str, Any] = {}
    for place, by_field in messages.items():
        found.update(by_field if isinstance(by_field, dict) else {place: by_field})
    known = {name: texts for name, texts in found.items() if texts != UNKNOWN}
    return known if len(known) == len(found) else known | {"unknown": [_(NOT_TAKEN)]}
