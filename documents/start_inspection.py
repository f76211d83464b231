"""Has a file looked at by a process of its own, which gets its bytes and nothing else. Knows how
long we wait.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

WAIT_S = 30  # its CPU time is limited to a sixth of this; the rest is for a busy machine
PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH")  # no secret of ours is among them
PROJECT_FOLDER = Path(__file__).resolve().parent.parent
# Its CPU time is limited, so what is not ready by then is no fault of the file: this machine has
# too much to do.
TOO_BUSY = (
    "There was no time to look at your file just now. Nothing was kept; try again in a few minutes."
)
TOO_MUCH = "This file takes too long to open. Export a simpler one as PDF, and choose that."


@dataclass(frozen=True)
class Answer:
    """What to do with a file: `refused` says why not to keep it, else `data` is what to keep."""

    refused: str = ""
    kind: str = ""
    data: bytes = b""
    said: str = ""  # what was changed, as a sentence for whoever sent it
    fault: str = ""  # for the log: what stopped the process, in a word


def ask(data: bytes, wait_s: float = WAIT_S) -> Answer:
    """What the other process says. It never raises: who cannot be asked, or says nothing, has
    refused.
    """
    try:
        looked = _start(data, wait_s)
    except subprocess.TimeoutExpired:
        return Answer(refused=TOO_BUSY, fault=f"more than {wait_s} s")
    line, _, copy = looked.stdout.partition(b"\n")
    if looked.returncode or not line:
        return Answer(refused=TOO_MUCH, fault=f"ended with {looked.returncode}")
    said = json.loads(line)
    word = looked.stderr.decode(errors="replace").strip()
    if "refused" in said:
        return Answer(refused=said["refused"], fault=word if word.isidentifier() else "")
    return Answer(kind=said["kind"], data=copy if said["is_changed"] else data, said=said["said"])


def _command() -> list[str]:
    return [sys.executable, "-B", "-m", "documents.inspection_process"]


def _start(data: bytes, wait_s: float) -> subprocess.CompletedProcess[bytes]:
    environ = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return subprocess.run(
        _command(),
        input=data,
        capture_output=True,
        cwd=PROJECT_FOLDER,
        env=environ,
        timeout=wait_s,
        check=False,
    )
