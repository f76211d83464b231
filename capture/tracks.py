"""The picture and the sound track of a normalised answer: copied or encoded, always in the one form that joins.

The form: H.264 in yuv420p with square, upright pixels on a 90 kHz clock; AAC, mono, 48 kHz, without holes.
Knows frames and packets, not files and not interviews.
"""

from __future__ import annotations  # PyAV's Packet is generic for type checkers only

from fractions import Fraction
from io import BytesIO

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.stream import Stream
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from capture.container import Media, flushed, pictures, sounds, upright_size
from capture.decoder import MonoResampler
from capture.errors import CaptureError

PICTURE_CLOCK_HZ = 90_000  # divides by all common frame rates; one clock for all parts, so that they join
PICTURE_CLOCK = Fraction(1, PICTURE_CLOCK_HZ)
PICTURE_RATE_HZ = 30  # told to the encoder for its rate control; real times are kept
MIN_PICTURE_STEP_TICKS = (
    PICTURE_CLOCK_HZ // 40
)  # 25 ms: thirty a second with the jitter of real cameras pass, sixty become thirty
LAST_PICTURE_TICKS = PICTURE_CLOCK_HZ // PICTURE_RATE_HZ  # how long the last picture stands where the file does not say
# No B-frames: presentation order is coding order, so parts meet without reordering. A key picture every two seconds at
# most: the player seeks to flags. One thread and fixed settings: equal parameter sets from every answer.
X264_OPTIONS = {
    "preset": "veryfast",
    "crf": "23",
    "bf": "0",
    "g": "60",
    "profile": "high",
    "level": "4.2",
    "threads": "1",
}

SOUND_RATE_HZ = 48_000  # what browsers record
SOUND_CLOCK = Fraction(1, SOUND_RATE_HZ)
SOUND_BIT_RATE = 96_000  # transparent for one voice
SOUND_FRAME_SAMPLES = 1_024  # AAC's own frame length
SOUND_SLACK_SAMPLES = 960  # 20 ms: timestamps jitter by less, and real holes are longer
SILENCE_STEP_MS = 500  # an answer without sound gets its silence in such steps, so that the file stays interleaved


class ParametersChanged(CaptureError):
    """The stream got new parameters on the way; a copy has room for one set only."""


class PictureCopy:
    """Places H.264 packets on another file's clock without touching them."""

    def __init__(self, template: VideoStream, output: OutputContainer) -> None:
        self._output = output
        self._stream = output.add_stream_from_template(template, opaque=True)
        self._stream.time_base = PICTURE_CLOCK
        self._last_dts: int | None = None

    def put(self, packet: Packet[Stream], tick_s: float, offset_s: float) -> None:
        """Write the packet `offset_s` later than it says; the first one stands from the film's beginning."""
        if packet.has_sidedata("new_extradata"):
            raise ParametersChanged("the picture's parameters change on the way")
        pts = _ticks((packet.pts or 0) * tick_s + offset_s)
        dts = pts if packet.dts is None else _ticks(packet.dts * tick_s + offset_s)
        length = _ticks((packet.duration or 0) * tick_s) or LAST_PICTURE_TICKS
        if self._last_dts is None:
            pts, dts = 0, min(0, dts)
        else:  # where two parts meet, and in careless files, times may touch; the container wants them in order
            dts = max(dts, self._last_dts + 1)
            pts = max(pts, dts)
        self._last_dts = dts
        packet.time_base = PICTURE_CLOCK
        packet.pts, packet.dts, packet.duration, packet.stream = pts, dts, length, self._stream
        self._output.mux(packet)


class CopiedPicture:
    """The picture track of an answer whose H.264 can be kept."""

    def __init__(self, media: Media, output: OutputContainer) -> None:
        self._media = media
        self._copy = PictureCopy(media.video, output)

    def take(self, packet: Packet[Stream]) -> None:
        self._copy.put(packet, self._media.tick_s[packet.stream_index], -self._media.origin_s)

    def finish(self) -> None:
        """Nothing is held back."""


class EncodedPicture:
    """Encodes whatever came to H.264, upright, on one canvas; another picture size on the way is fitted into it."""

    def __init__(self, media: Media, output: OutputContainer, canvas: tuple[int, int]) -> None:
        self._media = media
        self._output = output
        self._canvas = canvas
        self._stream = h264_stream(output, canvas)
        self._graphs: dict[tuple[int, int, str, int], Graph] = {}
        self._last_ticks: int | None = None

    def take(self, packet: Packet[Stream]) -> None:
        for frame in pictures(packet):
            self._encode(frame)

    def finish(self) -> None:
        for frame in flushed(self._media.video):
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
        key = (*size, frame.format.name, frame.rotation)
        if key not in self._graphs:
            self._graphs[key] = _fitting(frame, size, self._canvas)
        graph = self._graphs[key]
        graph.vpush(frame)
        return graph.vpull()


def _fitting(frame: VideoFrame, upright: tuple[int, int], canvas: tuple[int, int]) -> Graph:
    """Filters that turn the picture upright and fit it into the canvas, with bars where the shapes differ."""
    scale = min(canvas[0] / upright[0], canvas[1] / upright[1])
    width, height = even(upright[0] * scale), even(upright[1] * scale)
    turns = round(-frame.rotation / 90) % 4  # clockwise quarter turns that make it upright
    graph = Graph()
    nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)]
    nodes += [graph.add("transpose", "clock") for _ in range(turns)]
    nodes.append(graph.add("scale", f"{width}:{height}:out_range=tv"))
    nodes.append(graph.add("pad", f"{canvas[0]}:{canvas[1]}:(ow-iw)/2:(oh-ih)/2"))
    nodes.append(graph.add("setsar", "1"))
    nodes.append(graph.add("format", "yuv420p"))
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    return graph


class EvenSound:
    """Encodes sound to AAC, mono, 48 kHz, from the answer's beginning to its end; where nothing came, silence."""

    def __init__(self, media: Media, output: OutputContainer) -> None:
        self._media = media
        self._output = output
        self._stream = output.add_stream("aac", rate=SOUND_RATE_HZ, layout="mono", bit_rate=SOUND_BIT_RATE)
        self._stream.time_base = SOUND_CLOCK
        self._resampler = MonoResampler(SOUND_RATE_HZ)
        self._waiting: list[NDArray[np.float32]] = []
        self._waiting_samples = 0
        self._encoded_samples = 0

    def take(self, packet: Packet[Stream]) -> None:
        for frame in sounds(packet):
            for time_s, samples in self._resampler.resample(frame):
                self._place(round((time_s - self._media.origin_s) * SOUND_RATE_HZ), samples)

    def keep_up(self, t_ms: int) -> None:
        """Without a sound track, silence follows the picture."""
        if self._media.audio is None and t_ms - self._position() * 1000 // SOUND_RATE_HZ >= SILENCE_STEP_MS:
            self._fill_to(t_ms * SOUND_RATE_HZ // 1000)

    def finish(self, end_ms: int) -> None:
        self._fill_to(end_ms * SOUND_RATE_HZ // 1000)
        if self._waiting_samples:
            self._push(np.zeros(-self._waiting_samples % SOUND_FRAME_SAMPLES, np.float32))
        rest = self._stream.encode(None)
        self._output.mux([packet for packet in rest if (packet.pts or 0) < self._encoded_samples])  # the last is empty

    def _position(self) -> int:
        return self._encoded_samples + self._waiting_samples

    def _place(self, start: int, samples: NDArray[np.float32]) -> None:
        late = start - self._position()
        if late > SOUND_SLACK_SAMPLES:
            self._fill_to(start)
        elif late < -SOUND_SLACK_SAMPLES:
            samples = samples[-late:]
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
            self._encode(joined[start : start + SOUND_FRAME_SAMPLES])
        self._waiting, self._waiting_samples = [joined[whole:]], len(joined) - whole

    def _encode(self, samples: NDArray[np.float32]) -> None:
        frame = _sound_frame(samples, self._encoded_samples // SOUND_FRAME_SAMPLES)
        self._encoded_samples += len(samples)
        self._output.mux(self._stream.encode(frame))


class SoundGrid:
    """Places AAC packets of several parts on one unbroken row of frames, silence where there is none.

    A hole in the sound makes players run ahead of the picture; a shift of at most half a frame (11 ms) does no harm.
    """

    def __init__(self, template: AudioStream, output: OutputContainer) -> None:
        self._output = output
        self._stream = output.add_stream_from_template(template, opaque=True)
        self._stream.time_base = SOUND_CLOCK
        self._silence = silent_frame()
        self._next: int | None = None

    def put(self, packet: Packet[Stream], tick_s: float, offset_s: float) -> None:
        """Write the packet on the slot nearest to its time; where parts overlap by a frame, the earlier one stays."""
        slot = _slot((packet.pts or 0) * tick_s + offset_s)
        if self._next is None:
            self._next = slot
        self._silence_to(slot)
        if slot == self._next:
            self._write(packet)

    def fill_to(self, end_s: float) -> None:
        """Let silence last until the film's end."""
        self._silence_to(_slot(end_s))

    def _silence_to(self, slot: int) -> None:
        while self._next is not None and self._next < slot:
            self._write(Packet(self._silence))

    def _write(self, packet: Packet[Stream]) -> None:
        slot = self._next or 0
        packet.time_base = SOUND_CLOCK
        packet.pts = packet.dts = slot * SOUND_FRAME_SAMPLES
        packet.duration, packet.stream = SOUND_FRAME_SAMPLES, self._stream
        self._next = slot + 1
        self._output.mux(packet)


def _slot(seconds: float) -> int:
    return round(seconds * SOUND_RATE_HZ / SOUND_FRAME_SAMPLES)


def silent_frame() -> bytes:
    """One AAC frame of silence, of the form all our sound has."""
    encoder = AudioCodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SOUND_RATE_HZ, "mono", "fltp"
    nothing = np.zeros(SOUND_FRAME_SAMPLES, np.float32)
    packets = [packet for number in range(4) for packet in encoder.encode(_sound_frame(nothing, number))]
    return bytes(packets[-1])  # the first ones still carry the encoder's start


def _sound_frame(samples: NDArray[np.float32], number: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, :]), format="fltp", layout="mono")
    frame.sample_rate = SOUND_RATE_HZ
    frame.pts, frame.time_base = number * SOUND_FRAME_SAMPLES, SOUND_CLOCK
    return frame


def our_parameters(canvas: tuple[int, int]) -> bytes:
    """The parameter sets our encoder writes for this picture size, as MP4 stores them."""
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
    """An encoder with our settings, always the same, so that all it writes joins by copying."""
    stream = output.add_stream("libx264", rate=PICTURE_RATE_HZ, options=dict(X264_OPTIONS))
    stream.width, stream.height = canvas
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = stream.time_base = PICTURE_CLOCK
    return stream


def even(length: float) -> int:
    """H.264 in yuv420p wants even sides."""
    return max(2, round(length / 2) * 2)


def _ticks(seconds: float) -> int:
    return round(seconds * PICTURE_CLOCK_HZ)
