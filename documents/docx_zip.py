"""Reads and writes the zip file of a Word document. Refuses hidden parts, and too large ones."""

import io
import struct
import zipfile
from collections.abc import Iterator

from documents.errors import Refused, damaged

PARTS_MAX = 5_000  # a long document full of pictures has a few hundred
UNPACKED_MAX_BYTES = 200 * 1024 * 1024  # all parts together
# for parts over RATIO_FROM_BYTES: text shrinks to a twentieth, a drawing to a hundredth
PACKED_RATIO_MAX = 300
RATIO_FROM_BYTES = 4 * 1024 * 1024
# between two parts: a data descriptor, with the size of the first part
GAP_MAX_BYTES = 24
LOCAL_HEADER = struct.Struct("<4s22xHH")
TOO_LARGE = "This Word document is too large when unpacked. Save it as PDF."
ODD = "This Word document is packed in an unusual way that hides what is in it. Save it as PDF."


def parts(package: zipfile.ZipFile, data: bytes) -> list[zipfile.ZipInfo]:
    """The parts that the package lists. Raises Refused if anything about it is unusual."""
    found = package.infolist()
    _check_sizes(found)
    _check_names(found)
    _check_layout(found, data, package.start_dir)
    if package.comment:
        raise Refused(ODD)
    return found


def read(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The whole part. Checks its checksum, and reads no more than the size that it claims."""
    with package.open(info) as part:
        data = part.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise damaged("docx")
    return data


def packed(parts: dict[str, bytes]) -> bytes:
    """A zip file of these parts, with nothing unusual."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _check_sizes(found: list[zipfile.ZipInfo]) -> None:
    if len(found) > PARTS_MAX or sum(part.file_size for part in found) > UNPACKED_MAX_BYTES:
        raise Refused(TOO_LARGE)
    for part in found:
        if part.flag_bits & 0x1:
            raise Refused(
                "This Word document is protected with a password. Save it without protection."
            )
        if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Refused(ODD)
        if part.file_size > RATIO_FROM_BYTES and part.file_size > PACKED_RATIO_MAX * max(
            1, part.compress_size
        ):
            raise Refused(TOO_LARGE)


def _check_names(found: list[zipfile.ZipInfo]) -> None:
    """Refuse a name that leaves the folder it is unpacked to, and two spellings of one name."""
    seen = set()
    for part in found:
        name = part.orig_filename
        steps = name.removesuffix("/").split("/")
        if (
            not name.isprintable()
            or "\\" in name
            or ":" in name
            or any(step in {"", ".", ".."} for step in steps)
        ):
            raise Refused(ODD)
        if name.casefold() in seen:
            raise Refused("This Word document holds the same part twice. Save it as PDF.")
        seen.add(name.casefold())


def _check_layout(found: list[zipfile.ZipInfo], data: bytes, end: int) -> None:
    """Refuse parts that overlap, and bytes between parts that no part covers."""
    reached = 0
    for start, after in sorted(_extents(found, data)):
        if not 0 <= start - reached <= (GAP_MAX_BYTES if reached else 0):
            raise Refused(ODD)
        reached = after
    if not 0 <= end - reached <= GAP_MAX_BYTES:
        raise Refused(ODD)


def _extents(found: list[zipfile.ZipInfo], data: bytes) -> Iterator[tuple[int, int]]:
    for part in found:
        head = data[part.header_offset : part.header_offset + LOCAL_HEADER.size]
        if len(head) < LOCAL_HEADER.size:
            raise damaged("docx")
        magic, name_bytes, extra_bytes = LOCAL_HEADER.unpack(head)
        if magic != b"PK\x03\x04":
            raise damaged("docx")
        yield (
            part.header_offset,
            part.header_offset + LOCAL_HEADER.size + name_bytes + extra_bytes + part.compress_size,
        )
