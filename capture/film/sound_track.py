"""The sound track of a normalised answer: AAC, mono, 48 kHz, without holes.

Knows samples and packets, but no files and no speech.
"""

from __future__ import annotations  # PyAV's Packet is generic for type checkers only

from fractions import Fraction
from typing import Protocol

import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from numpy.typing import NDArray

from capture.media.container import sounds
from capture.media.decoder import MonoResampler

SOUND_RATE_HZ = 48_000  # what browsers record
SOUND_CLOCK = Fraction(1, SOUND_RATE_HZ)
SOUND_BIT_RATE = 96_000  # transparent for one voice
SOUND_FRAME_SAMPLES = 1_024  # AAC's own frame length
SOUND_SLACK_SAMPLES = 960  # 20 ms: the jitter of timestamps is smaller, and real holes are longer
# an answer without sound gets silence in such steps, so that the file stays interleaved
SILENCE_STEP_MS = 500


class HasSound(Protocol):
    """A file with sound that begins at `origin_s` of its own clock."""

    origin_s: float
    audio: AudioStream | None


class EvenSound:
    """Encodes sound as AAC, mono, 48 kHz, for the whole answer. Fills holes with silence."""

    def __init__(self, media: HasSound, output: OutputContainer) -> None:
        self._media = media
        self._output = output
        self._stream = output.add_stream(
            "aac", rate=SOUND_RATE_HZ, layout="mono", bit_rate=SOUND_BIT_RATE
        )
        self._stream.time_base = SOUND_CLOCK
        self._resampler = MonoResampler(SOUND_RATE_HZ)
        self._waiting: list[NDArray[np.float32]] = []
        self._waiting_samples = 0
        self._encoded_samples = 0
        # the largest difference between the position of sound and its time
        self._offset_samples: int | None = None

    @property
    def offset_ms(self) -> float | None:
        """The largest difference between sound and its times, or None without sound."""
        return None if self._offset_samples is None else self._offset_samples * 1000 / SOUND_RATE_HZ

    def feed(self, packet: Packet[Stream]) -> None:
        for frame in sounds(packet):
            for time_s, samples in self._resampler.resample(frame):
                self._add(round((time_s - self._media.origin_s) * SOUND_RATE_HZ), samples)

    def keep_up(self, t_ms: int) -> None:
        """Without a sound track, write silence up to the time of the picture."""
        if (
            self._media.audio is None
            and t_ms - self._position() * 1000 // SOUND_RATE_HZ >= SILENCE_STEP_MS
        ):
            self._fill_to(t_ms * SOUND_RATE_HZ // 1000)

    def finish(self, end_ms: int) -> None:
        """Fill up to the end and encode the rest. Even a file without a length gets some sound."""
        self._fill_to(max(1, end_ms * SOUND_RATE_HZ // 1000))
        if self._waiting_samples:
            self._push(np.zeros(-self._waiting_samples % SOUND_FRAME_SAMPLES, np.float32))
        rest = self._stream.encode(None)
        # the last is empty
        self._output.mux([packet for packet in rest if (packet.pts or 0) < self._encoded_samples])

    def _position(self) -> int:
        return self._encoded_samples + self._waiting_samples

    def _add(self, start: int, samples: NDArray[np.float32]) -> None:
        late = start - self._position()
        if late > SOUND_SLACK_SAMPLES:
            self._fill_to(start)
        elif late < -SOUND_SLACK_SAMPLES:
            samples = samples[-late:]
        else:
            self._offset_samples = max(self._offset_samples or 0, abs(late))
        self._push(samples)

    def _fill_to(self, position: int) -> None:
        while (missing := position - self._position()) > 0:
            self._push(np.zeros(min(missing, SOUND_RATE_HZ), np.float32))

    def _push(self, samples: NDArray[np.float32]) -> None:
        self._waiting.append(samples)
        self._waiting_samples += len(samples)
        if self._waiting_samples < SOUND_FRAME_SAMPLES:
            return
        joined = np.concatenate(self._waiting)
        whole = len(joined) // SOUND_FRAME_SAMPLES * SOUND_FRAME_SAMPLES
        for start in range(0, whole, SOUND_FRAME_SAMPLES):
            samples = joined[start : start + SOUND_FRAME_SAMPLES]
            frame = _sound_frame(samples, self._encoded_samples // SOUND_FRAME_SAMPLES)
            self._encoded_samples += SOUND_FRAME_SAMPLES
            self._output.mux(self._stream.encode(frame))
        self._waiting, self._waiting_samples = [joined[whole:]], len(joined) - whole


def silent_frame() -> bytes:
    """One AAC frame of silence, with our settings."""
    encoder = AudioCodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SOUND_RATE_HZ, "mono", "fltp"
    nothing = np.zeros(SOUND_FRAME_SAMPLES, np.float32)
    packets = [
        packet for number in range(4) for packet in encoder.encode(_sound_frame(nothing, number))
    ]
    return bytes(packets[-1])  # the first frames still contain the encoder's start


def _sound_frame(samples: NDArray[np.float32], number: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(
        np.ascontiguousarray(samples[None, :]), format="fltp", layout="mono"
    )
    frame.sample_rate = SOUND_RATE_HZ
    frame.pts, frame.time_base = number * SOUND_FRAME_SAMPLES, SOUND_CLOCK
    return frame
