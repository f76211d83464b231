"""The base of all API routes: token checks, multipart forms, pagination and errors by field."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, TypeVar

import flask_smorest
from flask import Request, current_app
from flask.typing import ResponseReturnValue
from flask_jwt_extended import get_current_user, verify_jwt_in_request
from flask_login import AnonymousUserMixin
from flask_sqlalchemy.pagination import Pagination
from marshmallow import Schema
from sqlalchemy import Select
from webargs import missing
from webargs.flaskparser import FlaskParser, abort
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from werkzeug.exceptions import Forbidden, HTTPException

from portal import audit
from portal.blueprints.api.schemas import fields_at_fault
from portal.database import release_lock
from portal.extensions import db
from portal.languages import gettext as _
from portal.models import AuditEvent
from portal.people import second_step
from portal.web.error_pages import problem

View = TypeVar("View", bound=Callable[..., Any])

# The user of a request without a token. We never ask Flask-Login here, because a session cookie
# must give no access to the API.
NOBODY = AnonymousUserMixin()


class Parser(FlaskParser):
    """Reads the fields and the files of a multipart form together, for one schema."""

    __location_map__ = {  # noqa: RUF012 (declared by webargs)
        **FlaskParser.__location_map__,
        "multipart": "load_multipart",
    }

    def _raw_load_json(self, req: Request) -> Any:
        """Use the reader of `portal.web.json_bodies`: the library's own one has no limits."""
        if not req.is_json:
            return missing
        try:
            return current_app.json.loads(req.get_data(cache=True))
        except ValueError as exc:
            abort(400, exc=exc, messages={"json": [_("Invalid JSON body.")]})

    def load_multipart(self, request: Request, schema: Schema) -> Any:
        return self._makeproxy(CombinedMultiDict([request.form, MultiDict(request.files)]), schema)


class ApiBlueprint(flask_smorest.Blueprint):
    """A group of API routes, with errors by field, multipart forms and documented tokens."""

    ARGUMENTS_PARSER = Parser()
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING: ClassVar = {
        **flask_smorest.Blueprint.DEFAULT_LOCATION_CONTENT_TYPE_MAPPING,
        "multipart": "multipart/form-data",
    }

    def __init__(self, name: str, url_prefix: str, description: str) -> None:
        """`name` is the group's heading in the documentation.

        Its capital letter makes it different from the names of the pages' blueprints.
        """
        super().__init__(name, __name__, url_prefix=f"/api{url_prefix}", description=description)
        for code in (400, 422):
            self.register_error_handler(code, _fields_failed)

    def signed_in(self, *, without_factor: bool = False, **options: Any) -> Callable[[View], View]:
        """A decorator for a view that needs an access token.

        `options` are those of `verify_jwt_in_request`; they can ask for another kind of token.
        `without_factor`: also for an account that lacks the second factor that it must have.
        """

        def decorate(view: View) -> Any:
            @wraps(view)
            def checked(*args: Any, **kwargs: Any) -> Any:
                verify_jwt_in_request(**options)
                if not without_factor and (user := get_current_user()):
                    second_step.refuse_without(user)
                release_lock()  # the body may arrive slowly
                return view(*args, **kwargs)

            return self.documents_token(checked, optional="optional" in options)

        return decorate

    def for_admins_only(self) -> None:
        """Refuse the whole blueprint to everybody but admins."""
        self.before_request(_refuse_others_than_admins)

    def documents_token(self, view: View, optional: bool = False) -> View:
        """Document that the view needs a token, or that it accepts one if `optional`."""
        security: list[dict[str, list[str]]] = [{"bearer": []}, *([{}] if optional else [])]
        documented: View = self.doc(security=security)(self.alt_response(401, "UNAUTHORIZED")(view))
        return documented


def _refuse_others_than_admins() -> None:
    if verify_jwt_in_request() is None:  # OPTIONS, which shows only the allowed methods
        return
    if not get_current_user().is_admin:
        audit.record_apart(get_current_user(), AuditEvent.REFUSED)
        raise Forbidden
    second_step.refuse_without(get_current_user())


def paged(query: Select[Any], arguments: dict[str, Any]) -> Pagination:
    """One page of a list. A page after the last one is empty; it is no error."""
    size = arguments["page_size"]
    return db.paginate(
        query, page=arguments["page"], per_page=size, max_per_page=size, error_out=False
    )


def _fields_failed(error: HTTPException) -> ResponseReturnValue:
    messages = getattr(error, "data", {}).get("messages")
    if not messages:
        return problem(error.code or 400, error.name, error.description or error.name)
    return field_errors(fields_at_fault(messages), error.code or 400)


def field_errors(errors: dict[str, Any], code: int = 422) -> ResponseReturnValue:
    return problem(
        code,
        _("Some values cannot be used"),
        _("See `errors` for what to change, by field."),
        errors=errors,
    )
