"""The JSON API for programs. It uses the same actions and permission checks as the pages.

This module registers and documents the API's parts. The API accepts only bearer tokens and ignores
cookies, so it needs no CSRF protection.
"""

from http import HTTPStatus

import flask_smorest
from flask import Flask

from portal.blueprints.api import admin, applications, auth, docs, jobs, mails, tokens
from portal.blueprints.api.schemas import Problem
from portal.extensions import csrf

DESCRIPTION = """\
Sign in for an access token (15 minutes) and a refresh token (30 days), and send the access token
with each request: `Authorization: Bearer …`. A refresh token works once and gives a new pair. Lists
have pages: use `page` and `page_size`. Errors are `application/problem+json`, and their `type`
begins with `urn:career-portal:problem:` (an error without it comes from another server, such as a
proxy). The member `errors` names the wrong fields. Times are UTC; lengths are whole milliseconds. A
flag says what was measured. It is a question to a person and changes nothing."""


class Api(flask_smorest.Api):
    """flask-smorest, with our own format of errors."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Register nothing: `portal.web.error_pages` handles the errors of pages and API."""

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
    for part in (auth.bp, jobs.bp, applications.bp, admin.bp, mails.bp):
        csrf.exempt(part)
        api.register_blueprint(part)
    app.register_blueprint(docs.bp)
