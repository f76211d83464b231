"""Normalises names, e-mail addresses and phone numbers that people type or paste.

The pages and the API share these functions, so both accept the same values. This module knows no
accounts and no forms.
"""

import re
import unicodedata

import idna

from portal.languages import N_

# Zero-width joiners. Persian, Hindi and emoji need them; elsewhere they are only invisible.
JOINERS = "\u200c\u200d"
DASHES = re.compile(r"[\u2010-\u2015\u2212\uff0d]")
PHONE_MAX_CHARS = 40
# Digits with the separators that people use, and perhaps an extension. No number is shorter than 5
# digits.
PHONE = re.compile(r"\+?[0-9 ()/.\-]{5,}(?:(?:,|;| ?x| ?ext\.?) ?[0-9]{1,8})?", re.IGNORECASE)
PHONE_ADVICE = N_("Write the number with digits, like +351 21 000 0000 or 021 000 000 ext. 12.")


def tidy_text(text: str) -> str:
    """The text as one line, without invisible characters and with single spaces.

    It also removes the characters that change the direction of text. Letters are composed (NFC).
    """
    composed = unicodedata.normalize("NFC", text)
    plain = "".join(" " if char.isspace() else char for char in composed)
    visible = "".join(
        char for char in plain if char in JOINERS or unicodedata.category(char)[0] != "C"
    )
    return " ".join(visible.split()).strip(JOINERS + " ")


def is_name(text: str) -> bool:
    """Whether the text contains at least one letter or digit, of any script."""
    return any(unicodedata.category(char)[0] in "LN" for char in text)


def without_blanks(text: str) -> str:
    """The address as it was typed, without spaces and invisible characters from pasting."""
    return "".join(
        char for char in text if not char.isspace() and unicodedata.category(char)[0] != "C"
    )


def tidy_email(email: str) -> str:
    """The address in one normal form: lower case, NFC, and a Unicode domain instead of `xn--`.

    An invalid domain stays as it was typed. The form checks whether an address is complete.
    """
    seen = unicodedata.normalize("NFC", without_blanks(email)).lower()
    local, at, domain = seen.rpartition("@")
    try:
        return local + at + idna.decode(idna.encode(domain, uts46=True))
    except idna.IDNAError:
        return seen


def tidy_phone(phone: str) -> str:
    """The number with one kind of dash, and without invisible characters from address books."""
    return DASHES.sub("-", tidy_text(phone))


def is_phone(phone: str) -> bool:
    """Whether the text, after `tidy_phone`, is a number that people can dial."""
    return len(phone) <= PHONE_MAX_CHARS and PHONE.fullmatch(phone) is not None
