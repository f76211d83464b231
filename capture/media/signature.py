"""Tells the container of a file by its first bytes.

It opens and decodes nothing, so a process that receives uploads needs no media library.
"""

from pathlib import Path

from capture.errors import UnusableMedia

HEAD_BYTES = 64  # the longest header we look into is Matroska's
# what browsers record; only the command line accepts others
UPLOAD_CONTAINERS = frozenset({"mp4", "webm", "mkv"})
SOUND_SIGNS = ((b"WAVE", 8, "wav"), (b"ID3", 0, "mp3"), (b"OggS", 0, "ogg"), (b"fLaC", 0, "flac"))
# in these containers we read only sound
SOUND_CONTAINERS = frozenset({"wav", "mp3", "aac", "ogg", "flac"})
HEAD_BOXES = (b"ftyp", b"moov", b"free", b"skip")  # the boxes before pictures and sound in MP4
CLUSTER = b"\x1fC\xb6u"  # pictures and sound begin with it in Matroska
LONGEST_HEAD_BYTES = 1 << 16  # the heads of browsers' files have about a kilobyte
PICTURE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")  # stills in an MP4 file


def identify(head: bytes) -> str:
    """Name the container by its first bytes.

    Raises UnusableMedia for text that names other files, for stills, and for anything unknown.
    """
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in PICTURE_BRANDS:
            raise UnusableMedia("this is a still picture, not a video")
        return "mov" if brand == b"qt  " else "mp4"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "webm" if b"webm" in head[:HEAD_BYTES] else "mkv"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free"):
        return "mov"
    if head[:4] in (b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3"):
        return "mpg"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    raise UnusableMedia("the first bytes are not those of an MP4, WebM or Matroska video")


def identify_sound(path: Path) -> str:
    """Name the container of a file that may contain only sound. Only the command line uses this."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for begins, at, container in SOUND_SIGNS:
        if head[at : at + len(begins)] == begins:
            return container
    if (
        head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE0 == 0xE0
    ):  # a frame's head, no file's
        return "aac" if head[1] & 0x06 == 0 else "mp3"
    return identify(head)


def identify_file(path: Path) -> str:
    """Name the container of a file on disk."""
    with path.open("rb") as file:
        return identify(file.read(HEAD_BYTES))


def is_head_alone(path: Path) -> bool:
    """Whether a recorder wrote only the head of its file, no picture or sound. False in doubt."""
    with path.open("rb") as file:
        head = file.read(LONGEST_HEAD_BYTES + 1)
    if len(head) > LONGEST_HEAD_BYTES:
        return False
    return CLUSTER not in head if head[:4] == b"\x1aE\xdf\xa3" else _is_mp4_head(head)


def _is_mp4_head(head: bytes) -> bool:
    """Whether these are only the boxes before the media. The last one may be truncated."""
    at = 0
    while at < len(head):
        length, kind = int.from_bytes(head[at : at + 4], "big"), head[at + 4 : at + 8]
        if length < 8 or kind not in HEAD_BOXES:
            return False
        at += length
    return head[4:8] == b"ftyp"
