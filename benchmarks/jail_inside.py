"""The measuring process of the trial (`jailed.py`). It gets one handle and writes to one pipe.

It runs alone (`python -m benchmarks.jail_inside once`), or loads everything and forks for each
recording.
"""

import json
import os
import resource
import socket
import sys
import time
from contextlib import closing
from pathlib import Path

from benchmarks import jail
from capture.film import joining
from capture.media.decoder import Decoder
from capture.session import Models
from capture.store.recording import rounded
from capture.types import SAMPLE_EVERY_MS

MEDIA, OUT = 3, 4  # the handles of the recording and of the pipe for the rows
SOURCE = Path(f"/proc/self/fd/{MEDIA}")
# Decoders and models load some of their files at their first use.
READABLE = [
    "/usr",
    "/lib",
    "/lib64",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/dev/urandom",
]


def measure(models: Models, container: str, is_jailed: bool) -> None:
    """Write the rows as JSON, then one line with figures."""
    began_s, first_s = time.monotonic(), None
    if is_jailed:
        shut(models, None)
    refused = jail.what_is_refused() if is_jailed else {}
    decoder = Decoder(SOURCE, container, every_ms=SAMPLE_EVERY_MS)
    with os.fdopen(OUT, "w", buffering=1) as out, closing(models.senses()) as senses:
        for item in decoder:
            for row in senses.feed(item, has_sound=decoder.has_sound):
                first_s = first_s or time.monotonic() - began_s
                out.write(json.dumps(rounded(row)) + "\n")
        for row in senses.flush():
            out.write(json.dumps(rounded(row)) + "\n")
        out.write(json.dumps(facts() | {"first_s": first_s, "refused": refused}) + "\n")


def normalise(models: Models, container: str, folder: Path) -> None:
    """Normalise the recording, and write it to the one folder that is writable."""
    shut(models, folder)
    with os.fdopen(OUT, "w") as out:
        made = joining.normalise(SOURCE, folder / "film.mp4", container)
        out.write(json.dumps({"duration_ms": made.duration_ms}) + "\n" + json.dumps(facts()) + "\n")


def shut(models: Models, writable: Path | None) -> None:
    folders = [
        Path(name) for name in [*READABLE, sys.prefix, sys.base_prefix] if Path(name).exists()
    ]
    jail.enter([*folders, models.face, models.face_detector, SOURCE.resolve()], writable)


def facts() -> dict[str, object]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_s": used.ru_utime + used.ru_stime, "pss_mb": pss_mb()}


def pss_mb() -> int:
    """The proportional memory (PSS) of this process, in MB."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) // 1024


def serve(models: Models) -> None:
    """Wait for recordings with everything loaded, and fork a process for each of them."""
    with socket.socket(fileno=0) as asked:
        while True:
            message, handles, _, _ = socket.recv_fds(asked, 4096, 2)
            if not message:
                return
            child = os.fork()
            if child == 0:
                asked.detach()
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                _move_handles(handles)
                container, folder = json.loads(message)
                normalise(models, container, Path(folder)) if folder else measure(
                    models, container, is_jailed=True
                )
                os._exit(0)
            for handle in handles:
                os.close(handle)
            os.waitpid(child, 0)


def _move_handles(handles: list[int]) -> None:
    """Give the handles their numbers, by way of unused ones, and close all other handles."""
    aside = [os.dup2(handle, 100 + number) for number, handle in enumerate(handles)]
    os.dup2(aside[0], MEDIA)
    os.dup2(aside[1], OUT)
    os.closerange(OUT + 1, 1024)


if __name__ == "__main__":
    how, face, face_detector, container = sys.argv[1:]
    models = Models(Path(face), Path(face_detector))
    if how == "serve":
        serve(models)
    else:
        measure(models, container, is_jailed=how == "jailed")
