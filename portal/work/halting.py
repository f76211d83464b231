"""Ends long work within seconds when its result is no longer wanted.

Long work calls a `Halt` often. The fencing token already prevents an unwanted result from being
written; a `Halt` also saves the time until then. Knows no file and no kind of work.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portal.database import reading
from portal.work.errors import ClaimLost, Halted

log = logging.getLogger(__name__)

# work must stop within five seconds of a withdrawal; one small query a second costs little
ASK_EVERY_S = 1.0


@dataclass
class Halt:
    """A check that the work on one row calls often (cooperative cancellation).

    Raises ClaimLost when another process has the row, Halted when the result is not wanted now.
    """

    app: Flask
    row_id: uuid.UUID
    why_unwanted: Callable[[uuid.UUID], str | None]  # asks the database
    stop: threading.Event  # this process ends
    lost: threading.Event = field(default_factory=threading.Event)
    _asked_at: float = field(default_factory=time.monotonic)

    def __call__(self) -> None:
        if self.lost.is_set():
            raise ClaimLost(f"{self.row_id} is worked on by another process now, or stopped")
        if self.stop.is_set():
            raise Halted("this process ends")
        if time.monotonic() - self._asked_at >= ASK_EVERY_S:
            self._asked_at = time.monotonic()
            self._ask_database()

    def _ask_database(self) -> None:
        try:
            with self.app.app_context(), reading():
                reason = self.why_unwanted(self.row_id)
        except SQLAlchemyError:
            log.warning(
                "whether %s goes on could not be asked just now", self.row_id, exc_info=True
            )
            return
        if reason:
            raise Halted(reason)
