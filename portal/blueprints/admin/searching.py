"""What an admin types to find somebody comes by POST and leaves as an address with a seal: no
history holds a name.
"""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.blueprints.admin.bp import bp

FILTERS = ("candidate", "q", "job", "status", "state", "severity", "kind", "from", "to")


@bp.post("/sessions")
def search_interviews() -> ResponseReturnValue:
    return _sealed("admin.interview_list")


@bp.post("/applications")
def search_applications() -> ResponseReturnValue:
    return _sealed("admin.applications")


@bp.post("/people")
def search_people() -> ResponseReturnValue:
    return _sealed("admin.people")


def _sealed(endpoint: str) -> ResponseReturnValue:
    """The list's address with what was asked for; `url_for` seals the words."""
    asked: dict[str, Any] = {
        name: [value for value in request.form.getlist(name) if value] for name in FILTERS
    }
    return redirect(
        url_for(endpoint, **{name: values for name, values in asked.items() if values}), code=303
    )
