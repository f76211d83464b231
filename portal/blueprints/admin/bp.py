"""The blueprint of all admin pages: only for admins, and with encrypted names in its URLs."""

from flask import Blueprint

from portal import access
from portal.web import sealed_queries

bp = Blueprint("admin", __name__, url_prefix="/admin")
bp.before_request(access.admins_only)
sealed_queries.encrypt_in_urls_of(bp)
