"""Inspects an uploaded file in a separate process, then with the operator's virus scanner.

The process runs `documents`; the scanner is optional. This module limits how many inspections run
at once, and has the sentences for files that could not be checked.
"""

import logging
import subprocess
import time

from documents import start_inspection
from documents.start_inspection import Answer
from portal.hiring.concurrency_limit import ConcurrencyLimit, LimitReached
from portal.languages import N_
from portal.languages import gettext as _
from portal.people.throttle import RetryLater

log = logging.getLogger(__name__)

WAIT_S = start_inspection.WAIT_S
# These two limits are for one process of ours, which has eight threads. Each inspection may use a
# core and up to 1 GiB. Running and waiting inspections together hold half of the threads, so the
# other half can always answer pages and recordings.
AT_ONCE = 2
WAITING = 2
# an ordinary file takes a fifth of a second; after this wait the person is asked to try again
TURN_WAIT_S = 5.0
COME_BACK_S = 10
SCAN_WAIT_S = 60  # without its daemon, a scanner first loads its whole database

BUSY = N_(
    "Other files are being looked at just now, so yours was not. Choose it once more in a few"
    " seconds."
)
TOO_MUCH, TOO_BUSY = start_inspection.TOO_MUCH, start_inspection.TOO_BUSY
INFECTED = N_(
    "A virus scanner finds something in this file. Choose another one, made on another machine."
)
NOT_SCANNED = N_(
    "This file could not be checked for viruses just now. Nothing was kept; try again in a few"
    " minutes."
)
# exit codes of clamdscan and other scanners; any other code means that the scan failed
CLEAN, FOUND = (0, 1)

turns = ConcurrencyLimit(AT_ONCE, WAITING, TURN_WAIT_S)


def look(data: bytes, who: str, scan_command: tuple[str, ...] = ()) -> Answer:
    """Inspect a file: the answer has the bytes to keep, or a sentence on why we refuse the file.

    `who` is the person who sent it. One person's files are inspected one after the other. Raises
    RetryLater if too many files came at once.
    """
    try:
        with turns.slot(who):
            answer = start_inspection.ask(data, WAIT_S)
            if answer.refused:
                log.info("a file is not taken: %s", answer.fault or "refused")
                answer = Answer(refused=_(answer.refused, **answer.values))
            elif scan_command:
                answer = _scanned(answer, scan_command)
            return answer
    except LimitReached:
        log.info("a file was not looked at: too many at once")
        raise RetryLater(_(BUSY), COME_BACK_S) from None


def _scanned(answer: Answer, command: tuple[str, ...]) -> Answer:
    """Scan the bytes that we will keep, because in them nothing is encrypted or hidden any more."""
    began = time.monotonic()
    try:
        ended = subprocess.run(
            command, input=answer.data, capture_output=True, timeout=SCAN_WAIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        log.error("the scanner could not look at a file: %s", type(fault).__name__)
        return Answer(refused=_(NOT_SCANNED))
    if ended.returncode == CLEAN:
        return answer
    if ended.returncode == FOUND:
        log.warning("the scanner found something in a file after %.1f s", time.monotonic() - began)
        return Answer(refused=_(INFECTED))
    log.error("the scanner cannot tell: it ended with %d", ended.returncode)
    return Answer(refused=_(NOT_SCANNED))
