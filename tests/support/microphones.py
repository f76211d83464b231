"""A microphone made by code: a PulseAudio of the test's own, whose only source hears what the test
says.

Sound goes in through a pipe in steps of 20 ms, each at its due moment on the monotonic clock, so
that a test knows to a few ms when each sample was to be heard.
"""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ctypes.util import find_library
from glob import glob
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from capture.device.listing import look_again

RATE_HZ = 48_000
STEP_SAMPLES = RATE_HZ // 50
PIPE_BYTES = 32_768  # a third of a second: what is left over from before is soon gone
READY_WITHIN_S = 20
PULSEAUDIO = shutil.which("pulseaudio")
NAME = "kiosk_room"
ALSA = f"""
</usr/share/alsa/alsa.conf>
pcm.{NAME} {{ type pulse device "{NAME}" hint {{ show on description "The test's microphone" }} }}
"""

PULSE_PLUGINS = (
    "/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so",
    "/usr/lib*/alsa-lib/libasound_module_pcm_pulse.so",
)

Samples = NDArray[np.float32]


def can_make_sound() -> bool:
    """Whether this machine has what the tests' microphone needs."""
    has_plugin = any(glob(pattern) for pattern in PULSE_PLUGINS)
    return bool(PULSEAUDIO and find_library("portaudio") and has_plugin)


class VirtualMicrophone:
    """start(), say(samples), mute(), kill(); `environ` makes PortAudio find it under `NAME`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        run = folder / "run"
        run.mkdir(parents=True)
        run.chmod(0o700)
        self.pipe = folder / "pipe"
        self.environ = {
            "XDG_RUNTIME_DIR": str(run),
            "PULSE_RUNTIME_PATH": str(run),
            "HOME": str(folder),
            "ALSA_CONFIG_PATH": str(folder / "alsa.conf"),
        }
        (folder / "alsa.conf").write_text(ALSA)
        self.sounds: Callable[[float], Samples] = lambda _t_s: np.zeros(STEP_SAMPLES, np.float32)
        self.began_s = 0.0
        self._stop = threading.Event()
        self._feeder: threading.Thread | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            "pulseaudio",
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
            "--disallow-exit",
        ]
        command += ["--log-level=error", "-L", "module-native-protocol-unix"]
        command += [
            "-L",
            (
                f"module-pipe-source source_name={NAME} file={self.pipe} format=s16le"
                f" rate={RATE_HZ} channels=1"
            ),
        ]
        with (self.folder / "pulse.log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=os.environ | self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until_s = time.monotonic() + READY_WITHIN_S
        while (handle := self._opened()) is None:
            assert self.process.poll() is None, (self.folder / "pulse.log").read_text()
            assert time.monotonic() < until_s, "PulseAudio did not come up"
            time.sleep(0.05)
        self._feeder = threading.Thread(target=self._feed, args=(handle,), daemon=True)
        self._feeder.start()

    def _opened(self) -> int | None:
        """The pipe, once PulseAudio takes clients and reads from it; the one may come before the
        other.
        """
        if not (self.folder / "run" / "native").exists():
            return None
        try:
            return os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENXIO):
                raise
            return None

    @contextmanager
    def plugged_in(self) -> Iterator["VirtualMicrophone"]:
        """Running, and known to PortAudio here and in processes that are started meanwhile."""
        before = {name: os.environ.get(name) for name in self.environ}
        self.start()
        os.environ.update(self.environ)
        look_again()
        try:
            yield self
        finally:
            self.kill()
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
            look_again()

    def say(self, sounds: Callable[[float], Samples]) -> None:
        """From now on: `sounds(t_s)` gives the samples of the 20 ms from that moment of the
        monotonic clock on.
        """
        self.sounds = sounds

    def mute(self) -> None:
        """Deliver nothing any more, as a microphone whose cable was pulled."""
        self._stop.set()
        if self._feeder:
            self._feeder.join()

    def kill(self) -> None:
        self.mute()
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _feed(self, handle: int) -> None:
        fcntl.fcntl(handle, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        next_s = time.monotonic()
        try:
            with suppress(
                BrokenPipeError
            ):  # PulseAudio was killed: there is nobody left to deliver to
                while not self._stop.is_set():
                    # a sample is, once over
                    time.sleep(max(0.0, next_s + STEP_SAMPLES / RATE_HZ - time.monotonic()))
                    data = (np.clip(self.sounds(next_s), -1, 1) * 32_767).astype("<i2").tobytes()
                    with suppress(BlockingIOError):  # nobody listens, so nobody misses it
                        os.write(handle, data)
                    next_s += STEP_SAMPLES / RATE_HZ
        finally:
            os.close(handle)


def from_clip(samples: Samples, began_s: float) -> Callable[[float], Samples]:
    """What `say` takes: these samples from that moment on, silence before and after."""

    def sounds(t_s: float) -> Samples:
        first = round((t_s - began_s) * RATE_HZ)
        wanted = np.arange(first, first + STEP_SAMPLES)
        there = (wanted >= 0) & (wanted < len(samples))
        return np.where(there, samples[np.clip(wanted, 0, len(samples) - 1)], 0).astype(np.float32)

    return sounds
