"""Asking for a link to set a new password. The pages tell nobody whether an address is known."""

from flask import Blueprint, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.blueprints.auth import MAIL_TO
from portal.errors import PortalError
from portal.forms.account import ForgotForm
from portal.people import recovery
from portal.web.answer_times import on_the_grid
from portal.web.error_pages import beside_form
from portal.web.htmx import go_to

bp = Blueprint("recovery", __name__)


@bp.route("/forgot", methods=["GET", "POST"])
def forgot() -> ResponseReturnValue:
    form = ForgotForm()
    if not form.is_submitted():
        form.email.data = session.get(MAIL_TO)
    if not form.validate_on_submit():
        return render_template("auth/forgot.html", form=form), 422 if form.is_submitted() else 200
    try:
        with on_the_grid():
            recovery.ask(form.email.data, request.remote_addr)
    except PortalError as error:
        return beside_form(error, "auth/forgot.html", form)
    session[MAIL_TO] = form.email.data
    return go_to(url_for("recovery.sent"))


@bp.get("/forgot/sent")
def sent() -> ResponseReturnValue:
    if not session.get(MAIL_TO):
        return go_to(url_for("recovery.forgot"))
    return render_template("auth/forgot_sent.html", address=session[MAIL_TO])
