"""The secret text of a link in a mail. It is derived from the link's row, and stored nowhere.

It is a keyed hash (HMAC-SHA-256) of the row's id, so a copy of the database opens no account.
`portal/people/email_links.py` makes, finds and ends links; a mail needs only their text.
"""

import base64

from portal.keyed_hashes import keyed_hash
from portal.models import EmailLink


def token(link: EmailLink) -> str:
    """The secret text that stands in the link: the row's id and its keyed hash."""
    return text(link.id.bytes) + text(proof(link))


def proof(link: EmailLink) -> bytes:
    return keyed_hash(f"link in a mail\0{link.purpose}\0{link.email}\0".encode() + link.id.bytes)


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
