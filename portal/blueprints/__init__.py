"""The pages, by who they are for. A view fetches and authorises, reads a form, makes one call and
renders.
"""

from flask import request

MOST_PAGES = 100_000


def page_asked() -> int:
    """The page of a list that the address names, within what any database can count."""
    return min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)


def page_to_keep() -> int | None:
    """The same for an address that leads back to the list: the first page needs no word."""
    number = page_asked()
    return number if number > 1 else None
