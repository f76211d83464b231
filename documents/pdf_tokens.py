"""Reads a PDF's objects as tokens: names, strings, words, brackets. Does not know their meaning.

It follows no cross-reference table. It reads every place that any reader could take for an object.
So it finds older revisions, unused objects and objects inside object streams, too.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from documents.errors import Refused

DIGITS_MAX = 10  # of an object's number
OBJECTS_MAX = 200_000  # a résumé has a few hundred
# of all object streams together; a long document's have a few MB
UNPACKED_MAX_BYTES = 64 * 1024 * 1024

_GAP = rb"(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])"
OBJECT = re.compile(rb"\d" + _GAP + rb"+\d+" + _GAP + rb"*obj")
TRAILER = re.compile(rb"trailer")
DICTIONARY = re.compile(rb"<<")
WORD = re.compile(
    rb"%[^\r\n]*"
    rb"|(?P<open>\()"
    rb"|(?P<hex><[0-9A-Fa-f\0\t\n\f\r ]*>)"
    rb"|(?P<bracket><<|>>|\[|\])"
    rb"|/(?P<name>[^\0\t\n\f\r ()<>\[\]{}/%]*)"
    rb"|(?P<word>[^\0\t\n\f\r ()<>\[\]{}/%]+)"
)
IN_STRING = re.compile(rb"[()\\]")
HASH = re.compile(rb"#([0-9A-Fa-f]{2})")
ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n?|\n)|(.))", re.DOTALL)
ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True)
class Token:
    """One token: `kind` is "name", "string", "word" or "bracket"."""

    kind: str
    text: bytes


DICTIONARY_BEGINS = Token("bracket", b"<<")
FLATE = {Token("name", b"FlateDecode"), Token("name", b"Fl")}
FIRST = Token("name", b"First")
# programs write these for cross-reference streams, not for object streams
PARAMETERS = {b"DecodeParms", b"DP"}


@dataclass(frozen=True)
class Found:
    """The tokens of one object, or of a part of one.

    References use the `number` of the object. `is_whole`: a reference can lead a reader here.
    """

    tokens: list[Token]
    payload_at: int | None = None  # where its stream begins, if it has one
    number: int | None = None
    is_whole: bool = False
    is_packed: bool = False  # it lies in an object stream
    is_hidden: bool = False  # an object stream that we cannot read

    def names(self) -> set[bytes]:
        return {token.text for token in self.tokens if token.kind == "name"}


def objects(data: bytes) -> Iterator[Found]:
    """Every object of the file and of its object streams.

    Raises Refused when there are too many objects or the streams are too large.
    """
    count, unpacked = 0, 0
    for pattern in (OBJECT, TRAILER):
        for marker in pattern.finditer(data):
            count += 1
            if count > OBJECTS_MAX:
                raise Refused(
                    "This PDF holds too many parts. Print it to PDF and choose the new file."
                )
            found = read_object(data, marker.end())
            yield (
                replace(found, number=_number(data, marker.start()), is_whole=True)
                if pattern is OBJECT
                else found
            )
            if is_object_stream(found):
                inner = unpack(data, found, UNPACKED_MAX_BYTES - unpacked)
                unpacked += len(inner or b"")
                yield from (
                    _packed_objects(inner, found)
                    if inner is not None
                    else [Found([], is_hidden=True)]
                )


def _number(data: bytes, last_digit_at: int) -> int:
    start = last_digit_at
    while start > 0 and data[start - 1 : start].isdigit() and last_digit_at - start < DIGITS_MAX:
        start -= 1
    return int(data[start : last_digit_at + 1])


def _packed_objects(inner: bytes, stream: Found) -> Iterator[Found]:
    """The objects of an object stream.

    The head of the stream says where they begin, but a reader may look elsewhere. So we read the
    whole stream, each listed object, and then again from every other dictionary on.
    """
    yield Found(list(_tokens_from(inner, 0)), is_packed=True)
    listed = _listed(inner, stream)
    for number, start in listed or []:
        yield Found(
            list(_balanced(_tokens_from(inner, start))),
            number=number,
            is_whole=True,
            is_packed=True,
        )
    known = {start for _, start in listed or []}
    for marker in DICTIONARY.finditer(inner):
        if marker.start() not in known:
            tokens = list(_balanced(_tokens_from(inner, marker.start())))
            yield Found(tokens, is_whole=listed is None, is_packed=True)


def _listed(inner: bytes, stream: Found) -> list[tuple[int, int]] | None:
    """Numbers and offsets from the head of an object stream, or None if we cannot read the head."""
    words = stream.tokens[stream.tokens.index(FIRST) + 1 :] if FIRST in stream.tokens else []
    if not words or not words[0].text.isdigit() or Token("word", b"R") in words[2:3]:
        return None
    first = int(words[0].text[:DIGITS_MAX])
    head = inner[:first].split()
    if len(head) % 2 or not all(word.isdigit() and len(word) <= DIGITS_MAX for word in head):
        return None
    return [
        (int(number), first + int(offset))
        for number, offset in zip(head[::2], head[1::2], strict=True)
    ]


def is_object_stream(found: Found) -> bool:
    names = found.names()
    return found.payload_at is not None and (b"ObjStm" in names or {b"N", b"First"} <= names)


def unpack(data: bytes, found: Found, most: int) -> bytes | None:
    """The bytes of an object stream, whatever length it claims. None for unusual compression."""
    if found.payload_at is None or not _is_packed_as_usual(found):
        return None
    try:
        opened = zlib.decompressobj().decompress(data[found.payload_at :], max(1, most + 1))
    except zlib.error:
        return None
    if len(opened) > most:
        raise Refused(
            "This PDF is too large when unpacked. Print it to PDF and choose the new file."
        )
    return opened


def _is_packed_as_usual(found: Found) -> bool:
    """Whether the stream is packed with Flate, once, and says so itself, once.

    Neither another object nor a dictionary inside may say how the stream is packed.
    """
    names = [token.text for token in found.tokens if token.kind == "name"]
    if (
        names.count(b"Filter") != 1
        or not PARAMETERS.isdisjoint(names)
        or found.tokens.count(DICTIONARY_BEGINS) != 1
    ):
        return False
    said = found.tokens[found.tokens.index(Token("name", b"Filter")) + 1 :][:3]
    if said[:1] == [Token("bracket", b"[")]:
        return said[1:2] != [] and said[1] in FLATE and said[2:] == [Token("bracket", b"]")]
    return said != [] and said[0] in FLATE


def read_object(data: bytes, start: int) -> Found:
    """The tokens from `start` to the end of the object or the beginning of its stream."""
    tokens: list[Token] = []
    for token, end in _tokens_with_ends(data, start):
        if token.kind == "word" and token.text in {b"endobj", b"startxref", b"xref"}:
            break
        if token.kind == "word" and token.text == b"stream":
            return Found(tokens, end + (2 if data[end : end + 2] == b"\r\n" else 1))
        tokens.append(token)
    return Found(tokens)


def _balanced(tokens: Iterator[Token]) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        depth += (
            {b"<<": 1, b"[": 1, b">>": -1, b"]": -1}.get(token.text, 0)
            if token.kind == "bracket"
            else 0
        )
        yield token
        if depth <= 0:
            return


def text_of(token: Token) -> str:
    """The text of a string, in any of the three ways a PDF may write it."""
    if token.text[:2] in {b"\xfe\xff", b"\xff\xfe"}:
        return token.text.decode("utf-16", "replace")
    if token.text[:3] == b"\xef\xbb\xbf":
        return token.text[3:].decode("utf-8", "replace")
    return token.text.decode("latin-1")


def _tokens_from(data: bytes, start: int) -> Iterator[Token]:
    return (token for token, _ in _tokens_with_ends(data, start))


def _tokens_with_ends(data: bytes, start: int) -> Iterator[tuple[Token, int]]:
    """Each token with the position after it."""
    position = start
    while match := WORD.search(data, position):
        position = match.end()
        kind, text = match.lastgroup, match.group()
        if kind == "open":
            position = _end_of_string(data, position)
            yield Token("string", _unescaped(data[match.end() : position - 1])), position
        elif kind == "hex":
            yield Token("string", _from_hex(text)), position
        elif kind == "name":
            yield (
                Token("name", HASH.sub(lambda code: bytes([int(code[1], 16)]), match["name"])),
                position,
            )
        elif kind:  # a comment has no kind
            yield Token(kind, text), position


def _end_of_string(data: bytes, position: int) -> int:
    depth = 1
    while match := IN_STRING.search(data, position):
        position = match.end()
        if match.group() == b"\\":
            position += 1
            continue
        depth += 1 if match.group() == b"(" else -1
        if not depth:
            return position
    return len(data) + 1  # the string never ends


def _unescaped(raw: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        octal, line_end, char = match.groups()
        if octal:
            return bytes([int(octal, 8) & 0xFF])
        return b"" if line_end else ESCAPED.get(char, char)

    return ESCAPE.sub(plain, raw)


def _from_hex(text: bytes) -> bytes:
    digits = re.sub(rb"[^0-9A-Fa-f]", b"", text)
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
