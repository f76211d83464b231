"""The API's tokens (JWT). Each request checks its token against the database.

All tokens from one sign-in are a family, which has a row (`SignIn`): without it none of them works.
If a refresh token arrives a second time, somebody has copied it. We cannot know which of the two
holders is its owner, so we end the whole family (RFC 9700, section 4.14.2). Upload tokens have
another audience and give no access to the API.
"""

import hmac
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response
from flask.typing import ResponseReturnValue
from flask_jwt_extended import create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from portal import access, audit
from portal.database import transaction
from portal.extensions import db, jwt
from portal.keyed_hashes import keyed_hash
from portal.languages import gettext as _
from portal.models import AuditEvent, RevokedToken, SignIn, SignInKind, User, utc_now
from portal.people import sign_ins, used_once
from portal.web.error_pages import problem

# Short, so that a token which somebody copies from a log or a screen soon becomes worthless.
ACCESS_LIFETIME = timedelta(minutes=15)
REFRESH_LIFETIME = sign_ins.LIFETIME  # as its family; each use gives a new one
AUDIENCE = "portal-api"
ALGORITHM = "HS256"

Claims = dict[str, Any]


def init_app(app: Flask) -> None:
    app.config.from_mapping(
        # A key only for these tokens, so that no other token of ours is valid here.
        JWT_SECRET_KEY=keyed_hash(b"api token key", app).hex(),
        JWT_ALGORITHM=ALGORITHM,
        JWT_DECODE_ALGORITHMS=[ALGORITHM],
        JWT_ENCODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_AUDIENCE=AUDIENCE,
        JWT_TOKEN_LOCATION=["headers"],
        JWT_ACCESS_TOKEN_EXPIRES=ACCESS_LIFETIME,
        JWT_REFRESH_TOKEN_EXPIRES=REFRESH_LIFETIME,
    )


def issue(user: User, sign_in: SignIn) -> dict[str, Any]:
    """A new pair of tokens for this user, which belong to this sign-in."""
    family = {"family": str(sign_in.id)}
    left = sign_in.expires_at - utc_now()
    return {
        "access_token": create_access_token(
            user, additional_claims=family, expires_delta=min(ACCESS_LIFETIME, left)
        ),
        "refresh_token": create_refresh_token(
            user, additional_claims=family, expires_delta=min(REFRESH_LIFETIME, left)
        ),
        "token_type": "Bearer",
        "expires_in": int(ACCESS_LIFETIME.total_seconds()),
    }


def spend(claims: Claims) -> bool:
    """Mark a refresh token as used. False if another request has used it."""
    return used_once.remember(claims["jti"], datetime.fromtimestamp(claims["exp"], UTC))


def end_family(claims: Claims) -> None:
    """End all tokens of this token's sign-in, in all processes."""
    sign_ins.end(family_of(claims))


def end_copied_family(claims: Claims) -> None:
    """As `end_family`, after a refresh token came twice. Of many such requests, one tells it."""
    if sign_ins.end(family_of(claims)):
        owner = audit.Thing("account", uuid.UUID(claims["sub"]))
        audit.record(audit.VISITOR, AuditEvent.BYPASS_TRIED, owner, {"state": "spent_token"})


def family_of(claims: Claims) -> uuid.UUID:
    """The id of the token's sign-in."""
    return uuid.UUID(claims["family"])


def read_refresh(token: str, user: User) -> Claims | None:
    """The claims of this user's own refresh token, or None for any other text.

    The audit log tells of a token of another account.
    """
    try:
        claims: Claims = decode_token(token)
    except (PyJWTError, JWTExtendedException):
        return None
    if claims["sub"] != str(user.id):
        owner = audit.Thing("account", uuid.UUID(claims["sub"]))
        audit.record_apart(user, AuditEvent.BYPASS_TRIED, owner)
        return None
    return claims if claims["type"] == "refresh" else None


def _session_hash(user: User) -> str:
    """A keyed hash (HMAC) of the user's session key.

    Signing out everywhere changes that key, so it also ends the user's API tokens.
    """
    return keyed_hash(b"api session " + user.session_key.encode()).hex()[:32]


@jwt.user_identity_loader
def _identity(user: User) -> str:
    return str(user.id)


@jwt.additional_claims_loader
def _claims(user: User) -> Claims:
    return {"session": _session_hash(user)}


@jwt.user_lookup_loader
def _person(_header: Claims, claims: Claims) -> User | None:
    user = db.session.get(User, uuid.UUID(claims["sub"]))
    if (
        user is None
        or not user.is_active
        or not hmac.compare_digest(claims.get("session", ""), _session_hash(user))
    ):
        return None
    return user


@jwt.token_in_blocklist_loader
def _is_revoked(_header: Claims, claims: Claims) -> bool:
    user = access.find_signed_in(family_of(claims), SignInKind.API) if "family" in claims else None
    if user is None or str(user.id) != claims["sub"]:
        return True
    if db.session.get(RevokedToken, claims["jti"]) is None:
        return False
    if claims["type"] == "refresh":
        with transaction():
            end_copied_family(claims)
    return True


@jwt.unauthorized_loader
def _missing(_reason: str) -> ResponseReturnValue:
    return unauthorised(_("Send an access token: Authorization: Bearer …"))


@jwt.invalid_token_loader
def _invalid(_reason: str) -> ResponseReturnValue:
    return unauthorised(_("This token cannot be used here."), "invalid_token")


@jwt.expired_token_loader
@jwt.revoked_token_loader
@jwt.user_lookup_error_loader
def _no_longer_valid(_header: Claims, _claims: Claims) -> ResponseReturnValue:
    return unauthorised(
        _("This token is no longer valid. Refresh it, or sign in again."), "invalid_token"
    )


def unauthorised(detail: str, error: str = "") -> Response:
    response = problem(401, _("Please sign in"), detail)
    response.headers["WWW-Authenticate"] = f'Bearer error="{error}"' if error else "Bearer"
    return response
