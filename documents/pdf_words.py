"""Reads all tokens of a PDF, and says what we refuse and what must be removed.

It reads every object of every revision, because readers differ in which objects they follow. It
leaves alone what is harmless in every reader. Where that depends on the reader, `pdf_cleaning`
writes a copy of the file, and this module reads the copy.
"""

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from documents.addresses import LinkTarget, link_target
from documents.errors import Refused
from documents.pdf_tokens import Found, Token, objects, text_of

AGAIN = "Print it to PDF (or export it again without it) and choose the new file."
STARTS_PROGRAM = f"This PDF can start a program or open another file. {AGAIN}"
CARRIES = f"This PDF carries another file inside it. {AGAIN}"
ACTS = {
    f"This PDF contains a script. {AGAIN}": ("JavaScript", "JS"),
    STARTS_PROGRAM: ("Launch", "ImportData"),
    f"This PDF contains a form that sends data. {AGAIN}": ("SubmitForm",),
    CARRIES: ("FileAttachment",),
    f"This PDF is a form that changes itself (XFA). {AGAIN}": ("XFA",),
    f"This PDF plays media. {AGAIN}": (
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
# Rare names. Wherever they stand, they probably mean something that must be removed.
NAMES_TO_CHECK = {
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
MACHINE_READABLE = re.compile(
    rb"(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\0\t\n\r"
    rb" ]*<|PK\x03\x04.{26}mimetypeapplication/vnd\.oasis\.opendocument",
    re.DOTALL,
)
HEAD_BYTES = 100  # of an attachment: enough to tell what it is


@dataclass
class Words:
    """What we found in a file.

    `to_remove` says what must go before we may keep the file. `to_check` says what may have to go:
    its name is that of such a thing.
    """

    to_remove: set[str] = field(default_factory=set)
    to_check: set[str] = field(default_factory=set)  # a glyph of a font can be called AA as well
    is_encrypted: bool = False
    is_signed: bool = False
    _has_forbidden_link: bool = False
    # an attachment that is not machine-readable data
    _has_other_attachment: bool = False
    # an object is a text that would be a forbidden link if it were an address
    _has_forbidden_text: bool = False
    # an object is an action that leaves the document
    _has_outside_action: bool = False
    # numbers of the objects that contain addresses
    _addresses: set[int] = field(default_factory=set)
    # numbers of the objects that say what happens when the file is opened
    _openings: set[int] = field(default_factory=set)
    _texts: dict[int, list[bool]] = field(default_factory=lambda: defaultdict(list))
    _destinations: dict[int, list[bool]] = field(default_factory=lambda: defaultdict(list))

    def look(self, found: Found, data: bytes) -> None:
        names = found.names()
        self.is_encrypted |= b"Encrypt" in names
        self.is_signed |= b"ByteRange" in names
        for name, reason in REASON_OF.items():
            if name in names:
                raise Refused(reason)
        self.to_check |= {NAMES_TO_CHECK[name] for name in names & NAMES_TO_CHECK.keys()}
        if found.is_hidden:
            self.to_remove.add(HIDDEN)
        if found.payload_at is not None:
            if b"EmbeddedFile" in names:
                self._has_other_attachment |= not is_machine_readable(
                    _beginning(data[found.payload_at :])
                )
            if Token("name", b"F") in _at_depth_one(found.tokens):
                self.to_remove.add(ELSEWHERE)
        for index, (before, token) in enumerate(pairwise(found.tokens)):
            if before.kind == "name" and before.text in LOOKED_AT:
                self._look_at_pair(found, index, before.text, token)
        if found.is_whole and found.tokens:
            self._note_whole(found, names)

    def _look_at_pair(self, found: Found, index: int, key: bytes, value: Token) -> None:
        if key == b"URI":
            self._look_at_address(value)
        elif key == b"S" and value.kind == "name" and value.text in OTHER_ACTIONS:
            self.to_remove.add(ACTION)
        elif key == b"OpenAction":
            self._look_at_opening(found.tokens[index + 1 :])
        elif key == b"Base" and (
            value.kind == "word" or _target_of(value) in {LinkTarget.FORBIDDEN, LinkTarget.USELESS}
        ):
            self.to_remove.add(LINK)
        elif key == b"Ref" and value.text != b"[":
            self.to_remove.add(ELSEWHERE)
        elif key in FILE_NAMES and value.kind == "string":
            if key == b"F" and found.payload_at:
                raise Refused(OTHER_FILE)
            if "//" in (path := text_of(value).replace("\\", "/")) or path.startswith("/"):
                self.to_remove.add(ELSEWHERE)

    def _look_at_address(self, value: Token) -> None:
        if value.kind == "string":
            self._has_forbidden_link |= _target_of(value) is LinkTarget.FORBIDDEN
            self.to_remove |= {LINK} if _target_of(value) is LinkTarget.USELESS else set()
        elif value.kind == "word" and value.text.isdigit():
            self._addresses.add(int(value.text))
        elif value.kind == "word" or value.text == b"[":
            self.to_remove.add(LINK)

    def _look_at_opening(self, value: list[Token]) -> None:
        if value[0].kind == "word" and value[0].text.isdigit():
            self._openings.add(int(value[0].text))
        elif not _is_destination(_first_value(value)):
            self.to_remove.add(BY_ITSELF)

    def _note_whole(self, found: Found, names: set[bytes]) -> None:
        """Note what a reader finds when an address or an action refers to this object."""
        first = found.tokens[0]
        if first.kind == "name" and first.text in ACTIONS:
            self.to_remove.add(ACTION)
        is_text = first.kind == "string"
        self._has_forbidden_text |= is_text and _target_of(first) is LinkTarget.FORBIDDEN
        self._has_outside_action |= not names.isdisjoint(
            {b"S", b"URI", b"Action"}
        ) and _leaves_document(found.tokens)
        if found.number is not None:
            self._texts[found.number].append(is_text and _target_of(first) is LinkTarget.WEB)
            self._destinations[found.number].append(
                _is_destination(found.tokens) and not found.is_packed
            )

    def finish(self) -> "Words":
        """Draw the conclusions that need the whole file."""
        if self.is_encrypted:  # we cannot read any text yet
            self.to_remove = {PROTECTED}
            return self
        if self._has_forbidden_link:
            raise Refused(NOT_ON_WEB)
        if self._has_other_attachment:
            raise Refused(CARRIES)
        for number in self._addresses:
            if self._has_forbidden_text or not self._texts[number] or not all(self._texts[number]):
                self.to_remove.add(LINK)
        for number in self._openings:
            # If nothing in the file leaves the document, it does not matter what opens first.
            if self._has_outside_action and not (
                self._destinations[number] and all(self._destinations[number])
            ):
                self.to_remove.add(BY_ITSELF)
        return self


def read(data: bytes) -> Words:
    """All words of a file. Raises Refused for what even a cleaned copy may not contain."""
    words = Words()
    for found in objects(data):
        words.look(found, data)
    return words.finish()


def is_machine_readable(data: bytes) -> bool:
    """Whether an attachment begins like XML or OpenDocument.

    Such an attachment tells programs what the pages tell people.
    """
    return bool(MACHINE_READABLE.match(data))


def _beginning(payload: bytes) -> bytes:
    """The first bytes of a stream's content, whether it is packed as usual or not at all."""
    try:
        return zlib.decompressobj().decompress(payload, HEAD_BYTES)
    except zlib.error:
        return payload[:HEAD_BYTES]


def _target_of(token: Token) -> LinkTarget | None:
    return link_target(text_of(token)) if token.kind == "string" else None


def _first_value(tokens: list[Token]) -> list[Token]:
    """One token, or all up to the bracket that closes the first one."""
    depth = 0
    for count, token in enumerate(tokens, start=1):
        if token.kind == "bracket":
            depth += 1 if token.text in {b"<<", b"["} else -1
        if depth <= 0:
            return tokens[:count]
    return tokens


def _is_destination(tokens: list[Token]) -> bool:
    """Whether this is only a destination: a place in this document to show."""
    if tokens[0].text != b"<<":
        return True
    kinds = [after.text for before, after in pairwise(tokens) if before == Token("name", b"S")]
    names = {token.text for token in tokens if token.kind == "name"}
    return kinds == [b"GoTo"] and names.isdisjoint({b"Next", b"URI"})


def _leaves_document(tokens: list[Token]) -> bool:
    """Whether this is an action that leaves the document, and not only an object with an action."""
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
