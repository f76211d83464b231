"""What a candidate agrees to: which version of the words it was, and a mark of exactly what was
shown.

The words themselves are `templates/capture/_consent_text.html` and the two choices of
`forms/consent.py`. The mark is a SHA-256 of all of them as a person reads them, numbers included,
so that it says what somebody saw and agreed to.
"""

import hashlib
from dataclasses import dataclass

from markupsafe import Markup

# The day these words were written. Whoever changes them gives them a new one, and adds it to
# test_consent.
VERSION = "2026-11-27"


@dataclass(frozen=True)
class Shown:
    """The words that somebody agreed to."""

    version: str
    sha256: str


def shown(*words: str) -> Shown:
    """What these pieces of a page say to its reader, whatever stands around the words."""
    text = " ".join(Markup(piece).striptags() for piece in words)
    return Shown(VERSION, hashlib.sha256(text.encode()).hexdigest())
