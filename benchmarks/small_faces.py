"""How many sharp small faces we read, and how far their angles are from those of the large face."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.degraded import Picture, clips_of_one, first_picture
from capture.senses.face import FaceReader, FaceReading
from capture.session import Models
from capture.types import Frame, Observation

WIDTH_PX, HEIGHT_PX = 1280, 720
SHARES = (0.10, 0.08, 0.06, 0.05, 0.04, 0.035)  # a face's width as a part of the picture's
WALL_LEVELS, GRAIN_LEVELS = (150, 90), 3.0
HEADS = (
    "face, of a 1280 px picture",
    "shown",
    "the whole picture reads",
    "we read",
    "yaw off by",
    "pitch off by",
)


def small_rows(footage: Path, models: Models) -> Iterator[tuple[str, ...]]:
    """One row per size, without clips whose face is smaller. For angles: median and maximum."""
    with FaceReader(models.face) as reader:
        large = [
            (rgb, face)
            for rgb in map(first_picture, clips_of_one(footage))
            if (face := _read(reader, rgb))
        ]
        for share in SHARES:
            shown = [
                (picture, face)
                for rgb, face in large
                if (picture := shrunk(rgb, face, share)) is not None
            ]
            whole = sum(_read(reader, picture) is not None for picture, _ in shown)
            rows = [(_seen(models, picture), face) for picture, face in shown]
            read = [(row, face) for row, face in rows if row.yaw_deg is not None]
            off = (_off(read, name) for name in ("yaw_deg", "pitch_deg"))
            yield f"{share:.1%}", str(len(shown)), str(whole), str(len(read)), *off


def shrunk(rgb: Picture, face: FaceReading, share: float) -> Picture | None:
    """The picture on a wall, so small that the face has this share of the picture's width."""
    scale = share * WIDTH_PX / (face.box[2] * rgb.shape[1])
    if scale > 1:
        return None
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grain = np.random.default_rng(1).normal(0, GRAIN_LEVELS, (HEIGHT_PX, WIDTH_PX, 1))
    wall = np.linspace(*WALL_LEVELS, WIDTH_PX)[None, :, None] + grain + np.zeros(3)
    canvas: Picture = np.clip(wall, 0, 255).astype(np.uint8)
    part = canvas[HEIGHT_PX // 8 :, WIDTH_PX // 3 :][: small.shape[0], : small.shape[1]]
    part[:] = small[: part.shape[0], : part.shape[1]]
    return canvas


def _read(reader: FaceReader, rgb: NDArray[Any]) -> FaceReading | None:
    return reader.read(Frame(0, np.ascontiguousarray(rgb)))


def _seen(models: Models, picture: Picture) -> Observation:
    senses = models.senses()
    [row] = senses.feed(Frame(0, picture), has_sound=False)
    senses.close()
    return row


def _off(read: Sequence[tuple[Observation, FaceReading]], name: str) -> str:
    off = [abs(getattr(row, name) - getattr(face, name)) for row, face in read]
    return f"{np.median(off):.1f}°, at most {max(off):.1f}°" if off else "–"
