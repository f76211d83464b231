"""No recording, however broken or hostile, brings a process down, eats its memory, or makes it open
another file.

All samples go through `media_trial` in one run under strace. The long form tries thousands of
fuzzed ones: `make torture ARGS=tests/faults/test_hostile_media.py`, with SEEDS=from-to to choose.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pytest
from fuzzed_media import fuzzed
from hostile_media import (
    EITHER,
    KEPT,
    REFUSED,
    Sample,
    base,
    broken,
    changing,
    disguises,
    oversized,
)
from hostile_structures import absurd_times, bombs, references
from media_boxes import box, full, rewritten

from capture.errors import UnusableMedia
from capture.media import index_guard
from capture.media.decoder import Decoder
from capture.media.growing_file import GrowingFile
from portal.config import PROJECT_FOLDER

GROUPS = (disguises, broken, oversized, changing, references, bombs, absurd_times)
# all libraries are 95 MB, the face models 160 more; the rest is room for pictures of full HD
PEAK_MB = 450
CPU_S = 60  # ten minutes of video that somebody meant would take longer
# comes first: what it opens, libraries and models, others may open, too
GOOD = "00-good-measured.mp4"
# reading faces is the slow part, and sees only pictures that were decoded well
FUZZED_MEASURED_EVERY = 20
FOUND = (1121, 1358, 1865)  # what broke something once
# libraries ask it now and then how many cores there are
KERNEL = ("/sys/devices/system/cpu/", "/sys/fs/cgroup/cpu")
CALLS = "trace=?open,openat,?openat2,?creat,execve,?connect,socket"
CALL = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\((?:AT_FDCWD, |\d+, )?(?P<what>\"[^\"]*\"|[^,)]*)")


@dataclass
class Run:
    """All trials, and what was opened meanwhile."""

    folder: Path
    trials: dict[str, dict] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    allowed: set[str] = field(default_factory=set)
    opened: list[tuple[str, str]] = field(default_factory=list)  # for which file, what

    def refusals(self) -> Iterator[tuple[str, str]]:
        for name, trial in self.trials.items():
            yield from (
                (name, said) for said in trial["steps"].values() if said.startswith("refused: ")
            )


def samples(*, long: bool) -> Iterator[Sample]:
    for sample in chain.from_iterable(group() for group in GROUPS):
        if long or not sample.is_long:
            yield sample


def fuzz_samples(seeds: Iterable[int]) -> Iterator[Sample]:
    for seed in seeds:
        ending, data = fuzzed(seed)
        measured = "" if seed % FUZZED_MEASURED_EVERY else "-measured"
        yield Sample(f"fuzz-{seed:06d}{measured}.{ending}", EITHER, lambda data=data: data)


def run_all(folder: Path, chosen: Iterator[Sample]) -> Run:
    """Write the samples, try them all under strace, and read what it saw."""
    run = Run(folder)
    folder.mkdir()
    (folder / GOOD).write_bytes(base())
    for sample in chosen:
        (folder / sample.name).write_bytes(sample.make())
        run.expected[sample.name] = sample.expected
    log = folder.with_suffix(".strace")
    command = [
        "strace",
        "--follow-forks",
        "--seccomp-bpf",
        "-qq",
        "-e",
        CALLS,
        "-e",
        "signal=none",
        "-o",
        str(log),
    ]
    environ = os.environ | {
        "PYTHONPATH": f"{PROJECT_FOLDER}:{PROJECT_FOLDER / 'tests' / 'support'}"
    }
    command += [sys.executable, "-m", "media_trial", str(folder)]
    out = subprocess.run(
        command, env=environ, cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True
    ).stdout
    run.trials = {trial["name"]: trial for trial in map(json.loads, out.splitlines())}
    _read_log(run, log)
    return run


def _read_log(run: Run, log: Path) -> None:
    current = ""
    for line in log.read_text(errors="replace").splitlines():
        if not (match := CALL.match(line)):
            continue
        what = (
            match["what"].strip('"')
            if match["call"].startswith(("open", "creat"))
            else match["call"]
        )
        what = re.sub(r"^/proc/\d+/", "/proc/self/", what)
        if what.startswith(f"{run.folder}/"):
            name = Path(what).relative_to(run.folder).parts[0].removesuffix(".work")
            current = name if what == f"{run.folder}/{name}" else current
            assert name == current, f"{current} opened {what}"
        elif current == GOOD:
            run.allowed.add(what)
        elif current:
            run.opened.append((current, what))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    chosen = chain(samples(long=False), fuzz_samples([*range(80), *FOUND]))
    return run_all(tmp_path_factory.mktemp("hostile") / "files", chosen)


def faults(run: Run) -> list[str]:
    """What must never happen."""
    found = [f"{what} was opened for {name}" for name, what in run.opened
             if what not in run.allowed and not what.startswith(KERNEL)]  # fmt: skip
    found += [f"{name} was not tried" for name in run.expected if name not in run.trials]
    for name, trial in run.trials.items():
        found += [
            f"{name} {step}: {said}"
            for step, said in trial["steps"].items()
            if said.startswith("FAULT")
        ]
        found += [f"{name} ended by {trial['ended']}"] if trial["ended"] else []
        found += [f"{name} took {trial['peak_mb']:.0f} MB"] if trial["peak_mb"] > PEAK_MB else []
        found += [f"{name} took {trial['cpu_s']} s of CPU"] if trial["cpu_s"] > CPU_S else []
    return found


def summary(run: Run) -> str:
    ends = Counter(
        "film" if trial["steps"].get("film") == "ok" else "refused" for trial in run.trials.values()
    )
    damaged = sum(
        trial["facts"].get("film_damaged_at_ms") is not None for trial in run.trials.values()
    )
    most_mb = max(run.trials.values(), key=lambda trial: trial["peak_mb"])
    most_s = max(run.trials.values(), key=lambda trial: trial["cpu_s"])
    return (
        f"{len(run.trials)} files: {ends['film']} became film ({damaged} of them noted as damaged),"
        f" {ends['refused']} were refused; {len(faults(run))} faults. Most memory"
        f" {most_mb['peak_mb']:.0f} MB ({most_mb['name']}), most CPU {most_s['cpu_s']} s"
        f" ({most_s['name']})."
    )


@pytest.mark.long
@pytest.mark.strace
def test_none_crashes_hangs_eats_memory_or_opens_another_file(run: Run) -> None:
    print(summary(run))
    assert faults(run) == []


@pytest.mark.long
@pytest.mark.strace
def test_what_is_allowed_to_be_opened_is_neither_ours_nor_the_network(run: Run) -> None:
    assert not run.allowed & {"socket", "connect", "execve", "/etc/passwd"}
    assert any(path.endswith("face_landmarker.task") for path in run.allowed)  # the log was read
    libraries = ("/usr/lib", "/lib", "/sys/", "/proc/", sys.base_prefix, sys.prefix, PROJECT_FOLDER)
    known = tuple(
        os.path.realpath(path) for path in (*libraries, PROJECT_FOLDER / "instance" / "models")
    )
    assert not {path for path in run.allowed if not os.path.realpath(path).startswith(known)}


@pytest.mark.long
@pytest.mark.strace
def test_each_ends_as_it_should(run: Run) -> None:
    ends = {
        name: KEPT if trial["steps"].get("film") == "ok" else REFUSED
        for name, trial in run.trials.items()
    }
    wrong = {
        name: (run.trials[name]["steps"], wanted)
        for name, wanted in run.expected.items()
        if wanted != EITHER and ends[name] != wanted
    }
    assert wrong == {}


@pytest.mark.long
@pytest.mark.strace
def test_each_refusal_is_a_sentence_for_people(run: Run) -> None:
    for name, said in run.refusals():
        reason = said.removeprefix("refused: ")
        assert 15 < len(reason) < 120, name
        assert not re.search(r"Errno|Error|0x|/", reason), (name, reason)


@pytest.mark.long
@pytest.mark.strace
@pytest.mark.parametrize(
    ("name", "until_ms", "is_told"),
    [
        ("cut-half-measured.mp4", 2000, True),
        ("hole-measured.mp4", 2000, True),
        ("cut-half-measured.webm", 1500, False),  # a WebM that was cut looks like a shorter one
        ("times-back-an-hour-measured.webm", 2000, True),
        ("times-forth-three-hours-measured.webm", 2000, True),
        ("hls-behind-video.mp4", 3000, True),
    ],
)
def test_what_could_be_read_is_kept_and_the_rest_is_said(
    run: Run, name: str, until_ms: int, is_told: bool
) -> None:
    facts = run.trials[name]["facts"]
    assert abs(facts["film_ms"] - until_ms) < 150
    assert (facts["film_damaged_at_ms"] is not None) == is_told
    if "measure_duration_ms" in facts:
        assert facts["measure_damaged_at_ms"] == facts["film_damaged_at_ms"]
        assert abs(facts["measure_measured_ms"] - until_ms) < 250


def claiming(count: int) -> bytes:
    """A fragmented MP4, one of whose fragments says that it holds so many samples."""
    return rewritten(base(), "moof/traf/trun", lambda _: b"\0\0\0\0" + count.to_bytes(4, "big"))


def guarded(data: bytes, piece_bytes: int) -> index_guard.IndexGuard:
    guard = index_guard.IndexGuard()
    for at in range(0, len(data), piece_bytes):
        guard.feed(data[at : at + piece_bytes])
    return guard


@pytest.mark.parametrize("piece_bytes", [1, 7, 4096])
def test_a_claim_is_found_however_the_bytes_arrive(piece_bytes: int) -> None:
    with pytest.raises(UnusableMedia, match="claims more"):
        guarded(claiming(80_000_000), piece_bytes)


@pytest.mark.parametrize("piece_bytes", [1, 7, 4096])
def test_each_claim_counts_once(piece_bytes: int) -> None:
    each = index_guard.MAX_SAMPLES // len(re.findall(b"trun", base()))
    assert guarded(claiming(each), piece_bytes).is_fragmented


def test_a_claim_hides_neither_behind_another_name_nor_in_a_box_of_another_kind() -> None:
    claim = full(b"stsz", b"\0\0\0\1" + (80_000_000).to_bytes(4, "big"))
    for hidden in (
        b"trun" + claim,
        b"stsz" + claim,
        box(b"free", claim),
        box(b"wide", box(b"udta", claim)),
        b"\0" * 9 + claim,
    ):
        with pytest.raises(UnusableMedia):
            index_guard.IndexGuard().feed(box(b"ftyp", b"isom\0\0\0\0") + hidden + bytes(32))


def test_pictures_and_sound_may_contain_anything() -> None:
    guard = index_guard.IndexGuard()
    guard.feed(
        box(b"ftyp", b"isom\0\0\0\0")
        + box(b"mdat", b"cmov" + full(b"trun", b"\xff" * 12))
        + box(b"free", bytes(16))
    )


def test_data_that_claims_to_last_for_ever_ends_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "answer.mp4"
    path.write_bytes(base() + b"\0\0\0\1mdat" + (2**63 - 1).to_bytes(8, "big") + bytes(100))
    assert index_guard.is_fragmented(path)
    assert list(Decoder(path, "mp4", every_ms=200))


def test_a_growing_file_is_left_when_it_claims_too_much(tmp_path: Path) -> None:
    path = tmp_path / "answer.mp4"
    path.write_bytes(claiming(80_000_000))
    answers = iter([False])
    growing = GrowingFile(path, lambda: next(answers, True))
    with pytest.raises(UnusableMedia, match="claims more"):
        list(Decoder(growing, "mp4", every_ms=200))


@pytest.mark.torture
@pytest.mark.strace
def test_thousands_of_fuzzed_recordings(tmp_path: Path) -> None:
    first, last = (int(part) for part in os.environ.get("SEEDS", "1000-5000").split("-"))
    everything = chain(samples(long=True), fuzz_samples(range(first, last)))
    folder = tmp_path / "files"
    run = run_all(folder, everything)
    print(summary(run))
    assert faults(run) == []
