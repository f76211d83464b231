"""What the tests of the kiosk share."""

from kiosk_rooms import clip, config, interview, room, station

__all__ = ["clip", "config", "interview", "room", "station"]
