"""Whether something is still as somebody saw it when they began to change it: nobody overwrites
what they never saw.

A form carries a mark of each value that it showed. When it comes back, whatever is stored and bears
another mark was changed by somebody else meanwhile. Knows values and marks; knows no row, no form
and nobody's name.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

FIELD = "seen"  # what a form calls its marks
MARK_CHARS = 16


@dataclass(frozen=True)
class Difference:
    """One value as it is stored now and as somebody would store it, both as text; None where they
    did not change it.
    """

    name: str
    saved: str
    yours: str | None


def marks(values: Mapping[str, object]) -> str:
    """What a form that shows these values carries."""
    return " ".join(f"{name}={mark(value)}" for name, value in values.items())


def changed(seen: str | None, values: Mapping[str, object]) -> list[str]:
    """The names of what is stored otherwise than it was seen; all of them where nobody says what
    was seen.
    """
    known = set((seen or "").split())
    return [name for name, value in values.items() if f"{name}={mark(value)}" not in known]


def typed_over(
    seen: str | None, stored: Mapping[str, object], typed: Mapping[str, object]
) -> dict[str, bool]:
    """What is stored otherwise than it was seen, and whether who saw it changed it as well.

    What both made alike is left out. What is not among `typed` cannot be changed there.
    """
    mine = set(changed(seen, typed))
    alike = {name for name, value in typed.items() if mark(value) == mark(stored[name])}
    return {name: name in mine for name in changed(seen, stored) if name not in alike}


def one_line_end(text: str) -> str:
    """The text with each line's end in one spelling: a form on a page sends two characters for it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def mark(value: object) -> str:
    """The same for the same value, on every machine and in every process, however a line ends in
    it.
    """
    text = json.dumps(_alike(value), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:MARK_CHARS]


def _alike(value: object) -> object:
    if isinstance(value, str):
        return one_line_end(value)
    return [_alike(one) for one in value] if isinstance(value, list) else value
