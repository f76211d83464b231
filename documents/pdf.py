"""Says whether bytes are a PDF that only shows pages: nothing in it acts, sends data or hides.

Links to the web are fine: a person may click them. We refuse what runs, sends, plays or carries
another file, wherever it is in the file and however its name is spelt. What is only useless or
unusual we leave out of a copy.
"""

import io
import re
from typing import Any

import pypdf.filters  # noqa: F401 (pypdf loads it when it needs it, too late once nothing can be opened)
from pypdf import PdfReader
from pypdf.generic import IndirectObject

from documents import pdf_cleaning, pdf_words
from documents.accepted_file import AcceptedFile
from documents.changes import Change, change
from documents.errors import Refused, damaged
from documents.kinds import LOOKED_FOR_BYTES
from documents.mixed_formats import is_archive, is_opendocument, refuse_web_page
from documents.pdf_words import AGAIN, HIDDEN, PROTECTED, Words

MAGIC = b"%PDF-"

# some programs write a few blanks before it
HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[\0\t\n\f\r ]*%PDF-[12]\.\d")
# Lines that a program wrote around the PDF (Ghostscript, a web server): plain words, no page, no
# script.
PLAIN_WORDS = re.compile(rb"(?!GIF8|MZ|BM|#!)[A-Za-z0-9 .,:;()_=@+'\"\t\r\n/-]*[\r\n]")
END = b"%%EOF"
ARCHIVE = "This file is an archive as well as a PDF. Export it as PDF again."
PAGES_MAX = 200  # a portfolio with many pictures has some dozens
MANY_PAGES = f"This PDF has more than {PAGES_MAX} pages. Choose a shorter one."
LEFT = f"This PDF holds %(found)s, which cannot be taken out. {AGAIN}"
NODES_MAX = 10_000  # of the tree of pages


def check(data: bytes) -> AcceptedFile:
    """Raise Refused unless this PDF only shows pages, or a cleaned copy of it does."""
    sent, data = data, _without_words_around(data)
    _check_frame(data)
    _refuse_many_pages(data)
    words = pdf_words.read(data)
    if not words.to_remove | words.to_check and data == sent:
        if is_archive(data):
            raise Refused(ARCHIVE)
        _check_pages(data)
        return AcceptedFile("pdf")
    copy, changes = _cleaned(data, words)
    changes = [*([change("around")] if data != sent else []), *changes]
    if words.is_signed:
        changes.append(change("signature"))
    return AcceptedFile("pdf", tuple(changes), copy)


def _cleaned(data: bytes, words: Words) -> tuple[bytes, list[Change]]:
    """A cleaned copy and its changes. Reads each word of the copy again.

    Raises Refused when we cannot write a copy.
    """
    changes: list[Change] = []
    try:
        # we unpack hidden parts first, and then read their words like all others
        if words.to_remove & {HIDDEN, PROTECTED}:
            data, changes = pdf_cleaning.opened(data)
            pdf_words.read(data)
        copy, more = pdf_cleaning.rewritten(data)
        again = pdf_words.read(copy)
        if again.to_remove or (again.to_check and pdf_cleaning.rewritten(copy)[1]):
            raise _left(words)
    except (Refused, MemoryError):
        raise
    except Exception as fault:
        raise _left(words) if words.to_remove | words.to_check else damaged("pdf") from fault
    _check_frame(copy)
    if is_archive(copy):
        raise Refused(ARCHIVE)
    if _check_pages(copy) != _check_pages(data):
        raise damaged("pdf")
    return copy, [*changes, *more]


def _left(words: Words) -> Refused:
    if PROTECTED in words.to_remove:
        return Refused(
            "This PDF is protected in a way that cannot be read here. Print it to PDF and choose"
            " that file."
        )
    found = " and ".join(sorted(words.to_remove | words.to_check))
    return Refused(LEFT, found=found)


def _without_words_around(data: bytes) -> bytes:
    """The PDF without the text before and after it, if that is only plain words.

    If only the end mark of the PDF is missing, we add it.
    """
    at = data.find(MAGIC, 0, LOOKED_FOR_BYTES)
    if at > 0 and not HEADER.match(data) and PLAIN_WORDS.fullmatch(data[:at]):
        data = data[at:]
    if END not in data and re.search(rb"startxref\s+\d+\s*$", data[-LOOKED_FOR_BYTES:]):
        return data.rstrip() + b"\n" + END + b"\n"
    end = data.rfind(END) + len(END)
    is_words = 0 < len(data) - end < LOOKED_FOR_BYTES and PLAIN_WORDS.fullmatch(data[end:] + b"\n")
    return data[:end] + b"\n" if is_words and data[end:].strip() else data


def _check_frame(data: bytes) -> None:
    """Refuse a file that is something else as well as a PDF: look before and after the PDF."""
    if MAGIC not in data[:LOOKED_FOR_BYTES]:
        raise Refused(
            "This file is named .pdf, but it is not a PDF inside. Export it as PDF again."
        )
    if not HEADER.match(data):
        raise Refused("Something stands before the PDF in this file. Export it as PDF again.")
    refuse_web_page(data)
    if END not in data:
        raise damaged("pdf")
    if data[data.rindex(END) + len(END) :].strip(b"\0\t\n\f\r \x1a"):
        raise Refused("Something stands behind the PDF in this file. Export it as PDF again.")
    if is_archive(data) and not is_opendocument(data):
        raise Refused(ARCHIVE)


def _refuse_many_pages(data: bytes) -> None:
    """Refuse a PDF with too many pages first, because this check is the cheapest.

    If we cannot count the pages, a later check says why.
    """
    try:
        _check_pages(data)
    except Refused as refused:
        if refused.sentence == MANY_PAGES:
            raise
    except Exception:
        return


def _check_pages(data: bytes) -> int:
    """The number of pages that a PDF reader finds. Raises Refused for none or too many."""
    reader = PdfReader(io.BytesIO(data))
    pages = _count_pages(reader.root_object.raw_get("/Pages"))
    if not pages:
        raise Refused("This PDF has no page. Export it as PDF again.")
    if pages > PAGES_MAX:
        raise Refused(MANY_PAGES)
    return pages


def _count_pages(root: Any) -> int:
    """The number of real pages, whatever the file claims. A page tree with a loop is damaged."""
    waiting: list[Any] = [root]
    seen: set[int] = set()
    pages = 0
    while waiting and pages <= PAGES_MAX:
        node = waiting.pop()
        if isinstance(node, IndirectObject):
            if node.idnum in seen or len(seen) > NODES_MAX:
                raise damaged("pdf")
            seen.add(node.idnum)
            node = node.get_object()
        if "/Kids" in node:
            waiting.extend(node["/Kids"])
        else:
            pages += node["/Type"] == "/Page"
    return pages
