"""Has another process inspect a file. That process gets the file's bytes and nothing else."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from documents.changes import Change, sentence

WAIT_S = 30  # the process may use a sixth of this as CPU time; the rest is for a busy machine
PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH")  # the process gets no secret of ours
PROJECT_FOLDER = Path(__file__).resolve().parent.parent
# The process has a limit of CPU time. If it is still not ready, the file is not to blame: this
# machine is too busy.
TOO_BUSY = (
    "There was no time to look at your file just now. Nothing was kept; try again in a few minutes."
)
TOO_MUCH = "This file takes too long to open. Export a simpler one as PDF, and choose that."


@dataclass(frozen=True)
class Answer:
    """What to do with a file: `refused` says why we may not keep it, or `data` is what we keep.

    `refused` is a template, and `values` has what it names: so a program can translate it.
    """

    refused: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    data: bytes = b""
    changes: tuple[Change, ...] = ()  # what we changed in it
    fault: str = ""  # for the log: what stopped the process, in one word

    @property
    def said(self) -> str:
        """What we changed, as an English sentence for the person who sent the file."""
        return sentence(self.kind, self.changes)


def ask(data: bytes, wait_s: float = WAIT_S) -> Answer:
    """The answer of the other process. Never raises: without an answer the file is refused."""
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
        fault = word if word.isidentifier() else ""
        return Answer(refused=said["refused"], values=said["values"], fault=fault)
    changes = tuple(Change(clause, values) for clause, values in said["changes"])
    return Answer(kind=said["kind"], data=copy if said["is_changed"] else data, changes=changes)


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
