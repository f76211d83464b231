"""Records which consent text a candidate saw: its version, and a SHA-256 hash of its words.

The text is in `templates/capture/_consent_text.html`, and the two choices are in
`forms/consent.py`. The hash covers the words and numbers of both as the page showed them. So we can
prove later what the candidate agreed to.
"""

import hashlib
from dataclasses import dataclass

from markupsafe import Markup

# The day when the text was written. When you change the text, set a new date here and add it to
# test_consent.
VERSION = "2026-11-27"


@dataclass(frozen=True)
class Shown:
    """The consent text that a candidate agreed to."""

    version: str
    sha256: str


def shown(*words: str) -> Shown:
    """The version and hash of the text in these pieces of a page. HTML tags do not count."""
    text = " ".join(Markup(piece).striptags() for piece in words)
    return Shown(VERSION, hashlib.sha256(text.encode()).hexdigest())
