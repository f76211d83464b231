"""Runs `python -m capture` as a process of its own, and reads the telemetry that it writes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

import capture

ROOT = Path(capture.__file__).resolve().parent.parent
SCHEMA = json.loads((ROOT / "capture" / "store" / "telemetry.schema.json").read_text())


def telemetry_in(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "telemetry.json").read_text())
    Draft202012Validator(SCHEMA).validate(document)
    return document


def run(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "capture", *map(str, arguments)]
    out, errors = subprocess.PIPE, subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=out, stderr=errors)
