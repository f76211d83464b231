"""The portal's pages, grouped by their users.

A view fetches a row with its permission check, reads a form, makes one call and renders a template.
"""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_sqlalchemy.pagination import Pagination

MOST_PAGES = 100_000


def page_asked() -> int:
    """The page of a list that the URL asks for, limited to numbers that every database accepts."""
    return min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)


@dataclass(frozen=True)
class PageLinks:
    """The addresses of the pages before and after this page of a list, where there are any."""

    previous_url: str | None
    next_url: str | None


def page_links(page: Pagination, endpoint: str, **args: Any) -> PageLinks:
    return PageLinks(
        url_for(endpoint, **args, page=page.prev_num) if page.has_prev else None,
        url_for(endpoint, **args, page=page.next_num) if page.has_next else None,
    )


def page_to_keep() -> int | None:
    """The page number for a link back to the list. None for the first page, which needs none."""
    number = page_asked()
    return number if number > 1 else None
