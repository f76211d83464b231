"""The list of a person's sign-ins, each with its device, and how to end them."""

import uuid

from flask import flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.access import fetch_own, sign_in_here
from portal.blueprints import recent_proofs
from portal.blueprints.account.bp import bp
from portal.database import transaction
from portal.extensions import db
from portal.languages import gettext as _
from portal.languages import ngettext
from portal.models import SignIn
from portal.people import sign_ins
from portal.people.device_words import device_words
from portal.web.htmx import go_to, wants_fragment


@bp.get("/sign-ins")
def sign_in_list() -> ResponseReturnValue:
    return _page()


@bp.post("/sign-ins/<uuid:sign_in_id>/end")
def sign_in_end(sign_in_id: uuid.UUID) -> ResponseReturnValue:
    if db.session.get(SignIn, sign_in_id) is not None:  # somebody else's is refused
        fetch_own(SignIn, sign_in_id)
    if not recent_proofs.is_confirmed():
        return _confirm_first()
    with transaction():
        was_there = sign_ins.end_by_hand(current_user, sign_in_id, by=current_user)
    if was_there:
        flash(_("This sign-in is ended."), "success")
    else:
        flash(_("This sign-in had ended already."), "info")
    return _back()


@bp.post("/sign-ins/end-others")
def sign_in_end_others() -> ResponseReturnValue:
    if not recent_proofs.is_confirmed():
        return _confirm_first()
    with transaction():
        ended = sign_ins.end_others(current_user, sign_in_here(), by=current_user)
    said = ngettext("%(num)s other sign-in is ended.", "%(num)s other sign-ins are ended.", ended)
    flash(said if ended else _("There was no other sign-in."), "success" if ended else "info")
    return _back()


def _confirm_first() -> ResponseReturnValue:
    """Whoever finds a browser open must not sign out the account's owner."""
    flash(_("Confirm that it is you, then press the button again."), "info")
    return go_to(url_for("account.confirm", next=url_for("account.sign_in_list")))


def _back() -> ResponseReturnValue:
    """HTMX takes the new list out of the page; a browser without scripts is led to it."""
    return _page() if wants_fragment() else go_to(url_for("account.sign_in_list"))


def _page() -> ResponseReturnValue:
    return render_template(
        "account/sign_ins.html",
        rows=[(row, device_words(row.device)) for row in sign_ins.alive(current_user)],
        here=sign_in_here(),
    )
