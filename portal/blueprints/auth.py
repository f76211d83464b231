"""Registering in three steps, signing in and signing out."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from flask import (
    Blueprint,
    abort,
    flash,
    has_request_context,
    jsonify,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, login_user
from flask_wtf.csrf import generate_csrf

from portal import access, activity, audit, languages, time_zones
from portal.blueprints import recent_proofs
from portal.config import Environment, settings
from portal.database import transaction
from portal.errors import PortalError
from portal.extensions import db, login_manager
from portal.forms.account import AccountForm, SignInForm
from portal.forms.profile import AboutForm
from portal.languages import N_
from portal.languages import gettext as _
from portal.models import AuditEvent, SignInKind, User
from portal.people import (
    accounts,
    credentials,
    known_browsers,
    new_devices,
    registration,
    second_factors,
    sign_ins,
)
from portal.people.credentials import Credentials
from portal.web.answer_times import on_the_grid
from portal.web.error_pages import beside_form, flashed_refusals, for_programs, wants_json
from portal.web.htmx import go_to, wants_fragment

bp = Blueprint("auth", __name__)

# The address that this browser typed, in its session: for the pages that say where a mail went, and
# for the sign-in page. Never in the page's own address, which others may see.
MAIL_TO = "mail_to"

SIGN_IN_FIRST = N_("Please sign in first.")
NOTHING_SENT = N_("You were signed out, so nothing was saved. Sign in, then send it again.")
BACK_TO_YOUR_TAB = N_(
    "You are signed in. Go back to the tab that you came from: everything in it is still there."
)


@login_manager.unauthorized_handler
def ask_to_sign_in() -> ResponseReturnValue:
    """Redirect to the sign-in page, which leads back to the requested page.

    The portal does not repeat a form that the user sent.
    """
    if wants_json() or activity.is_polled():
        # Never redirect a script or a poll: the page that sent it may be recording.
        abort(401)
    is_lost = request.method not in {"GET", "HEAD"}
    flash(_(NOTHING_SENT if is_lost else SIGN_IN_FIRST), "warning" if is_lost else "info")
    here = (
        urlsplit(request.headers.get("HX-Current-URL", ""))
        if wants_fragment()
        else urlsplit(request.full_path)
    )
    if request.method != "GET" and not wants_fragment():
        here = urlsplit(request.referrer or "")
    return go_to(
        url_for("auth.login", next=own_path(urlunsplit(("", "", here.path, here.query, ""))))
    )


@bp.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect_signed_in(current_user)
    form = SignInForm()
    if not form.is_submitted() and not access.is_at_a_kiosk():  # where the next person is another
        form.email.data = session.get(MAIL_TO)
    if not form.validate_on_submit():
        return render_template("auth/login.html", form=form), 422 if form.is_submitted() else 200
    try:
        user = credentials.authenticate(credentials_of(form))
    except PortalError as error:
        return beside_form(error, "auth/login.html", form)
    return sign_in_or_ask(user)


def sign_in_or_ask(user: User) -> ResponseReturnValue:
    """Sign in whoever gave the right password, or first ask for the account's second factor."""
    if second_factors.has_any(user.id):
        recent_proofs.begin_second_step(user)
        return go_to(url_for("second_step.ask", **kept_arguments()))
    start_session(user)
    if second_factors.is_missing(user):  # the next page sets one up, and needs no second password
        recent_proofs.confirm()
    return redirect_signed_in(user)


def redirect_signed_in(user: User) -> ResponseReturnValue:
    """Redirect to the page that the user wanted, or else to the user's start page.

    A user who signs in for another tab is told to go back there: opening the interview in a
    second tab would take it away from the first one.
    """
    if "other_tab" in request.args:
        flash(_(BACK_TO_YOUR_TAB), "success")
    return go_to(
        next_path() or url_for("admin.overview" if user.is_admin else "applications.dashboard")
    )


@bp.get("/signed-in")
@for_programs
def signed_in() -> ResponseReturnValue:
    """Tell an old page who is signed in now, and which CSRF token its forms need."""
    user = str(current_user.id) if current_user.is_authenticated else ""
    return jsonify(user=user, csrf_token=generate_csrf())


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    with transaction():
        access.sign_out_here()
    flash(_("You are signed out."), "success")
    return go_to(url_for("jobs.board"))


@bp.route("/register", methods=["GET", "POST"])
def register() -> ResponseReturnValue:
    """Step 1: create the account."""
    if current_user.is_authenticated:
        return render_template("auth/register_known.html", next=next_kept())
    form = AccountForm()
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render_template("auth/register.html", form=form, next=next_kept()), status
    try:
        with on_the_grid():
            registration.register(
                credentials_of(form), form.full_name.data, next_path=next_path() or ""
            )
    except PortalError as error:
        return beside_form(error, "auth/register.html", form, next=next_kept())
    session[MAIL_TO] = form.email.data
    return go_to(url_for("auth.register_sent", **next_kept()))


@bp.route("/register/sent", methods=["GET", "POST"])
def register_sent() -> ResponseReturnValue:
    """Say to which address a mail went; POST sends it again. It looks the same for each address."""
    address = session.get(MAIL_TO)
    if not address:
        return go_to(url_for("auth.register", **next_kept()))
    if request.method == "POST":
        with flashed_refusals(), on_the_grid():
            registration.send_again(address, request.remote_addr, next_path() or "")
            flash(_("The mail was sent again."), "success")
        return go_to(url_for("auth.register_sent", **next_kept()))
    after = url_for("auth.register_about", **next_kept())
    return render_template("auth/register_sent.html", address=address, after=after)


@bp.route("/register/about", methods=["GET", "POST"])
@login_required
def register_about() -> ResponseReturnValue:
    """Step 2: some optional facts. The account stores them at once, so that Back loses nothing."""
    form = AboutForm.of(current_user)
    view: dict[str, Any] = {"form": form, "next": next_kept()}
    if not form.validate_on_submit():
        return render_template(
            "auth/register_about.html", **view
        ), 422 if form.is_submitted() else 200
    with transaction():
        # Lock the row: another tab may be saving at the same time.
        db.session.refresh(current_user, with_for_update=True)
        differences = form.find_edit_conflicts(current_user)
        if not differences:
            accounts.change_profile(current_user, form.values(), by=current_user)
    if differences:
        return render_template("auth/register_about.html", **view, differences=differences), 409
    return go_to(url_for("auth.register_done", **next_kept()))


@bp.get("/register/done")
@login_required
def register_done() -> ResponseReturnValue:
    """Step 3: show where to go next."""
    return render_template("auth/register_done.html", next_path=next_path())


def start_session(user: User, *, tells: bool = True) -> None:
    """Sign the user in with an empty session, without any data of an earlier user.

    A mail `tells` of a browser that the account had not used.
    """
    session.clear()
    at_a_kiosk = access.is_at_a_kiosk()
    device = sign_ins.Device.of(SignInKind.BROWSER, request.headers.get("User-Agent"))
    is_new = tells and not (at_a_kiosk or known_browsers.is_known(request.cookies, user))
    with transaction():
        if is_new:
            new_devices.tell(user, device)
        lifetime = sign_ins.KIOSK_LIFETIME if at_a_kiosk else sign_ins.LIFETIME
        session[access.SIGN_IN] = str(sign_ins.start(user, device, lifetime).id)
        audit.record(user, AuditEvent.SIGNED_IN, user)
    login_user(user)
    languages.use_account(user.language)
    time_zones.use_account(user.time_zone)
    known_browsers.remember(user)


def credentials_of(form: SignInForm | AccountForm) -> Credentials:
    email = form.email.data
    return Credentials(
        email, form.password.data, request.remote_addr, known_browsers.known(request.cookies, email)
    )


@bp.app_context_processor
def kept_for_links() -> dict[str, Any]:
    if not has_request_context():
        return {}
    return {
        "next_kept": next_kept(),
        "kept": kept_arguments(),
        "demo_mail_folder": _demo_mail_folder(),
    }


def _demo_mail_folder() -> str | None:
    """Where mails lie in a demo. On other sites this is nobody's business."""
    site = settings()
    is_demo = not site.mail_url and site.env is not Environment.PRODUCTION
    return str(site.mail_folder) if is_demo else None


def next_kept() -> dict[str, Any]:
    """The URL argument `next` for the following step, if it names a page of ours."""
    path = next_path()
    return {"next": path} if path else {}


def next_path() -> str | None:
    return own_path(request.args.get("next"))


def kept_arguments() -> dict[str, Any]:
    """The URL arguments that the pages of signing in hand on to one another."""
    other_tab = {"other_tab": 1} if "other_tab" in request.args else {}
    return next_kept() | other_tab


def own_path(target: str | None) -> str | None:
    """The target if it is a path of this site, else None. It prevents open redirects."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    # Browsers read a backslash as a slash, and skip control characters.
    if "\\" in target or any(ord(char) < 0x20 for char in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None
