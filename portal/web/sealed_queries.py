"""Words about a person that an address must carry: sealed, so that no browser's history, bookmark
or log can be read.

Whoever has the server's secret reads them again; to everybody else they are noise. The same words
give the same seal, so that the same search has one address. Knows which names of an address hold
such words, and no page.
"""

import base64
import hashlib
import hmac
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from flask import Blueprint, current_app, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

# what admins type of a person; everything else in an address is a choice or an id
PERSONAL = ("candidate", "q")
SIGN = "~"  # how a seal begins; nobody's name does
PURPOSE = b"words about a person in an address"


def in_addresses_of(bp: Blueprint) -> None:
    """Every address that is made for a page of `bp` carries seals, and its views read the words."""
    bp.url_defaults(_seal_all)
    bp.before_request(_open_all)


def seal(words: str) -> str:
    sealed = _cipher().encrypt(words.encode(), [PURPOSE])
    return SIGN + base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def opened(sealed: str) -> str:
    """The words of a seal; none where it is not of ours, as with any other value that means
    nothing.
    """
    text = sealed.removeprefix(SIGN)
    try:
        return (
            _cipher()
            .decrypt(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), [PURPOSE])
            .decode()
        )
    except (ValueError, InvalidTag):
        return ""


def _cipher() -> AESSIV:
    secret = current_app.secret_key
    assert isinstance(secret, str)
    return AESSIV(hmac.new(secret.encode(), PURPOSE, hashlib.sha512).digest())


def _seal_all(endpoint: str, values: dict[str, Any]) -> None:
    for name in PERSONAL:
        words = values.get(name)
        words = words[0] if isinstance(words, list) else words
        if words and not words.startswith(SIGN):
            values[name] = seal(words)


def _open_all() -> None:
    if not any(request.args.get(name, "").startswith(SIGN) for name in PERSONAL):
        return
    pairs = request.args.items(multi=True)
    read = [
        (name, opened(value) if name in PERSONAL and value.startswith(SIGN) else value)
        for name, value in pairs
    ]
    request.args = ImmutableMultiDict(MultiDict(read))
