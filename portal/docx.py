"""Says whether bytes are a Word document, opening as little of it as needed and never more than a bounded part.

A .docx is a zip of XML files, so both kinds of bomb are possible: sizes are looked at before anything is unpacked, and
XML with a document type (the only way to define entities) is refused before it can expand.
"""

import io
import zipfile
import zlib
from xml.parsers import expat

PARTS_MAX = 5_000  # a long document full of pictures has some hundreds
UNPACKED_MAX_BYTES = 200 * 1024 * 1024  # all parts together, as the zip declares them
XML_MAX_BYTES = 30 * 1024 * 1024  # of one part that we read; a thousand pages of text have about ten

TYPES_PART = "[Content_Types].xml"
MAIN_PART = "word/document.xml"
MAIN_TYPE = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MACRO_TYPE = b"application/vnd.ms-word.document.macroEnabled.main+xml"
MAIN_ROOTS = {
    f"{namespace} document"
    for namespace in (
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",  # the same in the standard's "strict" form
    )
}

DAMAGED = "This Word document is damaged and cannot be opened. Save it as .docx again, or as PDF."


class NotADocument(Exception):
    """The message is a sentence for whoever chose the file."""


def check(data: bytes) -> None:
    """Raise NotADocument unless this is a Word document in one piece."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check_sizes(package)
            types = _read(package, TYPES_PART)
            document = _read(package, MAIN_PART)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as exc:
        raise NotADocument(DAMAGED) from exc
    _root_of(types)
    if MACRO_TYPE in types:
        raise NotADocument("This Word document contains macros. Save it as a plain .docx, or as PDF.")
    if MAIN_TYPE not in types or _root_of(document) not in MAIN_ROOTS:
        raise NotADocument("This file is not a Word document inside. Save it as .docx again, or as PDF.")


def _check_sizes(package: zipfile.ZipFile) -> None:
    parts = package.infolist()
    if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_MAX_BYTES:
        raise NotADocument("This Word document is too large when unpacked. Save it as PDF.")
    if any(part.flag_bits & 0x1 for part in parts):
        raise NotADocument("This Word document is protected with a password. Save it without protection.")


def _read(package: zipfile.ZipFile, name: str) -> bytes:
    try:
        info = package.getinfo(name)
    except KeyError as exc:
        raise NotADocument("This file is not a Word document inside. Save it as .docx again, or as PDF.") from exc
    if info.file_size > XML_MAX_BYTES:
        raise NotADocument("This Word document is too large when unpacked. Save it as PDF.")
    with package.open(info) as part:
        data = part.read(XML_MAX_BYTES + 1)
    if len(data) > XML_MAX_BYTES:
        raise NotADocument("This Word document is too large when unpacked. Save it as PDF.")
    return data


def _root_of(xml: bytes) -> str:
    """The root's name after a parse from end to end."""
    names: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = lambda name, attributes: names.append(name) if not names else None
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as exc:
        raise NotADocument(DAMAGED) from exc
    return names[0]


def _refuse_doctype(*declaration: object) -> None:
    raise NotADocument("This Word document holds a document type, which Word never writes. Save it as PDF.")
