"""What can go wrong in `capture`, each cause with a class of its own."""


class CaptureError(Exception):
    """Anything that went wrong while recordings were read, measured or written."""


class UnusableMedia(CaptureError):
    """The file is not media we accept: wrong bytes, wrong codec, over a limit, or nothing
    inside.
    """


class ModelMissing(CaptureError):
    """A model file is absent, or is none that can be loaded."""


class ClaimLost(CaptureError):
    """Somebody else measures this answer now; whatever we would write is out of date."""


class Halted(CaptureError):
    """Somebody asked this work to end before it was done; nothing is wrong with what it worked
    on.
    """


class StillWriting(CaptureError):
    """A recording was told to end, and its file is still being written to: the disk is slow."""


class DeviceMissing(CaptureError):
    """A camera or microphone is not there, or does not work; the message says which and what to
    do.
    """


class NoPicture(UnusableMedia):
    """The file has no video track; its sound may still be heard."""
