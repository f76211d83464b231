"""Signing in with a second factor after the password, and with a passkey alone."""

from typing import Any

from flask import Blueprint, abort, flash, jsonify, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.blueprints import recent_proofs
from portal.blueprints.auth import kept_arguments, redirect_signed_in, start_session
from portal.errors import PortalError
from portal.extensions import db
from portal.forms.second_factor import CodeForm, PasskeyForm, RecoveryForm
from portal.languages import gettext as _
from portal.models import User, utc_now
from portal.people import passkey_challenges, passkeys, second_factors, second_step
from portal.people.passkey_challenges import Purpose
from portal.web.error_pages import beside_form, flashed_refusals, for_programs
from portal.web.htmx import go_to

bp = Blueprint("second_step", __name__, url_prefix="/login")


@bp.app_context_processor
def passkey_site() -> dict[str, Any]:
    """Where passkeys work, for the pages that offer them; empty where they cannot."""
    return {"passkey_origin": passkeys.origin() if passkeys.rp_id() else ""}


@bp.route("/second-factor", methods=["GET", "POST"])
def ask() -> ResponseReturnValue:
    """Ask whoever gave the right password for the account's second factor."""
    if (user := recent_proofs.person_of_second_step()) is None:
        return _begin_again()
    code_form, recovery_form = CodeForm(), RecoveryForm()
    field = "recovery" if "recovery" in request.form else "code"
    form = recovery_form if field == "recovery" else code_form
    template, view = "auth/second_step.html", {"kinds": second_factors.kinds(user.id)}
    view |= {"code_form": code_form, "recovery_form": recovery_form}
    if not form.validate_on_submit():
        return render_template(template, **view), 422 if form.is_submitted() else 200
    user_id, typed = user.id, form[field].data
    try:
        second_step.prove_with_code(user_id, typed, request.remote_addr, field=field)
    except PortalError as error:
        return beside_form(error, template, form, **view)
    return _signed_in(db.session.get_one(User, user_id), used_code=field == "recovery")


@bp.post("/second-factor/passkey")
def with_passkey() -> ResponseReturnValue:
    if (user := recent_proofs.person_of_second_step()) is None:
        return _begin_again()
    user_id, form = user.id, PasskeyForm()
    challenge = passkey_challenges.take(session, Purpose.SECOND_STEP, utc_now())
    with flashed_refusals():
        answer = form.credential.data or ""
        second_step.prove_with_passkey(user_id, answer, challenge, request.remote_addr)
        return _signed_in(db.session.get_one(User, user_id))
    return go_to(url_for("second_step.ask", **kept_arguments()))


@bp.post("/second-factor/passkey/options")
@for_programs
def passkey_options() -> ResponseReturnValue:
    """What the browser needs to ask for a passkey of this account."""
    user = recent_proofs.person_of_second_step()
    if user is None or passkeys.rp_id() is None:
        abort(409, _("Too much time has passed. Please sign in again."))
    known = [each.credential_id for each in second_factors.of(user) if each.credential_id]
    challenge = passkey_challenges.begin(session, Purpose.SECOND_STEP, utc_now())
    return jsonify(passkeys.request_options(challenge, known, alone=False))


@bp.post("/passkey")
def alone() -> ResponseReturnValue:
    """Sign in with a passkey, without a password: it is two factors, the device and its lock."""
    if current_user.is_authenticated:
        return redirect_signed_in(current_user)
    form = PasskeyForm()
    challenge = passkey_challenges.take(session, Purpose.SIGN_IN, utc_now())
    with flashed_refusals():
        user = second_step.sign_in_with_passkey(
            form.credential.data or "", challenge, request.remote_addr
        )
        return _signed_in(user)
    return go_to(url_for("auth.login", **kept_arguments()))


@bp.post("/passkey/options")
@for_programs
def alone_options() -> ResponseReturnValue:
    """What the browser needs to ask for any passkey of this site. It tells nothing of accounts."""
    if passkeys.rp_id() is None:
        abort(404)
    challenge = passkey_challenges.begin(session, Purpose.SIGN_IN, utc_now())
    return jsonify(passkeys.request_options(challenge, alone=True))


def _begin_again() -> ResponseReturnValue:
    if current_user.is_authenticated:  # in another tab
        return redirect_signed_in(current_user)
    flash(_("Too much time has passed. Please sign in again."), "warning")
    return go_to(url_for("auth.login", **kept_arguments()))


def _signed_in(user: User, *, used_code: bool = False) -> ResponseReturnValue:
    start_session(user)
    if used_code:
        flash(_("You used a recovery code. It does not work again."), "warning")
    return redirect_signed_in(user)
