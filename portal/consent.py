"""Records which consent text a candidate saw: its version, and a SHA-256 hash of its words.

The text is in `templates/capture/_consent_text.html`, and the two choices are in
`forms/consent.py`. The hash covers the words and numbers of both as the page showed them, in the
language of the reader. So we can prove later what the candidate agreed to.

Each language has a version of its own, and the stored version names the language. A lawyer of the
operator must read the text in each language before candidates see it.
"""

import hashlib
from dataclasses import dataclass

from markupsafe import Markup

from portal.languages import language

# For each language the day when its text was written, and its code except for English, whose
# versions are older than the other languages. When you change a text or its translation, set a new
# date here and add it to test_consent.
VERSIONS = {"en": "2026-11-27", "de": "2026-11-27-de"}


@dataclass(frozen=True)
class Shown:
    """The consent text that a candidate agreed to."""

    version: str
    sha256: str


def shown(*words: str) -> Shown:
    """The version and hash of the text in these pieces of a page. HTML tags do not count."""
    text = " ".join(Markup(piece).striptags() for piece in words)
    return Shown(VERSIONS[language()], hashlib.sha256(text.encode()).hexdigest())
