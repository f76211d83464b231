"""How loud it is and whether somebody speaks, from the sound's samples alone. Knows nothing of words or of voices.

Sound is cut into steps of 32 ms, the voice detector's own size; what is asked at a moment is answered from the steps
of the window that ends there.
"""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capture.types import Sound
from capture.voice import STEP_SAMPLES, VoiceDetector

SAMPLE_RATE_HZ = 16_000  # the voice detector knows no other; speech lies below 8 kHz
WINDOW_MS = 200  # as long as the pause between two pictures, so that no sound falls between two rows
SILENCE_DBFS = -90.0  # one step of 16-bit sound: nothing is quieter
VOICE_FLOOR_DBFS = -65.0  # below it the model hears voices in the noise of silent rooms
PAUSE_STEPS = 15  # 480 ms: a shorter pause between words belongs to speaking
PAUSE_MS = PAUSE_STEPS * STEP_SAMPLES * 1000 // SAMPLE_RATE_HZ
JUMP_MS = 60  # two steps; where due and given time differ by more there is a hole, not rounding
FOLLOW_MS = (
    10  # less is jitter; a microphone's clock that is fast or slow adds up to more, and is followed so much at a time
)
KEPT_MS = 15_000  # pictures lag behind their sound by less, as recorders write both every few seconds at most


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
            self._begin_anew(sound.t_ms)
        elif abs(late_ms) > FOLLOW_MS:
            self._waiting_since_ms += math.copysign(FOLLOW_MS, late_ms)
        self._waiting = np.concatenate((self._waiting, sound.samples))
        while len(self._waiting) >= STEP_SAMPLES:
            self._measure_step()
        while self._steps and self._steps[0].end_ms < self.heard_until_ms - KEPT_MS:
            self._steps.popleft()

    def level_dbfs(self, t_ms: int) -> float | None:
        """RMS level of the window ending at `t_ms`; None where no sound came."""
        steps = self._between(t_ms - WINDOW_MS, t_ms)
        return dbfs(sum(step.power for step in steps) / len(steps)) if steps else None

    def speech(self, t_ms: int) -> float | None:
        """Probability that somebody speaks in the window ending at `t_ms`; None where no sound came.

        Words are heard with the short pauses between them, so what follows within `PAUSE_MS` must have been fed.
        """
        around = self._between(t_ms - WINDOW_MS - PAUSE_MS, t_ms + PAUSE_MS)
        spoken = bridged([step.speech for step in around])
        inside = [value for step, value in zip(around, spoken, strict=True) if t_ms - WINDOW_MS < step.end_ms <= t_ms]
        return sum(inside) / len(inside) if inside else None

    def _between(self, after_ms: float, until_ms: float) -> list[Step]:
        return [step for step in self._steps if after_ms < step.end_ms <= until_ms]

    def _begin_anew(self, t_ms: int) -> None:
        """After a hole the detector must not hear two distant moments as one word."""
        self._detector.reset()
        self._waiting = self._waiting[:0]
        self._waiting_since_ms = float(t_ms)

    def _measure_step(self) -> None:
        samples, self._waiting = self._waiting[:STEP_SAMPLES], self._waiting[STEP_SAMPLES:]
        self._waiting_since_ms += _length_ms(STEP_SAMPLES)
        power = float(np.mean(np.square(samples, dtype=np.float64)))
        speech = self._detector.speech(samples)  # it hears quiet steps, too: it knows a word's start by what was before
        is_audible = dbfs(power) >= VOICE_FLOOR_DBFS
        self._steps.append(Step(self._waiting_since_ms, power, speech if is_audible else 0.0))


def dbfs(power: float) -> float:
    """Mean square of samples in −1…1 → dB relative to full scale, held between silence and full scale."""
    return min(0.0, 10 * math.log10(power)) if power > 10 ** (SILENCE_DBFS / 10) else SILENCE_DBFS


def bridged(speech: list[float]) -> list[float]:
    """Pauses of up to `PAUSE_STEPS` are filled up to the lower of what was heard before and after them."""
    beyond = [0.0] * (PAUSE_STEPS - 1)
    padded = beyond + speech + beyond
    highest = [max(padded[at : at + PAUSE_STEPS]) for at in range(len(padded) - PAUSE_STEPS + 1)]
    return [min(highest[at : at + PAUSE_STEPS]) for at in range(len(speech))]


def _length_ms(samples: int) -> float:
    return samples * 1000 / SAMPLE_RATE_HZ
