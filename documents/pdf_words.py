"""Reads all words of a PDF, whichever of them a reader would follow: what is refused, what must go.

It looks at every object of every revision. What is harmless wherever it leads is left alone. Where
that depends on the reader, the file is marked and written again (`pdf_cleaning`), and this module
reads the copy.
"""

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from documents.addresses import Leads, leads
from documents.errors import Refused
from documents.pdf_tokens import Found, Token, objects, text_of

AGAIN = "Print it to PDF (or export it again without it) and choose the new file."
START = "can start a program or open another file"
CARRIES = "carries another file inside it"
ACTS = {
    "contains a script": ("JavaScript", "JS"),
    START: ("Launch", "ImportData"),
    "contains a form that sends data": ("SubmitForm",),
    CARRIES: ("FileAttachment",),
    "is a form that changes itself (XFA)": ("XFA",),
    "plays media": (
        "RichMedia",
        "RichMediaExecute",
        "Rendition",
        "Movie",
        "Sound",
        "GoTo3DView",
        "3D",
    ),
}
REASON_OF = {name.encode(): reason for reason, names in ACTS.items() for name in names}
NOT_ON_WEB = f"This PDF links to something that is not on the web. {AGAIN}"
OTHER_FILE = f"This PDF takes a part of itself from another file. {AGAIN}"

# Actions besides a link to the web (URI) and one to a place in the document (GoTo).
OTHER_ACTIONS = {
    b"Named",
    b"Hide",
    b"ResetForm",
    b"SetOCGState",
    b"Trans",
    b"Thread",
    b"GoToDp",
    b"GoToR",
    b"GoToE",
}
ACTIONS = OTHER_ACTIONS | {b"URI"} | set(REASON_OF)
# Words that are rare and mean that something has to go, wherever they stand.
MARKS = {
    b"AA": "something that begins by itself",
    b"PA": "something that begins by itself",
    b"GoToR": "a link into another file",
    b"GoToE": "a link into another file",
    b"EF": "an attachment",
    b"EmbeddedFile": "an attachment",
    b"EmbeddedFiles": "an attachment",
}
BY_ITSELF, LINK, ACTION = (
    "something that begins by itself",
    "a link to something that is not on the web",
    "an action",
)
FILE_NAMES = {b"F", b"UF", b"DOS", b"Unix", b"Mac"}
LOOKED_AT = FILE_NAMES | {b"URI", b"S", b"OpenAction", b"Base", b"Ref"}
HIDDEN = "parts that are packed in an unusual way"
PROTECTED, ELSEWHERE = "a protection", "a part that is taken from another file"
SECOND_FORM = re.compile(
    rb"(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\0\t\n\r"
    rb" ]*<|PK\x03\x04.{26}mimetypeapplication/vnd\.oasis\.opendocument",
    re.DOTALL,
)
HEAD_BYTES = 100  # of an attachment tell what it is


@dataclass
class Words:
    """What was found. `marks` says what has to go before the file may be kept, `rare` what may be
    one by its name.
    """

    marks: set[str] = field(default_factory=set)
    rare: set[str] = field(default_factory=set)  # a letter of a font may be called AA as well
    is_encrypted: bool = False
    is_signed: bool = False
    _leads_astray: bool = False
    _carries: bool = False  # an attachment that is no data in XML
    _stray_text: bool = False  # some object is a text that would lead astray if it were an address
    _starts: bool = False  # some object is an action that leads out of the document
    _addresses: set[int] = field(default_factory=set)  # numbers that an address is said to stand at
    # numbers of what happens when the file is opened
    _openings: set[int] = field(default_factory=set)
    _texts: dict[int, list[bool]] = field(default_factory=lambda: defaultdict(list))
    _places: dict[int, list[bool]] = field(default_factory=lambda: defaultdict(list))

    def look(self, found: Found, data: bytes) -> None:
        names = found.names()
        self.is_encrypted |= b"Encrypt" in names
        self.is_signed |= b"ByteRange" in names
        for name, reason in REASON_OF.items():
            if name in names:
                raise Refused(f"This PDF {reason}. {AGAIN}")
        self.rare |= {MARKS[name] for name in names & MARKS.keys()}
        if found.is_hidden:
            self.marks.add(HIDDEN)
        if found.payload_at is not None:
            if b"EmbeddedFile" in names:
                self._carries |= not is_second_form(_beginning(data[found.payload_at :]))
            if Token("name", b"F") in _at_depth_one(found.tokens):
                self.marks.add(ELSEWHERE)
        for place, (before, token) in enumerate(pairwise(found.tokens)):
            if before.kind == "name" and before.text in LOOKED_AT:
                self._look_at_pair(found, place, before.text, token)
        if found.is_whole and found.tokens:
            self._note_whole(found, names)

    def _look_at_pair(self, found: Found, place: int, key: bytes, value: Token) -> None:
        if key == b"URI":
            self._look_at_address(value)
        elif key == b"S" and value.kind == "name" and value.text in OTHER_ACTIONS:
            self.marks.add(ACTION)
        elif key == b"OpenAction":
            self._look_at_opening(found.tokens[place + 1 :])
        elif key == b"Base" and (
            value.kind == "word" or _leads(value) in {Leads.ASTRAY, Leads.NOWHERE}
        ):
            self.marks.add(LINK)
        elif key == b"Ref" and value.text != b"[":
            self.marks.add(ELSEWHERE)
        elif key in FILE_NAMES and value.kind == "string":
            if key == b"F" and found.payload_at:
                raise Refused(OTHER_FILE)
            if "//" in (path := text_of(value).replace("\\", "/")) or path.startswith("/"):
                self.marks.add(ELSEWHERE)

    def _look_at_address(self, value: Token) -> None:
        if value.kind == "string":
            self._leads_astray |= _leads(value) is Leads.ASTRAY
            self.marks |= {LINK} if _leads(value) is Leads.NOWHERE else set()
        elif value.kind == "word" and value.text.isdigit():
            self._addresses.add(int(value.text))
        elif value.kind == "word" or value.text == b"[":
            self.marks.add(LINK)

    def _look_at_opening(self, value: list[Token]) -> None:
        if value[0].kind == "word" and value[0].text.isdigit():
            self._openings.add(int(value[0].text))
        elif not _is_place(_whole(value)):
            self.marks.add(BY_ITSELF)

    def _note_whole(self, found: Found, names: set[bytes]) -> None:
        """What a reader may meet if it is led to this object, for addresses and actions that stand
        elsewhere.
        """
        first = found.tokens[0]
        if first.kind == "name" and first.text in ACTIONS:
            self.marks.add(ACTION)
        is_text = first.kind == "string"
        self._stray_text |= is_text and _leads(first) is Leads.ASTRAY
        self._starts |= not names.isdisjoint({b"S", b"URI", b"Action"}) and _is_start(found.tokens)
        if found.number is not None:
            self._texts[found.number].append(is_text and _leads(first) is Leads.TO_WEB)
            self._places[found.number].append(_is_place(found.tokens) and not found.is_packed)

    def finish(self) -> "Words":
        """Draw the conclusions that need all of the file."""
        if self.is_encrypted:  # no text can be read yet
            self.marks = {PROTECTED}
            return self
        if self._leads_astray:
            raise Refused(NOT_ON_WEB)
        if self._carries:
            raise Refused(f"This PDF {CARRIES}. {AGAIN}")
        for number in self._addresses:
            if self._stray_text or not self._texts[number] or not all(self._texts[number]):
                self.marks.add(LINK)
        for number in self._openings:
            # Where nothing in the file leads out of it, it does not matter what comes first.
            if self._starts and not (self._places[number] and all(self._places[number])):
                self.marks.add(BY_ITSELF)
        return self


def read(data: bytes) -> Words:
    """All words of a file. Raises Refused at what no copy is made of."""
    words = Words()
    for found in objects(data):
        words.look(found, data)
    return words.finish()


def is_second_form(data: bytes) -> bool:
    """Whether an attachment begins as what says to programs what the pages say to people: XML, or
    OpenDocument.
    """
    return bool(SECOND_FORM.match(data))


def _beginning(payload: bytes) -> bytes:
    """How the content of a stream begins, packed as usual or not at all."""
    try:
        return zlib.decompressobj().decompress(payload, HEAD_BYTES)
    except zlib.error:
        return payload[:HEAD_BYTES]


def _leads(token: Token) -> Leads | None:
    return leads(text_of(token)) if token.kind == "string" else None


def _whole(tokens: list[Token]) -> list[Token]:
    """The value that these words begin with."""
    return list(_until_closed(tokens))


def _until_closed(tokens: list[Token]) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        if token.kind == "bracket":
            depth += 1 if token.text in {b"<<", b"["} else -1
        yield token
        if depth <= 0:
            return


def _is_place(tokens: list[Token]) -> bool:
    """Whether this shows a place of this document and does nothing besides."""
    if tokens[0].text != b"<<":
        return True
    kinds = [after.text for before, after in pairwise(tokens) if before == Token("name", b"S")]
    names = {token.text for token in tokens if token.kind == "name"}
    return kinds == [b"GoTo"] and names.isdisjoint({b"Next", b"URI"})


def _is_start(tokens: list[Token]) -> bool:
    """Whether this is an action itself (and not what an action belongs to) that leads out of the
    document.
    """
    outer = list(_at_depth_one(tokens))
    names = {token.text for token in outer if token.kind == "name"}
    if b"URI" in names:
        return True
    kinds = {
        after.text
        for before, after in pairwise(outer)
        if before == Token("name", b"S") and after.kind != "string"
    }
    if b"GoTo" in kinds:
        return b"Next" in {token.text for token in tokens}
    return any(kind in ACTIONS or kind.isdigit() for kind in kinds) or (
        b"Action" in names and b"Type" in names
    )


def _at_depth_one(tokens: list[Token]) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        if token.kind == "bracket":
            depth += 1 if token.text in {b"<<", b"["} else -1
        elif depth == 1:
            yield token
