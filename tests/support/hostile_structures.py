"""Recordings whose structure attacks the reader: references to other files, and a few bytes that
claim gigabytes.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial

from hostile_media import EITHER, KEPT, REFUSED, SECRET, SMALL, Sample, base, encoded, webm
from media_boxes import box, boxes, element, full, payload_at, rewritten, with_elements

STBL = "moov/trak/mdia/minf/stbl"
FILE_URL = f"file://{SECRET}".encode()
WEB_URL = b"http://127.0.0.1:9/answer.mp4"
flat = partial(base, fragmented=False)  # one index at the end: `ftyp free mdat moov`


def altered(
    path: str, change: Callable[[bytes], bytes], make: Callable[[], bytes] = flat
) -> Callable[[], bytes]:
    return lambda: rewritten(make(), path, change)


def replaced_by(data: bytes) -> Callable[[bytes], bytes]:
    return lambda _old: data


def ticking_at(rate: int) -> Callable[[bytes], bytes]:
    """A movie's or a track's head with so many ticks a second."""
    return lambda old: old[:12] + struct.pack(">I", rate) + old[16:]


def references() -> Iterator[Sample]:
    """Files that name other files."""
    for name, entry in {
        "url": full(b"url ", FILE_URL + b"\0"),
        "web": full(b"url ", WEB_URL + b"\0"),
        "urn": full(b"urn ", b"x\0" + FILE_URL + b"\0"),
        "alias": full(b"alis", _alias()),
    }.items():
        dref = altered(
            "moov/trak/mdia/minf/dinf/dref", replaced_by(struct.pack(">II", 0, 1) + entry)
        )
        yield Sample(f"data-elsewhere-{name}.mp4", EITHER, dref)
    movie = box(
        b"moov",
        box(
            b"rmra",
            box(b"rmda", full(b"rdrf", b"url " + struct.pack(">I", len(FILE_URL)) + FILE_URL)),
        ),
    )
    yield Sample(
        "reference-movie.mp4",
        REFUSED,
        lambda: box(b"ftyp", b"qt  \0\0\0\0qt  ")[:8] + b"isom\0\0\0\0" + movie,
    )
    linked = element(
        "1549a966",
        element("3eb923", bytes(16)) + element("3e83bb", SECRET) + element("3c83ab", SECRET),
    )
    yield Sample("linked-segments.mkv", KEPT, lambda: with_elements(base("mkv"), linked))
    ordered = element("b6", element("73c4", 1) + element("91", 0) + element("6e67", bytes(16)))
    edition = element("1043a770", element("45b9", element("45dd", 1) + ordered))
    yield Sample("chapters-elsewhere.mkv", KEPT, lambda: with_elements(base("mkv"), edition))
    tag = element(
        "1254c367",
        element("7373", element("67c8", element("45a3", "URL") + element("4487", FILE_URL))),
    )
    yield Sample("tags-that-name-files.webm", KEPT, lambda: with_elements(base("webm"), tag))
    attached = element("1941a469", attachment(FILE_URL))
    yield Sample(
        "attachment-that-names-a-file.mkv", KEPT, lambda: with_elements(base("mkv"), attached)
    )


def _alias() -> bytes:
    name = SECRET.rsplit("/", 1)[-1].encode()
    record = (
        bytes(6)
        + bytes([4])
        + b"disk".ljust(27, b"\0")
        + bytes(12)
        + bytes([len(name)])
        + name.ljust(63, b"\0")
    )
    record += bytes(16) + struct.pack(">HH", 1, 1) + bytes(16)
    path = SECRET.encode() + b"\0" * (len(SECRET) % 2)
    return record + struct.pack(">hH", 2, len(path)) + path + struct.pack(">hH", -1, 0) + bytes(60)


def attachment(data: bytes) -> bytes:
    return element(
        "61a7",
        element("466e", "a.ttf")
        + element("4660", "font/ttf")
        + element("465c", data)
        + element("46ae", 7),
    )


def bombs() -> Iterator[Sample]:
    """A little that asks for a lot."""
    yield Sample("index-compressed.mp4", REFUSED, _compressed_index)
    yield Sample(
        "index-claims-80-million.mp4",
        EITHER,
        altered(f"{STBL}/stsz", lambda _: struct.pack(">III", 0, 1, 80_000_000)),
    )
    yield Sample(
        "index-claims-4-billion.mp4",
        EITHER,
        altered(f"{STBL}/stsz", lambda _: struct.pack(">III", 0, 1, 2**32 - 1)),
    )
    yield Sample("chunks-claim-80-million.mp4", EITHER, _large_chunks)
    yield Sample(
        "fragment-claims-80-million.mp4", EITHER, partial(_large_fragment, count=80_000_000)
    )
    yield Sample("fragment-claims-4-billion.mp4", EITHER, partial(_large_fragment, count=2**32 - 1))
    yield Sample("claims-100-million-stills.mp4", REFUSED, lambda: flat() + _still_pictures())
    yield Sample("uncompressed-sound-claims-80-million.mp4", REFUSED, altered(STBL, _uncompressed))
    yield Sample("100000-fragments.mp4", EITHER, _many_fragments)
    yield Sample("edits-repeat-100000-times.mp4", EITHER, _repeated_edits)
    yield Sample(
        "edit-of-a-thousand-hours.mp4",
        EITHER,
        altered("moov/trak/edts/elst", lambda _: _edits((2**31 - 1, 0))),
    )
    yield Sample(
        "edits-empty.mp4",
        EITHER,
        altered("moov/trak/edts/elst", lambda _: _edits((3_600_000, -1), (3000, 0))),
    )
    yield Sample(
        "edits-backwards.mp4",
        EITHER,
        altered("moov/trak/edts/elst", lambda _: _edits((1000, 20_000), (1000, 0))),
    )
    yield Sample(
        "nested-boxes.mp4", REFUSED, lambda: box(b"ftyp", b"isom\0\0\0\0") + _nested(b"trak", 5_000)
    )
    yield Sample("3000-tracks.mp4", REFUSED, _many_tracks)
    yield Sample("2000-tracks.mkv", REFUSED, lambda: with_elements(base("mkv"), _tracks(2_000)))
    yield Sample(
        "5000-attachments.mkv", EITHER, lambda: with_elements(base("mkv"), _attachments(5_000))
    )
    yield Sample(
        "200000-chapters.mkv", KEPT, lambda: with_elements(base("mkv"), _chapters(200_000))
    )
    yield Sample("200000-tags.webm", KEPT, lambda: with_elements(base("webm"), _tags(200_000)))
    yield Sample(
        "nested-chapters.mkv", EITHER, lambda: with_elements(base("mkv"), _nested_chapters(20_000))
    )
    yield Sample("search-in-circles.webm", KEPT, lambda: with_elements(base("webm"), *_circles()))
    yield Sample("compressed-tracks.mkv", EITHER, lambda: _compressed_pictures())
    yield Sample(
        "clusters-without-end.webm",
        KEPT,
        lambda: base("webm") + element("1f43b675", b"")[:4] * 200_000,
    )
    yield Sample(
        "element-claims-an-exabyte.webm",
        EITHER,
        lambda: with_elements(base("webm"), _huge_element()),
    )


def absurd_times() -> Iterator[Sample]:
    """Clocks that cannot be."""
    pictures = [(40 * number, data) for number, data in enumerate(encoded("vp8", SMALL, 50))]
    for name, scale in {"zero": 0, "one": 1, "huge": 2**62}.items():
        yield Sample(f"clock-scale-{name}.webm", EITHER, partial(webm, pictures, scale=scale))
    for name, length in {"nan": float("nan"), "infinite": float("inf"), "negative": -1e300}.items():
        yield Sample(f"length-{name}.webm", KEPT, partial(webm, pictures, length=length))
    for name, rate in {"zero": 0, "one": 1, "huge": 2**32 - 1}.items():
        movie = altered("moov/mvhd", ticking_at(rate))
        track = altered(
            "moov/trak/mdia/mdhd",
            ticking_at(rate),
        )
        yield Sample(f"movie-clock-{name}.mp4", EITHER, movie)
        # 22 minutes of silence
        yield Sample(f"track-clock-{name}.mp4", EITHER, track, is_long=True)
    for name, step in {"zero": 0, "negative": 2**32 - 100, "huge": 2**31 - 1}.items():
        steps = altered(f"{STBL}/stts", replaced_by(struct.pack(">IIII", 0, 1, 500, step)))
        yield Sample(f"steps-{name}.mp4", EITHER, steps)
    for name, late in {"earlier": -(2**31), "later": 2**31 - 1}.items():
        shown = altered(
            "moof/traf/tfdt",
            replaced_by(b"\1\0\0\0" + struct.pack(">Q", late % 2**64)),
            base,
        )
        yield Sample(f"fragments-all-{name}.mp4", EITHER, shown)
    far = altered(f"{STBL}/stco", lambda old: old[:8] + b"\xff" * (len(old) - 8))
    yield Sample("data-behind-the-end.mp4", EITHER, far)


def _compressed_index() -> bytes:
    """QuickTime may compress its index: a megabyte unpacks to one gigabyte."""
    squeeze = zlib.compressobj(9)
    first, block = (
        squeeze.compress(bytes(1 << 24)) + squeeze.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    packed = first + block * 63 + squeeze.flush()
    index = box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", 1 << 30) + packed)
    return box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", box(b"cmov", index))


def _large_chunks() -> bytes:
    """As above, and one chunk is said to hold all of them."""
    data = rewritten(flat(), f"{STBL}/stsz", lambda _: struct.pack(">III", 0, 1, 80_000_000))
    return rewritten(data, f"{STBL}/stsc", lambda _: struct.pack(">IIIII", 0, 1, 1, 80_000_000, 1))


def _large_fragment(count: int) -> bytes:
    return rewritten(base(), "moof/traf/trun", lambda _: struct.pack(">II", 0, count))


def _many_fragments() -> bytes:
    parts = boxes(base())
    pair = box(*next(part for part in parts if part[0] == b"moof")) + box(b"mdat", b"")
    return b"".join(box(*part) for part in parts[:2]) + pair * 100_000


def _still_pictures() -> bytes:
    items = struct.pack(">I", 100_000_000)
    kind = full(b"hdlr", bytes(4) + b"pict" + bytes(13))
    return full(b"meta", kind + full(b"iinf", items, 1) + full(b"iloc", b"\x44\0" + items, 2))


def _uncompressed(old: bytes) -> bytes:
    kept = dict(boxes(old))
    sound = box(b"sowt", bytes(6) + struct.pack(">H8xHHHHI", 1, 1, 16, 0, 0, 48_000 << 16))
    sizes, chunks = (
        struct.pack(">III", 0, 2, 80_000_000),
        struct.pack(">IIIII", 0, 1, 1, 80_000_000, 1),
    )
    kept |= {b"stsd": struct.pack(">II", 0, 1) + sound, b"stsz": sizes, b"stsc": chunks}
    return b"".join(box(*part) for part in kept.items())


def _edits(*rows: tuple[int, int]) -> bytes:
    return struct.pack(">II", 0, len(rows)) + b"".join(
        struct.pack(">IiI", *row, 0x10000) for row in rows
    )


def _repeated_edits() -> bytes:
    """Every edit shows the whole track again."""
    return rewritten(flat(), "moov/trak/edts/elst", lambda _: _edits(*[(3000, 0)] * 100_000))


def _nested(kind: bytes, depth: int) -> bytes:
    made = b""
    for _ in range(depth):
        made = box(kind, made)
    return box(b"moov", made)


def _many_tracks() -> bytes:
    data = flat()
    track = box(b"trak", payload_at(data, "moov/trak"))
    return rewritten(data, "moov", lambda old: old + track * 3_000)


def _tracks(count: int) -> bytes:
    sound = element("e1", element("b5", 48_000.0) + element("9f", 1))
    one = b"".join(
        element(
            "ae",
            element("d7", 10 + at)
            + element("73c5", 10 + at)
            + element("83", 2)
            + element("86", "A_OPUS")
            + sound,
        )
        for at in range(count)
    )
    return element("1654ae6b", one)


def _attachments(count: int) -> bytes:
    return element("1941a469", attachment(bytes(64)) * count)


def _chapters(count: int) -> bytes:
    atoms = b"".join(
        element("b6", element("73c4", at + 1) + element("91", at) + element("92", at + 1))
        for at in range(count)
    )
    return element("1043a770", element("45b9", atoms))


def _nested_chapters(depth: int) -> bytes:
    made = b""
    for _ in range(depth):
        made = element("b6", made)
    return element("1043a770", element("45b9", made))


def _tags(count: int) -> bytes:
    return element(
        "1254c367",
        element("7373", element("67c8", element("45a3", "A") + element("4487", "b")) * count),
    )


def _circles() -> list[bytes]:
    """Lists of contents that point at themselves and at each other."""
    seeks = [
        element("4dbb", element("53ab", bytes.fromhex("114d9b74")) + element("53ac", at))
        for at in range(0, 400, 4)
    ]
    return [element("114d9b74", b"".join(seeks))] * 3


def _compressed_pictures() -> bytes:
    """Each block is said to be packed: 10 KB that unpack to 10 MB, fifty times."""
    packed = zlib.compress(bytes(9_900_000), 9)
    pictures = [(40 * number, packed) for number in range(50)]
    packing = element(
        "6d80",
        element(
            "6240", element("5032", 1) + element("5033", 0) + element("5034", element("4254", 0))
        ),
    )
    kind = element("86", "V_VP8")
    return webm(pictures).replace(kind, kind + packing, 1)


def _huge_element() -> bytes:
    return bytes.fromhex("ec") + b"\x01\x0f\xff\xff\xff\xff\xff\xff"
