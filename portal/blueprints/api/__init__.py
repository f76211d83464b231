"""The JSON API: what programs may do, with the same verbs and the same rules about who sees what as
the pages.

Puts its parts together and documents them. Cookies open nothing here, only bearer tokens do, so no
CSRF is needed.
"""

from http import HTTPStatus

import flask_smorest
from flask import Flask

from portal.blueprints.api import admin, applications, auth, docs, jobs, tokens
from portal.blueprints.api.schemas import Problem
from portal.extensions import csrf

DESCRIPTION = """\
Sign in for an access token (15 minutes) and a refresh token (30 days), and send the access token
with each request: `Authorization: Bearer …`. Exchanging a refresh token ends it and gives a new
pair. Lists are paged with `page` and `page_size`. Errors are `application/problem+json`, of a
`type` that begins with `urn:career-portal:problem:` (an error without it came from something in
between); the `errors` member names the fields at fault. Moments are UTC; lengths are whole
milliseconds. A flag says what was seen; it is a question to a person and changes nothing."""


class Api(flask_smorest.Api):
    """flask-smorest with the product's own form of errors."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """None of its own: portal.web.error_pages answers for the whole product, pages included."""

    def _register_responses(self) -> None:
        names = {status.name: status.phrase for status in HTTPStatus}
        for name, description in {
            **names,
            self.DEFAULT_ERROR_RESPONSE_NAME: "Any other error",
        }.items():
            content = {"application/problem+json": {"schema": self.ERROR_SCHEMA}}
            self.spec.components.response(
                name, {"description": description, "content": content}, lazy=True
            )


def init_app(app: Flask) -> None:
    tokens.init_app(app)
    app.config.from_mapping(
        API_TITLE=f"{app.config['SITE_NAME']} API",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",  # the document is /api/openapi.json
        API_SPEC_OPTIONS={"info": {"description": DESCRIPTION}},
    )
    api = Api(app)
    api.spec.components.security_scheme(
        "bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    )
    for part in (auth.bp, jobs.bp, applications.bp, admin.bp):
        csrf.exempt(part)
        api.register_blueprint(part)
    app.register_blueprint(docs.bp)
