"""Notes when a sign-in was last used: to minutes, after the answer was sent.

Only what a person or a program asks for counts. What an open page asks by itself does not: else a
page that stays open would keep its person signed in for ever.
"""

import logging
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from portal.database import transaction
from portal.extensions import db
from portal.models import SignIn, utc_now

log = logging.getLogger(__name__)

NOTE_EVERY = timedelta(minutes=5)
POLLED = ("_status", "_row")  # pages poll the views whose names end like this
BY_ITSELF = {"capture.seat"}  # the open room claims its seat every few seconds


def init_app(app: Flask) -> None:
    app.after_request(_note_after_answer)


def used(sign_in_id: uuid.UUID, seen_at: datetime) -> None:
    """This request uses the sign-in, which was last noted at `seen_at`."""
    if utc_now() - seen_at >= NOTE_EVERY and not is_polled():
        g.used_sign_in = sign_in_id


def is_polled() -> bool:
    """Whether an open page sent this request by itself."""
    endpoint = request.endpoint or ""
    return endpoint in BY_ITSELF or endpoint.endswith(POLLED)


def _note_after_answer(response: Response) -> Response:
    sign_in_id: uuid.UUID | None = g.pop("used_sign_in", None)
    if sign_in_id is not None:
        app, now = current_app._get_current_object(), utc_now()  # type: ignore[attr-defined]
        response.call_on_close(lambda: _note(app, sign_in_id, now))
    return response


def _note(app: Flask, sign_in_id: uuid.UUID, now: datetime) -> None:
    """The person has the answer already, so nobody waits for the database here."""
    older = sa.update(SignIn).where(SignIn.id == sign_in_id, SignIn.seen_at < now)
    try:
        with app.app_context(), transaction():
            db.session.execute(older.values(seen_at=now))
    except SQLAlchemyError as error:
        log.warning("a sign-in was not noted as used: %s", type(error).__name__)
