"""Records one microphone with PortAudio, and gives each block of sound a monotonic time.

If sound was lost, there is a hole of the same length between two blocks. Knows no files and no
pictures.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capture.device.listing import MicrophoneInfo, portaudio
from capture.errors import DeviceMissing

# we use the first rate that the device accepts; AAC supports all of them
RATES_HZ = (48_000, 44_100, 32_000, 16_000)
BLOCK_S = 0.02  # short enough for a lively level meter, and long enough to cost nothing
STALE_S = 1.0  # after so long without sound the microphone is gone
SETTLE_S = 0.6  # while drivers start, they report odd times and deliver old sound
OPEN_WITHIN_S = 5.0
CLOSE_WITHIN_S = 3.0  # some drivers never return when their server has died
SILENCE_DBFS = -90.0

MOST_DELAY_S = 0.5  # a driver that claims older sound than this is wrong
# a larger distance between two blocks, or from the expected time, is a loss and not jitter
HOLE_S = 0.06
JUMP_BLOCKS = 5  # so many blocks in a row must be off, unless the driver reports a loss
NUDGE_S = 0.02  # one odd time counts at most so much
NUDGE_SHARE = 0.002  # follows a drift of 2,000 ppm (real clocks have 100), but hardly any jitter

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Block:
    """Mono samples in −1…1, and the time of the first one on the monotonic clock."""

    t_s: float
    samples: NDArray[np.float32]


Sink = Callable[[Block], None]


class SoundClock:
    """Turns a driver's times, which have jitter, into regular ones.

    Follows the clock's drift, and jumps when sound was lost.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._begin_s: float | None = None
        self._samples = 0
        self._off_s: deque[float] = deque(maxlen=JUMP_BLOCKS)

    def begin_of(self, told_s: float, samples: int, *, has_lost: bool = False) -> float:
        """The time at which a block began, if the driver says `told_s`."""
        if self._begin_s is None:
            self._begin_s = told_s
        off_s = told_s - self._next_s()
        self._off_s.append(off_s)
        if self._is_jump(off_s, has_lost):
            self._begin_s += off_s if has_lost else median(self._off_s)
            self._off_s.clear()
        else:
            self._begin_s += max(-NUDGE_S, min(NUDGE_S, off_s)) * NUDGE_SHARE
        began_s = self._next_s()
        self._samples += samples
        return began_s

    def _next_s(self) -> float:
        return (self._begin_s or 0.0) + self._samples / self._rate_hz

    def _is_jump(self, off_s: float, has_lost: bool) -> bool:
        if has_lost:
            return off_s > 0
        row = self._off_s
        return len(row) == JUMP_BLOCKS and (min(row) > HOLE_S or max(row) < -HOLE_S)


class Microphone:
    """One open microphone. `overflows` counts how often the driver lost sound."""

    def __init__(self, info: MicrophoneInfo) -> None:
        self.info = info
        self.rate_hz = 0
        self.overflows = 0
        self.sink: Sink | None = None  # PortAudio's thread calls it, so it must be quick
        self._stream: Any = None
        self._clock = SoundClock(RATES_HZ[0])
        self._first_s = math.inf
        self._heard_s = -math.inf
        self._until_s = math.inf  # the end of the last block
        self._level_dbfs = SILENCE_DBFS
        self._settled = threading.Event()

    def open(self) -> None:
        """Begin to record. Raises DeviceMissing if we cannot open it or it delivers no sound."""
        sounddevice = portaudio()
        channels = min(2, self.info.channels)  # some devices have only stereo, which we mix to mono
        try:
            self.rate_hz = self._rate(sounddevice, channels)
            self._stream = sounddevice.InputStream(
                device=self.info.number,
                channels=channels,
                samplerate=self.rate_hz,
                blocksize=round(self.rate_hz * BLOCK_S),
                dtype="float32",
                latency="high",  # late sound is better than lost sound
                callback=self._receive,
            )
            self._clock = SoundClock(self.rate_hz)
            self._stream.start()
        except sounddevice.PortAudioError as exc:
            self.close()
            raise DeviceMissing(
                f"the microphone {self.info.name!r} cannot be opened; is it in use?"
            ) from exc
        if not self._settled.wait(OPEN_WITHIN_S):
            self.close()
            raise DeviceMissing(f"the microphone {self.info.name!r} delivers no sound")

    @property
    def is_alive(self) -> bool:
        return time.monotonic() - self._heard_s < STALE_S

    @property
    def level_dbfs(self) -> float:
        """The current level. Without sound it is SILENCE_DBFS."""
        return self._level_dbfs if self.is_alive else SILENCE_DBFS

    def close(self) -> None:
        """Release the microphone. May be called again."""
        self.sink = None
        stream, self._stream = self._stream, None
        if stream is None:
            return
        closing = threading.Thread(target=stream.close, kwargs={"ignore_errors": True}, daemon=True)
        closing.start()
        closing.join(CLOSE_WITHIN_S)
        if closing.is_alive():
            logger.warning("the microphone's driver does not release it")

    def _rate(self, sounddevice: Any, channels: int) -> int:
        for rate_hz in RATES_HZ:
            try:
                sounddevice.check_input_settings(
                    device=self.info.number, channels=channels, samplerate=rate_hz
                )
            except sounddevice.PortAudioError:
                continue
            return rate_hz
        raise DeviceMissing(f"the microphone {self.info.name!r} has none of the usual sample rates")

    def _receive(self, samples: NDArray[np.float32], count: int, driver: Any, status: Any) -> None:
        now_s = time.monotonic()
        delay_s = driver.currentTime - driver.inputBufferAdcTime
        delay_s = (
            max(delay_s, count / self.rate_hz) if delay_s < MOST_DELAY_S else count / self.rate_hz
        )
        self._heard_s = now_s
        self._first_s = min(self._first_s, now_s)
        if now_s - self._first_s < SETTLE_S:
            return
        self._settled.set()
        has_lost = bool(status.input_overflow)
        began_s = self._clock.begin_of(now_s - delay_s, count, has_lost=has_lost)
        # some drivers lose sound and do not report it
        self.overflows += has_lost or began_s - self._until_s > HOLE_S
        self._until_s = began_s + count / self.rate_hz
        mono = samples.mean(axis=1, dtype=np.float32)
        self._level_dbfs = _dbfs(mono)
        sink = self.sink
        if sink is not None:
            sink(Block(began_s, mono))


def _dbfs(samples: NDArray[np.float32]) -> float:
    power = float(np.mean(np.square(samples)))
    return max(SILENCE_DBFS, 10 * math.log10(power)) if power > 0 else SILENCE_DBFS
