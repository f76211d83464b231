"""Encrypts personal search words in URLs, so that history, bookmarks and logs do not reveal them.

Only the server can decrypt them, with its secret key. The encryption is deterministic (AES-SIV):
the same words always give the same URL. This module knows which URL parameters are personal; it
knows no pages.
"""

import base64
import hashlib
import hmac
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from flask import Blueprint, current_app, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

# The parameters in which admins type about a person. All others hold choices and ids.
PERSONAL_PARAMETERS = ("candidate", "q")
ENCRYPTED_PREFIX = "~"  # an encrypted value begins with this; no name does
PURPOSE = b"words about a person in an address"


def encrypt_in_urls_of(bp: Blueprint) -> None:
    """Encrypt the personal parameters in all URLs of `bp`, and decrypt them for its views."""
    bp.url_defaults(_encrypt_arguments)
    bp.before_request(_decrypt_arguments)


def encrypt(words: str) -> str:
    sealed = _cipher().encrypt(words.encode(), [PURPOSE])
    return ENCRYPTED_PREFIX + base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def decrypt(sealed: str) -> str:
    """The decrypted words, or an empty text when we did not encrypt this value."""
    text = sealed.removeprefix(ENCRYPTED_PREFIX)
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


def _encrypt_arguments(_endpoint: str, values: dict[str, Any]) -> None:
    for name in PERSONAL_PARAMETERS:
        words = values.get(name)
        words = words[0] if isinstance(words, list) else words
        if words and not words.startswith(ENCRYPTED_PREFIX):
            values[name] = encrypt(words)


def _decrypt_arguments() -> None:
    if not any(
        request.args.get(name, "").startswith(ENCRYPTED_PREFIX) for name in PERSONAL_PARAMETERS
    ):
        return
    pairs = request.args.items(multi=True)
    read = [
        (
            name,
            decrypt(value)
            if name in PERSONAL_PARAMETERS and value.startswith(ENCRYPTED_PREFIX)
            else value,
        )
        for name, value in pairs
    ]
    request.args = ImmutableMultiDict(MultiDict(read))
