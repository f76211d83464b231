"""The verdict on a file that we may keep: its kind, a changed copy if there is one, the changes."""

from dataclasses import dataclass

from documents.changes import Change, change, sentence

NAMES = {"pdf": "PDF", "docx": "Word document"}


@dataclass(frozen=True)
class AcceptedFile:
    """A file that we may keep. If we had to remove something, we keep `copy` instead of it."""

    kind: str  # "pdf" or "docx"
    changes: tuple[Change, ...] = ()
    copy: bytes | None = None

    @property
    def told(self) -> tuple[Change, ...]:
        """What the person is told. A copy without any other change was at least packed again."""
        return self.changes or (() if self.copy is None else (change("packing"),))

    @property
    def said(self) -> str:
        """One sentence for the person who sent the file; empty where the file is kept unchanged."""
        return sentence(self.kind, self.told)
