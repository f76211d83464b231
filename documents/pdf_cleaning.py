"""Writes a copy of a PDF without what it may not contain. pypdf reads it, and we clean each object.

The copy contains no older revision, no object without a reference and no false table, which some
reader could have found in the old file. `pdf_words` reads the copy again, so an omission in this
module does no harm.
"""

import io
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from documents.addresses import LinkTarget, is_local, link_target
from documents.changes import Change, change
from documents.errors import Refused
from documents.pdf_words import (
    ACTIONS,
    AGAIN,
    CARRIES,
    NOT_ON_WEB,
    OTHER_FILE,
    STARTS_PROGRAM,
    is_machine_readable,
)

ACTION_NAMES = {f"/{name.decode()}" for name in ACTIONS} | {"/GoTo"}
OF_FILES = {"/GoToR", "/GoToE", "/Thread"}  # actions that may lead into another file
OPENS_WEB_PAGE = f"This PDF opens a page on the web by itself. {AGAIN}"
COPY_MAX_BYTES = 64 * 1024 * 1024  # object streams unpack to a few times their size
SHOWN_CHARS = 60  # of an address that we removed


class Cleaning:
    """One walk over everything that a reader can reach from the catalogue."""

    def __init__(self, reader: PdfReader) -> None:
        self.reader = reader
        # addresses and file names; empty for one that says none
        self.links: list[str] = []
        self.attached: list[str] = []
        self.actions = 0
        self.openings = 0

    def run(self) -> None:
        self._clean_base(self.reader.root_object)
        trailer = self.reader.trailer
        for found in _walk(
            [trailer.raw_get(key) for key in ("/Root", "/Info") if key in trailer], self._clean
        ):
            del found

    def changes(self) -> Iterator[Change]:
        if self.links:
            first, count = self.links[0], len(self.links)
            yield change("link to", count, first=first) if first else change("empty link", count)
        if self.attached:
            names = ", ".join([name for name in self.attached if name][:3])
            yield change("attached", names=names) if names else change("attached, no name")
        if self.openings:
            yield change("opening")
        if self.actions:
            yield change("action", self.actions)

    def _clean(self, found: DictionaryObject) -> None:
        if isinstance(found, StreamObject) and (
            "/F" in found or isinstance(_get(found, "/Ref"), DictionaryObject)
        ):
            raise Refused(OTHER_FILE)
        self._clean_attachments(found)
        self._clean_actions(found)
        if isinstance(address := _get(found, "/URI"), TextStringObject | ByteStringObject):
            found[NameObject("/URI")] = address  # instead of a reference to another object
        if isinstance(_get(found, "/Ref"), ArrayObject):
            found[NameObject("/Ref")] = _get(found, "/Ref")
        for key in ("/F", "/UF"):
            if isinstance(path := _get(found, key), str) and not is_local(path):
                raise Refused(OTHER_FILE)

    def _clean_base(self, catalogue: DictionaryObject) -> None:
        """Clean the base address, which comes before every relative address."""
        uri = _get(catalogue, "/URI")
        base = _get(uri, "/Base") if isinstance(uri, DictionaryObject) else None
        if isinstance(base, str) and base and link_target(base) is LinkTarget.FORBIDDEN:
            raise Refused(NOT_ON_WEB)
        if "/URI" in catalogue and not (
            isinstance(base, str) and link_target(base) is LinkTarget.WEB
        ):
            del catalogue["/URI"]

    def _clean_attachments(self, found: DictionaryObject) -> None:
        for key in ("/EmbeddedFiles", "/AF", "/EF", "/Collection"):
            if key in found and not isinstance(
                _get(found, key), StreamObject
            ):  # a letter of a font may be called so
                held = (
                    DictionaryObject({NameObject(key): found.raw_get(key)})
                    if key == "/EF"
                    else found.raw_get(key)
                )
                _walk_all([held], self._check_attachment)
                del found[key]

    def _check_attachment(self, found: DictionaryObject) -> None:
        """Note an attachment that is only for programs. Raises Refused for any other attachment."""
        if "/EF" not in found:
            return
        held = _get(found, "/EF")
        for stream in held.values() if isinstance(held, DictionaryObject) else [None]:
            stream = stream and stream.get_object()
            if not isinstance(stream, StreamObject) or not is_machine_readable(stream.get_data()):
                raise Refused(CARRIES)
        name = str(_get(found, "/UF") or _get(found, "/F") or "")
        if (shown := _shown(name)) not in self.attached:
            self.attached.append(shown)

    def _clean_actions(self, found: DictionaryObject) -> None:
        for key in list(found):
            value = _get(found, key)
            if (
                key == "/AA"
                and isinstance(value, DictionaryObject)
                and not isinstance(value, StreamObject)
            ):
                for action in value.values():
                    self._refuse_if_it_leads_out(action.get_object())
                self.openings += 1
                del found[key]
            elif _is_action(value):
                self._clean_action(found, key, value)
        if _is_action(found) and "/Next" in found:
            _walk_all([found.raw_get("/Next")], self._refuse_if_it_leads_out)
            self.actions += 1
            del found["/Next"]

    def _clean_action(self, holder: DictionaryObject, key: str, action: DictionaryObject) -> None:
        kind = _get(action, "/S")
        if key in {"/OpenAction", "/PA"}:
            self._refuse_if_it_leads_out(action)
            if kind != "/GoTo":
                self.openings += 1
                del holder[key]
        elif kind == "/URI":
            self._clean_link(holder, key, action)
        elif kind != "/GoTo":
            self.actions += 1
            if kind in OF_FILES and _file_of(action) and not is_local(_file_of(action)):
                raise Refused(STARTS_PROGRAM)
            del holder[key]

    def _clean_link(self, holder: DictionaryObject, key: str, action: DictionaryObject) -> None:
        address = _text(_get(action, "/URI"))
        if link_target(address) is LinkTarget.FORBIDDEN:
            raise Refused(NOT_ON_WEB)
        if link_target(address) is LinkTarget.USELESS or not address:
            self.links.append(_shown(address))
            del holder[key]

    def _refuse_if_it_leads_out(self, action: Any) -> None:
        kind = _get(action, "/S") if isinstance(action, DictionaryObject) else None
        if kind == "/URI":
            raise Refused(OPENS_WEB_PAGE)
        if kind in OF_FILES and (kind != "/Thread" or _file_of(action)):
            raise Refused(STARTS_PROGRAM)


def opened(data: bytes) -> tuple[bytes, list[Change]]:
    """The same PDF without protection and unpacked. Raises Refused if it needs a password."""
    reader = PdfReader(io.BytesIO(data))
    if not reader.is_encrypted:
        return _written(reader), []
    if not reader.decrypt(""):
        raise Refused(
            "This PDF is protected with a password. Open it with the password, print it to PDF, and"
            " choose that file."
        )
    return _written(reader), [change("protection")]


def rewritten(data: bytes) -> tuple[bytes, list[Change]]:
    """A clean copy and its changes. Raises Refused, or any error of pypdf's reader and writer."""
    reader = PdfReader(io.BytesIO(data))
    cleaning = Cleaning(reader)
    cleaning.run()
    return _written(reader), list(cleaning.changes())


def _written(reader: PdfReader) -> bytes:
    file = io.BytesIO()
    PdfWriter(clone_from=reader).write(file)
    if file.tell() > COPY_MAX_BYTES:
        raise Refused(
            "This PDF is too large when unpacked. Print it to PDF and choose the new file."
        )
    return file.getvalue()


def _walk(start: list[Any], look: Any) -> Iterator[DictionaryObject]:
    """Every dictionary that we reach from here, once. `look` sees each before we follow it."""
    waiting, seen = list(start), set()
    while waiting:
        found = waiting.pop()
        if isinstance(found, IndirectObject):
            if (found.idnum, found.generation) in seen:
                continue
            seen.add((found.idnum, found.generation))
            found = found.get_object()
        if isinstance(found, DictionaryObject):
            look(found)
            yield found
            waiting.extend(found.values())
        elif isinstance(found, ArrayObject):
            waiting.extend(found)


def _walk_all(start: list[Any], look: Any) -> None:
    for _ in _walk(start, look):
        pass


def _get(found: Any, key: str) -> Any:
    value = found.raw_get(key) if isinstance(found, DictionaryObject) and key in found else None
    return value.get_object() if isinstance(value, PdfObject) else value


def _is_action(value: Any) -> bool:
    if not isinstance(value, DictionaryObject):
        return False
    return _get(value, "/S") in ACTION_NAMES or _get(value, "/Type") == "/Action"


def _file_of(action: DictionaryObject) -> str:
    named = _get(action, "/F")
    if isinstance(named, DictionaryObject):
        named = _get(named, "/F") or _get(named, "/UF")
    return _text(named)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value or "")


def _shown(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:SHOWN_CHARS]
