"""Small videos made by code, so that every test knows exactly what its clip shows and when.

The default picture is a clock: eight stripes that count tenths of a second in binary, which
`clock_ms` reads back.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
Samples = NDArray[np.float32]

# real clips, where a machine has them

CLOCK_STEP_MS = 100
CLOCK_BITS = 8
RATE_HZ = 48_000
ENCODERS = {"h264": "libx264", "vp8": "libvpx", "mpeg4": "mpeg4"}
# VP8 not in real time: that encoder does less on a busy machine, and a test would see another
# picture.
OPTIONS = {
    "h264": {"preset": "ultrafast", "g": "24"},
    # … and in one thread: its threads wait for each other by turning round and round.
    "vp8": {"deadline": "good", "cpu-used": "5", "g": "24", "threads": "1"},
}
FORMATS = {".mp4": "mp4", ".mov": "mov", ".webm": "webm", ".mkv": "matroska", ".avi": "avi"}
# as browsers write MP4: readable while it grows
FRAGMENTS = {"movflags": "frag_keyframe+delay_moov+default_base_moof"}

_made: dict[str | None, bytes] = {}  # the files, by their ending and settings


def make_clip(
    path: Path,
    seconds: float,
    *,
    size: tuple[int, int] = (320, 240),
    fps: int = 24,
    codec: str = "h264",
    sound: str | Callable[[NDArray[np.float64]], NDArray[Any]] | None = "tone",
    picture: Callable[[int], Rgb] | None = None,
    times_ms: Sequence[int] | None = None,
    fragmented: bool = True,
    rotation_deg: int = 0,
    options: dict[str, str] | None = None,
    muxer: dict[str, str] | None = None,
) -> Path:
    """Write a clip; the file's ending names the container. `sound` is tone, silence, speechlike, a
    function or None.

    A process makes each clip once, as encoding takes most of a test's time. With a function of the
    test, it is made again.
    """
    settings = (seconds, size, fps, codec, sound, times_ms, fragmented, rotation_deg)
    known = None if picture or callable(sound) else repr((path.suffix, *settings, options, muxer))
    if known in _made:
        path.write_bytes(_made[known])
        return path
    times_ms = times_ms or [round(number * 1000 / fps) for number in range(round(seconds * fps))]
    draw = picture or (lambda t_ms: clock_picture(t_ms, size))
    container = FORMATS[path.suffix]
    muxer = muxer or (FRAGMENTS if container == "mp4" and fragmented else {})
    with av.open(path, "w", format=container, options=muxer) as output:
        asked = {**OPTIONS.get(codec, {}), **(options or {})}
        video = cast(av.VideoStream, output.add_stream(ENCODERS[codec], rate=fps, options=asked))
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        if rotation_deg:
            video.set_display_rotation(rotation_deg)
        audio = _sound_stream(output, container) if sound else None
        for t_ms in times_ms:
            frame = av.VideoFrame.from_ndarray(draw(t_ms), format="rgb24")
            frame.pts, frame.time_base = t_ms, Fraction(1, 1000)
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        if audio is not None and sound is not None:
            _write_sound(output, audio, sound_samples(sound, seconds))
    if known:
        _made[known] = path.read_bytes()
    return path


def head_of(data: bytes) -> bytes:
    """What a recorder writes before the first picture, of an MP4 in fragments or a WebM."""
    return (
        data[: data.index(b"moof") - 4]
        if data[4:8] == b"ftyp"
        else data[: data.index(b"\x1fC\xb6u")]
    )


def unreadable(data: bytes) -> bytes:
    """An MP4 with a head, and with media that nothing can read."""
    return head_of(data) + b"\0\0\0\x10mdat" + bytes(8)


def _sound_stream(output: Any, container: str) -> Any:
    codec = "libopus" if container in ("webm", "matroska") else "aac"
    return output.add_stream(codec, rate=RATE_HZ, layout="mono")


def _write_sound(output: Any, stream: Any, samples: Samples) -> None:
    step = RATE_HZ // 10
    for start in range(0, len(samples), step):
        block = np.ascontiguousarray(samples[None, start : start + step])
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        for converted in av.AudioResampler(
            format=stream.format.name, layout="mono", rate=RATE_HZ
        ).resample(frame):
            output.mux(stream.encode(converted))
    output.mux(stream.encode(None))


def sound_samples(
    sound: str | Callable[[NDArray[np.float64]], NDArray[Any]], seconds: float
) -> Samples:
    """Mono samples at 48 kHz: by name, or from a function of the time in seconds."""
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    made = (
        sound(times_s)
        if callable(sound)
        else {"tone": tone, "silence": silence, "speechlike": speechlike}[sound](times_s)
    )
    return made.astype(np.float32)


def tone(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.3 * np.sin(2 * np.pi * 440 * times_s)


def silence(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.zeros_like(times_s)


def speechlike(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """A gliding voice of 24 harmonics under three formants, in syllables: what a voice detector
    takes for speech.
    """
    pitch_hz = 120 + 15 * np.sin(2 * np.pi * 0.7 * times_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    formants_hz = (
        600 + 200 * np.sin(2 * np.pi * 1.3 * times_s),
        1400 + 400 * np.sin(2 * np.pi * 0.9 * times_s),
        2600.0,
    )
    voice = np.zeros_like(times_s)
    for harmonic in range(1, 25):
        strength = sum(
            np.exp(-(((harmonic * pitch_hz - formant) / 150) ** 2)) for formant in formants_hz
        )
        voice += strength * np.sin(harmonic * phase)
    syllables = np.clip(np.sin(2 * np.pi * 4 * times_s) + 0.3, 0, 1)
    return 0.2 * voice * syllables


def clock_picture(t_ms: int, size: tuple[int, int]) -> Rgb:
    """Black and white stripes, the leftmost worth 128 tenths of a second, the rightmost one."""
    width, height = size
    tenths = t_ms // CLOCK_STEP_MS % (1 << CLOCK_BITS)
    bits = [255 * (tenths >> (CLOCK_BITS - 1 - bit) & 1) for bit in range(CLOCK_BITS)]
    row = np.array([bits[x * CLOCK_BITS // width] for x in range(width)], np.uint8)
    return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (height, width, 3)))


def clock_ms(rgb: Rgb) -> int:
    """The time that `clock_picture` shows."""
    stripes = np.array_split(rgb.mean(axis=(0, 2)), CLOCK_BITS)
    bits = [int(np.median(stripe) > 127) for stripe in stripes]
    return CLOCK_STEP_MS * sum(bit << (CLOCK_BITS - 1 - place) for place, bit in enumerate(bits))


def plain_picture(rgb: tuple[int, int, int], size: tuple[int, int]) -> Rgb:
    """One colour all over."""
    return np.full((size[1], size[0], 3), rgb, np.uint8)


def make_long_clip(path: Path, minutes: float, *, size: tuple[int, int] = (1280, 720)) -> Path:
    """Half a second of picture, encoded once and shown again and again: made in a moment, and much
    to decode.
    """
    once = make_clip(path.with_name(f"once-{path.name}"), 0.5, size=size, codec="vp8", sound=None)
    with av.open(once) as source, av.open(path, "w", format=FORMATS[path.suffix]) as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        time_base = source.streams.video[0].time_base
        assert time_base is not None
        packets = [
            (packet.pts, packet.is_keyframe, bytes(packet))
            for packet in source.demux(video=0)
            if packet.pts is not None
        ]
        ticks = round(0.5 / time_base)
        for turn in range(round(minutes * 120)):
            for pts, is_keyframe, data in packets:
                packet = av.Packet(data)
                packet.pts = packet.dts = pts + turn * ticks
                packet.time_base, packet.is_keyframe = time_base, is_keyframe
                packet.stream = stream
                output.mux(packet)
    return path
