"""Recording an interview: its pages, the room's JSON, and the uploads.

Importing a module adds its views to `bp`, so we import all of them here.
"""

from portal.blueprints.capture import kiosk, pages, playback, room, uploads
from portal.blueprints.capture.bp import bp

__all__ = ["bp", "kiosk", "pages", "playback", "room", "uploads"]
