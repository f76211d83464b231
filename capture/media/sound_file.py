"""Opens a file that contains only sound, within the same limits, and gives its sound.

For the command line. The portal accepts only recordings with a picture.
"""

from __future__ import annotations  # PyAV's Packet is generic for type checkers only

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition, Stream

from capture.errors import UnusableMedia
from capture.media.container import LIMITS, MAX_STREAMS, refuse_other_files, sound_of, sounds
from capture.media.decoder import MEASURED_RATE_HZ, MonoResampler
from capture.media.signature import identify_sound
from capture.types import Sound

DEMUXERS = {
    "wav": "wav",
    "mp3": "mp3",
    "aac": "aac",
    "ogg": "ogg",
    "flac": "flac",
    "mp4": "mov",
    "mov": "mov",
    "webm": "matroska",
    "mkv": "matroska",
}
DECODERS = (
    "opus",
    "libopus",
    "vorbis",
    "libvorbis",
    "aac",
    "alac",
    "mp3",
    "mp3float",
    "mp2",
    "mp2float",
    "flac",
    "pcm_u8",
    "pcm_s16le",
    "pcm_s24le",
    "pcm_s32le",
    "pcm_f32le",
    "pcm_alaw",
    "pcm_mulaw",
)


class SoundFile:
    """One open file, and the packets of its sound in file order."""

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
                self._file,
                "r",
                format=DEMUXERS[container],
                options=options,
                io_open=refuse_other_files,
                metadata_errors="replace",
            )
        except FFmpegError as exc:
            raise UnusableMedia(f"this is not a readable {container} file") from exc
        if any(
            not stream.disposition & Disposition.attached_pic for stream in opened.streams.video
        ):
            raise UnusableMedia("there is a picture, which is not looked at here")
        return opened

    def packets(self) -> Iterator[Packet[Stream]]:
        """Every packet with a time, until the end or the first damage."""
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

    def sounds(self) -> Iterator[Sound]:
        """All sound as mono samples, in order."""
        resampler = MonoResampler(MEASURED_RATE_HZ)
        for packet in self.packets():
            for frame in sounds(packet):
                for time_s, samples in resampler.resample(frame):
                    yield Sound(round((time_s - self.origin_s) * 1000), samples)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.input.close()
        self._file.close()
