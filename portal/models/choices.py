"""Enumerations for columns with a fixed set of values: roles, kinds and states.

Those of the telemetry contract come from the capture engine, so each stands once.
"""

from enum import StrEnum

from capture.types import Finding, FlagKind, PageEventKind, Severity

__all__ = [
    "AnswerState",
    "ApplicationStatus",
    "AuditEvent",
    "EmploymentType",
    "FactorKind",
    "Finding",
    "FlagKind",
    "InterviewState",
    "JobStatus",
    "LinkPurpose",
    "MailEvent",
    "MailState",
    "PageEventKind",
    "Role",
    "Severity",
    "SignInKind",
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


class SignInKind(StrEnum):
    BROWSER = "browser"  # a cookie names it
    API = "api"  # tokens name it


class LinkPurpose(StrEnum):
    """What a link in a mail lets its reader do."""

    CONFIRM_ADDRESS = "confirm_address"
    CHANGE_ADDRESS = "change_address"
    RESET_PASSWORD = "reset_password"


class FactorKind(StrEnum):
    """A second proof beside the password."""

    TOTP = "totp"  # six digits of an authenticator app
    PASSKEY = "passkey"  # WebAuthn; also alone, without a password


class MailEvent(StrEnum):
    """What a mail tells. `portal/mail/texts.py` has the words of each."""

    CONFIRM_ADDRESS = "confirm_address"
    ALREADY_REGISTERED = "already_registered"  # somebody entered an address that has an account
    RESET_PASSWORD = "reset_password"
    CONFIRM_NEW_ADDRESS = "confirm_new_address"
    ADDRESS_CHANGED = "address_changed"  # one to the old address, one to the new
    PASSWORD_CHANGED = "password_changed"
    NEW_DEVICE = "new_device"  # a sign-in from a browser that the account had not used
    SECOND_FACTOR_CHANGED = "second_factor_changed"
    APPLIED = "applied"
    OFFERED = "offered"
    REJECTED = "rejected"
    TEST = "test"  # an admin tries whether mail arrives


class MailState(StrEnum):
    WAITING = "waiting"  # for its turn, for the next try, or for the address to be confirmed
    SENT = "sent"  # the server took it, or it lies in the folder
    FAILED = "failed"  # for good, until an admin sends it again


class AuditEvent(StrEnum):
    """What an audit entry tells."""

    REGISTERED = "registered"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    SIGN_IN_ENDED = "sign_in_ended"  # by hand, in the list of sign-ins
    PASSWORD_CHANGED = "password_changed"
    ADDRESS_CONFIRMED = "address_confirmed"
    ADDRESS_CHANGED = "address_changed"
    PROFILE_CHANGED = "profile_changed"
    LINK_SENT = "link_sent"  # a link to set a new password
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    CODES_MADE = "codes_made"  # new recovery codes
    CODE_USED = "code_used"  # a recovery code
    MAIL_SENT_AGAIN = "mail_sent_again"
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
    CHANGED = "changed"  # a job, or the text of a mail
    GRANTED = "granted"  # a role
    DISABLED = "disabled"
    ENABLED = "enabled"
    DELETED = "deleted"
