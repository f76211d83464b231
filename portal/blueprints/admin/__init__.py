"""The pages of admins: what waits, jobs, applications, the queue of interviews and the player. Nobody else gets in."""

from flask import Blueprint

from portal import access

bp = Blueprint("admin", __name__, url_prefix="/admin")
bp.before_request(access.admins_only)

from portal.blueprints.admin import applications, jobs, overview, people, sessions  # noqa: E402, F401 (they add views to bp)
