"""How well the engine detects speech: as recorded, softer, and in noise. Labels say where it is."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks import labels as label_files
from benchmarks import scores
from benchmarks.labels import Label
from capture.media.decoder import MEASURED_RATE_HZ, MonoResampler
from capture.senses.audio import AROUND_MS, WINDOW_MS, SoundMeter
from capture.types import Sound

Samples = NDArray[np.float32]
Change = Callable[[Samples], Samples]
HEADS = ("file", "speech heard", "missed", "heard in silence or noise", "F1", "quiet there")
CHANGED_HEADS = (
    "every meeting",
    "speech heard",
    "missed",
    "F1",
    "heard in 33 s of noise changed alike",
)
MEETINGS = tuple(f"audio/pyannote__{name}.wav" for name in ("dev00", "dev01", "sample", "trn02"))
NOISE = "audio/speechbrain__noise1.wav"


def as_it_is(samples: Samples) -> Samples:
    return samples


def softer(samples: Samples, db: float) -> Samples:
    return samples * np.float32(10 ** (-db / 20))


def in_noise(samples: Samples, snr_db: float, is_pink: bool) -> Samples:
    """The samples with noise, `snr_db` below their own mean. The noise is always the same."""
    noise = np.random.default_rng(5).normal(size=len(samples))
    if is_pink:
        spectrum = np.fft.rfft(noise)
        noise = np.fft.irfft(
            spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), len(samples)
        )
    loudness = np.sqrt(np.mean(np.square(samples)) / np.mean(np.square(noise))) * 10 ** (
        -snr_db / 20
    )
    return np.asarray(samples + loudness * noise, np.float32)


CHANGES: dict[str, Change] = {
    "as recorded": as_it_is,
    "12 dB softer": partial(softer, db=12),
    "20 dB softer": partial(softer, db=20),
    "30 dB softer": partial(softer, db=30),
    "white noise, 20 dB below": partial(in_noise, snr_db=20, is_pink=False),
    "white noise, 10 dB below": partial(in_noise, snr_db=10, is_pink=False),
    "pink noise, 20 dB below": partial(in_noise, snr_db=20, is_pink=True),
    "pink noise, 10 dB below": partial(in_noise, snr_db=10, is_pink=True),
}


def file_rows(footage: Path, every: list[Label]) -> Iterator[tuple[str, ...]]:
    """First a row with the sum of all files, then one row per file."""
    files = sorted({label.file for label in every if label.kind in ("speech", "audio")})
    found = {file: score_file(footage, file, every) for file in files if _scored(every, file)}
    yield ("**all**", *_cells(reduce(scores.Found.plus, found.values())))
    yield from ((Path(file).name, *_cells(one)) for file, one in found.items())


def _cells(found: scores.Found) -> tuple[str, ...]:
    return (
        str(found.hits),
        str(found.missed),
        str(found.invented),
        f"{found.f1:.3f}",
        str(found.quiet),
    )


def changed_rows(footage: Path, every: list[Label]) -> Iterator[tuple[str, ...]]:
    for words, change in CHANGES.items():
        found = reduce(
            scores.Found.plus, (score_file(footage, file, every, change) for file in MEETINGS)
        )
        noise = score_file(footage, NOISE, every, change)
        yield words, str(found.hits), str(found.missed), f"{found.f1:.3f}", str(noise.invented)


def score_file(
    footage: Path, file: str, every: list[Label], change: Change = as_it_is
) -> scores.Found:
    return scores.speech(heard_in(footage / file, change), _scored(every, file))


def _scored(every: list[Label], file: str) -> Sequence[Label]:
    usable = label_files.of(every, file, "speech", "audio")
    return [label for label in usable if label.confidence != label_files.BY_EYE]


def heard_in(path: Path, change: Change = as_it_is) -> list[tuple[int, float | None]]:
    """The speech of each window, as the engine measures it when it knows the following sound."""
    meter, asked_ms, heard = SoundMeter(), WINDOW_MS, []
    for sound in _pieces(path, change):
        meter.feed(sound)
        while meter.heard_until_ms >= asked_ms + AROUND_MS:
            heard.append((asked_ms, meter.speech(asked_ms)))
            asked_ms += WINDOW_MS
    while asked_ms <= meter.heard_until_ms:
        heard.append((asked_ms, meter.speech(asked_ms)))
        asked_ms += WINDOW_MS
    return heard


def _pieces(path: Path, change: Change) -> Iterator[Sound]:
    """The file's sound in its original pieces, after we change it as a whole."""
    with av.open(str(path)) as opened:
        resampler = MonoResampler(MEASURED_RATE_HZ)
        parts = [part for frame in opened.decode(audio=0) for part in resampler.resample(frame)]
    ends = np.cumsum([len(samples) for _, samples in parts])
    changed = np.split(change(np.concatenate([samples for _, samples in parts])), ends[:-1])
    for (time_s, _), samples in zip(parts, changed, strict=True):
        yield Sound(round(time_s * 1000), samples)
