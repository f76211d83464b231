"""How often we could not measure a mouth although we read its face, with and without a hand."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks import labels as label_files
from benchmarks.degraded import clips_of_one
from benchmarks.labels import Label
from capture.media.decoder import Decoder
from capture.media.signature import identify_file
from capture.senses.face import FaceReader
from capture.senses.face_cache import FaceCache
from capture.senses.mouth import MouthTracker
from capture.senses.quality import luma_of
from capture.session import Models
from capture.types import SAMPLE_EVERY_MS, Frame

HEADS = (
    "clip",
    "samples with a face",
    "mouth not measured",
    "share",
    "with a hand near",
    "not measured there",
)


def mouth_rows(footage: Path, every: list[Label], models: Models) -> Iterator[tuple[str, ...]]:
    """First the sum, then each clip of one person in which we could not measure some mouths."""
    told = {path.name: _counts(footage, path, every, models) for path in clips_of_one(footage)}
    total = [sum(counts) for counts in zip(*told.values(), strict=True)]
    for name, (samples, unmeasured, at_hand, hidden) in {"**all**": total, **told}.items():
        if unmeasured or hidden:
            share = f"{unmeasured / samples:.1%}"
            yield name, str(samples), str(unmeasured), share, str(at_hand), str(hidden)


def _counts(footage: Path, path: Path, every: list[Label], models: Models) -> list[int]:
    hands = label_files.of(every, str(path.relative_to(footage)), "occlusion")
    told = [
        (value is None, any(hand.holds_at(t_ms) for hand in hands))
        for t_ms, value in opened_in(path, models)
    ]
    free, near = ([lost for lost, hand in told if hand is there] for there in (False, True))
    return [len(free), sum(free), len(near), sum(near)]


def opened_in(path: Path, models: Models) -> list[tuple[int, float | None]]:
    """For every sample with a face, how far its mouth is open according to the senses."""
    tracker, told = MouthTracker(), []
    with FaceReader(models.face) as reader:
        cache = FaceCache(reader.read)
        for item in Decoder(path, identify_file(path), every_ms=SAMPLE_EVERY_MS):
            if isinstance(item, Frame):
                luma = luma_of(item)
                face = cache.read(item, luma)
                if face:
                    told.append((item.t_ms, tracker.opened(luma, face)))
    return told
