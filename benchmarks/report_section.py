"""Rewrites one section of docs/benchmarks.md, so that a benchmark changes only its own section.

Knows markers and text, and nothing of what the benchmarks measure.
"""

from pathlib import Path

from disk.atomic import atomic_write

PROJECT = Path(__file__).resolve().parent.parent
DOCUMENT = PROJECT / "docs" / "benchmarks.md"
OPENING = (
    "# Benchmarks\n\nWritten by the commands named in each section; numbers are of one machine on"
    " one day.\n"
)


def rewrite_section(name: str, text: str, document: Path = DOCUMENT) -> None:
    """Put `text` between the markers of section `name`. A new section goes to the end."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    section = f"{begin}\n{text.strip()}\n{end}"
    before = document.read_text(encoding="utf-8") if document.exists() else OPENING
    head, has_begin, rest = before.partition(begin)
    _, has_end, tail = rest.partition(end)
    after = head + section + tail if has_begin and has_end else f"{before.rstrip()}\n\n{section}\n"
    with atomic_write(document) as temporary:
        temporary.write_text(after, encoding="utf-8")
