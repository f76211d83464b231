"""Has a stranger's file looked at by a process of its own (`documents`), and by the operator's scanner if there is one.

Knows how many may run at once, and what is said where nobody can tell.
"""

import logging
import subprocess
import threading
import time

from documents import asking
from documents.asking import Answer

log = logging.getLogger(__name__)

WAIT_S = asking.WAIT_S
AT_ONCE = 2  # of one process of ours: each may take a core and up to 1 GiB
SCAN_WAIT_S = 60  # a scanner without its daemon first loads all it knows

BUSY = "Many files are being looked at just now. Send yours once more in a minute."
TOO_MUCH = asking.TOO_MUCH
INFECTED = "A virus scanner finds something in this file. Choose another one, made on another machine."
NOT_SCANNED = "This file could not be checked for viruses just now. Nothing was kept; try again in a few minutes."
CLEAN, FOUND = 0, 1  # how a scanner ends, clamdscan and others alike; anything else means that it cannot tell

_free = threading.BoundedSemaphore(AT_ONCE)


def look(data: bytes, scan_command: tuple[str, ...] = ()) -> Answer:
    """What to keep of a file, or a sentence on why it is not taken."""
    if not _free.acquire(timeout=WAIT_S):
        return Answer(refused=BUSY)
    try:
        answer = asking.ask(data, WAIT_S)
        if answer.refused or not scan_command:
            _note(answer)
            return answer
        return _scanned(answer, scan_command)
    finally:
        _free.release()


def _note(answer: Answer) -> None:
    if answer.refused:
        log.info("a file is not taken: %s", answer.fault or "refused")


def _scanned(answer: Answer, command: tuple[str, ...]) -> Answer:
    """What is to be kept goes to the scanner: there nothing is protected or hidden any more."""
    began = time.monotonic()
    try:
        ended = subprocess.run(command, input=answer.data, capture_output=True, timeout=SCAN_WAIT_S, check=False)
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
