"""Mails: an action writes one in its own transaction, and background work sends it.

Nothing depends on a mail: whatever a mail server does, the action is done.
"""

from portal.mail.outbox import send, send_again

__all__ = ["send", "send_again"]
