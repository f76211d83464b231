"""The choice of the language, at the foot of every page."""

from urllib.parse import urlsplit, urlunsplit

from flask import Blueprint, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import languages
from portal.blueprints.auth import own_path
from portal.database import transaction
from portal.web.htmx import go_to

bp = Blueprint("language", __name__)


@bp.post("/language")
def choose() -> ResponseReturnValue:
    """Keep the choice in the account, or in a cookie of this browser, and show the page again."""
    code = request.form.get("language")
    if code not in languages.NAMES:
        abort(400)
    response = go_to(_page_before() or url_for("jobs.board"))
    if current_user.is_authenticated:
        with transaction():
            current_user.language = code
        return response
    response.set_cookie(
        languages.cookie_name(),
        code,
        max_age=languages.COOKIE_LIFETIME_S,
        path="/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response


def _page_before() -> str | None:
    """The path of the page with the choice: browsers name it, with the search that it shows now."""
    page = urlsplit(request.referrer or "")
    return own_path(urlunsplit(("", "", page.path, page.query, "")))
