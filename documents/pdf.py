"""Says whether bytes are a PDF that only shows pages: one that opens, and in which nothing can act, call out or hide.

Links that a person may click are fine. Everything that runs, opens, sends, plays or carries another file is refused,
wherever in the file it is and however its name is spelt.
"""

import io
import re
from itertools import pairwise
from typing import Any

import pypdf.filters  # noqa: F401 (pypdf loads it when it needs it, too late once nothing can be opened)
from pypdf import PdfReader
from pypdf.generic import IndirectObject

from documents.disguise import is_archive, refuse_web_page
from documents.errors import Refused, damaged
from documents.pdf_tokens import Found, Token, objects

HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[\0\t\n\f\r ]*%PDF-[12]\.\d")  # a few blanks before it are some writers' habit
END = b"%%EOF"
PAGES_MAX = 200  # a portfolio with many pictures has some dozens
NODES_MAX = 10_000  # of the tree of pages

AGAIN = "Print it to PDF (or export it again without it) and choose the new file."
ACTS = {
    "contains a script": ("JavaScript", "JS"),
    "can start a program or open another file": ("Launch", "GoToR", "GoToE", "ImportData"),
    "contains a form that sends data": ("SubmitForm",),
    "carries another file inside it": ("EmbeddedFile", "EmbeddedFiles", "FileAttachment", "EF"),
    "is a form that changes itself (XFA)": ("XFA",),
    "plays media": ("RichMedia", "RichMediaExecute", "Rendition", "Movie", "Sound", "GoTo3DView", "3D"),
}
REASON_OF = {name.encode(): reason for reason, names in ACTS.items() for name in names}
LINKS = {"http", "https", "mailto", "tel"}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


def check(data: bytes) -> None:
    """Raise Refused unless this is a PDF that a reader opens without a password, and that only shows pages."""
    _check_frame(data)
    is_encrypted = False
    for found in objects(data):
        is_encrypted |= b"Encrypt" in found.names()
        _check_object(found)
    if is_encrypted:
        raise Refused("This PDF is protected with a password. Save it without protection.")
    _check_pages(data)


def _check_frame(data: bytes) -> None:
    """What stands before and behind: a file that is a PDF and something else besides is refused."""
    if b"%PDF-" not in data[:1024]:
        raise Refused("This file is named .pdf, but it is not a PDF inside. Export it as PDF again.")
    if not HEADER.match(data):
        raise Refused("Something stands before the PDF in this file. Export it as PDF again.")
    refuse_web_page(data)
    if END not in data:
        raise damaged("PDF")
    if data[data.rindex(END) + len(END) :].strip(b"\0\t\n\f\r "):
        raise Refused("Something stands behind the PDF in this file. Export it as PDF again.")
    if is_archive(data):
        raise Refused("This file is an archive as well as a PDF. Export it as PDF again.")


def _check_object(found: Found) -> None:
    names = found.names()
    for name, reason in REASON_OF.items():
        if name in names:
            raise Refused(f"This PDF {reason}. {AGAIN}")
    for before, token in pairwise(found.tokens):
        if before.kind != "name":
            continue
        if before.text == b"URI" and not _is_link(token):
            raise Refused(f"This PDF links to something that is not on the web. {AGAIN}")
        if before.text == b"F" and found.payload_at and token.kind == "string":
            raise Refused(f"This PDF takes a part of itself from another file. {AGAIN}")


def _is_link(token: Token) -> bool:
    """Whether what follows the word URI is an address one may click (or no address at all: another name, a bracket)."""
    if token.kind == "word":  # an address that stands somewhere else
        return False
    if token.kind != "string":
        return True
    text = token.text.decode("utf-16" if token.text[:2] in {b"\xfe\xff", b"\xff\xfe"} else "latin-1", "replace")
    address = "".join(char for char in text if char.isprintable()).strip()
    scheme = SCHEME.match(address)
    return not address.startswith("\\") and (scheme is None or scheme[1].lower() in LINKS)


def _check_pages(data: bytes) -> None:
    """A PDF reader opens it and finds at least one page, and not too many."""
    reader = PdfReader(io.BytesIO(data))
    pages = _count_pages(reader.root_object.raw_get("/Pages"))
    if not pages:
        raise Refused("This PDF has no page. Export it as PDF again.")
    if pages > PAGES_MAX:
        raise Refused(f"This PDF has more than {PAGES_MAX} pages. Choose a shorter one.")


def _count_pages(root: Any) -> int:
    """Pages as they are, whatever the file says of their number; a tree that leads back to itself is damage."""
    waiting: list[Any] = [root]
    seen: set[int] = set()
    pages = 0
    while waiting and pages <= PAGES_MAX:
        node = waiting.pop()
        if isinstance(node, IndirectObject):
            if node.idnum in seen or len(seen) > NODES_MAX:
                raise damaged("PDF")
            seen.add(node.idnum)
            node = node.get_object()
        if "/Kids" in node:
            waiting.extend(node["/Kids"])
        else:
            pages += node["/Type"] == "/Page"
    return pages
