"""`make bench-documents CORPUS=folder`: how many real documents we keep, by the writing program.

We inspect each file like the portal, in its own process with its limits. The corpus is not part of
the project. We refuse a file with a script, media, a program to start or too many pages on purpose,
and count these separately.
"""

import io
import re
import resource
import statistics
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from documents.start_inspection import Answer, ask

MAGICS = (b"%PDF-", b"PK\x03\x04")
MAX_BYTES = 10 * 1024 * 1024  # the portal's limit
# Words of the refusals that are on purpose.
ON_PURPOSE = (
    "script", "plays media", "start a program", "form that sends", "more than 200 pages",
    "with a password", "macros", "changes itself", "carries another file", "no page",
    "not a text document", "This is an archive", "OpenDocument",
)  # fmt: skip
PRODUCER = re.compile(
    rb"/Producer\s*\(((?:\\.|[^\\)]){1,80})|<(?:pdf:)?Producer>([^<]{1,80})", re.DOTALL
)
APPLICATION = re.compile(rb"<(?:\w+:)?Application>([^<]{1,60})<")


@dataclass(frozen=True)
class Looked:
    path: Path
    producer: str
    answer: Answer
    cpu_s: float

    @property
    def outcome(self) -> str:
        if not self.answer.refused:
            return "changed" if self.answer.said else "kept"
        return (
            "on purpose" if any(word in self.answer.refused for word in ON_PURPOSE) else "refused"
        )


def main(folder: str) -> None:
    looked = list(look_at_all(Path(folder)))
    if not looked:
        sys.exit(f"There is no PDF and no Word document in {folder}.")
    print_table(looked)
    print_refusals(looked)
    seconds = sorted(one.cpu_s for one in looked)
    late = seconds[int(len(seconds) * 0.95)]
    print(
        f"\nCPU time of one file: median {statistics.median(seconds):.2f} s, 95 of 100 within"
        f" {late:.2f} s"
    )


def look_at_all(folder: Path) -> Iterator[Looked]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and 0 < path.stat().st_size <= MAX_BYTES:
            data = path.read_bytes()
            if any(magic in data[:1024] for magic in MAGICS):
                before = children_s()
                answer = ask(data)
                yield Looked(path, producer_of(data), answer, children_s() - before)


def children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def producer_of(data: bytes) -> str:
    """The first words of the program's name, without its version."""
    found = PRODUCER.search(data) if data[:2] != b"PK" else APPLICATION.search(_app_part(data))
    said = next((group for group in found.groups() if group), b"") if found else b""
    text = said.decode("utf-16-be" if said[:2] == b"\xfe\xff" else "latin-1", "replace")
    words = re.sub(r"[^\w .+-]|[\d.]{3,}.*", " ", text).split()
    return ("PDF: " if data[:2] != b"PK" else "Word: ") + (" ".join(words[:2]) or "says nothing")


def _app_part(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return package.read("docProps/app.xml")
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, NotImplementedError):
        return b""


def print_table(looked: list[Looked]) -> None:
    by_producer: dict[str, list[str]] = defaultdict(list)
    for one in looked:
        by_producer[one.producer].append(one.outcome)
    columns = ("kept", "changed", "refused", "on purpose")
    print(f"{'written by':34}{'files':>7}" + "".join(f"{name:>12}" for name in columns))
    for producer, outcomes in sorted(by_producer.items(), key=lambda row: -len(row[1])):
        print(
            f"{producer:34.34}{len(outcomes):7}"
            + "".join(f"{outcomes.count(name):12}" for name in columns)
        )
    outcomes = [one.outcome for one in looked]
    print(
        f"{'together':34}{len(outcomes):7}"
        + "".join(f"{outcomes.count(name):12}" for name in columns)
    )
    honest = [outcome for outcome in outcomes if outcome != "on purpose"]
    taken = sum(outcome != "refused" for outcome in honest)
    print(
        f"\nof {len(honest)} that should be taken, {taken} are:"
        f" {100 * taken / max(1, len(honest)):.1f} %"
    )


def print_refusals(looked: list[Looked]) -> None:
    for outcome, title in (("refused", "Refused"), ("on purpose", "Refused on purpose")):
        rows = [one for one in looked if one.outcome == outcome]
        if rows:
            print(f"\n{title}:")
        for one in rows:
            print(f"  {one.path.name}: {one.answer.refused} {one.answer.fault}".rstrip())


if __name__ == "__main__":
    main(*sys.argv[1:2])
