"""The pages, by who they are for. A view fetches and authorises, reads a form, makes one call and renders."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

MOST_PAGES = 100_000


def wants_fragment() -> bool:
    """Whether HTMX asks for a part of a page; going back in history always wants the whole page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def go_to(url: str) -> BaseResponse:
    """Send the browser to another page. HTMX would put that page inside a part of this one, so it is told to leave."""
    return Response(headers={"HX-Redirect": url}) if wants_fragment() else redirect(url, code=303)


def page_asked() -> int:
    """The page of a list that the address names, within what any database can count."""
    return min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)


def page_to_keep() -> int | None:
    """The same for an address that leads back to the list: the first page needs no word."""
    number = page_asked()
    return number if number > 1 else None
