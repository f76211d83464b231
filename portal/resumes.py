"""Résumé files: which we take, and how they are kept. Knows no person and no application.

A file is believed for nothing it says of itself: `inspection` has it looked at from end to end. It is kept under a name
made here; what the candidate called it is only ever shown.
"""

import os
import re
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from capture.replacing import fsync_folder
from portal import inspection

MAX_BYTES = 10 * 1024 * 1024
NAME_MAX_CHARS = 160
NAME_MAX_BYTES = 200  # disks take 255, and browsers add something to a name that is there already
MIMETYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
ASCII_NAME = re.compile(r"[^A-Za-z0-9._ -]")
# What some systems cannot put into a name, or take for a device whatever its ending is.
NOT_IN_NAMES = re.compile(r'[<>:"|?*]')
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


class ResumeRefused(Exception):
    """This file is no résumé we can take; the message is a sentence for the candidate."""


@dataclass(frozen=True)
class Resume:
    """A file that was checked."""

    name: str
    kind: str  # "pdf" or "docx"
    data: bytes


def read(filename: str | None, stream: IO[bytes]) -> Resume:
    """Check an upload. Raises ResumeRefused. Takes a second or so: call it while no transaction is open."""
    name = clean_name(filename or "")
    kind = name.rpartition(".")[2].lower()
    if kind not in MIMETYPES:
        raise ResumeRefused("Choose a PDF or a Word document (.docx).")
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ResumeRefused("This file is larger than 10 MB. Save it with smaller pictures and try again.")
    if not data:
        raise ResumeRefused("This file is empty. Choose the file again.")
    if reason := inspection.why_refused(kind, data):
        raise ResumeRefused(reason)
    return Resume(name, kind, data)


def store(resume: Resume, folder: Path) -> str:
    """Write the file to disk for good and return the name it got. Whoever returns may be told "saved"."""
    name = f"{uuid.uuid4()}.{resume.kind}"
    with (folder / name).open("xb") as file:
        file.write(resume.data)
        file.flush()
        os.fsync(file.fileno())
    fsync_folder(folder)
    return name


def remove(name: str, folder: Path) -> None:
    """Delete a stored file; one that is gone already is fine."""
    (folder / Path(name).name).unlink(missing_ok=True)


def clean_name(filename: str) -> str:
    """The name as people see it again: no folders, nothing invisible or that turns text around, not endless."""
    base = re.split(r"[/\\]", filename)[-1]
    visible = "".join(char for char in base if unicodedata.category(char)[0] != "C")
    stem, dot, ending = NOT_IN_NAMES.sub("_", visible).strip().rstrip(" .").rpartition(".")
    if not dot:
        return ending[:NAME_MAX_CHARS]
    stem = _cut(stem.strip(" ."), NAME_MAX_CHARS - len(ending) - 1) or "resume"
    return f"{'_' if DEVICES.fullmatch(stem) else ''}{stem}.{ending}"


def _cut(stem: str, most: int) -> str:
    """Short enough in characters for our column and in bytes for any disk."""
    return stem[:most].encode()[:NAME_MAX_BYTES].decode(errors="ignore").strip(" .")


def disposition(name: str) -> str:
    """The header that makes a browser store the file, under a name that every one understands."""
    plain = ASCII_NAME.sub("", unicodedata.normalize("NFKD", name)).strip(" .-_") or "resume"
    if "." not in plain:
        plain = f"resume.{plain}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def mimetype(name: str) -> str:
    return MIMETYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
