"""Sound level and speech probability, from the samples alone. Knows nothing of words or voices.

We cut the sound into steps of 32 ms, as the voice detector needs it. The value for a moment comes
from the window of steps that ends there. Automatic gain control makes quiet speakers louder for the
detector. The levels in dBFS are those of the original sound.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capture.senses.voice import STEP_SAMPLES, VoiceDetector
from capture.types import Sound

SAMPLE_RATE_HZ = 16_000  # the only rate of the voice detector; speech lies below 8 kHz
# the time between two pictures, so that every sound belongs to a row
WINDOW_MS = 200
SILENCE_DBFS = -90.0  # the smallest value of 16-bit sound: nothing is quieter
VOICE_FLOOR_DBFS = -65.0  # in quieter sound the model hears voices in the noise of silent rooms
# 480 ms: we hear the quiet end of a word after its louder beginning, but never a silent room
FLOOR_STEPS = 15
# a voice at the camera has this level or more; the model takes no real noise of this level for one
LOUD_DBFS = -26.0
# we amplify a quiet or distant voice at most so much: one across a meeting table has about -45 dBFS
GAIN_DB = 18.0
# per step, 3 dB a second: the gain is back some seconds after a person near has spoken
FADE_DB = 0.1
# 96 ms: shorter sounds are no words; real noise has one or two such clicks a minute
WORD_STEPS = 3
PAUSE_STEPS = 24  # 768 ms: a shorter pause between words, as for a breath, belongs to the speech
EDGE_STEPS = 1  # 32 ms: a word begins a little before the model recognises it, and ends after it
STEP_MS = STEP_SAMPLES * 1000 // SAMPLE_RATE_HZ
# the speech at a moment depends on so much sound before and after it
AROUND_MS = (PAUSE_STEPS + WORD_STEPS + EDGE_STEPS) * STEP_MS
JUMP_MS = 60  # two steps; a larger difference between expected and given time is a hole
# a smaller difference is jitter. The clock of a microphone can be fast or slow; then the
# difference grows, and we correct our clock by so much at a time
FOLLOW_MS = 10
# pictures come at most so late after their sound: recorders write both every few seconds
HISTORY_MS = 15_000

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """32 ms of sound."""

    end_ms: float
    power: float
    speech: float


class SoundMeter:
    """Gets the sound of an answer in pieces, and tells level and speech of past windows."""

    def __init__(self) -> None:
        self._detector = VoiceDetector()
        self._loud_dbfs = SILENCE_DBFS
        self._below_floor = FLOOR_STEPS
        self._waiting: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        self._waiting_since_ms = 0.0
        self._steps: deque[Step] = deque()

    @property
    def heard_until_ms(self) -> float:
        """We have measured all sound up to this moment."""
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
        """The RMS level of the window that ends at `t_ms`, or None without sound."""
        steps = self._between(t_ms - WINDOW_MS, t_ms)
        return dbfs(sum(step.power for step in steps) / len(steps)) if steps else None

    def speech(self, t_ms: int) -> float | None:
        """The probability of speech in the window that ends at `t_ms`, or None without sound.

        A short pause between words counts as speech. So feed the sound up to `AROUND_MS` after the
        window first.
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
        """Forget the past after a hole, so that the detector does not join two distant moments."""
        self._detector.reset()
        self._waiting = self._waiting[:0]
        self._waiting_since_ms = float(t_ms)

    def _measure_step(self) -> None:
        samples, self._waiting = self._waiting[:STEP_SAMPLES], self._waiting[STEP_SAMPLES:]
        self._waiting_since_ms += _length_ms(STEP_SAMPLES)
        power = float(np.mean(np.square(samples, dtype=np.float64)))
        level_dbfs = dbfs(power)
        self._below_floor = 0 if level_dbfs >= VOICE_FLOOR_DBFS else self._below_floor + 1
        # also for silence, because the detector recognises a word by what came before it
        speech = self._detector.speech(samples * self._gain(level_dbfs))
        is_audible = self._below_floor < FLOOR_STEPS
        self._steps.append(Step(self._waiting_since_ms, power, speech if is_audible else 0.0))

    def _gain(self, level_dbfs: float) -> np.float32:
        """The factor that makes distant and quiet speakers as loud as near ones: 1 if loud."""
        self._loud_dbfs = max(level_dbfs, self._loud_dbfs - FADE_DB)
        gain_db = min(max(LOUD_DBFS - self._loud_dbfs, 0.0), GAIN_DB)
        return np.float32(10 ** (gain_db / 20))


def dbfs(power: float) -> float:
    """The level in decibels relative to full scale (dBFS), from the mean square of the samples.

    Never below SILENCE_DBFS or above 0.
    """
    return min(0.0, 10 * math.log10(power)) if power > 10 ** (SILENCE_DBFS / 10) else SILENCE_DBFS


def smoothed_speech(speech: Sequence[float]) -> list[float]:
    """The probability of speech per step: without clicks, with filled pauses and wider words.

    These are the morphological operations opening, closing and dilation (Serra, 1982).
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
    """The highest value of every window of so many steps that touches the values."""
    highest: Probabilities = _windows(values, steps).max(axis=1)
    return highest


def _eroded(values: Probabilities, steps: int) -> Probabilities:
    lowest: Probabilities = _windows(values, steps).min(axis=1)
    return lowest


def _windows(values: Probabilities, steps: int) -> Probabilities:
    """All windows of so many steps. Before and after the values there is silence."""
    return np.lib.stride_tricks.sliding_window_view(np.pad(values, steps - 1), steps)


def _length_ms(samples: int) -> float:
    return samples * 1000 / SAMPLE_RATE_HZ
