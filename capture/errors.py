"""What can go wrong in `capture`, each cause with a class of its own."""


class CaptureError(Exception):
    """Anything that went wrong while recordings were read, measured or written."""


class UnusableMedia(CaptureError):
    """We do not accept the file: wrong bytes, wrong codec, over a limit, or nothing inside."""


class ModelMissing(CaptureError):
    """A model file is missing, or we cannot load it."""


class ClaimLost(CaptureError):
    """Another process measures this answer now, so our results are out of date."""


class Halted(CaptureError):
    """Somebody asked this work to end early. Nothing is wrong with its file."""


class StillWriting(CaptureError):
    """A recording was told to end, and its file is still being written to: the disk is slow."""


class DeviceMissing(CaptureError):
    """A camera or microphone is missing or does not work. The message says what to do."""


class NoPicture(UnusableMedia):
    """The file has no video track; its sound may still be heard."""
