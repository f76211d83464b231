"""The verdict on a file that we may keep: its kind, a changed copy if there is one, the changes."""

from dataclasses import dataclass

NAMES = {"pdf": "PDF", "docx": "Word document"}


@dataclass(frozen=True)
class AcceptedFile:
    """A file that we may keep. If we had to remove something, we keep `copy` instead of it."""

    kind: str  # "pdf" or "docx"
    changes: tuple[str, ...] = ()  # each a verb with its object: "removed an attachment"
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
