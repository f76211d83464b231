"""Has a stranger's file looked at by a process of its own (`documents`), and by the operator's
scanner if there is one.

Knows how many may run at once, and what is said where nobody can tell.
"""

import logging
import subprocess
import time

from documents import start_inspection
from documents.start_inspection import Answer
from portal.hiring.concurrency_limit import ConcurrencyLimit, LimitReached
from portal.people.throttle import HaveToWait

log = logging.getLogger(__name__)

WAIT_S = start_inspection.WAIT_S
# Of one process of ours, which has eight threads. Each that runs may take a core and up to 1 GiB;
# with those that wait they hold half of the threads, so that pages and recordings are always
# answered by the other half.
AT_ONCE = 2
WAITING = 2
# an honest file takes a fifth of a second; whoever waits longer is told to come back
TURN_WAIT_S = 5.0
COME_BACK_S = 10
SCAN_WAIT_S = 60  # a scanner without its daemon first loads all it knows

BUSY = (
    "Other files are being looked at just now, so yours was not. Choose it once more in a few"
    " seconds."
)
TOO_MUCH, TOO_BUSY = start_inspection.TOO_MUCH, start_inspection.TOO_BUSY
INFECTED = (
    "A virus scanner finds something in this file. Choose another one, made on another machine."
)
NOT_SCANNED = (
    "This file could not be checked for viruses just now. Nothing was kept; try again in a few"
    " minutes."
)
# how a scanner ends, clamdscan and others alike; anything else means that it cannot tell
CLEAN, FOUND = (0, 1)

turns = ConcurrencyLimit(AT_ONCE, WAITING, TURN_WAIT_S)


def look(data: bytes, who: str, scan_command: tuple[str, ...] = ()) -> Answer:
    """What to keep of a file, or a sentence on why it is not taken. Raises HaveToWait where too
    many came at once.

    `who` sent it: of one person, one file is looked at after the other.
    """
    try:
        with turns.of(who):
            return _look(data, scan_command)
    except LimitReached:
        log.info("a file was not looked at: too many at once")
        raise HaveToWait(BUSY, COME_BACK_S) from None


def _look(data: bytes, scan_command: tuple[str, ...]) -> Answer:
    answer = start_inspection.ask(data, WAIT_S)
    if answer.refused or not scan_command:
        _note(answer)
        return answer
    return _scanned(answer, scan_command)


def _note(answer: Answer) -> None:
    if answer.refused:
        log.info("a file is not taken: %s", answer.fault or "refused")


def _scanned(answer: Answer, command: tuple[str, ...]) -> Answer:
    """What is to be kept goes to the scanner: there nothing is protected or hidden any more."""
    began = time.monotonic()
    try:
        ended = subprocess.run(
            command, input=answer.data, capture_output=True, timeout=SCAN_WAIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        log.error("the scanner could not look at a file: %s", type(fault).__name__)
        return Answer(refused=NOT_SCANNED)
    if ended.returncode == CLEAN:
        return answer
    if ended.returncode == FOUND:
        log.warning("the scanner found something in a file after %.1f s", time.monotonic() - began)
        return Answer(refused=INFECTED)
    log.error("the scanner cannot tell: it ended with %d", ended.returncode)
    return Answer(refused=NOT_SCANNED)
