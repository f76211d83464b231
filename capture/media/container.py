"""Opens media files that strangers sent, also while they grow, and holds them to limits before
anything is decoded.

Believes nothing that a file says of itself beyond its first bytes: the demuxer is chosen by us,
nothing but the one file is ever read, and durations are measured. Pictures and sound come out of
`capture.media.decoder`.
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

# picture, sound and a few tracks that phones add; each stream costs memory while the file is opened
MAX_STREAMS = 8
# recorders catch up in bursts, so the rate is counted over at least this many frames
FPS_BURST_FRAMES = 120
MAX_SOUND_RATE_HZ = 192_000
MAX_SOUND_CHANNELS = 8
# a computer that slept on the way, at most; behind a longer leap no time can be trusted
MAX_TIME_JUMP_MS = 600_000
# codecs store pictures out of order by a second or two at the slowest rates
MAX_REORDER_MS = 10_000
FIRST_FRAME_PACKETS = 300  # ten seconds at 30 fps without one picture: there is none


@dataclass(frozen=True)
class Limits:
    """What we agree to decode. A file beyond any of these is refused before the first picture is
    decoded.
    """

    max_side_px: int = 1920  # full HD either way round: phones record upright
    max_pixels: int = 1920 * 1088  # full HD as codecs pad it
    max_fps: int = 62  # 60 and the jitter of real clocks
    max_duration_ms: int = 4 * 3_600_000  # the longest interview anybody sat through, with room
    cut_at_ms: int | None = None  # what begins later is left out; None: all of it counts


LIMITS = Limits()


@dataclass(frozen=True)
class MediaInfo:
    """What a file holds, by measuring it; width and height are of the upright picture."""

    container: str
    video_codec: str
    audio_codec: str | None
    width: int
    height: int
    rotation_deg: int
    duration_ms: int
    frames: int
    sent_ms: int  # with what was cut off


class Media:
    """One opened file: its picture, its sound if any, and its packets in file order, held to the
    limits.
    """

    def __init__(
        self,
        source: Path | GrowingFile,
        container: str,
        limits: Limits = LIMITS,
        check: Check = go_on,
    ) -> None:
        """`check` is asked at every packet, and raises where reading shall end."""
        self.limits = limits
        self._check = check
        self._path = source.path if isinstance(source, GrowingFile) else source
        self._demuxer = DEMUXERS[container]
        self.is_damaged = False
        self.end_ms = 0
        self.sent_ms = 0  # the same with what is cut off
        self.video_packets = 0
        self._cut: set[int] = set()  # the tracks that came to the cut
        # a picture could not be decoded, and none since then stands for itself
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
        # An hour has 250,000 packets: exact fractions would take longer than copying them does.
        self.tick_s = {stream.index: float(stream.time_base or 0) for stream in self.input.streams}

    def time_ms(self, seconds: float) -> int:
        """A timestamp of this file on the answer's clock, which starts with the file's first
        picture or sound.
        """
        return round((seconds - self.origin_s) * 1000)

    def packets(self) -> Iterator[Packet[Stream]]:
        """Every packet with a time, until the cut, the end or the first damage; what is counted
        moves along.
        """
        streams = [self.video] if self.audio is None else [self.video, self.audio]
        has_leapt = False
        try:
            for packet in self.input.demux(*streams):
                self._check()
                if packet.pts is not None and not packet.is_corrupt:
                    if self._is_cut(packet):
                        continue  # read on: whoever waits for the file's end still waits
                    if has_leapt := self._leaps(packet):
                        break
                    self._count(packet)
                    yield packet
            is_broken = has_leapt or not self._is_whole()
        except FFmpegError:
            is_broken = True
        # our own stopping looks like a cut file, and is none
        self.is_damaged = is_broken and not self._stop.is_set()

    def pictures(self, packet: Packet[Stream] | None) -> list[VideoFrame]:
        """The packet's pictures that are as they were recorded; None asks for those that the
        decoder still holds.

        One broken packet must not end an answer. But what follows it is drawn onto what it left,
        without any error, so nothing is given before the next picture that stands for itself.
        """
        try:
            frames = self.video.decode(packet)
        except FFmpegError:
            self.is_astray = True
            return []
        return [frame for frame in frames if self._is_right(frame)]

    def _is_right(self, frame: VideoFrame) -> bool:
        if frame.time_base is None and self.video.time_base is not None:
            frame.time_base = self.video.time_base  # pictures without a packet come without it
        if frame.is_corrupt:
            self.is_astray = True
        elif frame.key_frame:
            self.is_astray = False
        return not self.is_astray

    def _is_whole(self) -> bool:
        """FFmpeg ends quietly where an MP4 is cut or has lost a piece; other containers leave no
        trace of either.
        """
        return self._demuxer != "mov" or index_guard.are_whole(self._path)

    def _is_cut(self, packet: Packet[Stream]) -> bool:
        """Whether this comes after the cut. Behind a track's first such packet all of it does:
        codecs need order.
        """
        track = packet.stream_index
        t_ms = self.time_ms((packet.pts or 0) * self.tick_s[track])
        if self.limits.cut_at_ms is None or (
            t_ms < self.limits.cut_at_ms and track not in self._cut
        ):
            return False
        self._cut.add(track)
        self.sent_ms = max(self.sent_ms, t_ms + self._length_ms(packet))
        return True

    def _length_ms(self, packet: Packet[Stream]) -> int:
        return round((packet.duration or 0) * self.tick_s[packet.stream_index] * 1000)

    def _leaps(self, packet: Packet[Stream]) -> bool:
        """Whether the clock of the file jumps here, so that the times from here on mean nothing."""
        track = packet.stream_index
        t_ms = self.time_ms((packet.pts or 0) * self.tick_s[track])
        newest_ms = self._newest_ms.get(track, t_ms)
        self._newest_ms[track] = max(newest_ms, t_ms)
        return t_ms > self.end_ms + MAX_TIME_JUMP_MS or t_ms < newest_ms - MAX_REORDER_MS

    def _count(self, packet: Packet[Stream]) -> None:
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


def refuse_other_files(url: str, flags: int, options: dict[str, str]) -> NoReturn:
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
    # "explode": a picture with an error in it is an error, and not mended with what is around it.
    video.codec_context.options = {"max_pixels": str(limits.max_pixels), "err_detect": "explode"}
    # several answers are measured at once; threads inside one would only add delay
    video.thread_count = 1
    return video


def sound_of(opened: InputContainer, decoders: Sequence[str] = DECODERS) -> AudioStream | None:
    """The first sound track that can be decoded: a strange one is treated like none, the picture
    still counts.
    """
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
    """The packet's sound; none where it is broken: silence is what arrived."""
    try:
        return [frame for frame in packet.decode() if isinstance(frame, AudioFrame)]
    except FFmpegError:
        return []


def upright_size(frame: VideoFrame, video: VideoStream) -> tuple[int, int]:
    """Width and height as a person sees the picture: square pixels, rotation applied."""
    shape = video.sample_aspect_ratio or 1
    width, height = round(frame.width * shape), frame.height
    return (height, width) if frame.rotation % 180 else (width, height)


def probe(
    path: Path, container: str | None = None, limits: Limits = LIMITS, check: Check = go_on
) -> MediaInfo:
    """Measure a finished file without decoding more than its first picture."""
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
