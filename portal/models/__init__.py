"""The tables, and the rules that concern one row. Knows no request, no file and no thread.

Each table is in the module of its subject. The rest of the portal imports it from here.
"""

from portal.models.applications import (
    RECORDED_ALREADY,
    STOPS_RECORDING,
    Application,
    EarlierInterview,
)
from portal.models.audit import AuditEntry
from portal.models.choices import (
    AnswerState,
    ApplicationStatus,
    AuditEvent,
    EmploymentType,
    FactorKind,
    Finding,
    FlagKind,
    InterviewState,
    JobStatus,
    LinkPurpose,
    MailEvent,
    MailState,
    PageEventKind,
    Role,
    Severity,
    SignInKind,
    WorkerKind,
    Workplace,
)
from portal.models.columns import Leased, UtcDateTime, one_of, utc_now
from portal.models.interviews import Answer, Flag, InterviewQuestion, InterviewSession, PageEvent
from portal.models.jobs import Job, Question, asked_ms
from portal.models.mails import Mail, MailText
from portal.models.people import (
    EmailLink,
    RecoveryCode,
    RevokedToken,
    SecondFactor,
    SignIn,
    ThrottleHit,
    User,
)
from portal.models.workers import WorkerBeat

__all__ = [
    "RECORDED_ALREADY", "STOPS_RECORDING", "Answer", "AnswerState", "Application",
    "ApplicationStatus", "AuditEntry", "AuditEvent", "EarlierInterview", "EmailLink",
    "EmploymentType", "FactorKind", "Finding", "Flag", "FlagKind", "InterviewQuestion",
    "InterviewSession", "InterviewState", "Job", "JobStatus", "Leased", "LinkPurpose", "Mail",
    "MailEvent", "MailState", "MailText", "PageEvent", "PageEventKind", "Question", "RecoveryCode",
    "RevokedToken", "Role", "SecondFactor", "Severity", "SignIn", "SignInKind", "ThrottleHit",
    "User", "UtcDateTime", "WorkerBeat", "WorkerKind", "Workplace", "asked_ms", "one_of", "utc_now",
]  # fmt: skip
