"""Recordings that say themselves when they are: each picture shows its millisecond, a beep sounds
in each second.

The picture's upper half holds the time in black and white blocks, once plain and once inverted, so
that a misread is noticed; its lower half grows lighter for four seconds and starts again, so that
brightness alone tells the time, too.
"""

from __future__ import annotations  # PyAV's Packet is generic for type checkers only

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.packet import Packet
from media_boxes import box, boxes
from numpy.typing import NDArray

WIDTH, HEIGHT = 320, 240
BITS = 21  # of milliseconds: 35 minutes
BLACK, WHITE = 16, 235  # as video counts
RAMP_MS = 4_000
RATE_HZ = 48_000
BEEP_AT_MS = 500  # of each second, so that where a second is lost no beep is cut in two
# as long as the window of the telemetry's level, whose height then tells when the beep began
BEEP_MS = 200
BEEP_POWER = 0.125  # of a tone of half the full scale
CODECS = {
    "mp4": ("libx264", {"preset": "ultrafast"}),
    "webm": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "threads": "1"}),
}
# As Chromium writes them: fragments and clusters of about a second, each beginning with a key
# picture.
MUXERS = {
    "mp4": {"movflags": "frag_keyframe+delay_moov+default_base_moof"},
    "webm": {"cluster_time_limit": "5000"},
}


@dataclass(frozen=True)
class Source:
    """What is recorded, and what goes wrong meanwhile."""

    container: str
    seconds: int
    jitter_ms: int = 0  # of the camera, which now and then loses a picture, too
    sound_late_ms: int = 0
    # the microphone's clock runs so much faster than it says; its times are true
    sound_rate: float = 1.0
    sound_wrong_ms: int = 0  # its times are later than true
    lost: tuple[int, int] | None = None  # these seconds never arrived
    end_lost_s: int = 0

    def write(self, path: Path) -> Path:
        container, (codec, options) = self.container, CODECS[self.container]
        with av.open(path, "w", format=container, options=MUXERS[container]) as output:
            video = cast(av.VideoStream, output.add_stream(codec, rate=25, options=options))
            video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            video.codec_context.time_base = video.time_base = Fraction(1, 1000)
            audio = output.add_stream(
                "libopus", rate=RATE_HZ, layout="mono", options={"application": "lowdelay"}
            )
            sound = self._sound(audio)
            for times_ms in self._times_ms():
                for number, t_ms in enumerate(times_ms):
                    output.mux(_encoded(video, t_ms, is_key=number == 0))
                output.mux(next(sound))
            output.mux(video.encode(None))
            output.mux(next(sound))
        path.write_bytes(self._arrived(path.read_bytes()))
        return path

    def _times_ms(self) -> Iterator[list[int]]:
        dice = random.Random(7)
        for second in range(self.seconds):
            times_ms = [
                1000 * second + 40 * number + dice.randint(0, self.jitter_ms)
                for number in range(25)
            ]
            yield [
                t_ms
                for t_ms in times_ms
                if not self.jitter_ms or t_ms == times_ms[0] or dice.random() > 0.1
            ]

    def _sound(self, audio: av.AudioStream) -> Iterator[list[Packet[Any]]]:
        """Per second of real time: what the microphone gave, each packet with the real time of its
        first sample.
        """
        hz = RATE_HZ * self.sound_rate
        late = round(self.sound_late_ms * hz / 1000)
        for second in range(self.seconds):
            first, last = max(late, round(second * hz)), max(late, round((second + 1) * hz))
            frame = av.AudioFrame.from_ndarray(
                _beeps(np.arange(first, last) / hz)[None, :], format="flt", layout="mono"
            )
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, first, Fraction(1, RATE_HZ)
            yield [self._stamped(packet) for packet in audio.encode(frame)]
        yield [self._stamped(packet) for packet in audio.encode(None)]

    def _stamped(self, packet: Packet[Any]) -> Packet[Any]:
        assert packet.pts is not None
        packet.pts = packet.dts = (
            round(packet.pts / self.sound_rate) + self.sound_wrong_ms * RATE_HZ // 1000
        )
        return packet

    def _arrived(self, data: bytes) -> bytes:
        """The file without what was lost: whole fragments or clusters, and perhaps its end."""
        head, pieces = (_fragments if self.container == "mp4" else _clusters)(data)
        first, last = self.lost or (0, 0)
        kept = [piece for second, piece in enumerate(pieces) if not first <= second < last]
        return head + b"".join(kept[: len(kept) - self.end_lost_s])


def _encoded(video: av.VideoStream, t_ms: int, *, is_key: bool) -> list[Packet[Any]]:
    frame = av.VideoFrame.from_ndarray(picture(t_ms), format="yuv420p")
    frame.pts, frame.time_base = t_ms, Fraction(1, 1000)
    frame.pict_type = av.video.frame.PictureType.I if is_key else av.video.frame.PictureType.NONE
    return video.encode(frame)


def picture(t_ms: int) -> NDArray[np.uint8]:
    """All three planes, one below the other."""
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    bits = np.array([t_ms >> (BITS - 1 - place) & 1 for place in range(BITS)])
    blocks = np.where(bits[np.arange(WIDTH) * BITS // WIDTH], WHITE, BLACK)
    planes[: HEIGHT // 4], planes[HEIGHT // 4 : HEIGHT // 2] = blocks, BLACK + WHITE - blocks
    planes[HEIGHT // 2 : HEIGHT] = round(
        BLACK + (0.1 + 0.8 * (t_ms % RAMP_MS) / RAMP_MS) * (WHITE - BLACK)
    )
    return planes


def shown_ms(luma: NDArray[np.uint8]) -> int | None:
    """The time that a picture's blocks say; None where the two rows of them do not agree."""
    edges = np.arange(BITS + 1) * WIDTH // BITS
    rows = (
        luma[HEIGHT // 16 : HEIGHT // 5],
        luma[HEIGHT // 4 + HEIGHT // 16 : HEIGHT // 2 - HEIGHT // 20],
    )
    plain, inverted = (
        [row[:, start + 3 : end - 3].mean() > 127 for start, end in pairwise(edges)] for row in rows
    )
    if any(one == other for one, other in zip(plain, inverted, strict=True)):
        return None
    return sum(int(bit) << (BITS - 1 - place) for place, bit in enumerate(plain))


def ramp_ms(brightness: float) -> float:
    """The time within four seconds that a mean brightness (0…1) says."""
    return ((brightness - 0.25) / 0.5 - 0.1) / 0.8 * RAMP_MS


def _beeps(times_s: NDArray[np.float64]) -> NDArray[np.float32]:
    tone = 0.5 * np.sin(2 * np.pi * 1000 * times_s)
    since_ms = (times_s * 1000 - BEEP_AT_MS) % 1000
    return (tone * (since_ms < BEEP_MS)).astype(np.float32)


def _fragments(data: bytes) -> tuple[bytes, list[bytes]]:
    """The head, and pairs of index and media."""
    parts = boxes(data)
    first = [kind for kind, _ in parts].index(b"moof")
    media = [box(*part) for part in parts[first:] if part[0] in (b"moof", b"mdat")]
    pairs = [one + other for one, other in zip(media[::2], media[1::2], strict=True)]
    return b"".join(box(*part) for part in parts[:first]), pairs


def _clusters(data: bytes) -> tuple[bytes, list[bytes]]:
    """The head, and the clusters."""
    starts = [
        match.start() for match in re.finditer(rb"\x1f\x43\xb6\x75.{1,8}?\xe7", data, re.DOTALL)
    ]
    pieces = [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]
    return data[: starts[0]], pieces
