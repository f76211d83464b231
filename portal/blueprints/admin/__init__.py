"""The pages of admins: what waits, jobs, applications, the queue of interviews and the player. Nobody else gets in."""

from flask import Blueprint

from portal import access, sealing

bp = Blueprint("admin", __name__, url_prefix="/admin")
bp.before_request(access.admins_only)
sealing.in_addresses_of(bp)

from portal.blueprints.admin import applications, jobs, overview, people, searching, sessions  # noqa: E402, F401 (they add views to bp)
