"""Recording an interview: its pages, the room's JSON, and the uploads."""

from flask import Blueprint

bp = Blueprint("capture", __name__, url_prefix="/capture")

from portal.blueprints.capture import kiosk, pages, playback, room, uploads  # noqa: E402, F401 (they hang their views on `bp`)
