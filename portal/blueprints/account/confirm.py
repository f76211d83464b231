"""The page that asks who is signed in to prove it again: with the password, or with a passkey."""

from flask import abort, jsonify, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.blueprints import recent_proofs
from portal.blueprints.account.bp import bp
from portal.blueprints.auth import next_kept, own_path
from portal.errors import PortalError
from portal.forms.account import ConfirmForm
from portal.forms.second_factor import PasskeyForm
from portal.languages import gettext as _
from portal.models import FactorKind, utc_now
from portal.people import credentials, passkey_challenges, passkeys, second_factors, second_step
from portal.people.passkey_challenges import Purpose
from portal.web.error_pages import beside_form, flashed_refusals, for_programs
from portal.web.htmx import go_to


@bp.route("/confirm", methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    form, template = ConfirmForm(), "account/confirm.html"
    view = {"has_passkey": FactorKind.PASSKEY in second_factors.kinds(current_user.id)}
    if not form.validate_on_submit():
        return render_template(template, form=form, **view), 422 if form.is_submitted() else 200
    try:
        credentials.confirm(current_user, form.password.data, request.remote_addr)
    except PortalError as error:
        return beside_form(error, template, form, **view)
    return _confirmed()


@bp.post("/confirm/passkey")
def confirm_with_passkey() -> ResponseReturnValue:
    form = PasskeyForm()
    challenge = passkey_challenges.take(session, Purpose.CONFIRM, utc_now())
    with flashed_refusals():
        answer = form.credential.data or ""
        second_step.prove_with_passkey(
            current_user.id, answer, challenge, request.remote_addr, alone=True
        )
        return _confirmed()
    return go_to(url_for("account.confirm", **next_kept()))


@bp.post("/confirm/passkey/options")
@for_programs
def confirm_options() -> ResponseReturnValue:
    """What the browser needs to ask for a passkey of this account."""
    known = [each.credential_id for each in second_factors.of(current_user) if each.credential_id]
    if passkeys.rp_id() is None or not known:
        abort(409, _("There is no passkey of yours that could be used here."))
    challenge = passkey_challenges.begin(session, Purpose.CONFIRM, utc_now())
    return jsonify(passkeys.request_options(challenge, known, alone=True))


def _confirmed() -> ResponseReturnValue:
    recent_proofs.confirm()
    return go_to(own_path(request.args.get("next")) or url_for("account.second_factor"))
