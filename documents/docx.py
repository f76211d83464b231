"""Says whether bytes are a Word document with only its own text and pictures, or can become one.

We unpack every part and read every XML part to its end, within limits. We refuse macros, programs,
other files, templates and pictures from other machines, and fields that run something. A copy
leaves out useless parts, left-overs, and parts that would fetch something unneeded. Everything else
in the copy is as it was.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field

from documents import docx_relations, docx_zip
from documents.accepted_file import AcceptedFile
from documents.changes import Change, change
from documents.docx_relations import MAIN, OF_CHART, Relation, source_of
from documents.docx_xml import MACROS, MACROS_FOUND, Edit, XmlReader, edited, overrides
from documents.errors import SAVE, Refused, damaged
from documents.mixed_formats import is_archive, is_foreign_file, is_web_page, refuse_web_page

ZIP_MAGIC = b"PK\x03\x04"
XML_MAX_BYTES = 30 * 1024 * 1024  # of one part; a thousand pages of text take about 10 MB

TYPES_PART = "[Content_Types].xml"
USUAL_MAIN_PART = "word/document.xml"
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.{}.main+xml"
MAIN_TYPE, TEMPLATE_TYPE = TYPE.format("document"), TYPE.format("template")
MAIN_ROOTS = {
    f"{namespace} document"
    for namespace in (
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        # the same in the standard's "strict" form
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
}
CHART_TYPES = re.compile(r"drawingml\.chart\+xml|ms-office\.chartex\+xml", re.IGNORECASE)
XML_ENDINGS = {"xml", "rels", "svg", "psmdcp"}
OTHER_ENDINGS = {
    "png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "dib", "tif", "tiff", "emf", "wmf", "wdp",
    "hdp", "webp", "ico", "odttf", "ttf", "emz", "wmz", "pcz", "pct", "pict", "jp2", "jxr", "heic",
    "avif", "sigs",
}  # fmt: skip
PRINTER_SETTINGS = "printersettings"
CARRIES = f"This Word document carries another file inside it. {SAVE}"
NOT_WORD = "This file is not a Word document inside. Save it as .docx again, or as PDF."
# the kinds of changes, in the order in which the person reads them
KINDS = ("link", "picture", "table", "grammar", "template", "left-over", "document")
COMPRESSED = {"emz", "wmz", "pcz"}  # drawings that are themselves compressed


def check(data: bytes) -> AcceptedFile:
    """Raise Refused unless this is an intact Word document in which nothing acts.

    If only a cleaned copy of it is such a document, the verdict contains that copy.
    """
    looked = _look(data)
    if not looked.edits and not looked.dropped:
        return AcceptedFile("docx")
    copy = looked.rewritten(data)
    again = _look(copy)
    if again.edits or again.dropped:
        raise Refused(f"This Word document holds something that could not be taken out. {SAVE}")
    return AcceptedFile("docx", tuple(looked.told()), copy)


def _look(data: bytes) -> "Document":
    if not data.startswith(ZIP_MAGIC):
        raise Refused(
            "This file is named .docx, but it is not a Word document inside. Save it as .docx"
            " again."
        )
    refuse_web_page(data)
    if b"%PDF-" in data[:1024]:
        raise Refused("This file is a PDF as well as a Word document. Save it as PDF again.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            return Document(opened, docx_zip.parts(opened, data)).look()
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        ValueError,
        OSError,
    ) as exc:
        raise damaged("docx") from exc


@dataclass
class Document:
    """One inspection of all parts: first the list of types, then relations, then the content."""

    opened: zipfile.ZipFile
    parts: list[zipfile.ZipInfo]
    edits: dict[str, list[Edit]] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    changes: list[str] = field(default_factory=list)  # their kinds
    types: dict[str, str] = field(default_factory=dict)
    main: str = USUAL_MAIN_PART
    # part → the kinds of relations that lead to it
    _targets: dict[str, set[str]] = field(default_factory=dict)
    _tables: set[str] = field(default_factory=set)  # parts that are the tables behind charts

    def look(self) -> "Document":
        by_name = {part.filename: part for part in self.parts}
        if TYPES_PART not in by_name:
            raise Refused(NOT_WORD)
        types = self._read_xml(by_name[TYPES_PART])
        self.types = types.types
        rels = [name for name in by_name if name.lower().endswith(".rels") and name != TYPES_PART]
        for name in rels:
            self._look_at_relations(name, self._read_xml(by_name[name]))
        if self.main not in by_name or self._type_of(self.main) not in {MAIN_TYPE, TEMPLATE_TYPE}:
            raise Refused(NOT_WORD)
        for name, part in by_name.items():
            if not part.is_dir() and name not in rels and name != TYPES_PART:
                self._look_at_part(part)
        self._edit_types(self._data_of(by_name[TYPES_PART]))
        return self

    def _look_at_relations(self, name: str, seen: XmlReader) -> None:
        source = source_of(name)
        if source == "":
            mains = {found.target.lstrip("/") for found in seen.relations if found.kind == MAIN}
            if len(mains) == 1:
                self.main = mains.pop()
        is_chart = bool(CHART_TYPES.search(self._type_of(source)))
        for relation in seen.relations:
            part = relation.part(source)
            if is_chart and relation.kind in OF_CHART:
                self._drop_table(seen, relation, part)
                continue
            if not relation.is_external:
                self._targets.setdefault(part, set()).add(relation.kind)
            if found := docx_relations.replacement(relation):
                seen.retarget(relation, found[0])
                self.changes.append(found[1])
        self._note(name, seen)

    def _drop_table(self, seen: XmlReader, relation: Relation, part: str) -> None:
        """Remove the table of a chart, which could contain anything.

        Word shows the chart without it.
        """
        if relation.is_external and docx_relations.reaches_out(relation.target):
            raise Refused(docx_relations.ELSEWHERE)
        seen.drop(relation)
        self.changes.append("table")
        if not relation.is_external:
            self._tables.add(part)

    def _type_of(self, name: str) -> str:
        return self.types.get(f"/{name}".lower()) or self.types.get(
            name.rpartition(".")[2].lower(), ""
        )

    def _look_at_part(self, part: zipfile.ZipInfo) -> None:
        name, ending = part.filename, part.filename.rpartition(".")[2].lower()
        if name.lower() in self._tables:
            self.dropped.add(name)
        elif ending in XML_ENDINGS:
            seen = self._read_xml(part)
            if name == self.main and seen.root not in MAIN_ROOTS:
                raise Refused(NOT_WORD)
            self._note(name, seen)
        elif MACROS.search(name):
            raise Refused(MACROS_FOUND)
        else:
            self._look_at_other(name, ending, docx_zip.read(self.opened, part))

    def _look_at_other(self, name: str, ending: str, data: bytes) -> None:
        """Keep pictures and fonts. Drop any other part that nothing names. Raises Refused."""
        kinds = self._targets.get(name.lower(), set())
        is_known = ending in OTHER_ENDINGS or kinds == {PRINTER_SETTINGS}
        if ending not in COMPRESSED and (is_foreign_file(data[:64]) or is_archive(data)):
            raise Refused(CARRIES)
        if is_known:
            return
        if kinds or is_web_page(data):
            raise Refused(CARRIES)
        self.dropped.add(name)
        self.changes.append("left-over")

    def _edit_types(self, data: bytes) -> None:
        edits = list(overrides(data, {name.lower() for name in self.dropped}))
        if self._type_of(self.main) == TEMPLATE_TYPE:
            at = data.index(TEMPLATE_TYPE.encode())
            edits.append(Edit(at, at + len(TEMPLATE_TYPE), MAIN_TYPE.encode()))
            self.changes.append("document")
        if edits:
            self.edits[TYPES_PART] = edits

    def _data_of(self, part: zipfile.ZipInfo) -> bytes:
        if part.file_size > XML_MAX_BYTES:
            raise Refused(docx_zip.TOO_LARGE)
        return docx_zip.read(self.opened, part)

    def _read_xml(self, part: zipfile.ZipInfo) -> XmlReader:
        data = self._data_of(part)
        if not data:
            raise Refused(f"This Word document is damaged. {SAVE}")
        return XmlReader().read(data)

    def _note(self, name: str, seen: XmlReader) -> None:
        self.changes += seen.changes
        if seen.edits:
            self.edits[name] = seen.edits

    def rewritten(self, data: bytes) -> bytes:
        """The parts in the same order, with our edits and without the dropped parts."""
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            kept = {
                part.filename: edited(
                    docx_zip.read(opened, part), self.edits.get(part.filename, [])
                )
                for part in self.parts
                if part.filename not in self.dropped and not part.is_dir()
            }
        return docx_zip.packed(kept)

    def told(self) -> list[Change]:
        """The changes: each kind once, and with its number if there were several."""
        counts = {kind: self.changes.count(kind) for kind in KINDS}
        return [change(kind, count) for kind, count in counts.items() if count]
