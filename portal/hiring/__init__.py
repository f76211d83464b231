"""What people do with jobs and applications: publish, apply, withdraw, invite, offer, reject.

These functions check who may change a job or an application, and when. They know no page and no
form, and they do not know how an interview is recorded. None of them commits: the caller opens the
transaction, and says `by` whom the change is made. The portal decides nothing by itself.
"""

from portal.hiring.applying import NOTE_MAX_CHARS, apply, check_may_apply, find_application
from portal.hiring.decisions import (
    REACHED_FROM,
    WAITS_FOR_THE_TEAM,
    invite,
    mark_interviewed,
    offer,
    reject,
    withdraw,
)
from portal.hiring.errors import (
    AlreadyApplied,
    CannotApply,
    CannotChange,
    HiringError,
    ResumeReplaced,
)
from portal.hiring.publishing import close, publish
from portal.hiring.resume_changes import changes_sentence
from portal.hiring.resume_replacement import (
    FINAL,
    check_is_resume_seen,
    check_may_replace_resume,
    note_opened,
    replace_resume,
    resume_version,
)

__all__ = [
    "FINAL",
    "NOTE_MAX_CHARS",
    "REACHED_FROM",
    "WAITS_FOR_THE_TEAM",
    "AlreadyApplied",
    "CannotApply",
    "CannotChange",
    "HiringError",
    "ResumeReplaced",
    "apply",
    "changes_sentence",
    "check_is_resume_seen",
    "check_may_apply",
    "check_may_replace_resume",
    "close",
    "find_application",
    "invite",
    "mark_interviewed",
    "note_opened",
    "offer",
    "publish",
    "reject",
    "replace_resume",
    "resume_version",
    "withdraw",
]
