"""The page on which people read about the API and try it (Swagger UI, from local files)."""

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue

from portal.web import security_headers

bp = Blueprint("api_docs", __name__, url_prefix="/api")


@bp.get("/docs")
def browse() -> ResponseReturnValue:
    response = make_response(render_template("api/docs.html"))
    # Swagger UI sets inline styles, so we must allow them. The rules for scripts stay strict.
    response.headers["Content-Security-Policy"] = security_headers.policy(
        style_src="'self' 'unsafe-inline'"
    )
    return response
