"""Tells the audit log of refusals: somebody tried what a state does not allow.

Foreign tokens and limits are told where they are found. A wrong state is told here, whatever form
the refusal has: a page, a fragment, a sentence above a page, a problem document. Only requests that
would have changed something count; to open a page that is too late is no try.
"""

from flask import request

from portal import access, audit
from portal.audit import By, Thing
from portal.database import READING_METHODS
from portal.errors import PortalError
from portal.models import AuditEvent

# What a view acts on, by the name of the id in its address.
KINDS = {
    "answer_id": "answer",
    "interview_id": "interview",
    "application_id": "application",
    "job_id": "job",
}


def record(error: PortalError) -> None:
    """Tell the audit log, if the refusal is about a wrong state."""
    if error.wrong_state and request.method not in READING_METHODS:
        record_state(error, access.who_asks(), _thing())


def record_state(error: PortalError, by: By, thing: Thing) -> None:
    """The same outside of a request of Flask. Does nothing if it is not about a state."""
    if error.wrong_state:
        audit.record_apart(by, AuditEvent.BYPASS_TRIED, thing, {"state": error.wrong_state})


def _thing() -> Thing:
    ids = request.view_args or {}
    return next(
        (Thing(kind, ids[name]) for name, kind in KINDS.items() if name in ids), audit.NOTHING
    )
