"""Hostile and broken recordings, each made by a few lines of code. What should become of them
stands beside each.

`REFUSED`: a sentence says why, nothing is made. `KEPT`: a film is made of what could be read.
`EITHER`: both would do.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast

import av
import numpy as np
from clips import make_clip
from media_boxes import box, boxes, element, segment

REFUSED, KEPT, EITHER = "refused", "kept", "either"
SECRET = "/etc/passwd"
SMALL = (160, 120)


class Sample(NamedTuple):
    """`make` gives the bytes; where that or what follows takes many seconds, it is for the long
    form only.
    """

    name: str
    expected: str
    make: Callable[[], bytes]
    is_long: bool = False


@cache
def base(name: str = "mp4", *, sound: str | None = "tone", fragmented: bool = True) -> bytes:
    """The bytes of a clip of three seconds, as a browser would have written it."""
    with TemporaryDirectory() as folder:
        codec = "vp8" if name == "webm" else "h264"
        clip = Path(folder) / f"base.{name}"
        make_clip(clip, 3, size=SMALL, fps=12, codec=codec, sound=sound, fragmented=fragmented)
        return clip.read_bytes()


def cut(name: str, share: float, *, fragmented: bool = True) -> bytes:
    data = base(name, fragmented=fragmented)
    return data[: round(len(data) * share)]


# Text in disguise

HLS = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{SECRET}\n#EXT-X-ENDLIST\n".encode()
TEXTS = {
    "hls": HLS,
    "ffconcat": f"ffconcat version 1.0\nfile '{SECRET}'\n".encode(),
    "dash": (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet>'
        "<Representation"
        f' id="1"><BaseURL>file://{SECRET}</BaseURL></Representation></AdaptationSet></Period></MPD>'.encode()
    ),
    "sdp": (
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96"
        b" H264/90000\n"
    ),
    "svg": (
        f'<svg xmlns="http://www.w3.org/2000/svg"><image href="file://{SECRET}"/></svg>'.encode()
    ),
    "gzip": zlib.compress(bytes(1 << 20)),
    "zip": b"PK\x03\x04" + bytes(200),
}
FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
EBML = segment()[:40]


def disguises() -> Iterator[Sample]:
    for name, text in TEXTS.items():
        yield Sample(f"{name}-as.webm", REFUSED, partial(bytes, text))
        yield Sample(f"{name}-with-head.mp4", REFUSED, partial(b"".join, [FTYP, text]))
        yield Sample(f"{name}-with-head.webm", REFUSED, partial(b"".join, [EBML, text]))
    yield Sample("hls-behind-video.mp4", KEPT, lambda: base() + HLS)
    yield Sample("hls-in-free-box.mp4", KEPT, lambda: _after_ftyp(base(), box(b"free", HLS)))


def _after_ftyp(data: bytes, *extra: bytes) -> bytes:
    length = int.from_bytes(data[:4], "big")
    return data[:length] + b"".join(extra) + data[length:]


# Broken and incomplete


def broken() -> Iterator[Sample]:
    yield Sample("empty.mp4", REFUSED, lambda: b"")
    yield Sample("one-byte.webm", REFUSED, lambda: b"\x1a")
    yield Sample("head-only.mp4", REFUSED, lambda: FTYP)
    yield Sample("zeros.mp4", REFUSED, lambda: FTYP + bytes(1 << 20))
    yield Sample("noise.mp4", REFUSED, lambda: FTYP + np.random.default_rng(1).bytes(1 << 20))
    yield Sample("noise.webm", REFUSED, lambda: EBML + np.random.default_rng(2).bytes(1 << 20))
    for name in ("mp4", "webm", "mkv"):
        yield Sample(f"cut-short.{name}", EITHER, partial(cut, name, 0.03))
        yield Sample(f"cut-half-measured.{name}", KEPT, partial(cut, name, 0.5))
        yield Sample(f"cut-late.{name}", KEPT, partial(cut, name, 0.95))
    yield Sample("cut-index-missing.mp4", REFUSED, partial(cut, "mp4", 0.6, fragmented=False))
    yield Sample("hole-measured.mp4", KEPT, lambda: _with_hole(base()))
    yield Sample("hole.webm", KEPT, lambda: _with_hole(base("webm")))
    yield Sample("moof-missing.mp4", KEPT, lambda: _without_fragment(base()))
    yield Sample("sound-alone.mp4", REFUSED, partial(streams, "mp4", sounds=1))
    yield Sample("sound-alone.webm", REFUSED, partial(streams, "webm", sounds=1))
    yield Sample("picture-alone-measured.mp4", KEPT, partial(base, sound=None))
    yield Sample("picture-alone.webm", KEPT, partial(base, name="webm", sound=None))
    yield Sample("cover-art-only.mp4", REFUSED, partial(streams, "mp4", sounds=1, cover=True))
    yield Sample("data-zeroed.mp4", REFUSED, lambda: _zeroed(base()))


def _with_hole(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + data[middle + 500 :]


def _without_fragment(data: bytes) -> bytes:
    parts = boxes(data)
    second = [number for number, (kind, _) in enumerate(parts) if kind == b"moof"][1]
    return b"".join(
        box(*part) for number, part in enumerate(parts) if number not in (second, second + 1)
    )


def _zeroed(data: bytes) -> bytes:
    return b"".join(
        box(kind, bytes(len(payload)) if kind == b"mdat" else payload)
        for kind, payload in boxes(data)
    )


def streams(container: str, sounds: int = 0, pictures: int = 0, cover: bool = False) -> bytes:
    """A file of so many sound and picture tracks, a second each."""
    file = BytesIO()
    with av.open(file, "w", format={"mkv": "matroska"}.get(container, container)) as output:
        art = (
            output.add_stream("mjpeg", rate=1, pix_fmt="yuvj420p", width=64, height=64)
            if cover
            else None
        )
        heard = [
            output.add_stream("aac" if container == "mp4" else "libopus", rate=48_000)
            for _ in range(sounds)
        ]
        seen = [output.add_stream("libx264", rate=5, width=64, height=64) for _ in range(pictures)]
        if art is not None:
            art.disposition = av.stream.Disposition.attached_pic
            output.mux([*art.encode(av.VideoFrame(64, 64, "yuvj420p")), *art.encode(None)])
        for stream in seen:
            frames = [av.VideoFrame(64, 64, "yuv420p") for _ in range(5)]
            output.mux([packet for frame in [*frames, None] for packet in stream.encode(frame)])
        for track in heard:
            second = av.AudioFrame.from_ndarray(np.zeros((2, 48_000), np.float32), "fltp", "stereo")
            second.sample_rate = 48_000
            output.mux([*track.encode(second), *track.encode(None)])
    return file.getvalue()


# Too large, too fast, too many


def oversized() -> Iterator[Sample]:
    for codec, name in (("h264", "mp4"), ("vp8", "webm"), ("vp9", "webm"), ("mjpeg", "mkv")):
        for what, said in {"": None, "-says-320x240": (320, 240)}.items():
            make = partial(packets, name, codec, (8000, 8000), said)
            yield Sample(
                f"8000x8000{what}-{codec}.{name}", REFUSED, make, is_long=codec.startswith("vp")
            )
    yield Sample("1000-pictures-a-second.mp4", REFUSED, partial(repeated, count=5_000, step_ms=1))
    yield Sample(
        "600000-pictures-at-1000-hz.mp4", REFUSED, partial(repeated, count=600_000, step_ms=1)
    )
    yield Sample(
        "600000-pictures-at-60-hz.webm",
        REFUSED,
        partial(repeated, ending="webm", count=600_000, step_ms=17),
        True,
    )
    yield Sample(
        "600000-pictures-at-once.webm",
        REFUSED,
        partial(repeated, ending="webm", count=600_000, step_ms=0),
        True,
    )
    yield Sample(
        "full-hd-of-nothing.mp4", KEPT, partial(repeated, count=600, step_ms=17, size=(1920, 1080))
    )
    yield Sample(
        "one-picture-an-hour.webm",
        EITHER,
        partial(repeated, ending="webm", count=50, step_ms=3_600_000),
    )
    yield Sample("50-picture-tracks.mp4", REFUSED, partial(streams, "mp4", pictures=50))
    yield Sample("50-sound-tracks.mkv", REFUSED, partial(streams, "mkv", sounds=50))


CODECS = {"h264": "libx264", "vp8": "libvpx", "vp9": "libvpx-vp9", "mjpeg": "mjpeg"}
VPX = {"deadline": "realtime", "cpu-used": "8"}
FAST: dict[str, dict[str, str]] = {
    "h264": {"preset": "ultrafast"},
    "vp8": VPX,
    "vp9": VPX,
    "mjpeg": {},
}


@cache
def encoded(codec: str, size: tuple[int, int], count: int = 1) -> list[bytes]:
    """The packets of so many grey pictures, each a little lighter, the first of them a key
    picture.
    """
    encoder = cast(av.VideoCodecContext, av.CodecContext.create(CODECS[codec], "w"))
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    encoder.time_base = Fraction(1, 1000)
    encoder.options = FAST[codec]
    coded = []
    for number in range(count):
        frame = av.VideoFrame(*size, encoder.pix_fmt)
        for plane in frame.planes:
            plane.update(bytes([60 + number]) * plane.buffer_size)
        frame.pts, frame.time_base = number * 40, Fraction(1, 1000)
        coded += encoder.encode(frame)
    return [bytes(packet) for packet in [*coded, *encoder.encode(None)]]


def written(
    ending: str, codec: str, said: tuple[int, int], timed: Iterable[tuple[int, bytes]]
) -> bytes:
    """A file of ready packets at the times (ms) they come with, whatever its header says."""
    file = BytesIO()
    muxer = {"movflags": "frag_keyframe+empty_moov"} if ending == "mp4" else {}
    with av.open(
        file, "w", format={"mkv": "matroska"}.get(ending, ending), options=muxer
    ) as output:
        stream = cast(
            av.VideoStream, output.add_stream(CODECS[codec], rate=25, options=FAST[codec])
        )
        stream.width, stream.height = said
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for t_ms, data in timed:
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts = packet.dts = t_ms
            packet.is_keyframe = t_ms == 0
            output.mux(packet)
    return file.getvalue()


def packets(
    ending: str, codec: str, size: tuple[int, int], said: tuple[int, int] | None = None
) -> bytes:
    coded = encoded(codec, size)
    return written(
        ending, codec, said or size, ((40 * number, data) for number, data in enumerate(coded))
    )


def repeated(
    count: int, step_ms: int, ending: str = "mp4", size: tuple[int, int] = (64, 64)
) -> bytes:
    """A key picture and then the same few bytes again and again: "nothing has changed"."""
    codec = "h264" if ending == "mp4" else "vp8"
    key, *rest = encoded(codec, size, 3)
    timed = ((number * step_ms, rest[-1] if number else key) for number in range(count))
    return written(ending, codec, size, timed)


# Changing on the way, and times that cannot be


def changing() -> Iterator[Sample]:
    sizes = [(64 + 2 * number, 64 + 2 * number) for number in range(100)]
    yield Sample("100-sizes-measured.webm", KEPT, partial(keys, sizes=sizes))
    yield Sample(
        "grows-to-8000x8000.webm", KEPT, partial(keys, sizes=[(320, 240)] * 30 + [(8000, 8000)] * 3)
    )
    yield Sample(
        "grows-to-8000x8000.mp4",
        EITHER,
        partial(keys, sizes=[(320, 240)] * 30 + [(8000, 8000)] * 3, ending="mp4"),
    )
    steady = list(range(0, 2000, 40))
    times = {
        "back-an-hour": [3_600_000 + t_ms for t_ms in steady] + steady,
        "forth-three-hours": steady + [10_800_000 + t_ms for t_ms in steady],
        "forth-two-minutes": steady + [120_000 + t_ms for t_ms in steady],
        "starts-late": [720_000_000 + t_ms for t_ms in steady],
        "swinging": [t_ms + (0, 900)[t_ms // 40 % 2] for t_ms in steady],
        "all-zero": [0] * 50,
        "negative": [t_ms - 30_000 for t_ms in steady],
        "to-and-fro-by-hours": [t_ms + (0, 7_200_000)[t_ms // 40 % 2] for t_ms in steady],
    }
    for name, times_ms in times.items():
        measured = "-measured" if "hour" in name else ""
        yield Sample(f"times-{name}{measured}.webm", EITHER, partial(at_times, times_ms=times_ms))


def keys(sizes: list[tuple[int, int]], ending: str = "webm") -> bytes:
    codec = "h264" if ending == "mp4" else "vp8"
    coded = {size: encoded(codec, size)[0] for size in set(sizes)}
    return written(
        ending, codec, sizes[0], ((40 * at, coded[size]) for at, size in enumerate(sizes))
    )


def at_times(times_ms: list[int]) -> bytes:
    """A WebM of our own writing, as muxers refuse to go back."""
    return webm(list(zip(times_ms, encoded("vp8", SMALL, len(times_ms)), strict=True)))


def webm(
    pictures: list[tuple[int, bytes]], *extra: bytes, scale: int = 1_000_000, length: float = 0.0
) -> bytes:
    """One VP8 track, one cluster for each picture; a negative time is one before its cluster's."""
    info = element("1549a966", element("2ad7b1", scale) + element("4489", length))
    video = element("e0", element("b0", SMALL[0]) + element("ba", SMALL[1]))
    track = element(
        "ae",
        element("d7", 1) + element("73c5", 1) + element("83", 1) + element("86", "V_VP8") + video,
    )
    clusters = [_cluster(t_ms, data) for t_ms, data in pictures]
    return segment(info, element("1654ae6b", track), *extra, *clusters)


def _cluster(t_ms: int, data: bytes) -> bytes:
    block = b"\x81" + struct.pack(">h", min(t_ms, 0)) + b"\x80" + data
    return element("1f43b675", element("e7", max(t_ms, 0)) + element("a3", block))
