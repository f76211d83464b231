"""Whether something is still as somebody saw it when they began to change it: nobody overwrites what they never saw.

A form carries a mark of each value that it showed. When it comes back, whatever is stored and bears another mark was
changed by somebody else meanwhile. Knows values and marks; knows no row, no form and nobody's name.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

FIELD = "seen"  # what a form calls its marks
MARK_CHARS = 16


@dataclass(frozen=True)
class Difference:
    """One value as it is stored now and as somebody would store it, both as text."""

    name: str
    saved: str
    yours: str


def marks(values: Mapping[str, object]) -> str:
    """What a form that shows these values carries."""
    return " ".join(f"{name}={mark(value)}" for name, value in values.items())


def changed(seen: str | None, values: Mapping[str, object]) -> list[str]:
    """The names of what is stored otherwise than it was seen; all of them where nobody says what was seen."""
    known = set((seen or "").split())
    return [name for name, value in values.items() if f"{name}={mark(value)}" not in known]


def mark(value: object) -> str:
    """The same for the same value, on every machine and in every process."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:MARK_CHARS]
