"""Mails as `.eml` files in a folder: where no mail server is set, and nobody receives them.

A file's name is derived from the row of its mail, so a mail that is written twice is one file.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from disk.atomic import TEMPORARY_SUFFIX, atomic_write
from portal.mail.errors import NOT_WRITTEN, NotSent
from portal.mail.message import Letter


@dataclass(frozen=True)
class Folder:
    """Takes every mail. Only the portal's own user can read its files."""

    path: Path

    @contextmanager
    def delivered(self, letter: Letter, confirm: Callable[[], None]) -> Iterator[None]:
        """The block runs when the file is safely on disk. Raises NotSent when it is not."""
        target = self.path / file_name(letter.mail_id, letter.written_at)
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with atomic_write(target, confirm) as temporary:
                temporary.write_bytes(letter.content)
        except OSError as error:
            raise NotSent(NOT_WRITTEN) from error
        yield

    def forget(self, mail_id: uuid.UUID, written_at: datetime) -> None:
        """Delete the file of this mail, and what a killed process left of it.

        Temporary files go first: a process that writes just now then cannot rename its own.
        """
        name = file_name(mail_id, written_at)
        for temporary in self.path.glob(f".{name}.*{TEMPORARY_SUFFIX}"):
            temporary.unlink(missing_ok=True)
        (self.path / name).unlink(missing_ok=True)


def file_name(mail_id: uuid.UUID, written_at: datetime) -> str:
    """When the mail was written (UTC), and its row."""
    return f"{written_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{mail_id}.eml"
