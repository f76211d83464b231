"""Passwords: which ones we accept, and how we hash and check them. It knows no user accounts."""

import functools
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.languages import gettext as _

MIN_CHARS = 10
MAX_CHARS = 200  # longer than any passphrase; hashing megabytes would only cost us time

# The most common passwords that are long enough for MIN_CHARS, in lower case.
COMMON = {
    "1234567890", "12345678910", "0123456789", "0987654321", "1q2w3e4r5t", "1q2w3e4r5t6y",
    "qwertyuiop", "qwertyuiop123", "asdfghjkl1", "password123", "password1234", "password12",
    "passwordpassword", "iloveyou12", "iloveyou123", "welcome123", "welcome1234", "letmein123",
    "letmein1234", "administrator", "changeme123", "qwerty1234", "qwerty12345", "qwerty123456",
    "abcdefghij", "abcdefghijk", "abc123456789", "football123", "baseball123", "sunshine123",
    "princess123", "superman123", "q1w2e3r4t5", "1qaz2wsx3edc", "zaq12wsxcde3", "1111111111",
    "correcthorsebatterystaple", "correct horse battery staple",
}  # fmt: skip

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


def why_refused(password: str, email: str = "") -> str | None:
    """A sentence that says why we refuse this password, or None if we accept it."""
    # Check the normalised form that we hash. Other characters may spell a common password too.
    password = _normalised(password)
    plain = password.casefold().strip()
    if len(password) < MIN_CHARS:
        return _(
            "Use at least %(number)s characters. A few words in a row are easy to remember.",
            number=MIN_CHARS,
        )
    if len(password) > MAX_CHARS:
        return _("Use at most %(number)s characters.", number=MAX_CHARS)
    if plain in COMMON or len(set(plain)) < 4:
        return _("This password is one of those that are tried first. Choose another.")
    if email and plain in {email.casefold(), email.casefold().partition("@")[0]}:
        return _("Choose a password that is not your e-mail address.")
    return None


@functools.cache
def _dummy_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def _normalised(password: str) -> str:
    """The password in normal form (NFKC): keyboards encode a letter like é in different ways."""
    return unicodedata.normalize("NFKC", password)
