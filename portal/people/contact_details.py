"""Names, e-mail addresses and phone numbers as people type and paste them: one spelling for one
thing.

Pages and API share these, so that what one takes the other takes as well. Knows no account and no
form.
"""

import re
import unicodedata

import idna

# Joiners are part of how Persian, Hindi and emoji are written; everywhere else they are invisible.
JOINERS = "\u200c\u200d"
DASHES = re.compile(r"[\u2010-\u2015\u2212\uff0d]")
PHONE_MAX_CHARS = 40
# Digits with what people put between them, then perhaps an extension; 5 digits are the shortest
# that anybody dials.
PHONE = re.compile(r"\+?[0-9 ()/.\-]{5,}(?:(?:,|;| ?x| ?ext\.?) ?[0-9]{1,8})?", re.IGNORECASE)
PHONE_ADVICE = "Write the number with digits, like +351 21 000 0000 or 021 000 000 ext. 12."


def tidy_text(text: str) -> str:
    """One line as it is read: nothing invisible, nothing that turns text around, single blanks,
    composed letters.
    """
    composed = unicodedata.normalize("NFC", text)
    plain = "".join(" " if char.isspace() else char for char in composed)
    visible = "".join(
        char for char in plain if char in JOINERS or unicodedata.category(char)[0] != "C"
    )
    return " ".join(visible.split()).strip(JOINERS + " ")


def is_name(text: str) -> bool:
    """Whether anything of this can be read as a name: a letter or a digit of some script."""
    return any(unicodedata.category(char)[0] in "LN" for char in text)


def without_blanks(text: str) -> str:
    """An address as it was typed, without the blanks and invisible characters that came along when
    it was pasted.
    """
    return "".join(
        char for char in text if not char.isspace() and unicodedata.category(char)[0] != "C"
    )


def tidy_email(email: str) -> str:
    """The one spelling of an address: no case, composed letters, and a domain in its own letters,
    not in `xn--`.

    A domain that is none stays as it was typed; whether an address is complete is for the form to
    say.
    """
    seen = unicodedata.normalize("NFC", without_blanks(email)).lower()
    local, at, domain = seen.rpartition("@")
    try:
        return local + at + idna.decode(idna.encode(domain, uts46=True))
    except idna.IDNAError:
        return seen


def tidy_phone(phone: str) -> str:
    """A number without what address books put around it; every kind of dash becomes one."""
    return DASHES.sub("-", tidy_text(phone))


def is_phone(phone: str) -> bool:
    """Whether a tidied text is a number that can be dialled."""
    return len(phone) <= PHONE_MAX_CHARS and PHONE.fullmatch(phone) is not None
