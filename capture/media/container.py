"""Opens media files that strangers sent, also while they grow, and checks limits before decoding.

We believe nothing that a file claims, except its first bytes: we choose the demuxer, read no other
file, and measure durations. `capture.media.decoder` gives the pictures and the sound.
"""

from __future__ import annotations  # PyAV's Packet is generic for type checkers only

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import NoReturn, Self

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from capture.errors import NoPicture, UnusableMedia
from capture.halting import Check, go_on
from capture.media import index_guard
from capture.media.growing_file import ByteSource, GrowingFile, reader_of
from capture.media.signature import identify_file

DEMUXERS = {
    "mp4": "mov",
    "mov": "mov",
    "webm": "matroska",
    "mkv": "matroska",
    "mpg": "mpeg",
    "avi": "avi",
}

VIDEO_CODECS = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg1video", "mpeg2video", "mpeg4", "mjpeg")
AUDIO_CODECS = ("opus", "vorbis", "aac", "mp3", "mp2", "flac", "pcm_s16le")
DECODERS = (
    *VIDEO_CODECS,
    *AUDIO_CODECS,
    "libdav1d",
    "libopus",
    "libvorbis",
    "mp3float",
    "mp2float",
)

# picture, sound and a few tracks that phones add; each stream costs memory while we open the file
MAX_STREAMS = 8
# recorders catch up in bursts, so we compute the rate over at least this many frames
FPS_BURST_FRAMES = 120
MAX_SOUND_RATE_HZ = 192_000
MAX_SOUND_CHANNELS = 8
# times can jump when a computer slept; after a longer jump we trust no time
MAX_TIME_JUMP_MS = 600_000
# codecs store pictures out of order by a second or two at the slowest rates
MAX_REORDER_MS = 10_000
FIRST_FRAME_PACKETS = 300  # after ten seconds at 30 fps without a picture we give up


@dataclass(frozen=True)
class Limits:
    """What we decode. We refuse a file that exceeds a limit before we decode its first picture."""

    max_side_px: int = 1920  # full HD either way round: phones record upright
    max_pixels: int = 1920 * 1088  # full HD as codecs pad it
    max_fps: int = 62  # 60 and the jitter of real clocks
    max_duration_ms: int = 4 * 3_600_000  # longer than any real interview
    cut_at_ms: int | None = None  # we leave out what begins later; None: we use all of it


LIMITS = Limits()


@dataclass(frozen=True)
class MediaInfo:
    """What we measured of a file. Width and height are those of the upright picture."""

    container: str
    video_codec: str
    audio_codec: str | None
    width: int
    height: int
    rotation_deg: int
    duration_ms: int
    frames: int
    sent_ms: int  # the duration including what we cut off


class Media:
    """One open file: its picture, its sound if any, its packets in file order. Checks limits."""

    def __init__(
        self,
        source: Path | GrowingFile,
        container: str,
        limits: Limits = LIMITS,
        check: Check = go_on,
    ) -> None:
        """We call `check` at every packet. It raises when reading must end."""
        self.limits = limits
        self._check = check
        self._path = source.path if isinstance(source, GrowingFile) else source
        self._demuxer = DEMUXERS[container]
        self.is_damaged = False
        self.end_ms = 0
        self.sent_ms = 0  # the same including what we cut off
        self.video_packets = 0
        self._cut: set[int] = set()  # the tracks that have reached the cut
        # we could not decode a picture, and there was no key picture since then
        self.is_astray = False
        self._newest_ms: dict[int, int] = {}
        self._stop = source.stop if isinstance(source, GrowingFile) else Event()
        self._file = reader_of(source, container)
        try:
            self.input = _open(self._file, container, limits)
            self.video = _picture(self.input, limits)
            self.audio = sound_of(self.input)
        except BaseException:
            self._file.close()
            raise
        self.origin_s = (self.input.start_time or 0) / av.time_base
        # An hour has 250,000 packets: computing with fractions would take longer than copying them.
        self.tick_s = {stream.index: float(stream.time_base or 0) for stream in self.input.streams}

    def time_ms(self, seconds: float) -> int:
        """A timestamp of this file on the answer's clock.

        That clock starts with the file's first picture or sound.
        """
        return round((seconds - self.origin_s) * 1000)

    def packets(self) -> Iterator[Packet[Stream]]:
        """Every packet with a time, until the cut, the end or the first damage.

        Updates durations and counts on the way.
        """
        streams = [self.video] if self.audio is None else [self.video, self.audio]
        has_leapt = False
        try:
            for packet in self.input.demux(*streams):
                self._check()
                if packet.pts is not None and not packet.is_corrupt:
                    if self._is_cut(packet):
                        continue  # we read on, because the caller waits for the file's end
                    if has_leapt := self._leaps(packet):
                        break
                    self._count_within_limits(packet)
                    yield packet
            is_broken = has_leapt or not self._is_whole()
        except FFmpegError:
            is_broken = True
        # a file that we stop reading looks like a truncated one
        self.is_damaged = is_broken and not self._stop.is_set()

    def pictures(self, packet: Packet[Stream] | None) -> list[VideoFrame]:
        """The packet's intact pictures. None asks for the pictures that the decoder still holds.

        One damaged packet must not end an answer. But the decoder draws the following pictures onto
        the damaged one, without any error. So we give no picture before the next key picture.
        """
        try:
            frames = self.video.decode(packet)
        except FFmpegError:
            self.is_astray = True
            return []
        return [frame for frame in frames if self._is_intact(frame)]

    def _is_intact(self, frame: VideoFrame) -> bool:
        if frame.time_base is None and self.video.time_base is not None:
            frame.time_base = self.video.time_base  # the last pictures come without it
        if frame.is_corrupt:
            self.is_astray = True
        elif frame.key_frame:
            self.is_astray = False
        return not self.is_astray

    def _is_whole(self) -> bool:
        """Whether an MP4 is complete. Of other containers we cannot tell.

        FFmpeg reports no error if an MP4 is truncated or lacks a piece.
        """
        return self._demuxer != "mov" or index_guard.are_whole(self._path)

    def _is_cut(self, packet: Packet[Stream]) -> bool:
        """Whether this packet comes after the cut.

        After the first such packet of a track we cut all of the track, because codecs need order.
        """
        track = packet.stream_index
        t_ms = self.time_ms((packet.pts or 0) * self.tick_s[track])
        if self.limits.cut_at_ms is None or (
            t_ms < self.limits.cut_at_ms and track not in self._cut
        ):
            return False
        self._cut.add(track)
        length_ms = round((packet.duration or 0) * self.tick_s[track] * 1000)
        self.sent_ms = max(self.sent_ms, t_ms + length_ms)
        return True

    def _leaps(self, packet: Packet[Stream]) -> bool:
        """Whether the file's clock jumps here, so that its later times mean nothing."""
        track = packet.stream_index
        t_ms = self.time_ms((packet.pts or 0) * self.tick_s[track])
        newest_ms = self._newest_ms.get(track, t_ms)
        self._newest_ms[track] = max(newest_ms, t_ms)
        return t_ms > self.end_ms + MAX_TIME_JUMP_MS or t_ms < newest_ms - MAX_REORDER_MS

    def _count_within_limits(self, packet: Packet[Stream]) -> None:
        end_ticks = (packet.pts or 0) + (packet.duration or 0)
        self.end_ms = max(self.end_ms, self.time_ms(end_ticks * self.tick_s[packet.stream_index]))
        self.sent_ms = max(self.sent_ms, self.end_ms)
        self.video_packets += packet.stream_index == self.video.index
        if self.end_ms > self.limits.max_duration_ms:
            raise UnusableMedia(f"longer than {self.limits.max_duration_ms // 60_000} minutes")
        if self.video_packets > FPS_BURST_FRAMES + self.limits.max_fps * self.end_ms / 1000:
            raise UnusableMedia(f"more than {self.limits.max_fps} pictures a second")

    def close(self) -> None:
        self.input.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _open(file: ByteSource, container: str, limits: Limits) -> InputContainer:
    options = {
        "codec_whitelist": ",".join(DECODERS),
        "protocol_whitelist": "none",
        "max_streams": str(MAX_STREAMS),
        "max_pixels": str(limits.max_pixels),
    }
    try:
        return av.open(
            file,
            "r",
            format=DEMUXERS[container],
            options=options,
            io_open=refuse_other_files,
            metadata_errors="replace",
        )
    except FFmpegError as exc:
        raise UnusableMedia(f"this is not a readable {container} file") from exc


def refuse_other_files(_url: str, _flags: int, _options: dict[str, str]) -> NoReturn:
    raise UnusableMedia("the file asks to open another file")


def _picture(opened: InputContainer, limits: Limits) -> VideoStream:
    streams = [
        stream
        for stream in opened.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        raise NoPicture("there is no video track")
    video = streams[0]
    if video.codec_context is None or video.codec_context.name not in DECODERS:
        raise UnusableMedia("the video codec is not one we accept")
    if (
        max(video.width, video.height) > limits.max_side_px
        or video.width * video.height > limits.max_pixels
    ):
        raise UnusableMedia(f"the picture is {video.width}×{video.height}, larger than full HD")
    if min(video.width, video.height) < 16:
        raise UnusableMedia("the video track has no picture size, or one far too large to decode")
    # "explode": the decoder reports a damaged picture as an error and does not repair it.
    video.codec_context.options = {"max_pixels": str(limits.max_pixels), "err_detect": "explode"}
    # we measure several answers at once, so more threads for one answer would only add delay
    video.thread_count = 1
    return video


def sound_of(opened: InputContainer, decoders: Sequence[str] = DECODERS) -> AudioStream | None:
    """The first sound track that we can decode, or None: then we still use the picture."""
    for audio in opened.streams.audio:
        known = audio.codec_context is not None and audio.codec_context.name in decoders
        if (
            known
            and 0 < audio.rate <= MAX_SOUND_RATE_HZ
            and 0 < audio.channels <= MAX_SOUND_CHANNELS
        ):
            return audio
    return None


def sounds(packet: Packet[Stream]) -> list[AudioFrame]:
    """The packet's sound. A damaged packet gives none, so there will be silence."""
    try:
        return [frame for frame in packet.decode() if isinstance(frame, AudioFrame)]
    except FFmpegError:
        return []


def upright_size(frame: VideoFrame, video: VideoStream) -> tuple[int, int]:
    """Width and height of the picture as a person sees it: square pixels, after rotation."""
    shape = video.sample_aspect_ratio or 1
    width, height = round(frame.width * shape), frame.height
    return (height, width) if frame.rotation % 180 else (width, height)


def probe(
    path: Path, container: str | None = None, limits: Limits = LIMITS, check: Check = go_on
) -> MediaInfo:
    """Measure a finished file. Decodes only its first picture."""
    container = container or identify_file(path)
    with Media(path, container, limits, check) as media:
        first: VideoFrame | None = None
        for packet in media.packets():
            if first is None and packet.stream_index == media.video.index:
                first = next(iter(media.pictures(packet)), None)
                if first is None and media.video_packets > FIRST_FRAME_PACKETS:
                    break
        first = first or next(iter(media.pictures(None)), None)
        if first is None:
            raise UnusableMedia("no picture could be decoded")
        width, height = upright_size(first, media.video)
        return MediaInfo(
            container=container,
            video_codec=media.video.codec_context.name,
            audio_codec=media.audio.codec_context.name if media.audio else None,
            width=width,
            height=height,
            rotation_deg=first.rotation % 360,
            duration_ms=media.end_ms,
            frames=media.video_packets,
            sent_ms=media.sent_ms,
        )
