"""What is said of a file that may be kept: what it is, whether as it came or as a copy, and what
was changed.
"""

from dataclasses import dataclass

NAMES = {"pdf": "PDF", "docx": "Word document"}


@dataclass(frozen=True)
class AcceptedFile:
    """A file that may be kept. `copy` is kept instead of what came, where something had to go."""

    kind: str  # "pdf" or "docx"
    changes: tuple[str, ...] = ()  # each a verb and what it was done to: "removed an attachment"
    copy: bytes | None = None

    @property
    def said(self) -> str:
        """One sentence for the person who sent the file; empty where the file is kept unchanged."""
        if self.copy is None:
            return ""
        *first, last = self.changes or ("packed it plainly",)
        done = f"{', '.join(first)} and {last}" if first else last
        return f"We {done}; everything else in your {NAMES[self.kind]} is as it was."


def counted(count: int, one: str, many: str) -> str:
    return one if count == 1 else f"{count} {many}"
