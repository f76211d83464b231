"""Clips of a camera that is turned on the way: 2 s wide, 2 s upright, 2 s wide again, made by code.

What differs is where the new size is said: nowhere (an `avc1` track has room for one parameter
set), in the first picture's packet (`avc3`), or in each picture that stands for itself (VP8).
"""

from __future__ import annotations  # PyAV's Packet is generic for type checkers only

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
from av.packet import Packet
from clips import Rgb, clock_picture, make_clip

WIDE, TALL = (320, 240), (240, 320)
PART_S = 2
MS = Fraction(1, 1000)


def turned_clip(
    path: Path, kind: str, sizes: tuple[tuple[int, int], ...] = (WIDE, TALL, WIDE)
) -> Path:
    """Write the clip; `kind` is avc1, avc3 or vp8. Its pictures are a clock that goes on through
    all of it.
    """
    with TemporaryDirectory() as folder:
        parts = [_part(Path(folder), kind, number, size) for number, size in enumerate(sizes)]
        with av.open(path, "w") as output, av.open(parts[0]) as first:
            stream = output.add_stream_from_template(first.streams.video[0], opaque=True)
            stream.time_base = MS
            for number, part in enumerate(parts):
                for packet in _packets(part, number * PART_S * 1000, says_size=kind == "avc3"):
                    packet.stream = stream
                    output.mux(packet)
    return path


def _part(folder: Path, kind: str, number: int, size: tuple[int, int]) -> Path:
    path = folder / f"{number}.{'webm' if kind == 'vp8' else 'mp4'}"
    from_ms = number * PART_S * 1000
    times_ms = [round(at * 1000 / 24) for at in range(PART_S * 24)]
    codec = "vp8" if kind == "vp8" else "h264"

    def drawn(t_ms: int) -> Rgb:
        return clock_picture(t_ms + from_ms, size)

    return make_clip(
        path, PART_S, size=size, codec=codec, sound=None, times_ms=times_ms, picture=drawn
    )


def _packets(part: Path, from_ms: int, *, says_size: bool) -> Iterator[Packet[Any]]:
    with av.open(part) as source:
        video = source.streams.video[0]
        head = _parameter_sets(bytes(video.codec_context.extradata or b"")) if says_size else b""
        for packet in source.demux(video):
            if packet.pts is None:
                continue
            made = Packet(head + bytes(packet)) if packet.is_keyframe else Packet(bytes(packet))
            made.pts = made.dts = from_ms + round(packet.pts * packet.time_base * 1000)
            made.time_base, made.is_keyframe = MS, packet.is_keyframe
            made.duration = round(1000 / 24)
            yield made


def _parameter_sets(avcc: bytes) -> bytes:
    """The parameter sets of an MP4's head as they stand in a packet: each behind its length in four
    bytes.
    """
    found, at = b"", 5
    for _ in ("sequence", "picture"):
        count, at = avcc[at] & 31, at + 1
        for _ in range(count):
            length = int.from_bytes(avcc[at : at + 2], "big")
            found += length.to_bytes(4, "big") + avcc[at + 2 : at + 2 + length]
            at += 2 + length
    return found
