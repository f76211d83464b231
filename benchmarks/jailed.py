"""What it would cost to open recordings in a process without secrets, database, network and files.

`python -m benchmarks.jailed CLIP FACE_MODEL DETECTOR_MODEL`. Each round measures the clip in four
ways: as today (in this process, with everything loaded), in a fresh process, in a fresh jailed
process, and in a jailed fork of a process that has everything loaded. It also normalises the clip
for the film, here and in such a fork. We compare only ratios within a round, and all ways must
give equal rows.
"""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.jail_inside import MEDIA, OUT, pss_mb
from capture.bench import cpu_s
from capture.film import joining
from capture.media.decoder import Decoder
from capture.media.signature import identify_file
from capture.session import Models
from capture.store.recording import rounded
from capture.types import SAMPLE_EVERY_MS

ROUNDS = 5
PASSED_ON = {
    name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ
}
# numpy would start a pool of threads while it loads, and a fork would lose it.
ENVIRON = PASSED_ON | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
Rows = list[dict[str, Any]]


@dataclass
class Way:
    """One way of measuring, over all rounds."""

    name: str
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)

    def note(self, wall_s: float, cpu_s: float, said: dict[str, Any]) -> None:
        self.wall_s.append(wall_s)
        self.cpu_s.append(cpu_s)
        self.said = said


def here(clip: Path, models: Models, way: Way) -> Rows:
    """Measure in this process, as today."""
    began_s, before_s = time.monotonic(), cpu_s()
    decoder = Decoder(clip, identify_file(clip), every_ms=SAMPLE_EVERY_MS)
    rows: Rows = []
    with closing(models.senses()) as senses:
        for item in decoder:
            rows += map(rounded, senses.feed(item, has_sound=decoder.has_sound))
        rows += map(rounded, senses.flush())
    way.note(time.monotonic() - began_s, cpu_s() - before_s, {"pss_mb": pss_mb()})
    return json.loads(json.dumps(rows))  # type: ignore[no-any-return]


def fresh(clip: Path, models: Models, way: Way, how: str) -> Rows:
    """Measure in a new interpreter."""
    began_s = time.monotonic()
    out_read, out_write = os.pipe()
    media = os.open(clip, os.O_RDONLY)

    def place() -> None:
        os.dup2(out_write, 101)
        os.dup2(media, MEDIA)
        os.dup2(101, OUT)

    command = [
        sys.executable,
        "-m",
        "benchmarks.jail_inside",
        how,
        str(models.face),
        str(models.face_detector),
        identify_file(clip),
    ]
    # This is safe, because no thread of this process can have a lock while it forks.
    process = subprocess.Popen(
        command, env=ENVIRON, stdin=subprocess.DEVNULL, preexec_fn=place, pass_fds=(MEDIA, OUT)
    )
    os.close(out_write)
    os.close(media)
    rows, said = collected(out_read)
    process.wait()
    way.note(time.monotonic() - began_s, said["cpu_s"], said)
    return rows


def forked(clip: Path, asking: socket.socket, way: Way, folder: Path | None = None) -> Rows:
    """Measure in a fork of the loaded process, or normalise there if there is a folder."""
    began_s = time.monotonic()
    out_read, out_write = os.pipe()
    media = os.open(clip, os.O_RDONLY)
    socket.send_fds(
        asking,
        [json.dumps([identify_file(clip), folder and str(folder)]).encode()],
        [media, out_write],
    )
    os.close(out_write)
    os.close(media)
    rows, said = collected(out_read)
    way.note(time.monotonic() - began_s, said["cpu_s"], said)
    return rows


def normalised(clip: Path, folder: Path, way: Way) -> Rows:
    """Normalise in this process, as today."""
    began_s, before_s = time.monotonic(), cpu_s()
    made = joining.normalise(clip, folder / "film.mp4", identify_file(clip))
    way.note(time.monotonic() - began_s, cpu_s() - before_s, {"pss_mb": pss_mb()})
    return [{"duration_ms": made.duration_ms}]


def collected(out_read: int) -> tuple[Rows, dict[str, Any]]:
    with os.fdopen(out_read) as lines:
        *rows, said = [json.loads(line) for line in lines]
    return rows, said


def main(clip: Path, face: Path, face_detector: Path) -> None:
    models, ways = (
        Models(face, face_detector),
        [Way(name) for name in ("today", "fresh", "fresh, jailed", "fork, jailed")],
    )
    films = [Way("today"), Way("fork, jailed")]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "benchmarks.jail_inside", "serve"]
    server = subprocess.Popen(
        [*command, str(face), str(face_detector), "-"], env=ENVIRON, stdin=theirs.fileno()
    )
    theirs.close()
    here(clip, models, Way("loads everything"))
    forked(clip, ours, Way("waits until everything is loaded"))
    for _ in range(ROUNDS):
        rows = [here(clip, models, ways[0]), fresh(clip, models, ways[1], "once")]
        rows += [fresh(clip, models, ways[2], "jailed"), forked(clip, ours, ways[3])]
        assert all(others == rows[0] for others in rows), "the ways do not measure alike"
        with TemporaryDirectory() as folder:
            assert normalised(clip, Path(folder), films[0]) == forked(
                clip, ours, films[1], Path(folder)
            )
    ours.close()
    server.wait()
    print(f"{len(rows[0])} rows, alike in each of {ROUNDS} rounds")
    show("measuring", ways)
    show("bringing into form", films)
    print("\nrefused inside:", ways[-1].said["refused"])


def show(what: str, ways: list[Way]) -> None:
    print(f"\n| {what} | time, of today's | CPU, of today's | CPU | until the first row | memory |")
    print("| --- | --- | --- | --- | --- | --- |")
    for way in ways:
        time_of, cpu_of = ratio(way.wall_s, ways[0].wall_s), ratio(way.cpu_s, ways[0].cpu_s)
        first = f"{way.said['first_s']:.2f} s" if "first_s" in way.said else "–"
        cpu = f"{median(way.cpu_s):.2f} s"
        print(f"| {way.name} | {time_of} | {cpu_of} | {cpu} | {first} | {way.said['pss_mb']} MB |")


def ratio(those: list[float], these: list[float]) -> str:
    found = [one / other for one, other in zip(those, these, strict=True)]
    return f"{median(found):.2f} ({min(found):.2f}–{max(found):.2f})"


if __name__ == "__main__":
    main(*(Path(name) for name in sys.argv[1:]))
