"""The zip around a Word document, read and written: all that it lists is all there is, and not more
than we unpack.
"""

import io
import struct
import zipfile
from collections.abc import Iterator

from documents.errors import Refused, damaged

PARTS_MAX = 5_000  # a long document full of pictures has some hundreds
UNPACKED_MAX_BYTES = 200 * 1024 * 1024  # all parts together
# of parts over RATIO_FROM_BYTES: text shrinks to a twentieth, a drawing to a hundredth
PACKED_RATIO_MAX = 300
RATIO_FROM_BYTES = 4 * 1024 * 1024
# between two parts: what says how large the first was, where that was not known before
GAP_MAX_BYTES = 24
LOCAL_HEADER = struct.Struct("<4s22xHH")
TOO_LARGE = "This Word document is too large when unpacked. Save it as PDF."
ODD = "This Word document is packed in an unusual way that hides what is in it. Save it as PDF."


def parts(package: zipfile.ZipFile, data: bytes) -> list[zipfile.ZipInfo]:
    """What the package lists, once all of it looks honest. Raises Refused."""
    found = package.infolist()
    _check_sizes(found)
    _check_names(found)
    _check_places(found, data, package.start_dir)
    if package.comment:
        raise Refused(ODD)
    return found


def read(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A part from beginning to end, its checksum checked, and never more than it says."""
    with package.open(info) as part:
        data = part.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise damaged("Word document")
    return data


def written(parts: dict[str, bytes]) -> bytes:
    """A package of these parts, plainly packed."""
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
    """No name leads out of the folder it is unpacked to, and none is there twice in any
    spelling.
    """
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


def _check_places(found: list[zipfile.ZipInfo], data: bytes, end: int) -> None:
    """The parts lie one behind the other, none over another, with nothing in between that is not
    listed.
    """
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
            raise damaged("Word document")
        magic, name_bytes, extra_bytes = LOCAL_HEADER.unpack(head)
        if magic != b"PK\x03\x04":
            raise damaged("Word document")
        yield (
            part.header_offset,
            part.header_offset + LOCAL_HEADER.size + name_bytes + extra_bytes + part.compress_size,
        )
