"""Has a stranger's file looked at by a process of its own (`documents`), which gets its bytes and nothing else.

Knows how long we wait for it, and how many may run at once.
"""

import logging
import os
import subprocess
import sys
import threading

from documents.__main__ import KEEP, REFUSE
from portal.config import PROJECT_FOLDER

log = logging.getLogger(__name__)

WAIT_S = 30  # its CPU time is limited to a third of this; the rest is for a busy machine
AT_ONCE = 2  # of one process of ours: each may take a core and up to 1 GiB
PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH")  # no secret of ours is among them

BUSY = "Many files are being looked at just now. Send yours once more in a minute."
TOO_MUCH = "This file takes too long to open. Export a simpler one as PDF, and choose that."

_free = threading.BoundedSemaphore(AT_ONCE)


def why_refused(kind: str, data: bytes) -> str | None:
    """A sentence on why this file is not taken; None where it may be kept."""
    if not _free.acquire(timeout=WAIT_S):
        return BUSY
    try:
        looked = _look(kind, data)
    except subprocess.TimeoutExpired:
        log.warning("looking at a %s took more than %d s", kind, WAIT_S)
        return TOO_MUCH
    finally:
        _free.release()
    if looked.returncode == KEEP:
        return None
    fault = looked.stderr.decode(errors="replace").strip()
    log.info("a %s is not taken: %d %s", kind, looked.returncode, fault if fault.isidentifier() else "")
    return looked.stdout.decode() if looked.returncode == REFUSE else TOO_MUCH


def _look(kind: str, data: bytes) -> subprocess.CompletedProcess[bytes]:
    environ = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    command = [sys.executable, "-B", "-m", "documents", kind]
    return subprocess.run(
        command, input=data, capture_output=True, cwd=PROJECT_FOLDER, env=environ, timeout=WAIT_S, check=False
    )
