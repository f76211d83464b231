"""Takes MP4 and Matroska files apart and puts them together again, so that tests can make ones no
muxer would write.
"""

import struct
from collections.abc import Callable

Boxes = list[tuple[bytes, bytes]]
UNKNOWN_SIZE = b"\x01\xff\xff\xff\xff\xff\xff\xff"
SEGMENT_ID = bytes.fromhex("18538067")
INSIDE = {
    b"moov",
    b"trak",
    b"mdia",
    b"minf",
    b"stbl",
    b"dinf",
    b"edts",
    b"moof",
    b"traf",
    b"mvex",
    b"udta",
}


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def full(kind: bytes, payload: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags) + payload)


def boxes(data: bytes) -> Boxes:
    """The boxes that lie side by side in `data`."""
    children, at = [], 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        length = length or len(data) - at
        children.append((kind, data[at + 8 : at + length]))
        at += length
    return children


def rewritten(data: bytes, path: str, change: Callable[[bytes], bytes]) -> bytes:
    """`data` with the payload of every box at `path` ("moov/trak/edts") changed; lengths around it
    are set right.

    A change to b"" keeps an empty box.
    """
    name, _, rest = path.partition("/")
    made = b""
    for kind, payload in boxes(data):
        if kind == name.encode():
            payload = rewritten(payload, rest, change) if rest else change(payload)
        made += box(kind, payload)
    return made


def payload_at(data: bytes, path: str) -> bytes:
    """The payload of the first box at `path`."""
    name, _, rest = path.partition("/")
    payload = next(payload for kind, payload in boxes(data) if kind == name.encode())
    return payload_at(payload, rest) if rest else payload


def element(hex_id: str, payload: bytes | str | int | float) -> bytes:
    """One EBML element; numbers and text are written as Matroska stores them."""
    if isinstance(payload, str):
        payload = payload.encode()
    elif isinstance(payload, float):
        payload = struct.pack(">d", payload)
    elif isinstance(payload, int):
        payload = struct.pack(">Q", payload)
    return bytes.fromhex(hex_id) + struct.pack(">Q", 1 << 56 | len(payload)) + payload


def with_elements(data: bytes, *extra: bytes) -> bytes:
    """A Matroska file with more elements at the head of its segment, whose size is then unknown, as
    in a live file.
    """
    at = data.index(SEGMENT_ID)
    return (
        data[:at] + SEGMENT_ID + UNKNOWN_SIZE + b"".join(extra) + data[at + len(SEGMENT_ID) + 8 :]
    )


def segment(*elements: bytes, doc_type: str = "webm") -> bytes:
    """A whole Matroska file of these elements."""
    head = element("1a45dfa3", element("4282", doc_type) + element("4287", 4) + element("4285", 2))
    return head + SEGMENT_ID + UNKNOWN_SIZE + b"".join(elements)
