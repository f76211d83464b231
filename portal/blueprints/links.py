"""The pages of links in mails. To open one changes nothing; the button on it does.

Programs that look for harmful pages open every link of a mail, so a GET must not use one up.
"""

from flask import Blueprint, flash, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import address_change
from portal.blueprints.auth import MAIL_TO, next_kept, next_path
from portal.database import transaction
from portal.errors import PortalError
from portal.forms import PageForm
from portal.forms.account import NewPasswordForm
from portal.languages import gettext as _
from portal.models import EmailLink, LinkPurpose, User
from portal.people import followed_links, recovery
from portal.web.error_pages import beside_form
from portal.web.htmx import go_to

bp = Blueprint("links", __name__)

OVER = "links/over.html"


@bp.route("/link/<token>", methods=["GET", "POST"])
def follow(token: str) -> ResponseReturnValue:
    """The page of a link, whatever it is for. One that does nothing any more says what to do."""
    link = followed_links.find(token)
    if link is None:
        return render_template(OVER), followed_links.LinkOver.status
    return PAGES[link.purpose](token, link)


def _confirm(token: str, link: EmailLink) -> ResponseReturnValue:
    form = PageForm()
    if not form.validate_on_submit():
        return render_template("links/confirm.html", form=form, link=link, next=next_kept())
    try:
        with transaction():
            user = followed_links.confirm_address(token)
    except PortalError as error:
        return beside_form(error, OVER, form)
    flash(_("Your address is confirmed."), "success")
    return _go_on(user, url_for("auth.register_about", **next_kept()))


def _change(token: str, link: EmailLink) -> ResponseReturnValue:
    form = PageForm()
    if not form.validate_on_submit():
        return render_template("links/change_address.html", form=form, link=link)
    try:
        with transaction():
            user = address_change.follow(token)
    except PortalError as error:
        return beside_form(error, OVER, form)
    flash(_("Your address is changed. Sign in with the new one from now on."), "success")
    return _go_on(user, url_for("account.account"))


def _set_password(token: str, link: EmailLink) -> ResponseReturnValue:
    form, address = NewPasswordForm(link.email, link.user.full_name), link.email
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render_template("links/new_password.html", form=form, address=address), status
    try:
        recovery.set_password(token, form.new.data)
    except PortalError as error:
        return beside_form(error, OVER, form)
    session[MAIL_TO] = address
    flash(_("Your new password is set, and you are signed out everywhere. Sign in."), "success")
    return go_to(url_for("auth.login"))


PAGES = {
    LinkPurpose.CONFIRM_ADDRESS: _confirm,
    LinkPurpose.CHANGE_ADDRESS: _change,
    LinkPurpose.RESET_PASSWORD: _set_password,
}


def _go_on(user: User, after: str) -> ResponseReturnValue:
    """Go on if the person is signed in here. The link signs nobody in.

    Somebody else may have typed this address when registering, and then knows the password.
    """
    if not current_user.is_authenticated:
        session[MAIL_TO] = user.email
        return go_to(url_for("auth.login", next=after))
    is_same = current_user.id == user.id
    return go_to((next_path() if is_same else None) or url_for("applications.dashboard"))
