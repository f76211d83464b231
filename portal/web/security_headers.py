"""The headers of every response: the Content Security Policy, others for security, a request id.

The request id is also in the log, so that we can find the request there.
"""

import secrets

from flask import Flask, Response, g, has_request_context, request

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

# The policy for an uploaded file: a browser must run and load nothing in it.
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

# The policy for a mail that a page of ours shows in a frame: it has its style in itself.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"


def init_app(app: Flask) -> None:
    app.before_request(name_request)
    app.after_request(add_headers)


def policy(**changes: str) -> str:
    """The policy as the header's text. `style_src="…"` replaces one directive."""
    directives = POLICY | {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def name_request() -> None:
    g.request_id = secrets.token_hex(6)


HEADERS = (
    ("Content-Security-Policy", policy()),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(self), microphone=(self), geolocation=(), display-capture=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)


def headers_of_every_response() -> list[tuple[str, str]]:
    return [*HEADERS, ("X-Request-ID", g.get("request_id", "-"))]


def add_headers(response: Response) -> Response:
    headers = response.headers
    for name, value in headers_of_every_response():
        headers.setdefault(name, value)
    if (response.mimetype or "").endswith(("html", "json")):
        headers.add("Vary", "HX-Request")
    # Our own scripts, styles, fonts and pictures are public. All other responses contain one
    # person's data, and several people may share a device.
    is_public = has_request_context() and request.endpoint == "static"
    if not is_public:
        headers["Cache-Control"] = "no-store"
    return response
