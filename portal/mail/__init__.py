"""Mails: an action writes one in its own transaction, and background work sends it.

Nothing depends on a mail: whatever a mail server does, the action is done.
"""

from collections.abc import Sequence

from flask import Flask

from portal import work
from portal.config import ConfigError, settings
from portal.mail import transports
from portal.mail.outbox import send, send_again
from portal.mail.rendering import address_of
from portal.mail.retention import Housekeeper, delete_files_of, purge
from portal.mail.transports import folder

__all__ = ["address_of", "delete_files_of", "folder", "purge", "send", "send_again"]

MAX_THREADS = 2  # in each process; `sending.AT_ONCE` counts over all of them


def init_app(app: Flask) -> None:
    """Register the sending of mails. Raises ConfigError if a setting for mail is wrong."""
    if settings(app).mail_days < 1:
        raise ConfigError("MAIL_DAYS is 0; write how many days the portal keeps mails.")
    transports.keep(app, settings(app))
    work.register_rows_beside(app, _row_kinds, MAX_THREADS)
    work.register_idle(app, Housekeeper(app).find_work)


def _row_kinds() -> Sequence[work.RowKind]:
    # only processes that send mails import it
    from portal.mail import sending

    return sending.ROW_KINDS
