"""Flags of real clips that we make darker, more blurred, smaller and farther away.

As long as a person still sees the face, no flag may change. If the picture gets worse, flags may
only change to "not assessable".
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import labels, scores
from capture.media.decoder import Decoder
from capture.media.signature import identify_file
from capture.rules import find_flags, rule_name
from capture.session import Models
from capture.types import SAMPLE_EVERY_MS, AnswerSpan, Flag, Frame, Measurements, Observation

Picture = NDArray[np.uint8]
Change = Callable[[Picture], NDArray[Any]]
SEEN_MS = 6_000  # of each clip: longer than any rule about the picture needs
WALL = 110  # the grey around a picture that is shown from farther away


def darker(rgb: Picture, share: float) -> NDArray[Any]:
    return np.asarray(rgb * share)


def brighter(rgb: Picture, levels: float) -> NDArray[Any]:
    return np.asarray(np.clip(rgb.astype(np.float32) + levels, 0, 255))


def contrast(rgb: Picture, share: float) -> NDArray[Any]:
    return np.asarray(np.clip((rgb.astype(np.float32) - 128) * share + 128, 0, 255))


def blurred(rgb: Picture, sigma_of_640: float) -> NDArray[Any]:
    return cv2.GaussianBlur(rgb, (0, 0), sigma_of_640 * max(rgb.shape) / 640)


def smaller(rgb: Picture, share: float) -> NDArray[Any]:
    return cv2.resize(rgb, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)


def farther(rgb: Picture, share: float) -> NDArray[Any]:
    small, canvas = smaller(rgb, share), np.full_like(rgb, WALL)
    top, left = (
        (whole - part) // 2 for whole, part in zip(rgb.shape[:2], small.shape[:2], strict=True)
    )
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


CHANGES: dict[str, tuple[Callable[..., NDArray[Any]], Sequence[float]]] = {
    "brightness ×": (darker, (0.5, 0.35, 0.25, 0.18, 0.12, 0.09, 0.07, 0.05, 0.035, 0.02)),
    "brightness +": (brighter, (20, 40, 80)),
    "contrast ×": (contrast, (0.6, 0.4, 0.25, 1.5, 2)),
    "blurred, σ of 640 px:": (blurred, (2, 4, 6, 8, 10, 13, 16, 20, 30)),
    "size ×": (smaller, (0.5, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05)),
    "shown from farther away ×": (farther, (0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05, 0.03)),
}


def clips_of_one(footage: Path) -> list[Path]:
    """The clips of one person. From the GRID speaker with twenty clips, only the first."""
    every = labels.read_labels(footage)
    alone = [
        file
        for file in labels.videos(every)
        if {"1"} == {label.value for label in every if (label.file, label.kind) == (file, "faces")}
    ]
    twins = sorted(file for file in alone if "grid_s1" in file)[1:]
    return [footage / file for file in alone if file not in twins]


def first_picture(path: Path) -> Picture:
    """The first picture of a clip, upright."""
    with av.open(str(path)) as opened:
        frame = next(opened.decode(video=0))
        turned: Picture = np.ascontiguousarray(
            np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
        )
        return turned


def quality_rows(footage: Path, models: Models) -> Iterator[tuple[str, str, str, str, str]]:
    """For each change, how many clips have no flag, only "not assessable" ones, or others."""
    clips = clips_of_one(footage)
    for words, (change, amounts) in CHANGES.items():
        for amount in amounts:
            told = [flags_of(clip, models, partial(change_by, change, amount)) for clip in clips]
            flagged = [
                f"{clip.name}: {scores.flags_text(flags)}"
                for clip, flags in zip(clips, told, strict=True)
                if any(flag.assessable for flag in flags)
            ]
            unflagged = sum(not flags for flags in told)
            rest = len(clips) - unflagged - len(flagged)
            yield (
                f"{words} {amount:g}",
                str(unflagged),
                str(rest),
                str(len(flagged)),
                "; ".join(flagged),
            )


def change_by(change: Callable[..., NDArray[Any]], amount: float, rgb: Picture) -> NDArray[Any]:
    return change(rgb, amount)


def flags_of(path: Path, models: Models, change: Change) -> list[Flag]:
    """The flags of a clip after we change every sampled picture. Ignores its sound."""
    senses, duration_ms = models.senses(), 0
    rows: list[Observation] = []
    for item in Decoder(path, identify_file(path), every_ms=SAMPLE_EVERY_MS):
        if item.t_ms >= SEEN_MS:
            break
        if isinstance(item, Frame):
            changed = np.ascontiguousarray(change(item.rgb).astype(np.uint8))
            rows += senses.feed(Frame(item.t_ms, changed), has_sound=False)
            duration_ms = item.t_ms + SAMPLE_EVERY_MS
    senses.close()
    flags = find_flags(Measurements(duration_ms, [AnswerSpan(1, 1, 0, duration_ms)], rows))
    return [flag for flag in flags if rule_name(flag) != "no_sound_track"]
