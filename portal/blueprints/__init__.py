"""The portal's pages, grouped by their users.

A view fetches a row with its permission check, reads a form, makes one call and renders a template.
"""

from flask import request

MOST_PAGES = 100_000


def page_asked() -> int:
    """The page of a list that the URL asks for, limited to numbers that every database accepts."""
    return min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)


def page_to_keep() -> int | None:
    """The page number for a link back to the list. None for the first page, which needs none."""
    number = page_asked()
    return number if number > 1 else None
