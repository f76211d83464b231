"""Speaks to the API as a program would: with a bearer token and nothing else."""

import uuid
from contextlib import nullcontext
from typing import Any

import jwt
from flask import current_app, g

from portal.blueprints.api import tokens
from portal.database import transaction
from portal.extensions import db
from portal.models import SignInKind, User
from portal.people import sign_ins

NOWHERE = uuid.UUID(int=0)


def issue(user: User) -> dict[str, Any]:
    """A pair of tokens of a new sign-in, as a program gets it with the password."""
    device = sign_ins.Device.of(SignInKind.API, "a program")
    with transaction() if "after_commit" not in g else nullcontext():
        sign_in = sign_ins.start(user, device)
    return tokens.issue(user, sign_in)


def bearer(user: User) -> dict[str, str]:
    return as_header(issue(user)["access_token"])


def as_header(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def forged(
    user: User, key: str | None = None, algorithm: str = "HS256", **claims: Any
) -> dict[str, str]:
    """A valid access token's claims with `claims` changed, signed (by default with the right key)
    once more.
    """
    right_key = current_app.config["JWT_SECRET_KEY"]
    token = issue(user)["access_token"]
    known = jwt.decode(token, right_key, algorithms=["HS256"], audience=tokens.AUDIENCE)
    signing_key = "" if algorithm == "none" else key or right_key
    return as_header(jwt.encode(known | claims, signing_key, algorithm=algorithm))


def statuses(
    client: Any, method: str, path: str, people: dict[str, User | None], **request: Any
) -> dict[str, int]:
    """What each person's token gets from one address; `None` sends no token."""
    found = {}
    for name, user in people.items():
        headers = bearer(user) if user else {}
        db.session.rollback()
        found[name] = client.open(path, method=method, headers=headers, **request).status_code
    return found
