"""Real clips made darker, blurred, smaller and farther away, and other changes that keep the face visible.

As the picture gets worse, flags may only turn into "not assessable"; while a person still sees the face, none change.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import scores
from capture.decoder import Decoder
from capture.rules import find_flags
from capture.session import Models
from capture.signature import identify_file
from capture.stretches import SAMPLE_EVERY_MS
from capture.types import AnswerSpan, Flag, Frame, Measurements

Picture = NDArray[np.uint8]
Change = Callable[[Picture], NDArray[Any]]
SEEN_MS = 8_000  # of each clip: longer than any rule about the picture asks for
WALL = 110  # the grey around a picture that is shown from farther away
CLIPS = ("fer__woman2.mp4", "headtrackr__capture4.mp4", "composite_dev__dev_c3_offcamera_voice.webm")


def darker(rgb: Picture, share: float) -> NDArray[Any]:
    return rgb * share


def brighter(rgb: Picture, levels: float) -> NDArray[Any]:
    return np.clip(rgb.astype(np.float32) + levels, 0, 255)


def contrast(rgb: Picture, share: float) -> NDArray[Any]:
    return np.clip((rgb.astype(np.float32) - 128) * share + 128, 0, 255)


def blurred(rgb: Picture, sigma_of_640: float) -> NDArray[Any]:
    return cv2.GaussianBlur(rgb, (0, 0), sigma_of_640 * max(rgb.shape) / 640)


def smaller(rgb: Picture, share: float) -> NDArray[Any]:
    return cv2.resize(rgb, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)


def farther(rgb: Picture, share: float) -> NDArray[Any]:
    small, canvas = smaller(rgb, share), np.full_like(rgb, WALL)
    top, left = ((whole - part) // 2 for whole, part in zip(rgb.shape[:2], small.shape[:2], strict=True))
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


VISIBLE: dict[str, tuple[Callable[..., NDArray[Any]], Sequence[float]]] = {
    "as it is, brightness ×": (darker, (1.0, 0.7, 0.5)),
    "brightness +": (brighter, (40,)),
    "contrast ×": (contrast, (0.5, 1.5)),
}
WORSE: dict[str, tuple[Callable[..., NDArray[Any]], Sequence[float]]] = {
    "brightness ×": (darker, (0.2, 0.06, 0.02, 0.005)),
    "blurred, σ of 640 px:": (blurred, (4, 10, 16, 24, 40)),
    "size ×": (smaller, (0.25, 0.1, 0.05, 0.03)),
    "shown from farther away ×": (farther, (0.5, 0.25, 0.12, 0.06, 0.03)),
}


def quality_rows(footage: Path, models: Models) -> Iterator[tuple[str, str, str]]:
    for name in CLIPS:
        for words, (change, amounts) in {**VISIBLE, **WORSE}.items():
            told = [_told(footage / "video" / name, models, change, amount) for amount in amounts]
            yield name, words, "<br>".join(told)


def _told(path: Path, models: Models, change: Callable[..., NDArray[Any]], amount: float) -> str:
    flags = flags_of(path, models, lambda rgb: change(rgb, amount))
    return f"{amount:g}: {scores.told(flags) or '–'}"


def flags_of(path: Path, models: Models, change: Change) -> list[Flag]:
    """The flags of a clip whose every sampled picture was changed; sound is left out."""
    senses, rows, duration_ms = models.senses(), [], 0
    for item in Decoder(path, identify_file(path), every_ms=SAMPLE_EVERY_MS):
        if item.t_ms >= SEEN_MS:
            break
        if isinstance(item, Frame):
            changed = np.ascontiguousarray(change(item.rgb).astype(np.uint8))
            rows += senses.take(Frame(item.t_ms, changed), has_sound=False)
            duration_ms = item.t_ms + SAMPLE_EVERY_MS
    senses.close()
    flags = find_flags(Measurements(duration_ms, [AnswerSpan(1, 1, 0, duration_ms)], rows))
    return [flag for flag in flags if flag.rule != "no_sound_track/1"]
