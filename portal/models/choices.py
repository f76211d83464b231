"""Enumerations for columns with a fixed set of values: roles, kinds and states.

Those of the telemetry contract come from the capture engine, so each stands once.
"""

from enum import StrEnum

from capture.types import Finding, FlagKind, PageEventKind, Severity

__all__ = [
    "AnswerState",
    "ApplicationStatus",
    "EmploymentType",
    "Finding",
    "FlagKind",
    "InterviewState",
    "JobStatus",
    "PageEventKind",
    "Role",
    "Severity",
    "WorkerKind",
    "Workplace",
]


class Role(StrEnum):
    CANDIDATE = "candidate"
    ADMIN = "admin"


class JobStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class Workplace(StrEnum):
    ON_SITE = "on_site"
    HYBRID = "hybrid"
    REMOTE = "remote"


class EmploymentType(StrEnum):
    FULL_TIME = "full_time"
    PART_TIME = "part_time"
    CONTRACT = "contract"
    INTERNSHIP = "internship"


class ApplicationStatus(StrEnum):
    APPLIED = "applied"
    INVITED = "invited"
    INTERVIEWED = "interviewed"
    OFFERED = "offered"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class InterviewState(StrEnum):
    PENDING = "pending"  # the candidate has not consented to the recording yet
    RECORDING = "recording"  # the candidate records answers
    FINISHING = "finishing"  # the candidate is done; background work makes the results
    READY = "ready"  # video and telemetry exist
    FAILED = "failed"  # finishing failed; the answers are kept


class AnswerState(StrEnum):
    RECORDING = "recording"  # bytes are still coming
    RECEIVED = "received"  # all bytes are on disk
    READY = "ready"  # measured (if the candidate consented) and normalised
    FAILED = "failed"  # could not be used, or all attempts failed
    # recorded again, or discarded; the file is deleted when the interview is finished
    DISCARDED = "discarded"


class WorkerKind(StrEnum):
    WEB = "web"  # threads in a process that also answers requests
    WORKER = "worker"  # a separate process, `flask capture-worker`


class AuditEvent(StrEnum):
    """What an audit entry tells."""

    REGISTERED = "registered"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    PASSWORD_CHANGED = "password_changed"
    REFUSED = "refused"  # a row of somebody else, or a page for admins
    BYPASS_TRIED = "bypass_tried"  # a foreign token, a limit, a wrong state
    VIEWED = "viewed"
    PLAYED = "played"
    DOWNLOADED = "downloaded"
    EXPORTED = "exported"  # one's own data
    APPLIED = "applied"
    RESUME_REPLACED = "resume_replaced"
    DECIDED = "decided"  # the status of an application, also its withdrawal
    CONSENTED = "consented"
    FINISHED = "finished"  # the candidate finished the interview
    RETRIED = "retried"
    DISCARDED = "discarded"  # an upload that was not complete
    CHANGED = "changed"  # a job
    GRANTED = "granted"  # a role
    DISABLED = "disabled"
    ENABLED = "enabled"
    DELETED = "deleted"
