"""Résumé files: which ones we accept, and how we store them. Knows no person and no application.

We trust neither a file's name nor its type header: `file_inspection` reads the whole file. We store
it under a random name. The candidate's own name for the file is only displayed, with the correct
extension.
"""

import os
import re
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO
from urllib.parse import quote

from disk.atomic import fsync_folder
from portal import database
from portal.errors import PortalError
from portal.hiring import file_inspection, resume_changes
from portal.languages import gettext as _

MAX_MB = 10  # pages and the API say this number; a form may be 1 MB larger (portal/__init__.py)
MAX_BYTES = MAX_MB * 1024 * 1024
NAME_MAX_CHARS = 160
NAME_MAX_BYTES = 200  # file systems allow 255, and browsers lengthen a name that exists already
MIMETYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
# "cv.pdf (1)", "cv.pdf-2", "cv.docx_": names of copies, with the extension in the wrong place.
MISPLACED_ENDING = re.compile(r"(.+)\.(?:pdf|docx)([ _~-]*(?:\(?\d{0,3}\)?))", re.IGNORECASE)
# Wrong extensions that a PDF or a Word document may come with. We replace them.
OTHER_ENDINGS = {
    "pdf", "docx", "doc", "dot", "dotx", "odt", "rtf", "txt", "zip", "bin", "tmp", "dat", "part",
    "download", "file",
}  # fmt: skip
ASCII_NAME = re.compile(r"[^A-Za-z0-9._ -]")
# Windows allows none of these characters in a file name. It takes the names below for devices,
# whatever their extension is.
NOT_IN_NAMES = re.compile(r'[<>:"|?*]')
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


class ResumeRefused(PortalError):
    """We cannot accept this file as a résumé."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    field = "resume"


@dataclass(frozen=True)
class Resume:
    """A file that passed the inspection."""

    name: str
    kind: str  # "pdf" or "docx"
    data: bytes
    changes: str = ""  # what the inspection changed, as `resume_changes` writes it


@dataclass(frozen=True)
class StoredResume:
    """A résumé whose file is on our disk, and whose row is not written yet."""

    path: str  # our own name for the file
    folder: Path
    name: str
    changes: str


def read(
    filename: str | None, stream: IO[bytes], who: str, scan_command: tuple[str, ...] = ()
) -> Resume:
    """Check a file that the person `who` uploaded. Raises ResumeRefused and RetryLater.

    `who` may be any string that is unique to the person. The check takes about a second, so call it
    while no transaction is open.
    """
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ResumeRefused(
            _(
                "This file is larger than %(number)s MB. "
                "Save it with smaller pictures and try again.",
                number=MAX_MB,
            )
        )
    if not data:
        raise ResumeRefused(_("This file is empty. Choose the file again."))
    answer = file_inspection.look(data, who, scan_command)
    if answer.refused:
        raise ResumeRefused(answer.refused)
    name = clean_name(with_ending(filename or "", answer.kind))
    return Resume(name, answer.kind, answer.data, resume_changes.as_json(answer.changes))


def store(resume: Resume, folder: Path) -> str:
    """Write the file durably (fsync) and return its stored name.

    When this returns, the candidate may be told that the file is saved.
    """
    name = f"{uuid.uuid4()}.{resume.kind}"
    with (folder / name).open("xb") as file:
        file.write(resume.data)
        file.flush()
        os.fsync(file.fileno())
    fsync_folder(folder)
    return name


@contextmanager
def stored(resume: Resume, folder: Path) -> Iterator[StoredResume]:
    """Store the file for the block, which commits the row that names it.

    The file comes first, so a row never names a file that does not exist. If the block raises, the
    file is deleted again. No lock of the database is held while the disk works.
    """
    database.release_lock()
    path = store(resume, folder)
    try:
        yield StoredResume(path, folder, resume.name, resume.changes)
    except BaseException:
        remove(path, folder)
        raise


def remove(name: str, folder: Path) -> None:
    """Delete a stored file, if it is still there."""
    (folder / Path(name).name).unlink(missing_ok=True)


def with_ending(filename: str, kind: str) -> str:
    """The name with the correct extension.

    A file picker may leave the extension out, or put a number after it.
    """
    name = _visible(filename)
    if name.lower().endswith(f".{kind}"):
        return name
    if moved := MISPLACED_ENDING.fullmatch(name):
        return f"{moved[1]}{moved[2]}.{kind}"
    stem, _dot, ending = name.rpartition(".")
    return with_ending(stem, kind) if stem and ending.lower() in OTHER_ENDINGS else f"{name}.{kind}"


def clean_name(filename: str) -> str:
    """The name as pages show it: shortened, and without folders, invisible or bidi characters."""
    stem, dot, ending = _visible(filename).rpartition(".")
    if not dot:
        return ending[:NAME_MAX_CHARS]
    # short enough for our column (characters) and for any file system (bytes)
    stem = stem.strip(" .")[: NAME_MAX_CHARS - len(ending) - 1]
    stem = stem.encode()[:NAME_MAX_BYTES].decode(errors="ignore").strip(" .") or "resume"
    return f"{'_' if DEVICES.fullmatch(stem) else ''}{stem}.{ending}"


def _visible(filename: str) -> str:
    base = re.split(r"[/\\]", filename)[-1]
    visible = "".join(char for char in base if unicodedata.category(char)[0] != "C")
    return NOT_IN_NAMES.sub("_", visible).strip().rstrip(" .")


def disposition(name: str) -> str:
    """The Content-Disposition header: a browser saves the file under this name (RFC 6266)."""
    plain = ASCII_NAME.sub("", unicodedata.normalize("NFKD", name)).strip(" .-_") or "resume"
    if "." not in plain:
        plain = f"resume.{plain}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def mimetype(name: str) -> str:
    return MIMETYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
