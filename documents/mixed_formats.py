"""Files that are two things at once: one program opens a document, another one runs or unpacks it.

Programs guess what a file is from its first bytes, and recognise archives by their last bytes. So
we look there.
"""

import io
import re
import zipfile
import zlib

from documents.errors import Refused

GUESSED_FROM_BYTES = 1024  # browsers look at no more
WEB_PAGE = re.compile(
    rb"<\s*(!doctype|html|head|body|script|svg|iframe|img|meta|style|object|embed)", re.IGNORECASE
)

# The first bytes of files that may not be inside a document: archives, programs, old Office files,
# PDF.
FOREIGN_MAGICS = (
    b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MZ",
    b"\x7fELF",
    b"\xd0\xcf\x11\xe0", b"%PDF-", b"{\\rtf", b"\xca\xfe\xba\xbe", b"#!",
)  # fmt: skip


def is_web_page(data: bytes) -> bool:
    """Whether a browser could take this for a web page with scripts."""
    return bool(WEB_PAGE.search(data[:GUESSED_FROM_BYTES]))


def refuse_web_page(data: bytes) -> None:
    """Raise Refused if a browser could take this for a web page with scripts."""
    if is_web_page(data):
        raise Refused("This file is a web page as well as a document. Export it as PDF again.")


def is_archive(data: bytes) -> bool:
    """Whether a program finds a zip archive here. Such programs search from the end."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return bool(archive.infolist()) or archive.start_dir > 0
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False


def is_opendocument(data: bytes) -> bool:
    """Whether the archive here is an OpenDocument file, which LibreOffice can attach to a PDF."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("mimetype") as kind:
            return kind.read(64).startswith(b"application/vnd.oasis.opendocument")
    except (
        zipfile.BadZipFile,
        ValueError,
        OSError,
        NotImplementedError,
        KeyError,
        RuntimeError,
        zlib.error,
    ):
        return False


def is_foreign_file(head: bytes) -> bool:
    """Whether a part of a document is a file of a kind that may not be inside one."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(FOREIGN_MAGICS)
