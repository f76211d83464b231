"""HTMX: recognises requests for a part of a page, and redirects the whole page."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse


def wants_fragment() -> bool:
    """Whether HTMX wants a part of a page. To restore its history, it needs the whole page."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def go_to(url: str) -> BaseResponse:
    """Redirect the browser to another page.

    HTMX would put the target of a plain redirect into a part of the current page. It needs the
    header `HX-Redirect` instead.
    """
    return Response(headers={"HX-Redirect": url}) if wants_fragment() else redirect(url, code=303)
