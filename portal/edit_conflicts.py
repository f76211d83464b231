"""Optimistic locking for forms: finds values that somebody else changed while a form was open.

A form carries a fingerprint (a short hash) of each value that it showed. When the form comes back,
we compare its fingerprints with the stored values. If a fingerprint differs, somebody else has
changed that value in the meantime, and the form must not overwrite it unseen. This module knows
only values and fingerprints; it knows no database rows and no forms.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

FIELD = "seen"  # the name of the form field that carries the fingerprints
FINGERPRINT_CHARS = 16


@dataclass(frozen=True)
class Difference:
    """One value that somebody else changed, as text: the stored one and the user's own.

    `yours` is None when the user did not change this value.
    """

    name: str
    saved: str
    yours: str | None


def fingerprints(values: Mapping[str, object]) -> str:
    """The fingerprints of these values, as the form's hidden field carries them."""
    return " ".join(f"{name}={fingerprint(value)}" for name, value in values.items())


def changed_names(seen: str | None, values: Mapping[str, object]) -> list[str]:
    """The names of the values that differ from their fingerprints in `seen`.

    Without fingerprints: all names.
    """
    known = set((seen or "").split())
    return [name for name, value in values.items() if f"{name}={fingerprint(value)}" not in known]


def find_conflicts(
    seen: str | None, stored: Mapping[str, object], typed: Mapping[str, object]
) -> dict[str, bool]:
    """The stored values that changed since the user saw them: name → has the user changed it too?

    Leaves out a value when both people changed it to the same thing. A name that is not in `typed`
    has no field in the form, so the user cannot have changed it.
    """
    mine = set(changed_names(seen, typed))
    alike = {
        name for name, value in typed.items() if fingerprint(value) == fingerprint(stored[name])
    }
    return {name: name in mine for name in changed_names(seen, stored) if name not in alike}


def one_line_end(text: str) -> str:
    """The text with single newlines as line ends. A browser's form sends two characters instead."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def fingerprint(value: object) -> str:
    """A short hash of the value. It is the same in every process, and with any kind of line end."""
    text = json.dumps(_with_one_line_end(value), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_CHARS]


def _with_one_line_end(value: object) -> object:
    if isinstance(value, str):
        return one_line_end(value)
    return [_with_one_line_end(one) for one in value] if isinstance(value, list) else value
