"""Recording an interview: its pages, the room's JSON, and the uploads.

Each module adds its views to `bp` when it is imported, so all of them are imported here.
"""

from portal.blueprints.capture import kiosk, pages, playback, room, uploads
from portal.blueprints.capture.bp import bp

__all__ = ["bp", "kiosk", "pages", "playback", "room", "uploads"]
