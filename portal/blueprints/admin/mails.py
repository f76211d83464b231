"""Mails: which wait, were sent or failed, what stands in them, and sending one again.

Admins see no link with which they could act for somebody else. Only where a mail has failed for
good, an admin may copy its link, and the audit log tells it.
"""

import uuid
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import joinedload

from portal import audit, mail
from portal.access import fetch_any, reviewed
from portal.blueprints import page_asked, page_links
from portal.blueprints.admin.bp import bp
from portal.database import transaction
from portal.extensions import db
from portal.languages import gettext as _
from portal.mail import rendering
from portal.mail.texts import ALWAYS_SENT, TEXTS, WARNINGS
from portal.models import AuditEvent, Mail, MailEvent, MailState, User
from portal.text_search import mentions
from portal.web.error_pages import flashed_refusals
from portal.web.security_headers import MAIL_POLICY

ROWS_PER_PAGE = 50


@bp.get("/mail")
def mails() -> ResponseReturnValue:
    wanted = _wanted()
    page = db.paginate(_select(wanted), page=page_asked(), per_page=ROWS_PER_PAGE, error_out=False)
    return render_template(
        "admin/mails.html",
        page=page,
        wanted=wanted,
        texts=TEXTS,
        states=list(MailState),
        folder=mail.folder(),
        waits_for=waits_for,
        links=page_links(page, "admin.mails", **wanted),
    )


def _wanted() -> dict[str, str]:
    """The filters of the address. Those that mean nothing here are left out."""
    asked = {"q": request.args.get("q", "").strip()[:254], "state": request.args.get("state", "")}
    known = {"q": bool(asked["q"]), "state": asked["state"] in set(MailState)}
    return {name: value for name, value in asked.items() if known[name]}


def _select(wanted: dict[str, str]) -> sa.Select[Mail]:
    newest_first = sa.select(Mail).order_by(Mail.created_at.desc(), Mail.id)
    selected = reviewed(newest_first, current_user).join(Mail.user).options(joinedload(Mail.user))
    selected = selected.where(*mentions(wanted.get("q", ""), User.full_name, Mail.address))
    if "state" in wanted:
        selected = selected.where(Mail.state == MailState(wanted["state"]))
    return selected


def waits_for(shown: Mail) -> str:
    """What a waiting mail waits for, when it is not only its turn."""
    if shown.state is not MailState.WAITING:
        return ""
    if not shown.user.is_active:
        return _("until the account is enabled")
    if shown.event in ALWAYS_SENT or (shown.event in WARNINGS and is_to_another(shown)):
        return ""
    if shown.user.confirmed_at is None:
        return _("until the address is confirmed")
    return _("until the address works again") if shown.user.mail_refused_at else ""


def is_to_another(shown: Mail) -> bool:
    """Whether the mail goes to an address that is not, or not any more, that of the account."""
    return shown.address != shown.user.email


@bp.get("/mail/<uuid:mail_id>")
def mails_one(mail_id: uuid.UUID) -> ResponseReturnValue:
    shown = fetch_any(Mail, mail_id)
    audit.record_apart(current_user, AuditEvent.VIEWED, shown)
    return _page_of(shown)


def _page_of(shown: Mail, link: str = "") -> str:
    return render_template(
        "admin/mail.html",
        mail=shown,
        text=TEXTS[shown.event],
        rendered=rendering.render_masked(shown),
        may_copy_link=may_copy_link(shown),
        link=link,
        folder=mail.folder(),
        waits_for=waits_for,
    )


def may_copy_link(shown: Mail) -> bool:
    """Whether an admin may hand the mail's link over: nobody else will ever get it.

    Not that of another admin, whose rights nobody may get. Operators have a command for that.
    """
    has_link = TEXTS[shown.event].purpose is not None and not shown.user.is_admin
    return has_link and shown.state is MailState.FAILED and rendering.is_alive(shown.link)


@bp.get("/mail/<uuid:mail_id>/preview")
def mails_preview(mail_id: uuid.UUID) -> ResponseReturnValue:
    """The mail's HTML for the frame on its page. It can load and run nothing."""
    return _framed(rendering.render_masked(fetch_any(Mail, mail_id)).html)


def _framed(html: str) -> Response:
    headers = {"Content-Security-Policy": MAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response(html, headers=headers)


@bp.post("/mail/<uuid:mail_id>/link")
def mails_link(mail_id: uuid.UUID) -> ResponseReturnValue:
    """Show the link of a mail that has failed, so that an admin can hand it over."""
    shown = fetch_any(Mail, mail_id)
    with transaction():
        db.session.refresh(shown, with_for_update=True)
        if not may_copy_link(shown):
            abort(409, _("The link of this mail cannot be copied, or not any more."))
        audit.record(current_user, AuditEvent.VIEWED, shown, {"fields": ["link"]})
        link = rendering.link_of(shown)
    return _page_of(shown, link)


@bp.post("/mail/<uuid:mail_id>/send-again")
def mails_send_again(mail_id: uuid.UUID) -> ResponseReturnValue:
    again = fetch_any(Mail, mail_id)
    with flashed_refusals(), transaction():
        mail.send_again(again, by=current_user)
        flash(_("The mail to %(address)s is sent again.", address=again.address), "success")
    return redirect(url_for("admin.mails_one", mail_id=mail_id), code=303)


@bp.post("/mail/test")
def mails_test() -> ResponseReturnValue:
    """Send a mail to the admin who asks, and to nobody else."""
    with transaction():
        mail.send(current_user, MailEvent.TEST)
        said: dict[str, Any] = {"address": current_user.email}
        flash(_("A test mail to %(address)s waits to be sent.", **said), "success")
    return redirect(url_for("admin.mails"), code=303)
