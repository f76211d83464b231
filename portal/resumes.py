"""Résumé files: which we take, and how they are kept. Knows no person and no application.

A file is believed for nothing it says of itself: its ending, its first bytes and a real parse must agree. It is kept
under a name made here; what the candidate called it is only ever shown.
"""

import io
import os
import re
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from portal import docx
from portal.disk import sync_folder

MAX_BYTES = 10 * 1024 * 1024
NAME_MAX_CHARS = 160
MIMETYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
PDF_HEADER_WITHIN_BYTES = 1024  # readers accept some bytes before the header, and some writers put them there
ZIP_MAGIC = b"PK\x03\x04"
OLD_OFFICE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# What pypdf is known to let through on files that are broken in earnest (found by changing bytes at random).
PDF_FAULTS = (
    PyPdfError, ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, RecursionError,
    OverflowError, NotImplementedError,
)  # fmt: skip


class ResumeRefused(Exception):
    """This file is no résumé we can take; the message is a sentence for the candidate."""


@dataclass(frozen=True)
class Resume:
    """A file that was checked."""

    name: str
    kind: str  # "pdf" or "docx"
    data: bytes


def read(filename: str | None, stream: IO[bytes]) -> Resume:
    """Check an upload. Raises ResumeRefused. Takes up to a second: call it while no transaction is open."""
    name = clean_name(filename or "")
    kind = name.rpartition(".")[2].lower()
    if kind not in MIMETYPES:
        raise ResumeRefused("Choose a PDF or a Word document (.docx).")
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ResumeRefused("This file is larger than 10 MB. Save it with smaller pictures and try again.")
    if not data:
        raise ResumeRefused("This file is empty. Choose the file again.")
    if kind == "pdf":
        check_pdf(data)
    else:
        check_docx(data)
    return Resume(name, kind, data)


def check_pdf(data: bytes) -> None:
    """Raise ResumeRefused unless a PDF reader can open it without a password and finds a page."""
    if b"%PDF-" not in data[:PDF_HEADER_WITHIN_BYTES]:
        raise ResumeRefused("This file is named .pdf, but it is not a PDF inside. Export it as PDF again.")
    try:
        reader = PdfReader(io.BytesIO(data))
        is_encrypted = reader.is_encrypted
        has_page = not is_encrypted and bool(reader.pages[0])
    except PDF_FAULTS as exc:
        raise ResumeRefused("This PDF is damaged and cannot be opened. Export it as PDF again.") from exc
    if is_encrypted:
        raise ResumeRefused("This PDF is protected with a password. Save it without protection.")
    if not has_page:
        raise ResumeRefused("This PDF has no page. Export it as PDF again.")


def check_docx(data: bytes) -> None:
    """Raise ResumeRefused unless it is a Word document that can be opened without a password."""
    if data.startswith(OLD_OFFICE_MAGIC):
        raise ResumeRefused(
            "This document is protected with a password, or in the old Word format. "
            "Save it as .docx without a password, or as PDF."
        )
    if not data.startswith(ZIP_MAGIC):
        raise ResumeRefused("This file is named .docx, but it is not a Word document inside. Save it as .docx again.")
    try:
        docx.check(data)
    except docx.NotADocument as exc:
        raise ResumeRefused(str(exc)) from exc


def store(resume: Resume, folder: Path) -> str:
    """Write the file to disk for good and return the name it got. Whoever returns may be told "saved"."""
    name = f"{uuid.uuid4()}.{resume.kind}"
    with (folder / name).open("xb") as file:
        file.write(resume.data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
    return name


def remove(name: str, folder: Path) -> None:
    """Delete a stored file; one that is gone already is fine."""
    (folder / Path(name).name).unlink(missing_ok=True)


def clean_name(filename: str) -> str:
    """The name as the candidate may see it again: no folders, nothing invisible, not endless, the ending kept."""
    base = re.split(r"[/\\]", filename)[-1]
    visible = "".join(char for char in base if unicodedata.category(char)[0] != "C")
    stem, dot, ending = visible.strip().rpartition(".")
    return stem[: NAME_MAX_CHARS - len(ending) - 1].strip() + dot + ending if dot else ending[:NAME_MAX_CHARS]


def mimetype(name: str) -> str:
    return MIMETYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
