"""Hashes with the portal's secret key: nobody can make or check one who has only the database."""

import hashlib
import hmac

from flask import Flask, current_app


def keyed_hash(said: str | bytes, app: Flask | None = None) -> bytes:
    """HMAC-SHA-256 of this text with SECRET_KEY, as 32 bytes.

    The text begins with what the hash is for, so that no hash is good for another purpose.
    """
    secret = (app or current_app).secret_key
    assert isinstance(secret, str)
    return hmac.digest(
        secret.encode(), said.encode() if isinstance(said, str) else said, hashlib.sha256
    )
