"""Why a mail did not go out. The reasons are stored in English, and translated where a page shows
them; those that a mail server gave are in its own words.
"""

import re
from dataclasses import dataclass

from portal.languages import N_

REASON_MAX_CHARS = 500  # the length of the column
ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")

NO_CONNECTION = N_("The mail server could not be reached.")
NO_SUCH_HOST = N_("No address was found for the name of the mail server.")
TOO_SLOW = N_("The mail server took too long to answer.")
HUNG_UP = N_("The mail server ended the connection too early.")
NO_STARTTLS = N_("The mail server offers no encryption (STARTTLS).")
BAD_CERTIFICATE = N_("The certificate of the mail server is not valid.")
NO_TLS = N_("No encrypted connection to the mail server could be made.")
NO_SIGNING_IN = N_("The mail server lets nobody sign in, but MAIL_URL has a name.")
NO_SMTPUTF8 = N_(
    "The mail server takes no addresses with letters beyond A–Z before the @ (SMTPUTF8)."
)
NO_ADDRESS = N_("This is not an address to which mail can be sent.")
LINK_IS_GONE = N_("The link in this mail was used, or it is too old.")
NOT_WRITTEN = N_("The file of this mail could not be written.")
GIVEN_UP = N_("The process that sent this mail ended several times without a result.")
UNFORESEEN = N_("An error of the portal prevented this mail. The log has it.")


@dataclass
class NotSent(Exception):
    """This try has failed. `reason` may be shown to admins and is not for the log."""

    reason: str
    is_final: bool = False  # trying again cannot help
    address_is_refused: bool = False  # the server says that nobody reads mail there

    def __str__(self) -> str:
        return self.reason


def server_words(code: int, words: bytes | str, about: str) -> str:
    """What a server said, as one line. It names no address but `about`, the recipient's own."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    known = about.casefold()
    shown = ADDRESS.sub(lambda found: found[0] if found[0].casefold() == known else "…", line)
    return f"{code} {shown}".strip()[:REASON_MAX_CHARS]
