"""Sound level and speech probability, from the samples alone. Knows nothing of words or voices.

Sound is cut into steps of 32 ms, as the voice detector needs it. A question about a moment is
answered from the window of steps that ends there. For the detector, quiet talkers are made louder
(automatic gain control); levels in dBFS stay those of the sound.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capture.senses.voice import STEP_SAMPLES, VoiceDetector
from capture.types import Sound

SAMPLE_RATE_HZ = 16_000  # the voice detector knows no other; speech lies below 8 kHz
# as long as the pause between two pictures, so that no sound falls between two rows
WINDOW_MS = 200
SILENCE_DBFS = -90.0  # one step of 16-bit sound: nothing is quieter
VOICE_FLOOR_DBFS = -65.0  # below it the model hears voices in the noise of silent rooms
# 480 ms: the quiet ends of words are heard after a louder beginning, a silent room never is
FLOOR_STEPS = 15
# a voice at the camera has this level or more; real noise below it is not taken for a voice
LOUD_DBFS = -26.0
# how much a quiet or distant voice is amplified; a voice across a meeting table has about -45 dBFS
GAIN_DB = 18.0
# per step, 3 dB a second: the gain is back some seconds after a person near has spoken
FADE_DB = 0.1
# 96 ms: what is heard for a shorter time is no word; real noise has one or two such clicks a minute
WORD_STEPS = 3
PAUSE_STEPS = 24  # 768 ms: a shorter pause between words, as for a breath, belongs to speaking
EDGE_STEPS = 1  # 32 ms: a word begins a little before it is recognised and ends after it
STEP_MS = STEP_SAMPLES * 1000 // SAMPLE_RATE_HZ
AROUND_MS = (
    PAUSE_STEPS + WORD_STEPS + EDGE_STEPS
) * STEP_MS  # what is heard at a moment depends on so much around it
JUMP_MS = 60  # two steps; where due and given time differ by more there is a hole, not rounding
# less is jitter; a microphone's clock that is fast or slow adds up to more, and is followed so much
# at a time
FOLLOW_MS = 10
# pictures lag behind their sound by less, as recorders write both every few seconds at most
HISTORY_MS = 15_000

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """32 ms of sound."""

    end_ms: float
    power: float
    speech: float


class SoundMeter:
    """Takes sound as it comes and answers for windows that it has reached."""

    def __init__(self) -> None:
        self._detector = VoiceDetector()
        self._loud_dbfs = SILENCE_DBFS
        self._below_floor = FLOOR_STEPS
        self._waiting: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        self._waiting_since_ms = 0.0
        self._steps: deque[Step] = deque()

    @property
    def heard_until_ms(self) -> float:
        """Everything that came before this moment is measured."""
        return self._steps[-1].end_ms if self._steps else -math.inf

    def feed(self, sound: Sound) -> None:
        due_ms = self._waiting_since_ms + _length_ms(len(self._waiting))
        late_ms = sound.t_ms - due_ms
        if abs(late_ms) > JUMP_MS:
            self._restart(sound.t_ms)
        elif abs(late_ms) > FOLLOW_MS:
            self._waiting_since_ms += math.copysign(FOLLOW_MS, late_ms)
        self._waiting = np.concatenate((self._waiting, sound.samples))
        while len(self._waiting) >= STEP_SAMPLES:
            self._measure_step()
        while self._steps and self._steps[0].end_ms < self.heard_until_ms - HISTORY_MS:
            self._steps.popleft()

    def level_dbfs(self, t_ms: int) -> float | None:
        """RMS level of the window ending at `t_ms`; None where no sound came."""
        steps = self._between(t_ms - WINDOW_MS, t_ms)
        return dbfs(sum(step.power for step in steps) / len(steps)) if steps else None

    def speech(self, t_ms: int) -> float | None:
        """The probability of speech in the window that ends at `t_ms`; None where there was no
        sound.

        Words are heard together with the short pauses between them, so what follows within
        `AROUND_MS` must have been fed before.
        """
        around = self._between(t_ms - WINDOW_MS - AROUND_MS, t_ms + AROUND_MS)
        spoken = smoothed_speech([step.speech for step in around])
        inside = [
            value
            for step, value in zip(around, spoken, strict=True)
            if t_ms - WINDOW_MS < step.end_ms <= t_ms
        ]
        return sum(inside) / len(inside) if inside else None

    def _between(self, after_ms: float, until_ms: float) -> list[Step]:
        return [step for step in self._steps if after_ms < step.end_ms <= until_ms]

    def _restart(self, t_ms: int) -> None:
        """After a hole the detector must not hear two distant moments as one word."""
        self._detector.reset()
        self._waiting = self._waiting[:0]
        self._waiting_since_ms = float(t_ms)

    def _measure_step(self) -> None:
        samples, self._waiting = self._waiting[:STEP_SAMPLES], self._waiting[STEP_SAMPLES:]
        self._waiting_since_ms += _length_ms(STEP_SAMPLES)
        power = float(np.mean(np.square(samples, dtype=np.float64)))
        level_dbfs = dbfs(power)
        self._below_floor = 0 if level_dbfs >= VOICE_FLOOR_DBFS else self._below_floor + 1
        # Of silence, too: it knows a word by what was before.
        speech = self._detector.speech(samples * self._gain(level_dbfs))
        is_audible = self._below_floor < FLOOR_STEPS
        self._steps.append(Step(self._waiting_since_ms, power, speech if is_audible else 0.0))

    def _gain(self, level_dbfs: float) -> np.float32:
        """Make far or quiet talkers as loud as near ones; loud sound stays as it is."""
        self._loud_dbfs = max(level_dbfs, self._loud_dbfs - FADE_DB)
        gain_db = min(max(LOUD_DBFS - self._loud_dbfs, 0.0), GAIN_DB)
        return np.float32(10 ** (gain_db / 20))


def dbfs(power: float) -> float:
    """Mean square of samples in −1…1 → dB relative to full scale, held between silence and full
    scale.
    """
    return min(0.0, 10 * math.log10(power)) if power > 10 ** (SILENCE_DBFS / 10) else SILENCE_DBFS


def smoothed_speech(speech: Sequence[float]) -> list[float]:
    """Of each step, from what each step alone says: clicks dropped, pauses between words filled,
    words' edges added.
    """
    words = _dilated(_eroded(np.array(speech), WORD_STEPS), WORD_STEPS)[
        WORD_STEPS - 1 : -(WORD_STEPS - 1)
    ]
    filled = _eroded(_dilated(words, PAUSE_STEPS), PAUSE_STEPS)[
        PAUSE_STEPS - 1 : -(PAUSE_STEPS - 1)
    ]
    heard: list[float] = _dilated(filled, 2 * EDGE_STEPS + 1)[EDGE_STEPS:-EDGE_STEPS].tolist()
    return heard


def _dilated(values: Probabilities, steps: int) -> Probabilities:
    """Of every window of so many steps that touches the values."""
    highest: Probabilities = _windows(values, steps).max(axis=1)
    return highest


def _eroded(values: Probabilities, steps: int) -> Probabilities:
    lowest: Probabilities = _windows(values, steps).min(axis=1)
    return lowest


def _windows(values: Probabilities, steps: int) -> Probabilities:
    """Beyond both ends nothing is heard."""
    return np.lib.stride_tricks.sliding_window_view(np.pad(values, steps - 1), steps)


def _length_ms(samples: int) -> float:
    return samples * 1000 / SAMPLE_RATE_HZ
