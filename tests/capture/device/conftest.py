"""What the tests of the device recorder share."""

from device_scenes import scene

__all__ = ["scene"]
