"""The base of all refusals. Everything may import it; it knows no page and no database.

A sentence of a class is a constant, marked with `N_`, and is translated when the error is raised.
A sentence with values is translated where it is made, by who raises the error.
`portal.web.error_pages` turns each refusal into an answer: a page, a fragment or a problem
document. A view catches one only to show its sentence on a page of its own.
"""

from http import HTTPStatus
from typing import Any, ClassVar

from portal.languages import gettext as _


class PortalError(Exception):
    """Something is not possible. `message` is a sentence for the person who tried it."""

    message: str = ""  # a class may have one sentence for all its refusals
    status: int = HTTPStatus.CONFLICT  # an HTTPStatus, or the one code that tus defines
    title: ClassVar[str] = ""  # a heading, marked with `N_`; without it, that of the status
    field: str | None = None  # the form field or API value that the message is about
    # The state that did not allow it, as the audit log names it. Empty: nothing for the audit log.
    wrong_state: ClassVar[str] = ""
    # A link for the page about this error: an endpoint, and the words of the link with `N_`.
    way_on: ClassVar[tuple[str, str] | None] = None

    def __init__(self, message: str = "") -> None:
        # gettext answers an empty sentence with the catalog's header
        self.message = message or (_(self.message) if self.message else "")
        super().__init__(self.message)

    def headers(self) -> dict[str, str]:
        """Headers for the response, such as `Retry-After`."""
        return {}

    def members(self) -> dict[str, Any]:
        """What a problem document says besides: for programs, which cannot read sentences."""
        return {"errors": {self.field: [self.message]}} if self.field else {}
