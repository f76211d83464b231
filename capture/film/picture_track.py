"""The picture track of a normalised answer, copied or encoded.

It is always H.264 in yuv420p with square, upright pixels and a clock of 90 kHz. This module knows
frames and packets, not files.
"""

from __future__ import annotations  # PyAV's Packet is generic for type checkers only

from fractions import Fraction
from io import BytesIO

import av
from av.container import OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.stream import Stream
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from capture.errors import CaptureError
from capture.media.container import Media, upright_size

# a multiple of all common frame rates; all parts have the same clock, so that we can join them
PICTURE_CLOCK_HZ = 90_000
PICTURE_CLOCK = Fraction(1, PICTURE_CLOCK_HZ)
PICTURE_RATE_HZ = 30  # only for the encoder's rate control; pictures keep their real times
# 25 ms: we keep 30 pictures a second even with the jitter of cameras; 60 become 30
MIN_PICTURE_STEP_TICKS = PICTURE_CLOCK_HZ // 40
# how long we show the last picture if the file does not say
LAST_PICTURE_TICKS = PICTURE_CLOCK_HZ // PICTURE_RATE_HZ
# No B-frames, so that presentation order is coding order where two parts meet. A key picture at
# least every two seconds, because the player seeks to flags. One thread and fixed settings, so that
# every answer gets equal parameter sets.
X264_OPTIONS = {
    "preset": "veryfast",
    "crf": "23",
    "bf": "0",
    "g": "60",
    "profile": "high",
    "level": "4.2",
    "threads": "1",
}


class ParametersChanged(CaptureError):
    """The stream's parameters changed, but a copy has room for only one set."""


class CopiedPicture:
    """The picture track of an answer whose H.264 we can copy: unchanged packets on our clock.

    We decode each key picture, to see whether the parameters at the file's head are still valid. A
    camera that is turned changes them, and not every recorder says so.
    """

    def __init__(self, media: Media, output: OutputContainer) -> None:
        self._media = media
        self._output = output
        self._stream = output.add_stream_from_template(media.video, opaque=True)
        self._stream.time_base = PICTURE_CLOCK
        self._last_dts: int | None = None
        self._size: tuple[int, int] | None = None

    def feed(self, packet: Packet[Stream]) -> None:
        """Write the packet; the first one stands from the answer's beginning."""
        if packet.has_sidedata("new_extradata"):
            raise ParametersChanged("the picture's parameters change on the way")
        if packet.is_keyframe:
            self._compare(self._media.pictures(packet))
        tick_s, origin_s = self._media.tick_s[packet.stream_index], self._media.origin_s
        pts = _ticks((packet.pts or 0) * tick_s - origin_s)
        dts = pts if packet.dts is None else _ticks(packet.dts * tick_s - origin_s)
        length = _ticks((packet.duration or 0) * tick_s) or LAST_PICTURE_TICKS
        if self._last_dts is None:
            pts, dts = 0, min(0, dts)
        else:  # in careless files times may touch; the container wants them in order
            dts = max(dts, self._last_dts + 1)
            pts = max(pts, dts)
        self._last_dts = dts
        packet.time_base = PICTURE_CLOCK
        packet.pts, packet.dts, packet.duration, packet.stream = pts, dts, length, self._stream
        self._output.mux(packet)

    def finish(self) -> None:
        """Check the last pictures. There are no packets left to write."""
        self._compare(self._media.pictures(None))

    def _compare(self, frames: list[VideoFrame]) -> None:
        for frame in frames:
            size = frame.width, frame.height
            self._size = self._size or size
            if size != self._size:
                raise ParametersChanged("the picture's size changes on the way")
        if self._media.is_astray:
            raise ParametersChanged("a picture cannot be decoded as it should be")


class EncodedPicture:
    """Encodes any video as upright H.264 on one canvas. Fits pictures of another size into it."""

    def __init__(self, media: Media, output: OutputContainer, canvas: tuple[int, int]) -> None:
        self._media = media
        self._output = output
        self._canvas = canvas
        self._stream = h264_stream(output, canvas)
        self._form: tuple[int, int, str, int] | None = None
        self._graph = Graph()
        self._last_ticks: int | None = None

    def feed(self, packet: Packet[Stream]) -> None:
        for frame in self._media.pictures(packet):
            self._encode(frame)

    def finish(self) -> None:
        for frame in self._media.pictures(None):
            self._encode(frame)
        self._output.mux(self._stream.encode(None))

    def _encode(self, frame: VideoFrame) -> None:
        if frame.pts is None or frame.time_base is None:
            return
        ticks = _ticks(frame.time - self._media.origin_s)
        if self._last_ticks is None:
            ticks = 0
        elif ticks - self._last_ticks < MIN_PICTURE_STEP_TICKS:
            return
        self._last_ticks = ticks
        fitted = self._fitted(frame)
        fitted.pts, fitted.time_base, fitted.pict_type = ticks, PICTURE_CLOCK, PictureType.NONE
        self._output.mux(self._stream.encode(fitted))

    def _fitted(self, frame: VideoFrame) -> VideoFrame:
        size = upright_size(frame, self._media.video)
        if size == self._canvas and frame.format.name == "yuv420p" and frame.rotation == 0:
            return frame
        form = (*size, frame.format.name, frame.rotation)
        # one graph at a time: a file can change its form at every picture, and a graph has threads
        if form != self._form:
            self._form, self._graph = form, _fitting(frame, size, self._canvas)
        self._graph.vpush(frame)
        return self._graph.vpull()


def _fitting(frame: VideoFrame, upright: tuple[int, int], canvas: tuple[int, int]) -> Graph:
    """Filters that turn the picture upright and fit it into the canvas, with bars if necessary."""
    scale = min(canvas[0] / upright[0], canvas[1] / upright[1])
    width, height = even(upright[0] * scale), even(upright[1] * scale)
    turns = round(-frame.rotation / 90) % 4  # clockwise quarter turns that make it upright
    graph = Graph()
    nodes = [
        graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
        )
    ]
    nodes += [graph.add("transpose", "clock") for _ in range(turns)]
    nodes.append(graph.add("scale", f"{width}:{height}:out_range=tv"))
    nodes.append(graph.add("pad", f"{canvas[0]}:{canvas[1]}:(ow-iw)/2:(oh-ih)/2"))
    nodes.append(graph.add("setsar", "1"))
    nodes.append(graph.add("format", "yuv420p"))
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    return graph


def our_parameters(canvas: tuple[int, int]) -> bytes:
    """The parameter sets that our encoder writes for this picture size, as MP4 stores them."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = h264_stream(output, canvas)
        blank = VideoFrame(*canvas, "yuv420p")
        blank.pts, blank.time_base = 0, PICTURE_CLOCK
        output.mux([*stream.encode(blank), *stream.encode(None)])
    file.seek(0)
    with av.open(file, "r", format="mov") as made:
        return bytes(made.streams.video[0].codec_context.extradata or b"")


def h264_stream(output: OutputContainer, canvas: tuple[int, int]) -> VideoStream:
    """An encoder with our fixed settings, so that we can join its output by copying."""
    stream = output.add_stream("libx264", rate=PICTURE_RATE_HZ, options=dict(X264_OPTIONS))
    stream.width, stream.height = canvas
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = stream.time_base = PICTURE_CLOCK
    return stream


def even(length: float) -> int:
    """The nearest even length, because H.264 in yuv420p needs even sides."""
    return max(2, round(length / 2) * 2)


def _ticks(seconds: float) -> int:
    return round(seconds * PICTURE_CLOCK_HZ)
