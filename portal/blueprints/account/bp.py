"""The blueprint of a person's own account: only for people who are signed in."""

from flask import Blueprint
from flask_login import login_required

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.before_request
@login_required
def signed_in_only() -> None:
    """All pages of this blueprint need a signed-in user."""
