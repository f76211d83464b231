"""The index of a film: the packets of its tracks, from the answers' own indexes, as MP4 boxes.

FFmpeg writes a film of one packet with all chapters. We replace the tables in it. An hour has
250,000 packets: numpy writes their tables in a moment, but a muxer in Python would need long. Opens
no file.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capture.film.mp4_boxes import Changes, box, changed, children, find, find_all, table
from capture.film.mp4_tracks import AnswerTracks, Numbers, Track, chunk_offsets, packet_sizes
from capture.film.picture_track import PICTURE_CLOCK_HZ
from capture.film.sound_track import SOUND_FRAME_SAMPLES, SOUND_RATE_HZ

FILM_CLOCK_HZ = 1_000  # the clock of the whole film, from FFmpeg's muxer
PICTURE_TICKS_PER_MS = PICTURE_CLOCK_HZ // 1_000
SOUND_TICKS_PER_MS = SOUND_RATE_HZ // 1_000
LARGEST_SHORT_OFFSET = 2**32 - 1  # bytes; larger offsets need 64 bits
PACKET_TABLES = (b"stts", b"ctts", b"stss", b"stsc", b"stsz", b"stco", b"co64")
NORMAL_SPEED = 1 << 16  # of an edit, as a fixed-point number


@dataclass(frozen=True)
class Silence:
    """The position of some frames of silence in the film. All have the same size."""

    offset: int
    frame_bytes: int
    frames: int


@dataclass(frozen=True)
class PlacedAnswer:
    """An answer in the film: its tracks, its start, how far its bytes moved, silence after it."""

    tracks: AnswerTracks
    start_ms: int
    moved_bytes: int
    silence: Silence


def picture_track(answers: Sequence[PlacedAnswer]) -> Track:
    """The track of all pictures.

    The film shows its first picture from the beginning, and the last picture of each answer until
    the next answer begins.
    """
    tracks = [answer.tracks.picture for answer in answers]
    starts = [answer.start_ms * PICTURE_TICKS_PER_MS for answer in answers]
    dts = np.concatenate([track.dts + start for track, start in zip(tracks, starts, strict=True)])
    pts = np.concatenate([track.pts + start for track, start in zip(tracks, starts, strict=True)])
    pts[0], dts[0] = 0, min(0, dts[0])
    number = np.arange(len(dts))
    dts = np.maximum.accumulate(dts - number) + number  # where two answers meet, times may touch
    offsets = [
        track.offsets + answer.moved_bytes for track, answer in zip(tracks, answers, strict=True)
    ]
    return Track(
        np.concatenate(offsets),
        np.concatenate([track.sizes for track in tracks]),
        dts,
        np.maximum(pts, dts),
        np.concatenate([track.is_key for track in tracks]),
        tracks[-1].last_ticks,
    )


def sound_track(answers: Sequence[PlacedAnswer], end_ms: int) -> Track:
    """The track of all sound, without a hole until the film's end. Silence fills the gaps.

    After a hole in the sound, players show the picture too late. A shift of at most half a frame
    (11 ms) does no harm. If two answers overlap by a frame, the earlier one keeps it.
    """
    first = following = min(0, _first_slot(answers[0]))
    rows: list[tuple[Numbers, Numbers]] = []
    for before, answer in zip([answers[0], *answers], answers, strict=False):
        sound, slot = answer.tracks.sound, _first_slot(answer)
        rows += _silent(before.silence, slot - following)
        late = max(0, following - slot)
        rows.append((sound.offsets[late:] + answer.moved_bytes, sound.sizes[late:]))
        following = max(following, slot + len(sound.sizes))
    rows += _silent(answers[-1].silence, _nearest_slot(end_ms * SOUND_TICKS_PER_MS) - following)
    offsets, sizes = (np.concatenate(column) for column in zip(*rows, strict=True))
    times = (first + np.arange(len(sizes))) * SOUND_FRAME_SAMPLES
    return Track(offsets, sizes, times, times, np.ones(len(sizes), np.bool_), SOUND_FRAME_SAMPLES)


def _first_slot(answer: PlacedAnswer) -> int:
    return _nearest_slot(answer.start_ms * SOUND_TICKS_PER_MS + int(answer.tracks.sound.pts[0]))


def _nearest_slot(ticks: int) -> int:
    return (2 * ticks + SOUND_FRAME_SAMPLES) // (2 * SOUND_FRAME_SAMPLES)


def sound_shift_ms(start_ms: int) -> float:
    """How much later the sound of an answer plays than its start says: frames cannot overlap."""
    ticks = start_ms * SOUND_TICKS_PER_MS
    return (_nearest_slot(ticks) * SOUND_FRAME_SAMPLES - ticks) / SOUND_TICKS_PER_MS


def _silent(silence: Silence, frames: int) -> list[tuple[Numbers, Numbers]]:
    """So many frames of silence. They all use the same few bytes of the film."""
    if frames <= 0:
        return []
    offsets = silence.offset + np.arange(frames) % silence.frames * silence.frame_bytes
    return [(offsets, np.full(frames, silence.frame_bytes))]


def head(frame: bytes, picture: Track, sound: Track) -> bytes:
    """The bytes of the film before its packets, made from FFmpeg's film of one packet."""
    kinds = dict(children(frame))
    tracks = {b"vide": (picture, PICTURE_CLOCK_HZ), b"soun": (sound, SOUND_RATE_HZ)}
    film_ms = max(_shown_ms(*track) for track in tracks.values())
    titles = _titles(frame)
    before = len(box(b"ftyp", kinds[b"ftyp"]))

    def index(titles_at: int) -> bytes:
        changes: Changes = {
            b"mvhd": lambda content: _with_number(content, 16, film_ms),
            b"trak": lambda content: _edited_trak(content, tracks, titles_at - titles.start),
        }
        return box(b"moov", changed(kinds[b"moov"], changes))

    # the length of the index does not depend on the titles' position
    titles_at = before + len(index(0)) + len(box(b"mdat"))
    return frame[:before] + index(titles_at) + box(b"mdat", frame[titles.start : titles.stop])


def _titles(frame: bytes) -> range:
    """The position of the chapters' titles. FFmpeg writes them as packets of a separate track."""
    for trak in find_all(frame, b"moov", b"trak"):
        if _handler(trak) == b"text":
            tables = find(trak, b"mdia", b"minf", b"stbl")
            start = int(chunk_offsets(tables)[0])
            return range(start, start + int(packet_sizes(find(tables, b"stsz")).sum()))
    return range(0)


def _handler(trak: bytes) -> bytes:
    return find(trak, b"mdia", b"hdlr")[8:12]


def _edited_trak(trak: bytes, tracks: dict[bytes, tuple[Track, int]], titles_moved: int) -> bytes:
    if _handler(trak) not in tracks:
        return changed(trak, {b"stbl": lambda tables: _moved(tables, titles_moved)})
    track, clock_hz = tracks[_handler(trak)]
    shown_ms, ticks = (
        _shown_ms(track, clock_hz),
        int(track.dts[-1] - track.dts[0]) + track.last_ticks,
    )
    edit = struct.pack(">IIIII", 0, 1, shown_ms, -int(track.dts[0]), NORMAL_SPEED)
    changes: Changes = {
        b"tkhd": lambda content: _with_number(content, 20, shown_ms),
        b"elst": lambda _: edit,
        b"mdhd": lambda content: _with_number(content, 16, ticks),
        b"stbl": lambda content: _described(content, len(track.sizes)) + _tables(track),
    }
    return changed(trak, changes)


def _moved(tables: bytes, by: int) -> bytes:
    """The tables of the chapters' track, with the new position of the titles."""
    shift: Changes = {
        b"stco": lambda content: content[:8] + (chunk_offsets(tables) + by).astype(">u4").tobytes()
    }
    return changed(tables, shift)


def _with_number(content: bytes, position: int, number: int) -> bytes:
    return content[:position] + struct.pack(">I", number) + content[position + 4 :]


def _shown_ms(track: Track, clock_hz: int) -> int:
    """How long the film shows the track. Rounded up, because players show nothing after it."""
    return -(-track.end * FILM_CLOCK_HZ // clock_hz)


def _described(tables: bytes, packets: int) -> bytes:
    """The tables that describe the packets, without those that list them.

    What they say of FFmpeg's one packet they now say of all packets.
    """
    described = b"".join(
        box(kind, content) for kind, content in children(tables) if kind not in PACKET_TABLES
    )
    return changed(described, {b"sbgp": lambda content: _with_number(content, 12, packets)})


def _tables(track: Track) -> bytes:
    steps = np.append(np.diff(track.dts), track.last_ticks)
    # a run of packets in the file
    begins = np.append(True, track.offsets[1:] != track.offsets[:-1] + track.sizes[:-1])
    tables = [_counted(b"stts", steps)]
    if (track.pts != track.dts).any():
        tables.append(_counted(b"ctts", track.pts - track.dts))
    if not track.is_key.all():
        tables.append(_listed(b"stss", np.flatnonzero(track.is_key) + 1))
    tables.append(_runs(np.diff(np.append(np.flatnonzero(begins), len(steps)))))
    tables.append(
        box(b"stsz", struct.pack(">III", 0, 0, len(steps)), track.sizes.astype(">u4").tobytes())
    )
    chunks = track.offsets[begins]
    is_short = int(chunks.max()) <= LARGEST_SHORT_OFFSET
    tables.append(_listed(b"stco", chunks) if is_short else _listed(b"co64", chunks, ">u8"))
    return b"".join(tables)


def _counted(kind: bytes, numbers: Numbers) -> bytes:
    """A run-length table: how often each number occurs in a row, and the number."""
    first = _changes(numbers)
    rows = np.stack([np.diff(np.append(first, len(numbers))), numbers[first]], axis=1)
    return table(kind, len(rows), rows.astype(">u4").tobytes())


def _runs(counts: Numbers) -> bytes:
    """The table of chunks: from which chunk on each chunk has how many packets."""
    first = _changes(counts)
    rows = np.stack([first + 1, counts[first], np.ones_like(first)], axis=1)
    return table(b"stsc", len(rows), rows.astype(">u4").tobytes())


def _listed(kind: bytes, numbers: NDArray[np.integer], form: str = ">u4") -> bytes:
    return table(kind, len(numbers), numbers.astype(form).tobytes())


def _changes(numbers: Numbers) -> Numbers:
    """Where a number differs from the one before it."""
    return np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1]))
