"""The values that a column may have, where there are only a few: roles, kinds and states."""

from enum import StrEnum


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
    PENDING = "pending"  # no consent to record yet
    RECORDING = "recording"  # answers are being taken
    FINISHING = "finishing"  # the candidate is done; measuring and joining go on
    READY = "ready"  # video and telemetry are there
    FAILED = "failed"  # finishing did not succeed; the answers are still there


class AnswerState(StrEnum):
    RECORDING = "recording"  # bytes are still coming
    RECEIVED = "received"  # all bytes are on disk
    READY = "ready"  # measured (where agreed) and normalised
    FAILED = "failed"  # three tries did not succeed
    # recorded again, or taken back; its media is deleted when the sitting ends
    DISCARDED = "discarded"


class WorkerKind(StrEnum):
    WEB = "web"  # threads beside the ones that answer requests
    WORKER = "worker"  # a process of its own, `flask capture-worker`
