"""Says whether bytes are a Word document that only holds text and pictures of its own.

Every part is unpacked and every XML part is read to its end, within bounds. Macros, programs, other files, templates
and pictures from elsewhere, and fields that fetch something are refused.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from xml.parsers import expat

from documents import package
from documents.disguise import is_archive, is_stranger, refuse_web_page
from documents.errors import Refused, damaged

OLD_OFFICE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"
XML_MAX_BYTES = 30 * 1024 * 1024  # of one part; a thousand pages of text have about ten
DEPTH_MAX = 400  # of XML elements in each other; Word's own stay below a hundred

TYPES_PART = "[Content_Types].xml"
MAIN_PART = "word/document.xml"
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MAIN_ROOTS = {
    f"{namespace} document"
    for namespace in (
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",  # the same in the standard's "strict" form
    )
}
XML_ENDINGS = {"xml", "rels", "svg", "psmdcp"}
OTHER_ENDINGS = {
    "png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "dib", "tif", "tiff", "emf", "wmf", "wdp", "hdp", "webp", "ico",
    "odttf", "ttf",
}  # fmt: skip
MACROS = re.compile(r"macroenabled|vbaproject|vbadata", re.IGNORECASE)
# How parts hang together that bring along or fetch something; the last word of a relationship's type.
FETCHES = {
    "attachedtemplate": "is tied to a template outside of it",
    "afchunk": "carries another file inside it",
    "oleobject": "carries another file inside it",
    "package": "carries another file inside it",
    "control": "contains a control that runs a program",
    "activexcontrolbinary": "contains a control that runs a program",
    "vbaproject": "contains macros",
    "wordvbadata": "contains macros",
    "subdocument": "is put together from several files",
    "frame": "is put together from several files",
    "mailmergesource": "takes data from another file",
    "mailmergeheadersource": "takes data from another file",
    "mailmergerecipientdata": "takes data from another file",
    "webextension": "brings an add-in from the web",
    "webextensiontaskpanes": "brings an add-in from the web",
}
LINKS = {"http", "https", "mailto", "tel"}
# The first word of a field that runs or fetches something when the document is opened or printed.
FIELDS = {
    "DDE", "DDEAUTO", "INCLUDE", "INCLUDETEXT", "INCLUDEPICTURE", "IMPORT", "LINK", "DATABASE", "MACROBUTTON", "MACRO",
    "RD", "EMBED", "CONTROL", "HTMLCONTROL", "PRINT",
}  # fmt: skip
HYPERLINK = re.compile(r'[\s"]*HYPERLINK\b(.*)', re.IGNORECASE | re.DOTALL)
ARGUMENT = re.compile(r'"([^"]*)"?|(\\[A-Za-z])(?=[\s"]|$)|([^\s"]+)')
TAKES_A_WORD = {"\\l", "\\o", "\\t"}  # switches of a HYPERLINK: a place in the document, a tip, a window
ACTIVE_ELEMENTS = {"script", "foreignobject", "altchunk", "oleobject", "control", "iframe"}
SAVE = "Save it as PDF."
MACROS_FOUND = "This Word document contains macros. Save it as a plain .docx, or as PDF."
NOT_WORD = "This file is not a Word document inside. Save it as .docx again, or as PDF."


def check(data: bytes) -> None:
    """Raise Refused unless this is a Word document in one piece, with nothing in it that acts or fetches."""
    if data.startswith(OLD_OFFICE_MAGIC):
        raise Refused(
            "This document is protected with a password, or in the old Word format. "
            "Save it as .docx without a password, or as PDF."
        )
    if not data.startswith(ZIP_MAGIC):
        raise Refused("This file is named .docx, but it is not a Word document inside. Save it as .docx again.")
    refuse_web_page(data)
    if b"%PDF-" in data[:1024]:
        raise Refused("This file is a PDF as well as a Word document. Save it as PDF again.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            _check_parts(opened, package.parts(opened, data))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as exc:
        raise damaged("Word document") from exc


def _check_parts(opened: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    names = {part.filename for part in parts}
    if not {TYPES_PART, MAIN_PART} <= names:
        raise Refused(NOT_WORD)
    for part in sorted(parts, key=lambda part: part.filename != TYPES_PART):  # what it says it is comes first
        ending = part.filename.rpartition(".")[2].lower()
        if part.is_dir():
            continue
        if ending in XML_ENDINGS:
            _check_xml(part, package.read(opened, part) if part.file_size <= XML_MAX_BYTES else b"")
        elif MACROS.search(part.filename):
            raise Refused(MACROS_FOUND)
        elif ending not in OTHER_ENDINGS or _brings_another(package.read(opened, part)):
            raise Refused(f"This Word document carries another file inside it. {SAVE}")


def _brings_another(data: bytes) -> bool:
    return is_stranger(data[:64]) or is_archive(data)


def _check_xml(part: zipfile.ZipInfo, data: bytes) -> None:
    if not data:
        raise Refused(package.TOO_LARGE if part.file_size else f"This Word document is damaged. {SAVE}")
    seen = XmlReader().read(data)
    if part.filename == TYPES_PART and MAIN_TYPE not in seen.types:
        raise Refused(NOT_WORD)
    if part.filename == MAIN_PART and seen.root not in MAIN_ROOTS:
        raise Refused(NOT_WORD)


@dataclass
class XmlReader:
    """Reads one XML part to its end; raises Refused at whatever acts, fetches or could expand."""

    root: str = ""
    types: set[str] = field(default_factory=set)
    _depth: int = 0
    _fields: list[str] = field(default_factory=list)  # instructions of the fields that are open, innermost last
    _is_instruction: bool = False

    def read(self, xml: bytes) -> "XmlReader":
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(xml, True)
        except expat.ExpatError as exc:
            raise damaged("Word document") from exc
        for instruction in self._fields:  # of fields that never end
            _check_field(instruction)
        return self

    def _doctype(self, *declaration: Any) -> None:
        raise Refused(f"This Word document holds a document type, which Word never writes. {SAVE}")

    def _instruction(self, target: str, data: str) -> None:
        if target.lower().startswith("xml-"):  # a stylesheet is fetched and run
            raise Refused(f"This Word document takes its looks from elsewhere. {SAVE}")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.root = self.root or name
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise Refused(f"This Word document is nested too deeply. {SAVE}")
        local = name.rpartition(" ")[2]
        values = {key.rpartition(" ")[2].lower(): value for key, value in attributes.items()}
        if local.lower() in ACTIVE_ELEMENTS:
            raise Refused(f"This Word document contains something that runs or is another file. {SAVE}")
        if local == "Relationship":
            _check_relationship(values)
        if "contenttype" in values:
            self._note_type(values["contenttype"])
        self._note_field(local, values)

    def _note_type(self, content_type: str) -> None:
        if MACROS.search(content_type):
            raise Refused(MACROS_FOUND)
        self.types.add(content_type)

    def _note_field(self, local: str, values: dict[str, str]) -> None:
        """A field's instruction may be cut into many pieces; it is whole where its result begins, or it ends."""
        if local == "fldSimple":
            _check_field(values.get("instr", ""))
        elif local == "fldChar" and values.get("fldchartype") == "begin":
            self._fields.append("")
        elif local == "fldChar" and self._fields:
            _check_field(self._fields[-1])
            if values.get("fldchartype") == "end":
                self._fields.pop()
        self._is_instruction = local in {"instrText", "delInstrText"}

    def _text(self, text: str) -> None:
        if not self._is_instruction:
            return
        if not self._fields:  # an instruction without a beginning is one to some readers
            self._fields.append("")
        self._fields[-1] += text

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._is_instruction = False


def _check_field(instruction: str) -> None:
    words = instruction.replace('"', " ").split()
    if words and words[0].upper() in FIELDS:
        raise Refused(
            f"This Word document contains a field that fetches or runs something ({words[0].upper()}). {SAVE}"
        )
    if link := HYPERLINK.match(instruction.replace("\u201c", '"').replace("\u201d", '"')):
        for target in _targets(link[1]):
            _check_link(target)


def _targets(arguments: str) -> Iterator[str]:
    """What a HYPERLINK leads to: its arguments without switches and their words."""
    is_of_switch = False
    for quoted, switch, word in ARGUMENT.findall(arguments):
        if not switch and not is_of_switch:
            yield (quoted or word).strip()
        is_of_switch = switch.lower() in TAKES_A_WORD


def _check_link(target: str) -> None:
    if urlsplit(target).scheme.lower() not in LINKS | {""} or target.startswith(("//", "\\")):
        raise Refused(f"This Word document links to something that is not on the web. {SAVE}")


def _check_relationship(values: dict[str, str]) -> None:
    kind = values.get("type", "").rpartition("/")[2].lower()
    if reason := FETCHES.get(kind):
        raise Refused(f"This Word document {reason}. {SAVE}")
    target = values.get("target", "").strip()
    if values.get("targetmode", "").lower() != "external":
        if urlsplit(target).scheme or target.startswith(("//", "\\")):
            raise Refused(f"This Word document fetches something from elsewhere. {SAVE}")
    elif kind != "hyperlink":
        raise Refused(f"This Word document fetches something from elsewhere. {SAVE}")
    else:
        _check_link(target)
