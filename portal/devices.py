"""Which browsers have signed in to an account before: a signed cookie that only the sign-in page is sent.

It opens nothing. It keeps a person's own wrong tries apart from those of strangers, who could otherwise lock the
account for them.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from flask import Response, after_this_request, current_app, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal import throttle

COOKIE = "known_device"
LIFETIME = timedelta(days=180)  # about as long as people come back within; afterwards the device is a new one


def known(cookies: Mapping[str, str], email: str) -> str | None:
    """The name of this browser, if this account was signed in to from it."""
    try:
        account, device = _signer().loads(cookies.get(COOKIE, ""), max_age=int(LIFETIME.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        return None
    return device if account == _mark_of(email) else None


def remember(email: str) -> None:
    """Tell the browser with the answer to this request that it is a known one."""
    value = _signer().dumps([_mark_of(email), secrets.token_hex(8)])

    @after_this_request
    def set_cookie(response: Response) -> Response:
        response.set_cookie(
            COOKIE,
            value,
            max_age=LIFETIME,
            path=url_for("auth.login"),
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Strict",
        )
        return response


def _mark_of(email: str) -> str:
    return throttle.bucket_of(throttle.SIGN_IN_PER_DEVICE, email)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="known device")
