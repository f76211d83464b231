"""The list of all accounts. Admins can disable and enable an account here."""

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import edit_conflicts
from portal.access import fetch_any, reviewed
from portal.blueprints import page_asked, page_links
from portal.blueprints.admin.bp import bp
from portal.database import transaction
from portal.extensions import db
from portal.languages import N_
from portal.languages import gettext as _
from portal.models import User, utc_now
from portal.people import accounts, recovery, throttle
from portal.text_search import mentions
from portal.web.error_pages import flashed_refusals

ROWS_PER_PAGE = 50
IS_DISABLED = N_("%(name)s is disabled and signed out everywhere. Nothing was deleted.")
LINK_SENT = N_("%(name)s gets a mail with a link to set a new password. It works for 30 minutes.")
LEAVES_BY_NOW = N_("%(name)s is being deleted by now, so nothing was changed. Look again first.")
ENABLED_BY_NOW = N_("%(name)s is enabled by now, so nothing was changed. Look again first.")
DISABLED_BY_NOW = N_("%(name)s is disabled by now, so nothing was changed. Look again first.")


@dataclass(frozen=True)
class PersonRow:
    """What one row of the list shows about an account."""

    person: User
    version: str  # of the account, so that a button notices a change in the meantime


@bp.get("/people")
def people() -> ResponseReturnValue:
    wanted = request.args.get("q", "").strip()[:254]
    newest_first = reviewed(sa.select(User), current_user).order_by(User.created_at.desc(), User.id)
    found = newest_first.where(*mentions(wanted, User.full_name, User.email))
    page = db.paginate(found, page=page_asked(), per_page=ROWS_PER_PAGE, error_out=False)
    return render_template(
        "admin/people.html",
        page=page,
        rows=[PersonRow(person, account_version(person)) for person in page.items],
        wanted=wanted,
        links=page_links(page, "admin.people", q=wanted or None),
    )


@bp.post("/people/<uuid:user_id>/disable")
def people_disable(user_id: uuid.UUID) -> ResponseReturnValue:
    person = fetch_any(User, user_id)
    with transaction():
        if person.id == current_user.id:
            flash(_("You cannot disable your own account. Ask another admin."), "warning")
        elif not _has_changed(person):
            accounts.disable(person, by=current_user)
            flash(_(IS_DISABLED, name=person.full_name), "success")
    return _back()


@bp.post("/people/<uuid:user_id>/enable")
def people_enable(user_id: uuid.UUID) -> ResponseReturnValue:
    person = fetch_any(User, user_id)
    with transaction():
        if _has_changed(person):
            return _back()
        if person.leaving_at:
            flash(_("This account is being deleted, as its owner asked."), "warning")
        else:
            accounts.enable(person, by=current_user)
            flash(_("%(name)s can sign in again.", name=person.full_name), "success")
    return _back()


@bp.post("/people/<uuid:user_id>/send-link")
def people_send_link(user_id: uuid.UUID) -> ResponseReturnValue:
    """Send a link with which the person sets a new password. No admin ever sets one."""
    person = fetch_any(User, user_id)
    name, subject = person.full_name, person.email
    with flashed_refusals():
        throttle.count_both(throttle.FORGOT, subject, request.remote_addr, utc_now())
        with transaction():
            if not _has_changed(person) and person.is_active:
                recovery.send_link(person, by=current_user)
                flash(_(LINK_SENT, name=name), "success")
    return _back()


@bp.post("/people/<uuid:user_id>/sign-out")
def people_sign_out(user_id: uuid.UUID) -> ResponseReturnValue:
    """End all sign-ins of a person, who may sign in again. It needs no look at a change before."""
    person = fetch_any(User, user_id)
    with transaction():
        accounts.sign_out_everywhere(person, by=current_user)
        flash(_("%(name)s is signed out everywhere.", name=person.full_name), "success")
    return _back()


def account_version(person: User) -> str:
    """A short hash of the account's state, so that a button notices a change in the meantime."""
    return edit_conflicts.fingerprint([person.disabled_at, person.leaving_at, person.role])


def _has_changed(person: User) -> bool:
    """Whether somebody else has changed the account since we rendered the page.

    If so, a message tells the admin the current state.
    """
    db.session.refresh(person, with_for_update=True)
    if request.form.get(edit_conflicts.FIELD) == account_version(person):
        return False
    flash(_(_changed_meanwhile(person), name=person.full_name), "warning")
    return True


def _changed_meanwhile(person: User) -> str:
    """The sentence, still to be translated, about how the account stands by now."""
    if person.leaving_at:
        return LEAVES_BY_NOW
    return ENABLED_BY_NOW if person.is_active else DISABLED_BY_NOW


def _back() -> ResponseReturnValue:
    return redirect(
        url_for("admin.people", q=request.args.get("q"), page=request.args.get("page")), code=303
    )
