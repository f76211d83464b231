"""Reads one XML part of a Word document to its end. Refuses what acts, and removes what is useless.

An edit replaces the bytes between two positions, so all other bytes stay as they are. Word is
particular about names and prefixes, and no library writes them back unchanged.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from documents import docx_fields, docx_relations
from documents.docx_relations import Relation
from documents.errors import SAVE, Refused, damaged

DEPTH_MAX = 400  # of nested XML elements; Word itself writes fewer than a hundred
DOCTYPE = re.compile(rb"<!DOCTYPE[^<>\[\]]*>")
TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
MACROS = re.compile(r"macroenabled|vbaproject|vbadata", re.IGNORECASE)
ACTIVE_ELEMENTS = {"script", "foreignobject", "altchunk", "oleobject", "control", "iframe"}

MACROS_FOUND = "This Word document contains macros. Save it as a plain .docx, or as PDF."
RUNS_SOMETHING = f"This Word document contains something that runs or is another file. {SAVE}"


@dataclass(frozen=True)
class Edit:
    """The text that replaces the bytes from `start` to `end`."""

    start: int
    end: int
    text: bytes = b""


def edited(data: bytes, edits: list[Edit]) -> bytes:
    made, reached = [], 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        if edit.start < reached:
            raise Refused(f"This Word document is written in an unusual way. {SAVE}")
        made += [data[reached : edit.start], edit.text]
        reached = edit.end
    return b"".join([*made, data[reached:]])


@dataclass
class _Field:
    """An open field: its instruction so far, and where each piece of that stands in the part."""

    text: str = ""
    pieces: list[tuple[int, int]] = field(default_factory=list)
    replacement: str | None = None
    change: str = ""


@dataclass
class XmlReader:
    """Collects relations, types and edits. Raises Refused if the XML acts, fetches or expands."""

    root: str = ""
    # part or ending, in small letters → its type
    types: dict[str, str] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    _depth: int = 0
    _fields: list[_Field] = field(default_factory=list)  # fields that are open, innermost last
    _done: list[_Field] = field(default_factory=list)
    _is_instruction: bool = False
    _instruction_at: int = 0
    # depth and position of elements that we remove
    _removing: list[tuple[int, int]] = field(default_factory=list)
    _parser: Any = None
    _data: bytes = b""

    def read(self, xml: bytes) -> "XmlReader":
        self._data = xml
        parser = self._parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(xml, True)
        except expat.ExpatError as exc:
            raise damaged("docx") from exc
        for left in self._fields:  # fields that never end
            self._look_at_field(left)
        self._rewrite_fields()
        if self.edits and (xml[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in xml[:4]):
            raise Refused(f"This Word document is written in an unusual way. {SAVE}")
        return self

    def _doctype(self, name: str, _system: str | None, _public: str | None, has_own: bool) -> None:
        """Remove the DTD that drawing programs name. Nobody needs it to read the part."""
        if declaration := not has_own and name == "svg" and DOCTYPE.search(self._data):
            self.edits.append(Edit(*declaration.span()))
            self.changes.append("grammar")
            return
        raise Refused(f"This Word document holds a document type, which Word never writes. {SAVE}")

    def _instruction(self, target: str, _data: str) -> None:
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
            raise Refused(RUNS_SOMETHING)
        if "embeddedhtml" in values:
            raise Refused(f"This Word document plays a film from the web. {SAVE}")
        if local == "Relationship":
            self.relations.append(Relation(values, self._parser.CurrentByteIndex))
        if "contenttype" in values:
            self._note_type(values)
        if local == "externalData":  # the table of a chart: Word shows the chart without it
            self._removing.append((self._depth, self._parser.CurrentByteIndex))
        self._note_address(local, values)
        self._note_field(local, values)

    def _note_type(self, values: dict[str, str]) -> None:
        if MACROS.search(values["contenttype"]):
            raise Refused(MACROS_FOUND)
        self.types[(values.get("partname") or values.get("extension", "")).lower()] = values[
            "contenttype"
        ]

    def _note_address(self, local: str, values: dict[str, str]) -> None:
        """Check the attributes in which old drawings name their pictures and links."""
        for key in ("src", "href"):
            if local.lower() not in {"relationship", "schemaref"} and docx_relations.reaches_out(
                values.get(key, "")
            ):
                raise Refused(f"This Word document fetches something from elsewhere. {SAVE}")

    def _note_field(self, local: str, values: dict[str, str]) -> None:
        """Follow the begin, result and end of a field.

        Its instruction can be in many pieces. It is complete where the result begins or the field
        ends.
        """
        if local == "fldSimple":
            self._look_at_simple_field(values.get("instr", ""))
        elif local == "fldChar" and values.get("fldchartype") == "begin":
            self._fields.append(_Field())
        elif local == "fldChar" and self._fields:
            self._look_at_field(self._fields[-1])
            if values.get("fldchartype") == "end":
                self._done.append(self._fields.pop())
        self._is_instruction = local in {"instrText", "delInstrText"}
        self._instruction_at = self._parser.CurrentByteIndex

    def _look_at_simple_field(self, instruction: str) -> None:
        replacement, change = docx_fields.inspect_field(instruction)
        if replacement is None:
            return
        self.changes.append(change)
        start = self._parser.CurrentByteIndex
        tag = self._tag(start)
        said = re.search(rb"\binstr\s*=\s*(\"[^\"]*\"|'[^']*')", tag)
        if said is None:
            raise Refused(RUNS_SOMETHING)
        self.edits.append(
            Edit(start + said.start(1), start + said.end(1), quoteattr(replacement).encode())
        )

    def _look_at_field(self, found: _Field) -> None:
        found.replacement, found.change = docx_fields.inspect_field(found.text)

    def _rewrite_fields(self) -> None:
        for found in [*self._done, *self._fields]:
            if found.replacement is not None:
                self.changes.append(found.change)
                text = escape(found.replacement).encode()
                for start, end in found.pieces:
                    self.edits.append(Edit(start, end, text))
                    text = b""

    def _text(self, text: str) -> None:
        if not self._is_instruction:
            return
        if not self._fields:  # some readers accept an instruction without a begin
            self._fields.append(_Field())
        self._fields[-1].text += text

    def _end(self, name: str) -> None:
        local, position = name.rpartition(" ")[2], self._parser.CurrentByteIndex
        if (
            local in {"instrText", "delInstrText"}
            and self._fields
            and self._data[position : position + 2] == b"</"
        ):
            start = self._instruction_at + len(self._tag(self._instruction_at))
            self._fields[-1].pieces.append((start, position))
        if self._removing and self._removing[-1][0] == self._depth:
            start = self._removing.pop()[1]
            last = position if self._data[position : position + 2] == b"</" else start
            self.edits.append(Edit(start, last + len(self._tag(last))))
        self._depth -= 1
        self._is_instruction = False

    def _tag(self, start: int) -> bytes:
        found = TAG.match(self._data, start)
        if found is None:
            raise Refused(f"This Word document is written in an unusual way. {SAVE}")
        return found.group()

    def retarget(self, relation: Relation, target: str) -> None:
        """Give a relation another target."""
        tag = self._tag(relation.start)
        said = re.search(rb"\bTarget\s*=\s*(\"[^\"]*\"|'[^']*')", tag)
        if said is None:
            raise Refused(RUNS_SOMETHING)
        position = relation.start + said.start(1)
        self.edits.append(Edit(position, relation.start + said.end(1), quoteattr(target).encode()))

    def drop(self, relation: Relation) -> None:
        """Remove a relation."""
        tag = self._tag(relation.start)
        if not tag.endswith(b"/>"):
            raise Refused(f"This Word document is written in an unusual way. {SAVE}")
        self.edits.append(Edit(relation.start, relation.start + len(tag)))


def overrides(types: bytes, names: set[str]) -> Iterator[Edit]:
    """The edits that remove these parts from the list of types."""
    for tag in TAG.finditer(types):
        said = re.search(rb"\bPartName\s*=\s*[\"']/?([^\"']*)[\"']", tag.group())
        if (
            said
            and said[1].decode("utf-8", "replace").lower() in names
            and tag.group().endswith(b"/>")
        ):
            yield Edit(tag.start(), tag.end())
