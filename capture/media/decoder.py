"""Turns a file into a few upright pictures a second and mono sound, both on the answer's clock.

We decode every packet, because codecs need it, but convert only the sampled pictures. The others
give their luma. Measures nothing and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from capture.errors import UnusableMedia
from capture.halting import Check, go_on
from capture.media.container import LIMITS, Limits, Media, sounds, upright_size
from capture.media.growing_file import GrowingFile
from capture.types import Frame, Glance, Sound

# the longer side of the pictures we give: enough for a face at a desk, and cheaper than full HD
MEASURED_SIDE_PX = 640
MEASURED_RATE_HZ = 16_000  # the rate of the voice detector
LUMA_FIRST = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "nv12", "gray"})
# we give so much sound before `from_ms`, because level and voice detection need the past
SOUND_WARM_UP_MS = 1_000


class Decoder:
    """Iterate once, to get frames and sound in file order. Then the attributes say how it ended.

    The first picture at or after each multiple of `every_ms` is a frame, with its real time. Each
    picture between them is a glance. `from_ms` continues interrupted work: we decode earlier
    pictures, because codecs need them, but do not give them.
    """

    def __init__(
        self,
        source: Path | GrowingFile,
        container: str,
        *,
        every_ms: int,
        limits: Limits = LIMITS,
        from_ms: int = 0,
        check: Check = go_on,
    ) -> None:
        self.source = source
        self.container = container
        self.every_ms = every_ms
        self.limits = limits
        self.from_ms = from_ms
        self.check = check
        self.duration_ms = 0  # of what we have read so far
        self.damaged_at_ms: int | None = None  # we could not read the file any further
        self.has_sound = False
        self._due_ms = 0

    def __iter__(self) -> Iterator[Frame | Glance | Sound]:
        with Media(self.source, self.container, self.limits, self.check) as media:
            resampler = MonoResampler(MEASURED_RATE_HZ)
            self.has_sound = media.audio is not None
            for packet in media.packets():
                self.duration_ms = media.end_ms
                if packet.stream_index == media.video.index:
                    yield from self._sampled(media, media.pictures(packet))
                else:
                    yield from self._heard(media, resampler, sounds(packet))
            yield from self._sampled(media, media.pictures(None))
            if self._due_ms == 0:
                raise UnusableMedia("no picture could be decoded")
            if media.is_damaged:
                self.damaged_at_ms = media.end_ms

    def _sampled(self, media: Media, frames: list[VideoFrame]) -> Iterator[Frame | Glance]:
        for frame in frames:
            if frame.pts is None or frame.time_base is None:
                continue
            t_ms = max(0, media.time_ms(frame.time))
            is_due = t_ms >= self._due_ms
            if is_due:
                self._due_ms = (t_ms // self.every_ms + 1) * self.every_ms
            if t_ms >= self.from_ms:
                whole = partial(_upright_frame, t_ms, frame, media.video)
                yield whole() if is_due else Glance(t_ms, _upright_luma(frame), whole)

    def _heard(
        self, media: Media, resampler: MonoResampler, frames: list[AudioFrame]
    ) -> Iterator[Sound]:
        for frame in frames:
            for time_s, samples in resampler.resample(frame):
                t_ms = media.time_ms(time_s)
                if t_ms >= self.from_ms - SOUND_WARM_UP_MS:
                    yield Sound(t_ms, samples)


class MonoResampler:
    """Resamples to mono float. Unlike PyAV's resampler, it accepts a change of the format."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._form: tuple[str, str, int] | None = None
        self._resampler = self._fresh()

    def _fresh(self) -> AudioResampler:
        return AudioResampler(format="flt", layout="mono", rate=self._rate_hz)

    def resample(self, frame: AudioFrame) -> list[tuple[float, NDArray[np.float32]]]:
        """Samples, and the time of the first one in s. Leaves out sound without a time."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != self._form:
            self._form, self._resampler = form, self._fresh()
        try:
            parts = self._resampler.resample(frame)
        except FFmpegError:  # sound in an impossible format, so there will be silence
            self._form = None
            return []
        mono = ((part.pts, part.time_base, part) for part in parts)
        return [
            (float(pts * base), part.to_ndarray().reshape(-1).astype(np.float32, copy=False))
            for pts, base, part in mono
            if pts is not None and base is not None
        ]


def _upright_luma(frame: VideoFrame) -> NDArray[np.uint8]:
    """The upright luma in the file's own size. Most formats have it as their first plane."""
    if frame.format.name in LUMA_FIRST:
        plane = frame.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        return np.rot90(rows[:, : plane.width], k=round(frame.rotation / 90))
    return np.rot90(frame.to_ndarray(format="gray"), k=round(frame.rotation / 90)).astype(
        np.uint8, copy=False
    )


def _upright_frame(t_ms: int, frame: VideoFrame, video: VideoStream) -> Frame:
    """The picture as a person sees it, its longer side at most `MEASURED_SIDE_PX`."""
    upright_width, upright_height = upright_size(frame, video)
    scale = min(1.0, MEASURED_SIDE_PX / max(upright_width, upright_height))
    width, height = max(1, round(upright_width * scale)), max(1, round(upright_height * scale))
    if frame.rotation % 180:
        width, height = height, width
    rgb = frame.to_ndarray(format="rgb24", width=width, height=height)
    # rotation counts counterclockwise, as rot90 does
    turned = np.rot90(rgb, k=round(frame.rotation / 90))
    return Frame(t_ms, np.ascontiguousarray(turned, dtype=np.uint8))
