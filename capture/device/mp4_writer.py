"""Writes pictures and sound to an MP4 that grows like a browser's recording.

H.264 and AAC in fragments of about a second. Each begins with a key picture, and counts as saved
when it is on disk. Pictures and sound keep their own times: there is no frame rate, and holes stay
holes. Knows no devices.
"""

from __future__ import annotations  # PyAV's Packet is generic for type checkers only

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.packet import Packet
from av.stream import Stream
from av.video.frame import PictureType, VideoFrame
from numpy.typing import NDArray

from capture.device.camera import Picture
from capture.device.microphone import HOLE_S, Block
from capture.film.picture_track import (
    MIN_PICTURE_STEP_TICKS,
    PICTURE_CLOCK,
    PICTURE_CLOCK_HZ,
    PICTURE_RATE_HZ,
    even,
)
from capture.film.sound_track import SOUND_BIT_RATE, SOUND_FRAME_SAMPLES
from disk.atomic import fsync_folder

MUXER_OPTIONS = {
    "movflags": "frag_keyframe+delay_moov+default_base_moof",
    # µs; without pictures there is no key picture, and sound must not wait for one
    "frag_duration": "1500000",
    # µs; the picture must not wait for a microphone that is gone
    "max_interleave_delta": "500000",
    "flush_packets": "1",
}
KEY_EVERY_S = 1.0  # a crash can cost so much
RECORDED_SIDE_PX = 640  # measuring uses no more, and browsers send 640×480
# Like the film's encoder, so that we can join answers by copying, but without look-ahead: the
# encoder returns each picture at once.
X264_OPTIONS = {
    "preset": "veryfast",
    "tune": "zerolatency",
    "crf": "24",
    "maxrate": "1500k",
    "bufsize": "3000k",
    "bf": "0",
    "g": "600",  # we choose the key pictures, by the clock …
    "sc_threshold": "0",  # … and the encoder does not
    "profile": "high",
    "level": "4.2",
    "threads": "1",
}


class AppendedFile:
    """A new file that grows only by whole pieces. Undoes a write that fails."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._waiting = bytearray()
        self.size = 0
        fsync_folder(path.parent)

    def write(self, data: bytes) -> int:
        """Collect data from the muxer. Nothing reaches the file before `commit`."""
        self._waiting += data
        return len(data)

    def commit(self) -> bool:
        """Write the collected data to disk. False if there is none.

        Raises OSError if that fails, and then the file is as it was.
        """
        if not self._waiting:
            return False
        view = memoryview(bytes(self._waiting))
        self._waiting.clear()
        try:
            written = 0
            while written < len(view):
                written += os.write(self._handle, view[written:])
            os.fsync(self._handle)
        except OSError:
            os.ftruncate(self._handle, self.size)
            raise
        self.size += written
        return True

    def close(self) -> None:
        os.close(self._handle)


class DeviceFile:
    """The file of one recording. `saved_ms` and `saved_bytes` are safely on disk."""

    def __init__(
        self, path: Path, size_px: tuple[int, int], sound_rate_hz: int | None, began_s: float
    ) -> None:
        self.saved_ms = 0
        self._began_s = began_s
        self._file = AppendedFile(path)
        self._output = av.open(self._file, "w", format="mp4", options=MUXER_OPTIONS)
        self._canvas = _canvas(size_px)
        self._video = self._output.add_stream(
            "libx264", rate=PICTURE_RATE_HZ, options=dict(X264_OPTIONS)
        )
        self._video.width, self._video.height = self._canvas
        self._video.pix_fmt = "yuv420p"
        self._video.codec_context.time_base = self._video.time_base = PICTURE_CLOCK
        self._sound = SoundTrack(self._output, sound_rate_hz) if sound_rate_hz else None
        self._last_ticks = -MIN_PICTURE_STEP_TICKS
        self._key_s: float | None = None

    @property
    def saved_bytes(self) -> int:
        return self._file.size

    def picture(self, picture: Picture) -> None:
        """Encode one picture at its own time. Drops pictures beyond forty a second."""
        t_s = picture.t_s - self._began_s
        ticks = round(t_s * PICTURE_CLOCK_HZ)
        if ticks - self._last_ticks < MIN_PICTURE_STEP_TICKS:
            return
        frame = VideoFrame.from_ndarray(picture.bgr, format="bgr24").reformat(
            *self._canvas, format="yuv420p"
        )
        frame.pts, frame.time_base = ticks, PICTURE_CLOCK
        is_key = self._key_s is None or t_s - self._key_s >= KEY_EVERY_S
        frame.pict_type = PictureType.I if is_key else PictureType.NONE
        self._last_ticks = ticks
        self._key_s = t_s if is_key else self._key_s
        self._write(self._video.encode(frame))

    def sound(self, block: Block) -> None:
        if self._sound is not None:
            self._write(self._sound.feed(block.t_s - self._began_s, block.samples))

    def finish(self) -> None:
        """Write the rest, so that the file is complete. Raises OSError like every write."""
        try:
            self._write([*self._video.encode(None), *(self._sound.flush() if self._sound else [])])
            self._output.close()
            self._file.commit()
            self.saved_ms = round(self._last_ticks * 1000 / PICTURE_CLOCK_HZ)
        finally:
            self._file.close()

    def abandon(self) -> None:
        """Keep what is on disk, and write no more."""
        self._file.close()

    def _write(self, packets: Sequence[Packet[Stream]]) -> None:
        self._output.mux(packets)
        if self._file.commit():
            # the muxer writes a fragment when the next one's key picture comes
            self.saved_ms = round((self._key_s or 0.0) * 1000)


class SoundTrack:
    """Cuts sound into AAC frames, each at the time of its first sample. Holes stay holes."""

    def __init__(self, output: av.container.OutputContainer, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._stream = output.add_stream(
            "aac", rate=rate_hz, layout="mono", bit_rate=SOUND_BIT_RATE
        )
        self._stream.time_base = Fraction(1, rate_hz)
        self._waiting: NDArray[np.float32] = np.zeros(0, np.float32)
        self._waiting_s = 0.0
        self._last_pts = -SOUND_FRAME_SAMPLES

    def feed(self, t_s: float, samples: NDArray[np.float32]) -> list[Packet[Stream]]:
        """Add sound, and return the packets that are complete now.

        Drops sound from before the recording began.
        """
        early = max(0, round(-t_s * self._rate_hz))
        samples, t_s = samples[early:], max(t_s, 0.0)
        packets: list[Packet[Stream]] = []
        end_s = self._waiting_s + len(self._waiting) / self._rate_hz
        if len(self._waiting) and abs(t_s - end_s) > HOLE_S:
            packets += self._encode(
                np.pad(self._waiting, (0, SOUND_FRAME_SAMPLES - len(self._waiting)))
            )
            self._waiting = self._waiting[:0]
        self._waiting_s = t_s - len(self._waiting) / self._rate_hz
        self._waiting = np.concatenate((self._waiting, samples))
        while len(self._waiting) >= SOUND_FRAME_SAMPLES:
            packets += self._encode(self._waiting[:SOUND_FRAME_SAMPLES])
            self._waiting = self._waiting[SOUND_FRAME_SAMPLES:]
            self._waiting_s += SOUND_FRAME_SAMPLES / self._rate_hz
        return packets

    def flush(self) -> list[Packet[Stream]]:
        return list(self._stream.encode(None))

    def _encode(self, samples: NDArray[np.float32]) -> list[Packet[Stream]]:
        pts = round(self._waiting_s * self._rate_hz)
        if pts <= self._last_pts:  # the sound's clock jumped back behind what we have written
            return []
        self._last_pts = pts
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[None]), format="fltp", layout="mono"
        )
        frame.sample_rate = self._rate_hz
        frame.pts, frame.time_base = pts, Fraction(1, self._rate_hz)
        return list(self._stream.encode(frame))


def _canvas(size_px: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, RECORDED_SIDE_PX / max(size_px))
    return even(size_px[0] * scale), even(size_px[1] * scale)
