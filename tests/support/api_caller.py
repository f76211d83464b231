"""Speaks to the API as a program would: with a bearer token and nothing else."""

import uuid
from typing import Any

import jwt
from flask import current_app

from portal.blueprints.api import tokens
from portal.extensions import db
from portal.models import User

NOWHERE = uuid.UUID(int=0)


def bearer(user: User) -> dict[str, str]:
    return as_header(tokens.issue(user)["access_token"])


def as_header(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def forged(
    user: User, key: str | None = None, algorithm: str = "HS256", **claims: Any
) -> dict[str, str]:
    """A valid access token's claims with `claims` changed, signed (by default with the right key)
    once more.
    """
    right_key = current_app.config["JWT_SECRET_KEY"]
    token = tokens.issue(user)["access_token"]
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
