"""How far a reused reading is from a fresh reading of the same picture, on clips of one person."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.degraded import clips_of_one
from capture.media.decoder import Decoder
from capture.media.signature import identify_file
from capture.senses.face import FaceReader, FaceReading
from capture.senses.face_cache import FaceCache
from capture.senses.quality import luma_of
from capture.types import SAMPLE_EVERY_MS, Frame

QUANTITIES = ("yaw_deg", "pitch_deg", "roll_deg", "gaze_x", "gaze_y", "lid_gap", "mouth_open")
PERCENTILES = (50, 95, 99, 100)
HEADS = ("quantity", "samples", "held", "off by, median", "95 %", "99 %", "at most")


def reused_rows(footage: Path, reader: FaceReader) -> Iterator[tuple[str, ...]]:
    """One row per quantity. If a fresh reading finds no face, the difference is "nan"."""
    samples = [pair for clip in clips_of_one(footage) for pair in _samples(clip, reader)]
    pairs = [(said, fresh) for said, fresh in samples if said is not fresh]
    for name in QUANTITIES:
        off = [abs(getattr(said, name) - getattr(fresh, name, np.nan)) for said, fresh in pairs]
        yield (
            name,
            str(len(samples)),
            str(len(pairs)),
            *(f"{np.percentile(off, share):.3f}" for share in PERCENTILES),
        )


def _samples(
    clip: Path, reader: FaceReader
) -> Iterator[tuple[FaceReading | None, FaceReading | None]]:
    """For each sampled picture, the cache's reading and a fresh one, perhaps the same object."""
    fresh: FaceReading | None = None
    cache = FaceCache(lambda _frame: fresh)
    for item in Decoder(clip, identify_file(clip), every_ms=SAMPLE_EVERY_MS):
        if isinstance(item, Frame):
            fresh = reader.read(item)
            yield cache.read(item, luma_of(item)), fresh
