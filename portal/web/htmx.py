"""What HTMX asks for and is told: a part of a page instead of the whole, and to go to another
page.
"""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse


def wants_fragment() -> bool:
    """Whether HTMX asks for a part of a page; going back in history always wants the whole page."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def go_to(url: str) -> BaseResponse:
    """Send the browser to another page. HTMX would put that page inside a part of this one, so it
    is told to leave.
    """
    return Response(headers={"HX-Redirect": url}) if wants_fragment() else redirect(url, code=303)
