"""Searches for people: a POST with a name, which redirects to a URL with the encrypted name.

So no browser history contains a name.
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


@bp.post("/mail")
def search_mails() -> ResponseReturnValue:
    return _sealed("admin.mails")


def _sealed(endpoint: str) -> ResponseReturnValue:
    """Redirect to the list with the filters. `url_for` encrypts the names."""
    asked: dict[str, Any] = {
        name: [value for value in request.form.getlist(name) if value] for name in FILTERS
    }
    return redirect(
        url_for(endpoint, **{name: values for name, values in asked.items() if values}), code=303
    )
