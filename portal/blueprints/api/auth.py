"""Accounts and tokens through the API: register, sign in, refresh, sign out."""

import uuid
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_jwt_extended import current_user, get_jwt

from portal import access, audit
from portal.blueprints.api import tokens
from portal.blueprints.api.account_schemas import (
    MailSent,
    Person,
    ProfileChange,
    RefreshToken,
    Registration,
    SignedIn,
    SignInForProgram,
    SignInRow,
    Tokens,
)
from portal.blueprints.api.base import ApiBlueprint, field_errors
from portal.database import transaction
from portal.extensions import db
from portal.languages import gettext as _
from portal.models import AuditEvent, SignIn, SignInKind, User, utc_now
from portal.people import (
    accounts,
    credentials,
    new_devices,
    registration,
    second_step,
    sign_ins,
    throttle,
)
from portal.web.answer_times import on_the_grid

bp = ApiBlueprint("Accounts", "/auth", "Register, sign in, refresh, sign out")

PROFILE = ("phone", "location", "headline")
SIGN_IN_COLUMNS = ("id", "kind", "device", "started_at", "seen_at", "expires_at")


@bp.post("/register")
@bp.arguments(Registration)
@bp.response(202, MailSent)
@bp.alt_response(429, "TOO_MANY_REQUESTS")
def register(values: dict[str, Any]) -> dict[str, Any] | ResponseReturnValue:
    """Create a candidate's account

    The answer is the same for an address that has an account, so it tells nothing about one. The
    mail tells the rest. A new account can sign in at once.
    """
    about = {name: values[name] for name in PROFILE}
    with on_the_grid():
        registration.register(_credentials(values), values["full_name"], **about)
    return {"message": _("We sent a mail to this address. Open the link in it, then sign in.")}


@bp.get("/me")
@bp.signed_in()
@bp.response(200, Person)
def me() -> User:
    """Your account"""
    user: User = current_user
    return user


@bp.patch("/me")
@bp.signed_in()
@bp.arguments(ProfileChange)
@bp.response(200, Person)
def change_me(values: dict[str, Any]) -> User:
    """Correct what your account says about you

    Fields that are not sent stay as they are. An e-mail address is changed on the account's page.
    """
    with transaction():
        accounts.change_profile(current_user, values, by=current_user)
    user: User = current_user
    return user


@bp.post("/login")
@bp.arguments(SignInForProgram)
@bp.response(200, SignedIn)
@bp.alt_response(401, "UNAUTHORIZED")
@bp.alt_response(403, "FORBIDDEN")
@bp.alt_response(429, "TOO_MANY_REQUESTS")
def login(values: dict[str, Any]) -> dict[str, Any] | ResponseReturnValue:
    """Sign in

    An account with a second factor needs `code` as well. Without it, the answer to the right
    password is 401 with the member `code` "second_factor_needed", and to a wrong one
    "second_factor_wrong". 403 with "second_factor_missing" says that the account must set one up
    in a browser first.
    """
    user = credentials.authenticate(_credentials(values))
    second_step.prove_for_program(user, values["code"], request.remote_addr)
    return _signed_in(user)


@bp.post("/refresh")
@bp.signed_in(refresh=True)
@bp.response(200, Tokens)
@bp.alt_response(429, "TOO_MANY_REQUESTS")
def refresh() -> dict[str, Any] | ResponseReturnValue:
    """Exchange a refresh token for a new pair

    Send the refresh token as the bearer token. It works once. A second use ends all tokens of its
    sign-in. 30 days after the sign-in, sign in again with the password.
    """
    throttle.count_both(throttle.REFRESH, current_user.id, request.remote_addr, utc_now())
    with transaction():
        # all in one: a copy of the token, which comes at the same moment, ends the sign-in
        sign_in = db.session.get(SignIn, tokens.family_of(get_jwt()))
        is_first_use = sign_in is not None and tokens.spend(get_jwt())
        pair = tokens.issue(current_user, sign_in) if sign_in and is_first_use else None
        if not is_first_use:
            tokens.end_copied_family(get_jwt())
    return pair or tokens.unauthorised(
        _("This refresh token was used already. Sign in again."), "invalid_token"
    )


@bp.post("/logout")
@bp.signed_in(without_factor=True, verify_type=False)
@bp.arguments(RefreshToken, required=False)
@bp.response(204)
def logout(values: dict[str, Any]) -> ResponseReturnValue:
    """Sign out

    Ends all tokens of this sign-in at once. With a refresh token in the body, it also ends all
    tokens of that token's sign-in.
    """
    ended = [get_jwt()]
    if token := values.get("refresh_token"):
        claims = tokens.read_refresh(token, current_user)
        if claims is None:
            reason = _("This is not a refresh token of yours that could be ended.")
            return field_errors({"refresh_token": [reason]})
        ended.append(claims)
    with transaction():
        for claims in ended:
            tokens.end_family(claims)
    return "", 204


def _credentials(values: dict[str, Any]) -> credentials.Credentials:
    return credentials.Credentials(values["email"], values["password"], request.remote_addr)


def _signed_in(user: User) -> dict[str, Any]:
    device = sign_ins.Device.of(SignInKind.API, request.headers.get("User-Agent"))
    with transaction():
        new_devices.tell_of_program(user, device)
        sign_in = sign_ins.start(user, device)
        audit.record(user, AuditEvent.SIGNED_IN, user)
    return tokens.issue(user, sign_in) | {"user": user}


@bp.get("/sign-ins")
@bp.signed_in()
@bp.response(200, SignInRow(many=True))
def list_sign_ins() -> list[dict[str, Any]]:
    """Where you are signed in

    Browsers and programs, the one that was seen last first.
    """
    here = tokens.family_of(get_jwt())
    return [
        {"this": row.id == here} | {name: getattr(row, name) for name in SIGN_IN_COLUMNS}
        for row in sign_ins.alive(current_user)
    ]


@bp.delete("/sign-ins/<uuid:sign_in_id>")
@bp.signed_in()
@bp.response(204)
@bp.alt_response(404, "NOT_FOUND")
def end_sign_in(sign_in_id: uuid.UUID) -> ResponseReturnValue:
    """End one of your sign-ins

    Its cookie or its tokens are worthless from now on. This also works for the sign-in of the
    token that you send.
    """
    access.fetch_own(SignIn, sign_in_id, current_user)
    with transaction():
        sign_ins.end_by_hand(current_user, sign_in_id, by=current_user)
    return "", 204
