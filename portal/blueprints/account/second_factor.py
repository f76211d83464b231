"""The pages of a person's second factors, and the way of those who must set one up.

Whoever changes something here has just given the password, or a passkey, once more.
"""

import base64
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import abort, flash, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import activity
from portal.blueprints import recent_proofs
from portal.blueprints.account.bp import bp
from portal.config import settings
from portal.database import transaction
from portal.errors import PortalError
from portal.forms.second_factor import AppForm, NewPasskeyForm
from portal.languages import gettext as _
from portal.models import SecondFactor, utc_now
from portal.people import passkey_challenges, passkeys, recovery_codes, second_factors, totp
from portal.people.passkey_challenges import Purpose
from portal.people.second_factors import Added, SetUpOver
from portal.web.error_pages import (
    FOR_PROGRAMS,
    beside_form,
    flashed_refusals,
    for_programs,
    wants_json,
)
from portal.web.htmx import go_to

# What somebody may use who must set up a second factor first: that, leaving, and what pages need.
OPEN_WITHOUT = {
    "static",
    "auth.logout",
    "auth.signed_in",
    "language.choose",
    "health.healthz",
    "health.readyz",
    "account.second_factor",
    "account.second_factor_app",
    "account.second_factor_passkey",
    "account.second_factor_passkey_options",
    "account.confirm",
    "account.confirm_with_passkey",
    "account.confirm_options",
}


@bp.before_app_request
def lead_to_set_up() -> ResponseReturnValue | None:
    """Where a second factor is required, the first sign-in leads through its set-up."""
    if not settings().require_second_factor or request.path.startswith(FOR_PROGRAMS):
        return None  # programs have tokens, which are checked where they are read
    if request.endpoint in OPEN_WITHOUT or not current_user.is_authenticated:
        return None
    if not second_factors.is_missing(current_user):
        return None
    if wants_json() or activity.is_polled():
        abort(403, _("Your account must have a second factor. Set one up on its page first."))
    return go_to(url_for("account.second_factor"))


@bp.get("/second-factor")
def second_factor() -> ResponseReturnValue:
    return render_template(
        "account/second_factor.html",
        factors=second_factors.of(current_user),
        codes_left=recovery_codes.count_left(current_user.id),
        is_required=second_factors.is_required(current_user),
    )


@bp.route("/second-factor/app", methods=["GET", "POST"])
def second_factor_app() -> ResponseReturnValue:
    """Show the QR code of a new app; the first right code stores it.

    A code that is shown already needs no second proof: only who had given one was shown it.
    """
    form, now, template = AppForm(), utc_now(), "account/second_factor_app.html"
    shown = _shown_set_up(form, now)
    if shown is None and not recent_proofs.is_confirmed():
        return _confirm_first()
    set_up = shown or _begin_set_up(form, now)
    view = _app_view(set_up)
    if not form.validate_on_submit():
        return render_template(template, form=form, **view), 422 if form.is_submitted() else 200
    try:
        if shown is None:
            raise SetUpOver
        with transaction():
            added = second_factors.add_app(
                current_user, shown, form.code.data, form.name.data, now, by=current_user
            )
    except PortalError as error:
        return beside_form(error, template, form, **view)
    return _added(added)


@bp.route("/second-factor/passkey", methods=["GET", "POST"])
def second_factor_passkey() -> ResponseReturnValue:
    """Name a passkey, and add it when the browser has made it.

    Only who has just given a proof gets a challenge, so its answer needs no second proof.
    """
    if request.method == "GET" and not recent_proofs.is_confirmed():
        return _confirm_first()
    form = NewPasskeyForm()
    if not form.is_submitted():
        form.name.data = _("Passkey")
    template = "account/second_factor_passkey.html"
    if not form.validate_on_submit():
        return render_template(template, form=form), 422 if form.is_submitted() else 200
    challenge = passkey_challenges.take(session, Purpose.ADD, utc_now())
    try:
        with transaction():
            added = second_factors.add_passkey(
                current_user, form.credential.data, challenge, form.name.data, by=current_user
            )
    except PortalError as error:
        return beside_form(error, template, form)
    return _added(added)


@bp.post("/second-factor/passkey/options")
@for_programs
def second_factor_passkey_options() -> ResponseReturnValue:
    """What the browser needs to make a passkey for this account."""
    if not recent_proofs.is_confirmed() or passkeys.rp_id() is None:
        abort(409, _("Too much time has passed. Reload the page, and confirm that it is you."))
    challenge = passkey_challenges.begin(session, Purpose.ADD, utc_now())
    return passkeys.creation_options(current_user, challenge, _known_passkeys())


@bp.route("/second-factor/<uuid:factor_id>/remove", methods=["GET", "POST"])
def second_factor_remove(factor_id: uuid.UUID) -> ResponseReturnValue:
    factor = second_factors.find(current_user, factor_id)
    if factor is None:
        abort(404)
    if not recent_proofs.is_confirmed():
        return _confirm_first()
    if request.method == "GET":
        return _removal_page(factor)
    with flashed_refusals():
        with transaction():
            was_there = second_factors.remove(current_user, factor, by=current_user)
        if was_there:
            flash(_("It is removed. Nobody can sign in with it any more."), "success")
    return go_to(url_for("account.second_factor"))


@bp.route("/second-factor/codes", methods=["GET", "POST"])
def recovery_codes_page() -> ResponseReturnValue:
    """Make new recovery codes, and show them this one time."""
    if not second_factors.has_any(current_user.id):
        return go_to(url_for("account.second_factor"))
    if not recent_proofs.is_confirmed():
        return _confirm_first()
    if request.method == "GET":
        left = recovery_codes.count_left(current_user.id)
        return render_template("account/recovery_codes.html", codes_left=left)
    with transaction():
        codes = second_factors.make_codes(current_user, by=current_user)
    return _show_codes(codes)


def _confirm_first() -> ResponseReturnValue:
    # a form that came too late leads to its page, never to what it would have done
    return go_to(url_for("account.confirm", next=request.path))


def _shown_set_up(form: AppForm, now: datetime) -> totp.SetUp | None:
    """The set-up that the sent form has shown, if it is not too old."""
    try:
        sealed = base64.b64decode(form.set_up.data or "", validate=True)
    except ValueError:
        return None
    return totp.unseal(sealed, current_user.id, now)


def _begin_set_up(form: AppForm, now: datetime) -> totp.SetUp:
    set_up = totp.start_set_up(now)
    form.set_up.data = base64.b64encode(totp.seal(set_up, current_user.id)).decode()
    if not form.is_submitted():
        form.name.data = _("Authenticator app")
    return set_up


def _app_view(set_up: totp.SetUp) -> dict[str, Any]:
    address = totp.address_of(set_up.secret, current_user.email, settings().site_name)
    return {
        "qr_code": totp.qr_code(address),
        "address": address,
        "secret": totp.grouped(set_up.secret),
    }


def _known_passkeys() -> list[bytes]:
    return [each.credential_id for each in second_factors.of(current_user) if each.credential_id]


def _removal_page(factor: SecondFactor) -> ResponseReturnValue:
    is_last = len(second_factors.of(current_user)) == 1
    return render_template(
        "account/second_factor_remove.html",
        factor=factor,
        is_last=is_last,
        may_remove=not (is_last and second_factors.is_required(current_user)),
    )


def _added(added: Added) -> ResponseReturnValue:
    flash(_("It is added. From now on you need it to sign in."), "success")
    return _show_codes(added.codes) if added.codes else go_to(url_for("account.second_factor"))


def _show_codes(codes: list[str]) -> ResponseReturnValue:
    # a file without a second request: the codes are in no row and no session
    lines = [settings().site_name, current_user.email, "", *codes, ""]
    text_file = "data:text/plain;charset=utf-8," + quote("\r\n".join(lines))
    return render_template("account/recovery_codes_shown.html", codes=codes, text_file=text_file)
