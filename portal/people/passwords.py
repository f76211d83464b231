"""Passwords: which ones we accept, and how we hash and check them. It knows no user accounts."""

import functools
import re
import secrets
import unicodedata
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.config import settings
from portal.languages import gettext as _
from portal.people import common_passwords

MIN_CHARS = 10
MAX_CHARS = 200  # longer than any passphrase; hashing megabytes would only cost us time

# Of a password, without the words that anybody knows of its owner. Who knows the words guesses
# fewer characters than these: "maria.example26" of Maria Example has three.
OWN_MIN_CHARS = 6
WORD_MIN_CHARS = 3  # shorter words stand in many passwords by chance
LONGEST_BLOCK = 4  # "abcabcabcabc" is the block "abc", again and again

_hasher = PasswordHasher()  # Argon2id with the parameters that RFC 9106 recommends for servers


def hash_password(password: str) -> str:
    return _hasher.hash(_normalised(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """Check a password against its hash.

    Without a hash (no such user) we check a made-up one. So the response time does not reveal
    whether an account exists.
    """
    try:
        _hasher.verify(password_hash or _dummy_hash(), _normalised(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash has other Argon2 parameters than a new hash would get."""
    return _hasher.check_needs_rehash(password_hash)


def why_refused(password: str, email: str = "", name: str = "") -> str | None:
    """A sentence that says why we refuse this password, or None if we accept it.

    `email` and `name` are those of its owner. Anybody knows them, and the names of this portal.
    """
    # Check the normalised form that we hash. Other characters may spell a common password too.
    password = _normalised(password)
    plain = plain_form(password)
    if len(password) < MIN_CHARS:
        return _(
            "Use at least %(number)s characters. A few words in a row are easy to remember.",
            number=MIN_CHARS,
        )
    if len(password) > MAX_CHARS:
        return _("Use at most %(number)s characters.", number=MAX_CHARS)
    if common_passwords.contains(plain) or _is_a_pattern(plain):
        return _("This password is one of those that are tried first. Choose another.")
    site = settings()
    if _own_chars(plain, f"{email} {name} {site.site_name} {site.site_url}") < OWN_MIN_CHARS:
        return _(
            "This password is hardly more than your name, your address or the name of this site. "
            "Choose another."
        )
    return None


def plain_form(password: str) -> str:
    """The password as common ones are compared: normal form, lower case, no spaces around it."""
    return _normalised(password).casefold().strip()


def _is_a_pattern(plain: str) -> bool:
    """Whether it is one short block again and again, or characters in a row (`abcdefghij`)."""
    if any(_repeats(plain, chars) for chars in range(1, LONGEST_BLOCK + 1)):
        return True
    if len(set(plain)) < LONGEST_BLOCK:
        return True
    steps = {ord(after) - ord(before) for before, after in pairwise(plain)}
    return steps <= {1} or steps <= {-1}


def _repeats(plain: str, block_chars: int) -> bool:
    """Whether it is its first characters again and again, perhaps cut off at the end."""
    return all(char == plain[at % block_chars] for at, char in enumerate(plain))


def _own_chars(plain: str, known: str) -> int:
    """How many characters are left without the words of `known`, the longest taken out first."""
    words = set(re.findall(r"\w+", plain_form(known).replace("_", " ")))
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= WORD_MIN_CHARS:
            plain = plain.replace(word, "")
    return len(plain)


@functools.cache
def _dummy_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def _normalised(password: str) -> str:
    """The password in normal form (NFKC): keyboards encode a letter like é in different ways."""
    return unicodedata.normalize("NFKC", password)
