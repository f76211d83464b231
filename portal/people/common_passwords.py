"""The passwords that are tried first: a list of the most used ones, which `make assets` builds.

The file holds the first bytes of the SHA-256 of each password of the list, sorted. It says only
whether a password is in the list, and no byte of it can be shown to anybody by mistake.
"""

import functools
import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path

from portal.config import PROJECT_FOLDER, ConfigError

FILE = PROJECT_FOLDER / "portal" / "people" / "common_passwords.bin"
# Two passwords with the same 8 bytes: once in 10^14 for a list of 100,000.
HASH_BYTES = 8


def check_list() -> None:
    """Raise ConfigError if there is no list: the portal must not accept every password."""
    if not FILE.is_file():
        raise ConfigError("The list of common passwords is missing. Run `make assets`.")


def contains(plain: str) -> bool:
    """Whether the list has this password, in the form of `passwords.plain_form`."""
    wanted, hashes = _hash(plain), _hashes()
    many = len(hashes) // HASH_BYTES
    at = bisect_left(range(many), wanted, key=lambda number: _at(hashes, number))
    return at < many and _at(hashes, at) == wanted


def write(plain_passwords: Iterable[str], path: Path = FILE) -> None:
    """Write the list. All are in the form of `passwords.plain_form`."""
    whole = path.with_suffix(".new")  # an interrupted set-up leaves no half of a list
    whole.write_bytes(b"".join(sorted({_hash(plain) for plain in plain_passwords})))
    whole.replace(path)


@functools.cache
def _hashes() -> bytes:
    return FILE.read_bytes()


def _at(hashes: bytes, number: int) -> bytes:
    return hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]


def _hash(plain: str) -> bytes:
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()[:HASH_BYTES]
