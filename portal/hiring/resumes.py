"""Résumé files: which we take, and how they are kept. Knows no person and no application.

We trust neither the file's content type nor its name: `file_inspection` checks the whole file. We
keep it under a name that we make. The candidate's own name for it is only shown, with the ending
that is true.
"""

import os
import re
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from disk.atomic import fsync_folder
from portal.hiring import file_inspection

MAX_BYTES = 10 * 1024 * 1024
NAME_MAX_CHARS = 160
NAME_MAX_BYTES = 200  # disks take 255, and browsers add something to a name that is there already
MIMETYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
# "cv.pdf (1)", "cv.pdf-2", "cv.docx_": what a copy is called that must not replace another.
MISPLACED_ENDING = re.compile(r"(.+)\.(?:pdf|docx)([ _~-]*(?:\(?\d{0,3}\)?))", re.IGNORECASE)
# What a file may be called that is a PDF or a Word document all the same.
OTHER_ENDINGS = {
    "pdf", "docx", "doc", "dot", "dotx", "odt", "rtf", "txt", "zip", "bin", "tmp", "dat", "part",
    "download", "file",
}  # fmt: skip
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
    changes: str = ""  # a sentence on what is left out of what came, where something had to go


def read(
    filename: str | None, stream: IO[bytes], who: str, scan_command: tuple[str, ...] = ()
) -> Resume:
    """Check an upload of `who` (any name for them). Raises ResumeRefused, and HaveToWait where too
    many came at once.

    Takes a second or so: call it while no transaction is open.
    """
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ResumeRefused(
            "This file is larger than 10 MB. Save it with smaller pictures and try again."
        )
    if not data:
        raise ResumeRefused("This file is empty. Choose the file again.")
    answer = file_inspection.look(data, who, scan_command)
    if answer.refused:
        raise ResumeRefused(answer.refused)
    return Resume(
        clean_name(with_ending(filename or "", answer.kind)), answer.kind, answer.data, answer.said
    )


def store(resume: Resume, folder: Path) -> str:
    """Write the file to disk for good and return the name it got. Whoever returns may be told
    "saved".
    """
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


def with_ending(filename: str, kind: str) -> str:
    """The name with the ending of what the file is. Pickers leave it out, or put a number behind
    it.
    """
    name = _visible(filename)
    if name.lower().endswith(f".{kind}"):
        return name
    if moved := MISPLACED_ENDING.fullmatch(name):
        return f"{moved[1]}{moved[2]}.{kind}"
    stem, _, ending = name.rpartition(".")
    return with_ending(stem, kind) if stem and ending.lower() in OTHER_ENDINGS else f"{name}.{kind}"


def clean_name(filename: str) -> str:
    """The name as people see it again: no folders, nothing invisible or that turns text around, not
    endless.
    """
    stem, dot, ending = _visible(filename).rpartition(".")
    if not dot:
        return ending[:NAME_MAX_CHARS]
    stem = _cut(stem.strip(" ."), NAME_MAX_CHARS - len(ending) - 1) or "resume"
    return f"{'_' if DEVICES.fullmatch(stem) else ''}{stem}.{ending}"


def _visible(filename: str) -> str:
    base = re.split(r"[/\\]", filename)[-1]
    visible = "".join(char for char in base if unicodedata.category(char)[0] != "C")
    return NOT_IN_NAMES.sub("_", visible).strip().rstrip(" .")


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
