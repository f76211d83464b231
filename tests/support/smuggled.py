"""Requests whose end can be read in two ways, each with another request hidden in it; and as much
HTTP/2 as that needs.

Whoever is in front and whoever is behind must agree where a request ends. If they do not, what is
hidden arrives.
"""

import struct

NAME = "careers.example.org"
HIDDEN_PATH = "/register"  # asked for by nothing else in these tests
HIDDEN = f"GET {HIDDEN_PATH} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()
POST = (
    f"POST /login HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: application/octet-stream\r\n".encode()
)
# what follows is read by nobody then, unless somebody takes it for a request
POST += b"Connection: close\r\n"
GET = b"GET %s HTTP/1.1\r\nHost: " + NAME.encode() + b"\r\nConnection: close\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"\r\n"


def length(value: object) -> bytes:
    return f"Content-Length: {value}\r\n".encode()


def chunk(data: bytes, extension: bytes = b"", line_end: bytes = b"\r\n") -> bytes:
    return f"{len(data):x}".encode() + extension + line_end + data + b"\r\n"


LAST = b"0\r\n\r\n"
HIDES = len(HIDDEN)
ALL = len(LAST + HIDDEN)

# Both lengths at once.
CASES: dict[str, bytes] = {
    "a length and chunks, the length covers all": (
        POST + length(ALL) + CHUNKED + END + LAST + HIDDEN
    ),
    "a length and chunks, the length is short": (
        POST + length(4) + CHUNKED + END + chunk(HIDDEN) + LAST
    ),
    "chunks and a length, the other way round": POST + CHUNKED + length(ALL) + END + LAST + HIDDEN,
    "a length of nothing and chunks": POST + length(0) + CHUNKED + END + chunk(HIDDEN) + LAST,
}
# More than one coding, and codings that only some read as chunked.
CASES |= {
    f"the coding {coding!r}": POST + coding + length(ALL) + END + LAST + HIDDEN
    for coding in (
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: identity, chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b'Transfer-Encoding: "chunked"\r\n',
        b"Transfer-Encoding: chunked;a=b\r\n",
        b"Transfer-Encoding:\tchunked\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"Transfer-Encoding: chunked\x0b\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b" Transfer-Encoding: chunked\r\n",
        b"X: y\nTransfer-Encoding: chunked\r\n",
        b"X: y\rTransfer-Encoding: chunked\r\n",
        b"X: y\r\n\rTransfer-Encoding: chunked\r\n",
        b"Transfer_Encoding: chunked\r\n",
        b"Transfer-Encoding\x00: chunked\r\n",
        b"Transfer-Encoding: chunked\x00\r\n",
        b"TRANSFER-ENCODING: CHUNKED\r\n",
    )
}
# More than one length, and lengths that only some read as numbers. What is hidden follows the
# shorter reading.
CASES |= {
    f"the length {words!r}": POST + words + END + b"12345" + HIDDEN
    for words in (
        length(5) + length(5 + HIDES),
        length(5 + HIDES) + length(5),
        length(f"5, {5 + HIDES}"),
        length(f"{5 + HIDES}, 5"),
        length(f"5 {5 + HIDES}"),
        length("+5"),
        length("-1"),
        length("0x5"),
        length("5.0"),
        length("5e0"),
        length("٥"),
        length("99999999999999999999999"),
        b"Content-Length: 5\x00\r\n",
        b"Content-Length: \x0b5\r\n",
        b"Content-Length : 5\r\n",
        b"Content-Length:\r\n",
    )
}
# Lines that are folded, and lines that end otherwise.
CASES |= {
    "a folded coding": (
        POST + length(ALL) + b"Transfer-Encoding:\r\n chunked\r\n" + END + LAST + HIDDEN
    ),
    "a folded length": POST + b"Content-Length:\r\n 5\r\n" + END + b"12345" + HIDDEN,
    "a coding folded into another line": (
        POST + length(ALL) + b"X: y\r\n Transfer-Encoding: chunked\r\n" + END + LAST + HIDDEN
    ),
    "a fold before the first line": b" " + POST + length(5) + END + b"12345" + HIDDEN,
    "a request in a folded line": (
        POST + length(0) + b"X: y\r\n\t" + HIDDEN.replace(b"\r\n", b"\r\n\t") + END + END
    ),
}
# Chunks: extensions, sizes, and what stands around them.
CASES |= {
    name: POST + CHUNKED + END + body
    for name, body in {
        "an extension that holds a request": (
            b"5;" + HIDDEN.replace(b"\r\n", b"") + b"\r\n12345\r\n" + LAST
        ),
        "an extension with a bare line feed": b"5;\n" + b"12345\r\n" + chunk(HIDDEN) + LAST,
        "an extension with a bare carriage return": b"5;\r12345\r\n" + chunk(HIDDEN) + LAST,
        "an extension in quotes over two lines": b'5;a="\r\n12345\r\n' + chunk(HIDDEN) + LAST,
        "sizes that end with a bare line feed": chunk(HIDDEN, line_end=b"\n") + LAST,
        "a size with blanks": chunk(HIDDEN, extension=b" \t ") + LAST,
        "a size with a sign": b"+5\r\n12345\r\n" + chunk(HIDDEN) + LAST,
        "a size of another base": b"0x5\r\n12345\r\n" + chunk(HIDDEN) + LAST,
        "a size with an underscore": b"0_5\r\n12345\r\n" + chunk(HIDDEN) + LAST,
        "a size beyond every number": b"10000000000000005\r\n12345\r\n" + chunk(HIDDEN) + LAST,
        "no size": b"\r\n" + chunk(HIDDEN) + LAST,
        "data longer than its size": b"5\r\n12345678" + HIDDEN + b"\r\n" + LAST,
        "an end without its line": b"5\r\n12345" + b"0\r\n\r\n" + HIDDEN,
        "a last chunk with a bare line feed": b"0\n\n" + HIDDEN,
    }.items()
}
# Trailers, other versions, other protocols, and addresses.
CASES |= {
    "a length among trailers": POST
    + CHUNKED + END + chunk(HIDDEN) + b"0\r\nContent-Length: 5\r\n\r\n",
    "chunks in HTTP/1.0": (POST + CHUNKED + length(ALL) + END + LAST + HIDDEN).replace(
        b"HTTP/1.1", b"HTTP/1.0", 1
    ),
    "a change to HTTP/2 without TLS": POST
    + length(HIDES) + b"Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n"
    + b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n" + END + HIDDEN,
    "a length that the connection forbids to pass on": POST
    + length(HIDES) + b"Connection: content-length\r\n" + END + HIDDEN,
    "line ends in the address": GET
    % f"/jobs%0d%0a%0d%0aGET%20{HIDDEN_PATH}%20HTTP/1.1%0d%0a%0d%0a".encode() + END,
    "a request behind a blank in the address": GET
    % f"/jobs HTTP/1.1 GET {HIDDEN_PATH}".encode() + END,
    "two hosts": GET % b"/jobs" + f"Host: {NAME}{HIDDEN_PATH}\r\n".encode() + END,
    "a body of a GET": GET % b"/jobs" + length(HIDES) + END + HIDDEN,
}  # fmt: skip

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, END_HEADERS = 1, 4


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name: bytes, value: bytes) -> bytes:
    """A field as HPACK writes it that knows no tables and no codes (shorter than 127 bytes
    each).
    """
    assert max(len(name), len(value)) < 127
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def http2(fields: dict[bytes, bytes], body: bytes) -> bytes:
    """One POST over HTTP/2 with these fields as well."""
    usual = {
        b":method": b"POST",
        b":scheme": b"https",
        b":path": b"/login",
        b":authority": NAME.encode(),
    }
    block = b"".join(literal(name, value) for name, value in (usual | fields).items())
    start = PREFACE + frame(SETTINGS, 0, 0, b"") + frame(HEADERS, END_HEADERS, 1, block)
    return start + frame(DATA, END_STREAM, 1, body)


HTTP2_CASES: dict[str, bytes] = {
    "a length of nothing before a body": http2({b"content-length": b"0"}, HIDDEN),
    "a length that is short": http2({b"content-length": b"5"}, b"12345" + HIDDEN),
    "a coding": http2({b"transfer-encoding": b"chunked"}, LAST + HIDDEN),
    "a line's end in a value": http2({b"x": b"y\r\nTransfer-Encoding: chunked"}, LAST + HIDDEN),
    "a line's end in a name": http2({b"x: y\r\ntransfer-encoding": b"chunked"}, LAST + HIDDEN),
    "a request in a value": http2({b"x": b"y\r\n\r\n" + HIDDEN}, b""),
    "a request in the address": http2(
        {b":path": b"/login HTTP/1.1\r\nHost: a\r\n\r\n" + HIDDEN[:60]}, b""
    ),
    "a request in the method": http2({b":method": HIDDEN[:-4] + b"\r\nX: "}, b""),
    "two lengths": http2({b"content-length": b"5", b"Content-Length": b"5"}, b"12345" + HIDDEN),
}
