"""The pages of a person's own account: change the password, sign out, export the data, delete."""

from flask import Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import access, account_deletion, address_change, audit, data_export
from portal.blueprints.account.bp import bp
from portal.blueprints.auth import start_session
from portal.database import transaction
from portal.errors import PortalError
from portal.extensions import db
from portal.forms.account import ConfirmForm, PasswordForm
from portal.languages import gettext as _
from portal.models import AuditEvent, SignInKind, User, utc_now
from portal.people import accounts, credentials, second_factors, sign_ins, throttle
from portal.web.error_pages import beside_form
from portal.web.htmx import go_to


@bp.get("/")
def account() -> ResponseReturnValue:
    browsers = [row for row in sign_ins.alive(current_user) if row.kind is SignInKind.BROWSER]
    return render_template(
        "account/account.html",
        sign_ins=len(browsers),
        waiting=address_change.asked_for(current_user),
        has_factor=second_factors.has_any(current_user.id),
    )


@bp.route("/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    form = PasswordForm(current_user.email, current_user.full_name)
    if not form.validate_on_submit():
        return render_template(
            "account/password.html", form=form
        ), 422 if form.is_submitted() else 200
    user_id = current_user.id
    try:
        credentials.change_password(current_user, form.old.data, form.new.data, request.remote_addr)
    except PortalError as error:
        return beside_form(error, "account/password.html", form)
    start_session(db.session.get_one(User, user_id), tells=False)  # it is the same browser
    flash(_("Your password is changed. You are signed out everywhere else."), "success")
    return go_to(url_for("account.account"))


@bp.post("/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    with transaction():
        accounts.sign_out_everywhere(current_user, by=current_user)
    access.forget_here()
    flash(_("You are signed out everywhere."), "success")
    return go_to(url_for("jobs.board"))


@bp.route("/data", methods=["GET", "POST"])
def data() -> ResponseReturnValue:
    """Download all data that the portal keeps about the user, as one ZIP file."""
    form = ConfirmForm()
    if refusal := _unconfirmed(form, "account/data.html"):
        return refusal
    try:
        throttle.count_try(throttle.EXPORT_PER_ACCOUNT, str(current_user.id), utc_now())
    except PortalError as error:
        return beside_form(error, "account/data.html", form)
    with transaction():
        audit.record(current_user, AuditEvent.EXPORTED, current_user)
    response = Response(data_export.export_data(current_user), mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    return response


@bp.route("/delete", methods=["GET", "POST"])
def delete() -> ResponseReturnValue:
    if current_user.is_admin:
        flash(_("An admin's account is removed by the operator of this portal."), "info")
        return go_to(url_for("account.account"))
    form = ConfirmForm()
    if refusal := _unconfirmed(form, "account/delete.html"):
        return refusal
    account_deletion.delete_account(current_user, by=current_user)
    access.forget_here()
    flash(_("Your account is deleted, with everything that belonged to it."), "success")
    return go_to(url_for("jobs.board"))


def _unconfirmed(form: ConfirmForm, template: str) -> ResponseReturnValue | None:
    """The page that asks for the password, or None once the user has confirmed with it."""
    if not form.validate_on_submit():
        return render_template(template, form=form), 422 if form.is_submitted() else 200
    try:
        credentials.confirm(current_user, form.password.data, request.remote_addr)
    except PortalError as error:
        return beside_form(error, template, form)
    return None
