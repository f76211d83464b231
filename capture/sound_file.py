"""A file of sound alone: heard as the sound of an answer is, and made into a film of one titled still.

For the command line; the portal takes recordings with a picture only. What a picture would tell is not measured.
"""

from __future__ import annotations  # PyAV's Packet is generic for type checkers only

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame

from capture.audio import AROUND_MS, SoundMeter
from capture.container import LIMITS, MAX_STREAMS, refuse_other_files, sound_of, sounds
from capture.decoder import MEASURED_RATE_HZ, MonoResampler
from capture.errors import UnusableMedia
from capture.picture_track import PICTURE_CLOCK, PICTURE_CLOCK_HZ, h264_stream
from capture.signature import identify_sound
from capture.sound_track import EvenSound
from capture.types import SAMPLE_EVERY_MS, Observation, Sound

DEMUXERS = {"wav": "wav", "mp3": "mp3", "aac": "aac", "ogg": "ogg", "flac": "flac", "mp4": "mov", "mov": "mov",
            "webm": "matroska", "mkv": "matroska"}  # fmt: skip
DECODERS = (
    "opus", "libopus", "vorbis", "libvorbis", "aac", "alac", "mp3", "mp3float", "mp2", "mp2float", "flac",
    "pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw",
)  # fmt: skip
STILL_SIZE = (640, 360)
STILL_EVERY_MS = 1_000  # a player can begin anywhere
INK, GROUND = (228, 226, 221), (17, 19, 24)


@dataclass(frozen=True)
class Heard:
    """All that a file of sound gave."""

    observations: list[Observation]
    duration_ms: int
    damaged_at_ms: int | None


class SoundFile:
    """One opened file and its sound's packets, in their order."""

    def __init__(self, path: Path) -> None:
        container = identify_sound(path)
        if container not in DEMUXERS:
            raise UnusableMedia(f"a {container} file without a picture is none we can hear")
        self._file = path.open("rb")
        self.is_damaged = False
        self.end_ms = 0
        try:
            self.input = self._opened(container)
            self.audio = sound_of(self.input, DECODERS)
            if self.audio is None:
                raise UnusableMedia("there is neither a video track nor sound that we can hear")
        except BaseException:
            self._file.close()
            raise
        self.origin_s = (self.input.start_time or 0) / av.time_base
        self._tick_s = float(self.audio.time_base or 0)

    def _opened(self, container: str) -> av.container.InputContainer:
        options = {
            "codec_whitelist": ",".join(DECODERS),
            "protocol_whitelist": "none",
            "max_streams": str(MAX_STREAMS),
        }
        try:
            opened = av.open(
                self._file, "r", format=DEMUXERS[container], options=options, io_open=refuse_other_files,
                metadata_errors="replace",
            )  # fmt: skip
        except FFmpegError as exc:
            raise UnusableMedia(f"this is not a readable {container} file") from exc
        if any(not stream.disposition & Disposition.attached_pic for stream in opened.streams.video):
            raise UnusableMedia("there is a picture, which is not looked at here")
        return opened

    def packets(self) -> Iterator[Packet[Stream]]:
        """Every packet with a time, to the end or the first damage."""
        streams: list[Stream] = [] if self.audio is None else [self.audio]
        try:
            for packet in self.input.demux(*streams):
                if packet.pts is None or packet.is_corrupt:
                    continue
                end_s = (packet.pts + (packet.duration or 0)) * self._tick_s - self.origin_s
                self.end_ms = max(self.end_ms, round(end_s * 1000))
                if self.end_ms > LIMITS.max_duration_ms:
                    raise UnusableMedia(f"longer than {LIMITS.max_duration_ms // 60_000} minutes")
                yield packet
        except FFmpegError:
            self.is_damaged = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.input.close()
        self._file.close()


def hear(path: Path, tell: Callable[[int], object] = lambda heard_ms: None) -> Heard:
    """Level and speech, as often as a picture would be looked at; `tell` hears how far it came."""
    with SoundFile(path) as file:
        meter, due_ms, rows = SoundMeter(), 0, deque[Observation]()
        for sound in _sound_of(file):
            meter.feed(sound)
            while meter.heard_until_ms >= due_ms + AROUND_MS:
                rows.append(_row(meter, due_ms))
                due_ms += SAMPLE_EVERY_MS
            tell(due_ms)
        if file.end_ms == 0:
            raise UnusableMedia("no sound could be decoded")
        rows.extend(_row(meter, t_ms) for t_ms in range(due_ms, file.end_ms, SAMPLE_EVERY_MS))
        return Heard(list(rows), file.end_ms, file.end_ms if file.is_damaged else None)


def _row(meter: SoundMeter, t_ms: int) -> Observation:
    return Observation(t_ms=t_ms, level_dbfs=meter.level_dbfs(t_ms), speech=meter.speech(t_ms))


def _sound_of(file: SoundFile) -> Iterator[Sound]:
    resampler = MonoResampler(MEASURED_RATE_HZ)
    for packet in file.packets():
        for frame in sounds(packet):
            for time_s, samples in resampler.resample(frame):
                yield Sound(round((time_s - file.origin_s) * 1000), samples)


def film_still(path: Path, target: Path, title: str) -> None:
    """Write the sound as an MP4 of the form that joins, with a titled still as its picture."""
    with SoundFile(path) as file, av.open(target, "w", format="mp4", options={"movflags": "+faststart"}) as output:
        picture = h264_stream(output, STILL_SIZE)
        sound, still, shown_ms = EvenSound(file, output), _still(title), 0
        for packet in file.packets():
            sound.take(packet)
            while shown_ms <= file.end_ms:
                output.mux(picture.encode(_at(still, shown_ms)))
                shown_ms += STILL_EVERY_MS
        output.mux(picture.encode(None))
        sound.finish(file.end_ms)


def _at(still: VideoFrame, t_ms: int) -> VideoFrame:
    frame = VideoFrame.from_ndarray(still.to_ndarray(format="rgb24"), format="rgb24").reformat(format="yuv420p")
    frame.pts, frame.time_base = t_ms * PICTURE_CLOCK_HZ // 1000, PICTURE_CLOCK
    return frame


def _still(title: str) -> VideoFrame:
    """The title and that there is no picture, in OpenCV's own letters, which know no others than ASCII."""
    width, height = STILL_SIZE
    canvas = np.full((height, width, 3), GROUND, np.uint8)
    for words, size, y in ((title[:40], 0.9, height // 2), ("Sound only: there is no picture", 0.6, height // 2 + 40)):
        letters = words.encode("ascii", "replace").decode()
        cv2.putText(canvas, letters, (32, y), cv2.FONT_HERSHEY_SIMPLEX, size, INK, 1, cv2.LINE_AA)
    return VideoFrame.from_ndarray(canvas, format="rgb24")
