"""The page on which people browse and try the API. Reads nothing but the OpenAPI document, from
local files only.
"""

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue

from portal.web import security_headers

bp = Blueprint("api_docs", __name__, url_prefix="/api")


@bp.get("/docs")
def browse() -> ResponseReturnValue:
    response = make_response(render_template("api/docs.html"))
    # Swagger UI writes style attributes while it draws. Scripts stay as strict as everywhere.
    response.headers["Content-Security-Policy"] = security_headers.policy(
        style_src="'self' 'unsafe-inline'"
    )
    return response
