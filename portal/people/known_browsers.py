"""Which browsers have signed in to an account before: a signed cookie that only the sign-in page is
sent.

It opens nothing. It keeps a person's own wrong tries apart from those of strangers, who could
otherwise lock the account for them. A browser keeps its one name, and is a stranger again once its
owner signed out everywhere or changed the password.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal.models import User
from portal.people import accounts, throttle

# about as long as people come back within; afterwards the device is a new one
LIFETIME = timedelta(days=180)


def cookie_name() -> str:
    """Over HTTPS one that browsers take from this very host only, and for all of it."""
    return "__Host-known-device" if current_app.config["SESSION_COOKIE_SECURE"] else "known-device"


def known(cookies: Mapping[str, str], email: str) -> str | None:
    """The name of this browser, if this account was signed in to from it."""
    user = accounts.find(email) if cookie_name() in cookies else None
    return _known_of(cookies, user) if user else None


def remember(user: User) -> None:
    """Tell the browser with the answer to this request that it is a known one."""
    device = _known_of(request.cookies, user) or secrets.token_hex(8)
    value = _signer().dumps([_mark_of(user), device])

    @after_this_request
    def set_cookie(response: Response) -> Response:
        response.set_cookie(
            cookie_name(),
            value,
            max_age=LIFETIME,
            path="/",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Strict",
        )
        return response


def _known_of(cookies: Mapping[str, str], user: User) -> str | None:
    try:
        account, device = _signer().loads(
            cookies.get(cookie_name(), ""), max_age=int(LIFETIME.total_seconds())
        )
    except (BadSignature, ValueError, TypeError):
        return None
    return str(device) if account == _mark_of(user) else None


def _mark_of(user: User) -> str:
    """Names the account and tells nothing of it; another one after each signing out everywhere."""
    return throttle.bucket_of(throttle.SIGN_IN_PER_DEVICE, f"{user.email}\0{user.session_key}")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="known device")
