"""Renders errors: as pages for people, as fragments for HTMX, as problem documents for programs.

Each refusal of ours (`PortalError`) is turned into an answer here, and nowhere else.

Each problem document (RFC 9457) has a `type` of our own. An error without it comes from another
server, such as a proxy. The uploading page then knows that the portal itself has refused nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    jsonify,
    make_response,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from portal.errors import PortalError
from portal.languages import N_
from portal.languages import gettext as _
from portal.web import refusal_audit
from portal.web.htmx import wants_fragment

PROBLEM_JSON = "application/problem+json"
# The `type` of a problem document begins with this; the HTTP status follows.
MARK = "urn:career-portal:problem:"
KEPT_HEADERS = {"Allow", "Retry-After", "Content-Range"}  # the status codes require these
# Only programs use addresses that begin like this, so errors there are never pages.
FOR_PROGRAMS = ("/api/", "/capture/uploads")

View = TypeVar("View", bound=Callable[..., Any])

SENTENCES = {
    400: (
        N_("The request could not be read"),
        N_("Go back, reload the page and try once more."),
    ),
    401: (N_("Please sign in"), N_("This page needs you to be signed in.")),
    403: (
        N_("Not for this account"),
        N_("Your account may not open this page. Sign in with another account if you have one."),
    ),
    404: (N_("Nothing here"), N_("The address may be mistyped, or what was here is gone.")),
    405: (
        N_("This request is not possible here"),
        N_("This address does not take that kind of request."),
    ),
    409: (
        N_("This has changed since you opened the page"),
        N_("Reload the page to see how things stand now, then try again."),
    ),
    410: (N_("No longer here"), N_("What was here has been removed.")),
    412: (
        N_("This has changed since you opened the page"),
        N_("Reload the page to see how things stand now, then try again."),
    ),
    413: (
        N_("Too large"),
        N_("The file is larger than we accept. Choose a smaller one."),
    ),
    415: (N_("Not a kind of file we accept"), N_("Choose a file of another kind.")),
    416: (N_("Not that part"), N_("The file ends before what was asked for.")),
    429: (N_("Too many tries"), N_("Wait a little, then try again.")),
    500: (
        N_("Something failed on our side"),
        N_("Your saved data is untouched. Try again; if it stays, tell us the request id above."),
    ),
    507: (
        N_("The server is out of space"),
        N_("Nothing that was saved is lost. Try again later."),
    ),
}
OTHER_ADVICE = N_("Go back and try again.")
SESSION_EXPIRED = (
    N_("The page had expired"),
    N_("Reload the page and send it again. What you typed may still be in the form."),
)


def init_app(app: Flask) -> None:
    app.register_error_handler(CSRFError, _csrf_failed)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(PortalError, _refused)


def _csrf_failed(_error: CSRFError) -> ResponseReturnValue:
    title, advice = SESSION_EXPIRED
    return _answer(419, _(title), _(advice))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None:
        return error
    code = 500 if isinstance(error, InternalServerError) else error.code
    if code == 500:
        # If the person could not be loaded, choosing a language must not try it once more.
        g.setdefault("account_language", "")
    title, advice = SENTENCES.get(code, (error.name, OTHER_ADVICE))
    said_by_us = error.description if error.description != type(error).description else None
    response = _answer(code, _(title), said_by_us if code != 500 and said_by_us else _(advice))
    response.headers.extend([(k, v) for k, v in error.get_headers() if k in KEPT_HEADERS])
    return response


def _refused(error: PortalError) -> ResponseReturnValue:
    refusal_audit.record(error)
    if wants_json():
        return refusal(error)
    response = _answer(error.status, title_of(error), error.message, _link(error))
    response.headers.extend(error.headers())
    return response


def refusal(error: PortalError) -> Response:
    """The refusal as a problem document."""
    response = problem(error.status, title_of(error), error.message, **error.members())
    response.headers.extend(error.headers())
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"  # as the status requires
    return response


def title_of(error: PortalError) -> str:
    known = SENTENCES.get(error.status)
    return _(error.title or (known[0] if known else HTTPStatus(error.status).phrase))


def _link(error: PortalError) -> tuple[str, str] | None:
    """The address and the words of the link on this error's page."""
    if error.way_on is None:
        return None
    endpoint, words = error.way_on
    expects = current_app.url_map.is_endpoint_expecting
    here = request.view_args or {}
    values = {name: here[name] for name in here if expects(endpoint, name)}
    return url_for(endpoint, **values), _(words)


def beside_form(
    error: PortalError, template: str, form: FlaskForm, **view: Any
) -> ResponseReturnValue:
    """The page of a form that was refused, with all that was typed.

    The sentence stands at the field that it is about, or else above the form as `message`.
    """
    refusal_audit.record(error)
    if error.field:
        form[error.field].errors = [error.message]
    else:
        view["message"] = error.message
    # a browser expects a challenge after 401, and our pages send none
    status = 422 if error.status == HTTPStatus.UNAUTHORIZED else error.status
    return render_template(template, form=form, **view), status, error.headers()


@contextmanager
def flashed_refusals() -> Iterator[None]:
    """Show a refusal of the block above the page to which the view redirects."""
    try:
        yield
    except PortalError as error:
        refusal_audit.record(error)
        flash(error.message, "warning")


def _answer(code: int, title: str, advice: str, way_on: tuple[str, str] | None = None) -> Response:
    if wants_json():
        return problem(code, title, advice)
    view = {
        "code": code,
        "title": title,
        "advice": advice,
        "request_id": g.get("request_id", "-"),
        "way_on": way_on or (url_for("jobs.board"), _("Open positions")),
    }
    template = "_error.html" if wants_fragment() else "error.html"
    return make_response(render_template(template, **view), code)


def problem(code: int, title: str, detail: str, /, **more: Any) -> Response:
    """An error for programs (RFC 9457). `more` adds members, such as `errors` for each field."""
    said = {"type": f"{MARK}{code}", "status": code, "title": title, "detail": detail}
    response = jsonify(**said, request_id=g.get("request_id", "-"), **more)
    response.status_code = code
    response.mimetype = PROBLEM_JSON
    return response


def for_programs(view: View) -> View:
    """Mark a view that only programs use.

    Its errors are problem documents, even when the request accepts HTML.
    """
    view.answers_programs = True  # type: ignore[attr-defined]
    return view


def wants_json() -> bool:
    if request.path.startswith(FOR_PROGRAMS) or request.is_json:
        return True
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "answers_programs", False):
        return True
    preferred = request.accept_mimetypes.best_match(["text/html", "application/json", PROBLEM_JSON])
    return preferred not in {None, "text/html"}
