"""Recordings with seeded accidents: the same seed breaks the same bytes in the same way, on any
machine.
"""

import random
import re
from collections.abc import Callable

from hostile_media import base
from media_boxes import UNKNOWN_SIZE

BASES = [("mp4", True), ("mp4", False), ("webm", True), ("mkv", True)]
NAMES = re.compile(
    rb"moov|mvhd|trak|tkhd|mdia|mdhd|hdlr|minf|dinf|dref|stbl|stsd|stts|ctts|stss|stsc|stsz|stco|elst|avc1|avcC|mp4a|esds"
    rb"|mvex|trex|moof|mfhd|traf|tfhd|tfdt|trun|mdat|\x1aE\xdf\xa3|\x18S\x80g|\x11M\x9bt|\x15I\xa9f|\x16T\xaek|\xae|\xe0"
    rb"|\xe1|\x1f\x43\xb6\x75|\xa3|\xe7|\x2a\xd7\xb1|\x86|\x83|\xd7"
)
EXTREMES = [0, 1, 7, 8, 255, 65_535, 80_000_000, 2**31 - 1, 2**31, 2**32 - 1]
HEAD_BYTES = 2_000  # where the index of a fragmented file and the tracks of Matroska are


def fuzzed(seed: int) -> tuple[str, bytes]:
    """The ending, and the bytes after one to four accidents."""
    dice = random.Random(seed)
    name, fragmented = dice.choice(BASES)
    data = bytearray(base(name, fragmented=fragmented))
    for _ in range(dice.randint(1, 4)):
        dice.choice(ACCIDENTS)(data, dice)
    return name, bytes(data)


def flip(data: bytearray, dice: random.Random) -> None:
    for _ in range(dice.randint(1, 30)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def flip_head(data: bytearray, dice: random.Random) -> None:
    for _ in range(dice.randint(1, 5)):
        data[dice.randrange(min(HEAD_BYTES, len(data)))] ^= 1 << dice.randrange(8)


def claim(data: bytearray, dice: random.Random) -> None:
    """A number near a name becomes an extreme one."""
    at = _a_name(data, dice) + dice.choice([4, 8, 12, 16])
    data[at : at + 4] = dice.choice(EXTREMES).to_bytes(4, "big")


def length(data: bytearray, dice: random.Random) -> None:
    """The length before an MP4's name, or the size behind a Matroska id, becomes another."""
    at = _a_name(data, dice)
    if data[4:8] == b"ftyp":
        data[max(0, at - 4) : at] = dice.choice([*EXTREMES, dice.randrange(1 << 16)]).to_bytes(
            4, "big"
        )
    else:
        end = (
            at
            + 1
            + sum(data[at : at + 4] != b"" and data[at] < limit for limit in (0x80, 0x40, 0x20))
        )
        data[end : end + 8] = dice.choice(
            [UNKNOWN_SIZE, b"\x80" * 8, b"\x08" + b"\xff" * 7, dice.randbytes(8)]
        )


def lose(data: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(data))
    del data[at : at + dice.randint(1, 5_000)]
    _never_empty(data)


def repeat(data: bytearray, dice: random.Random) -> None:
    at, count = dice.randrange(len(data)), dice.randint(1, 5_000)
    data[at:at] = data[at : at + count] * dice.randint(1, 20)


def swap(data: bytearray, dice: random.Random) -> None:
    one, other, count = dice.randrange(len(data)), dice.randrange(len(data)), dice.randint(1, 2_000)
    data[one : one + count], data[other : other + count] = (
        data[other : other + count],
        data[one : one + count],
    )


def noise(data: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(data))
    data[at : at + dice.randint(1, 500)] = dice.randbytes(dice.randint(1, 500))


def cut_short(data: bytearray, dice: random.Random) -> None:
    del data[dice.randrange(len(data)) :]
    _never_empty(data)


ACCIDENTS: list[Callable[[bytearray, random.Random], None]] = [
    flip, flip_head, claim, claim, length, length, lose, repeat, swap, noise, cut_short,
]  # fmt: skip


def _a_name(data: bytearray, dice: random.Random) -> int:
    places = [match.start() for match in NAMES.finditer(data)]
    return dice.choice(places) if places else dice.randrange(len(data))


def _never_empty(data: bytearray) -> None:
    if not data:
        data += b"\0"
