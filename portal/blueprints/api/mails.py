"""The API for admins about mails: which wait, were sent or failed, and sending one again."""

import uuid
from typing import Any

import sqlalchemy as sa
from flask_jwt_extended import current_user
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy.orm import joinedload

from portal import access, mail
from portal.blueprints.api.base import ApiBlueprint, paged
from portal.blueprints.api.schemas import MailPage, MailQuery, MailSummary
from portal.database import transaction
from portal.models import Mail

bp = ApiBlueprint(
    "Mails", "/admin", "For admins: the portal's mails, and where each of them stands"
)


bp.for_admins_only()


@bp.get("/mails")
@bp.documents_token
@bp.arguments(MailQuery, location="query")
@bp.response(200, MailPage)
@bp.alt_response(403, "FORBIDDEN")
def list_mails(arguments: dict[str, Any]) -> Pagination:
    """All mails

    Newest first. What stands in a mail is not a part of it: that is for its reader.
    """
    newest_first = sa.select(Mail).order_by(Mail.created_at.desc(), Mail.id)
    selected = access.reviewed(newest_first, current_user).options(joinedload(Mail.user))
    if "state" in arguments:
        selected = selected.where(Mail.state.in_(arguments["state"]))
    return paged(selected, arguments)


@bp.post("/mails/<uuid:mail_id>/send-again")
@bp.documents_token
@bp.response(200, MailSummary)
@bp.alt_response(403, "FORBIDDEN")
@bp.alt_response(404, "NOT_FOUND")
@bp.alt_response(409, "CONFLICT")
def send_mail_again(mail_id: uuid.UUID) -> Mail:
    """Send a mail again

    Only one that was sent, or that failed for good. A mail whose link was used or is too old is
    refused with 409.
    """
    again = access.fetch_any(Mail, mail_id, current_user)
    with transaction():
        mail.send_again(again, by=current_user)
    return again
