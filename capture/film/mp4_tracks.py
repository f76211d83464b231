"""Reads an MP4's index: where each packet of its tracks lies in the file, and when it plays.

For answers that `joining` has normalised. So we can join an hour of them without reading a packet.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from capture.errors import CaptureError
from capture.film.mp4_boxes import find, find_all, outermost
from capture.film.picture_track import PICTURE_CLOCK_HZ
from capture.film.sound_track import SOUND_RATE_HZ

Numbers = NDArray[np.int64]

SIZE_AT = 40  # where width and height are in the description of a picture track, in bytes
CODEC_BOXES_AT = 94  # where the boxes of the codec begin in it


@dataclass(frozen=True)
class Track:
    """The packets of one track in decoding order.

    Offsets are bytes from the file's beginning. Times are ticks of the track's clock.
    """

    offsets: Numbers
    sizes: Numbers
    dts: Numbers
    pts: Numbers
    is_key: NDArray[np.bool_]
    last_ticks: int  # how long the last packet lasts

    @property
    def end(self) -> int:
        """When the last packet ends."""
        return int(self.pts.max()) + self.last_ticks


@dataclass(frozen=True)
class AnswerTracks:
    """The two tracks of a normalised answer, and where their packets lie in its file."""

    path: Path
    picture: Track
    sound: Track
    media: range
    width: int
    height: int
    # H.264 parameter sets as MP4 stores them: one film can have only one kind
    parameters: bytes

    @property
    def duration_ms(self) -> int:
        return round(
            max(self.picture.end * 1000 / PICTURE_CLOCK_HZ, self.sound.end * 1000 / SOUND_RATE_HZ)
        )


def read_tracks(path: Path) -> AnswerTracks:
    """The tracks of a normalised answer. Raises CaptureError if the file is no such answer."""
    boxes = outermost(path)
    if not {b"moov", b"mdat"} <= boxes.keys():
        raise CaptureError(f"{path.name} has no index")
    with path.open("rb") as file:
        file.seek(boxes[b"moov"].start)
        moov = file.read(len(boxes[b"moov"]))
    traks = {find(trak, b"mdia", b"hdlr")[8:12]: trak for trak in find_all(moov, b"trak")}
    if not {b"vide", b"soun"} <= traks.keys():
        raise CaptureError(f"{path.name} has no picture or no sound")
    described = find(traks[b"vide"], b"mdia", b"minf", b"stbl", b"stsd")
    width, height = struct.unpack_from(">HH", described, SIZE_AT)
    return AnswerTracks(
        path,
        _track(traks[b"vide"], PICTURE_CLOCK_HZ),
        _track(traks[b"soun"], SOUND_RATE_HZ),
        boxes[b"mdat"],
        width,
        height,
        parameters=find(described[CODEC_BOXES_AT:], b"avcC"),
    )


def _track(trak: bytes, clock_hz: int) -> Track:
    if struct.unpack_from(">I", find(trak, b"mdia", b"mdhd"), 12) != (clock_hz,):
        raise CaptureError("a track's clock is not the one that all answers have")
    tables = find(trak, b"mdia", b"minf", b"stbl")
    sizes = packet_sizes(find(tables, b"stsz"))
    steps = _repeated(find(tables, b"stts"))
    dts = np.cumsum(steps) - steps - _first_shown(trak)
    shown_later = find_all(tables, b"ctts")
    pts = dts + _repeated(shown_later[0]) if shown_later else dts
    return Track(
        _offsets(tables, sizes), sizes, dts, pts, _keys(tables, len(sizes)), int(steps[-1])
    )


def packet_sizes(content: bytes) -> Numbers:
    """The sizes in an `stsz` box. If all packets have the same size, the box names it once."""
    _, same, count = struct.unpack_from(">III", content)
    return (
        np.full(count, same, np.int64)
        if same
        else np.frombuffer(content, ">u4", count, 12).astype(np.int64)
    )


def chunk_offsets(tables: bytes) -> Numbers:
    """Where each chunk (a run of packets) begins."""
    for kind, number in ((b"stco", ">u4"), (b"co64", ">u8")):
        for content in find_all(tables, kind):
            return np.frombuffer(content, number, offset=8).astype(np.int64)
    raise CaptureError("the index of an MP4 does not say where its packets are")


def _offsets(tables: bytes, sizes: Numbers) -> Numbers:
    chunks, runs = chunk_offsets(tables), _rows(find(tables, b"stsc"), 3)
    counts = np.repeat(runs[:, 1], np.diff(np.append(runs[:, 0], len(chunks) + 1)))
    before = np.cumsum(sizes) - sizes  # bytes of all earlier packets
    first = np.cumsum(counts) - counts  # packet of each run
    offsets: Numbers = np.repeat(chunks - before[first], counts) + before
    return offsets


def _keys(tables: bytes, count: int) -> NDArray[np.bool_]:
    """Which packets are key packets. Without a list of them, all are."""
    listed = find_all(tables, b"stss")
    if not listed:
        return np.ones(count, np.bool_)
    is_key = np.zeros(count, np.bool_)
    is_key[_rows(listed[0], 1)[:, 0] - 1] = True
    return is_key


def _first_shown(trak: bytes) -> int:
    """The tick of the track that plays at 0.

    Sound begins a little earlier, because its decoder needs a start.
    """
    for content in find_all(trak, b"edts", b"elst"):
        (_, start, _), *more = _rows(content, 3).tolist()
        if more or start < 0:
            raise CaptureError("an answer does not begin at 0")
        return int(start)
    return 0


def _repeated(content: bytes) -> Numbers:
    """The numbers of a run-length table."""
    rows = _rows(content, 2)
    return np.repeat(rows[:, 1], rows[:, 0])


def _rows(content: bytes, columns: int) -> Numbers:
    return np.frombuffer(content, ">i4", offset=8).astype(np.int64).reshape(-1, columns)
