"""Remembers browsers that have signed in to an account, with a signed cookie.

The cookie gives no access. The rate limit counts the tries of a known browser by themselves.
Otherwise strangers could lock an account for its owner with wrong passwords. A browser keeps its
name. It becomes unknown when its owner signs out everywhere or changes the password.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal.models import User
from portal.people import accounts, throttle

# Most people come back within this time. After it the browser is unknown again.
LIFETIME = timedelta(days=180)


def cookie_name() -> str:
    """The cookie's name. Browsers accept a `__Host-` cookie only over HTTPS, from this host."""
    return "__Host-known-device" if current_app.config["SESSION_COOKIE_SECURE"] else "known-device"


def known(cookies: Mapping[str, str], email: str) -> str | None:
    """The browser's name, if this account has signed in with it before. Else None."""
    user = accounts.find(email) if cookie_name() in cookies else None
    return _name_in_cookie(cookies, user) if user else None


def is_known(cookies: Mapping[str, str], user: User) -> bool:
    """Whether this browser has signed in to this account before."""
    return _name_in_cookie(cookies, user) is not None


def remember(user: User) -> None:
    """Set the cookie that makes this browser a known one, in the response to this request."""
    device = _name_in_cookie(request.cookies, user) or secrets.token_hex(8)
    value = _signer().dumps([_account_hash(user), device])

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


def _name_in_cookie(cookies: Mapping[str, str], user: User) -> str | None:
    try:
        account, device = _signer().loads(
            cookies.get(cookie_name(), ""), max_age=int(LIFETIME.total_seconds())
        )
    except (BadSignature, ValueError, TypeError):
        return None
    return str(device) if account == _account_hash(user) else None


def _account_hash(user: User) -> str:
    """A keyed hash (HMAC) of the account. Signing out everywhere changes it."""
    return throttle.bucket_of(throttle.SIGN_IN_PER_DEVICE, f"{user.email}\0{user.session_key}")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="known device")
