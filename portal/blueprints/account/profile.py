"""What a person corrects about themselves: name, address, phone, language, time zone."""

from flask import flash, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import address_change, languages
from portal.blueprints.account.bp import bp
from portal.blueprints.auth import MAIL_TO
from portal.database import transaction
from portal.errors import PortalError
from portal.extensions import db
from portal.forms.account import AddressForm
from portal.forms.profile import ProfileForm
from portal.languages import gettext as _
from portal.models import utc_now
from portal.people import accounts, credentials, registration, throttle
from portal.people.contact_details import tidy_email
from portal.web.answer_times import on_the_grid
from portal.web.error_pages import beside_form, flashed_refusals
from portal.web.htmx import go_to


@bp.route("/profile", methods=["GET", "POST"])
def profile() -> ResponseReturnValue:
    form = ProfileForm.of(current_user)
    if not form.validate_on_submit():
        return render_template(
            "account/profile.html", form=form
        ), 422 if form.is_submitted() else 200
    with transaction():
        # Lock the row: another tab may be saving at the same time.
        db.session.refresh(current_user, with_for_update=True)
        differences = form.find_edit_conflicts(current_user)
        if not differences:
            accounts.change_profile(current_user, form.values(), by=current_user)
    if differences:
        return render_template("account/profile.html", form=form, differences=differences), 409
    languages.use_account(form.language.data)
    flash(_("Your profile is saved."), "success")
    return go_to(url_for("account.account"))


@bp.route("/address", methods=["GET", "POST"])
def address() -> ResponseReturnValue:
    """Ask for another e-mail address. It looks the same for one that somebody else has."""
    form = AddressForm(current_user.email)
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render_template("account/address.html", form=form), status
    new = tidy_email(form.new_email.data)
    try:
        credentials.confirm(current_user, form.password.data, request.remote_addr)
        with on_the_grid():
            throttle.count_both(
                throttle.CHANGE_ADDRESS, current_user.id, request.remote_addr, utc_now()
            )
            with transaction():
                address_change.ask(current_user, new)
    except PortalError as error:
        return beside_form(error, "account/address.html", form)
    session[MAIL_TO] = new
    return go_to(url_for("account.address_sent"))


@bp.get("/address/sent")
def address_sent() -> ResponseReturnValue:
    waiting = address_change.asked_for(current_user)
    if waiting is None:
        return go_to(url_for("account.account"))
    return render_template("account/address_sent.html", address=waiting.email)


@bp.post("/confirmation")
def send_confirmation() -> ResponseReturnValue:
    """Send the mail with the link that confirms the address once more."""
    if current_user.confirmed_at is None:
        session[MAIL_TO] = current_user.email
        with flashed_refusals():
            registration.send_again(current_user.email, request.remote_addr)
            flash(_("We sent a mail to %(address)s.", address=session[MAIL_TO]), "success")
    return go_to(url_for("account.account"))
