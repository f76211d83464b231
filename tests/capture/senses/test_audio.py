"""Levels are those of sounds with known levels; speech is heard in speech and not in noise."""

from functools import partial, reduce

import numpy as np
import pytest
from machine import FOOTAGE
from numpy.typing import NDArray

from benchmarks.hearing import MEETINGS, NOISE, score_file, softer
from benchmarks.labels import read_labels
from benchmarks.scores import Found
from capture.demo import SOUND_HZ, speechlike
from capture.senses.audio import (
    EDGE_STEPS,
    PAUSE_STEPS,
    SAMPLE_RATE_HZ,
    WORD_STEPS,
    SoundMeter,
    smoothed_speech,
)
from capture.types import Sound


def tone(seconds: float, amplitude: float) -> NDArray[np.float32]:
    times_s = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (amplitude * np.sin(2 * np.pi * 440 * times_s)).astype(np.float32)


def heard(samples: NDArray[np.floating], t_ms: int = 0, piece: int = 333) -> SoundMeter:
    """The sound as decoders hand it out: in pieces of any size."""
    meter = SoundMeter()
    for start in range(0, len(samples), piece):
        meter.feed(
            Sound(t_ms + round(start * 1000 / SAMPLE_RATE_HZ), samples[start : start + piece])
        )
    return meter


@pytest.mark.parametrize(
    ("amplitude", "level_dbfs"), [(1.0, -3.01), (0.5, -9.03), (0.01, -43.01), (0.0, -90.0)]
)
def test_a_tones_level_is_its_rms(amplitude: float, level_dbfs: float) -> None:
    assert heard(tone(1, amplitude)).level_dbfs(800) == pytest.approx(level_dbfs, abs=0.1)


def test_the_window_ends_at_the_moment_asked_for() -> None:
    meter = heard(np.concatenate((tone(1, 0.5), tone(1, 0.0))))
    assert meter.level_dbfs(1000) == pytest.approx(-9, abs=0.2)
    assert meter.level_dbfs(1240) == -90.0
    assert meter.level_dbfs(1100) == pytest.approx(-12, abs=1)


def test_what_was_not_heard_has_no_level() -> None:
    meter = heard(tone(1, 0.5), t_ms=2_000)
    assert meter.level_dbfs(1_900) is None
    assert meter.speech(1_900) is None
    assert meter.level_dbfs(2_400) is not None
    assert SoundMeter().level_dbfs(0) is None


def test_a_hole_in_the_sound_stays_a_hole() -> None:
    meter = heard(tone(1, 0.5))
    meter.feed(Sound(3_000, tone(1, 0.5)))
    assert meter.level_dbfs(2_000) is None
    assert meter.level_dbfs(3_500) == pytest.approx(-9, abs=0.2)


@pytest.mark.parametrize("rate_hz", [16_080, 15_920])
def test_a_microphone_whose_clock_is_fast_or_slow_is_followed(rate_hz: int) -> None:
    meter = SoundMeter()
    quiet, loud = np.zeros(round(11.5 * rate_hz), np.float32), tone(1, 0.5)
    samples = np.concatenate((quiet, loud))
    for start in range(0, len(samples), 320):
        meter.feed(Sound(round(start * 1000 / rate_hz), samples[start : start + 320]))
    assert meter.level_dbfs(11_600) == pytest.approx(-12, abs=1.5)


def test_it_hears_speech_in_syllables_and_none_in_noise_or_silence() -> None:
    voice = speechlike(2.5)[:: SOUND_HZ // SAMPLE_RATE_HZ]
    noise = np.random.default_rng(3).normal(0, 0.05, SAMPLE_RATE_HZ * 2)
    assert min(heard(voice).speech(t_ms) or 0 for t_ms in range(600, 2_400, 200)) > 0.5
    assert max(heard(noise).speech(t_ms) or 0 for t_ms in range(400, 2_000, 200)) < 0.3
    assert heard(tone(1, 0.0)).speech(800) == 0.0


def test_a_long_answer_needs_no_more_memory_than_a_short_one() -> None:
    meter = SoundMeter()
    for second in range(30):
        meter.feed(Sound(second * 1000, tone(1, 0.0)))
    assert meter.level_dbfs(10_000) is None
    assert meter.level_dbfs(29_800) == -90.0


def of(words_at: list[int], steps: int = 100, length: int = WORD_STEPS) -> list[float]:
    """What a detector says that is sure of some words and of everything else."""
    sure = [0.0] * steps
    for at in words_at:
        sure[at : at + length] = [1.0] * length
    return sure


def test_pauses_between_words_belong_to_speaking_and_longer_ones_do_not() -> None:
    near, far = 20 + WORD_STEPS + PAUSE_STEPS - 1, 20 + WORD_STEPS + PAUSE_STEPS
    assert min(smoothed_speech(of([20, near]))[20:near]) == 1.0
    assert min(smoothed_speech(of([20, far]))[20:far]) == 0.0


def test_what_is_too_short_for_a_word_is_a_click() -> None:
    assert max(smoothed_speech(of([50], length=WORD_STEPS - 1))) == 0.0
    assert sum(smoothed_speech(of([50]))) == WORD_STEPS + 2 * EDGE_STEPS
    assert smoothed_speech([]) == []


@pytest.mark.parametrize("softer_db", [0, 12, 24, 36])
def test_a_quiet_voice_is_heard_like_a_near_one_and_its_level_stays_its_own(softer_db: int) -> None:
    voice = speechlike(2.5)[:: SOUND_HZ // SAMPLE_RATE_HZ]
    rms = float(np.sqrt(np.mean(np.square(voice))))
    softer = heard(voice * (0.05 / rms) * 10 ** (-softer_db / 20))
    assert min(softer.speech(t_ms) or 0 for t_ms in range(600, 2_400, 200)) > 0.5
    assert softer.level_dbfs(1_600) == pytest.approx(-26 - softer_db, abs=6)


@pytest.mark.parametrize("level_dbfs", [-60, -45, -30, -15])
def test_noise_of_any_level_is_no_voice(level_dbfs: int) -> None:
    noise = np.random.default_rng(4).normal(0, 10 ** (level_dbfs / 20), SAMPLE_RATE_HZ * 3)
    assert max(heard(noise).speech(t_ms) or 0 for t_ms in range(400, 3_000, 200)) < 0.3


@pytest.mark.footage
@pytest.mark.parametrize("softer_db", [0, 12, 20])
def test_meetings_are_heard_also_from_far_away_and_noise_never_is(softer_db: int) -> None:
    every = read_labels(FOOTAGE)
    by_file = {
        file: score_file(FOOTAGE, file, every, partial(softer, db=softer_db))
        for file in (*MEETINGS, NOISE)
    }
    meetings = reduce(Found.plus, (by_file[file] for file in MEETINGS))
    assert meetings.f1 >= 0.94
    assert by_file[NOISE].invented == 0
