"""Chromium with a camera and a microphone made from a clip, and an ear for everything it complains
about.

The camera's picture carries a stamp: a band of black and white stripes at its foot that counts the
clip's tenths of a second. Whatever becomes of the picture on its way, the stamp tells which moment
of the clip it shows.
"""

import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.resampler import AudioResampler
from machine import CHROMIUM
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, sync_playwright

STAMP_BITS = 10
STAMP_PX = 24  # the band's height: survives JPEG and H.264 at our sizes
SIZE = (640, 480)
CAMERA_FPS = 30  # the rate at which Chromium plays any MJPEG
SOUND_HZ = 48_000

Rgb = NDArray[np.uint8]


def stamp(rgb: Rgb, t_ms: int) -> Rgb:
    """Write the time into the picture's foot."""
    tenths = t_ms // 100
    bits = [255 * (tenths >> (STAMP_BITS - 1 - bit) & 1) for bit in range(STAMP_BITS)]
    rgb[-STAMP_PX:] = np.repeat(bits, rgb.shape[1] // STAMP_BITS)[None, :, None]
    return rgb


def read_stamp(rgb: Rgb) -> int:
    """The clip's time in ms, to the tenth of a second."""
    stripes = np.array_split(rgb[-STAMP_PX + 6 : -6].mean(axis=(0, 2)), STAMP_BITS)
    bits = [int(np.median(stripe) > 127) for stripe in stripes]
    return 100 * sum(bit << (STAMP_BITS - 1 - place) for place, bit in enumerate(bits))


def make_camera(clip: Path, folder: Path) -> tuple[Path, Path]:
    """The clip as Chromium's fake devices want it: MJPEG with stamps, and a WAV."""
    mjpeg, wav = folder / "camera.mjpeg", folder / "microphone.wav"
    with av.open(clip) as source, av.open(mjpeg, "w", format="mjpeg") as target:
        stream = target.add_stream("mjpeg", rate=CAMERA_FPS, options={"q:v": "4"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuvj420p"
        written = 0
        for frame in source.decode(video=0):
            rgb = frame.reformat(*SIZE, format="rgb24")
            picture = np.asarray(rgb.to_ndarray(), np.uint8)
            while written / CAMERA_FPS <= frame.time:
                shown = stamp(picture, written * 1000 // CAMERA_FPS)
                target.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
                written += 1
        target.mux(stream.encode(None))
    write_sound(clip, wav)
    return mjpeg, wav


def write_sound(clip: Path, wav: Path) -> None:
    resampler = AudioResampler(format="s16", layout="mono", rate=SOUND_HZ)
    with av.open(clip) as source, wave.open(str(wav), "wb") as target:
        target.setparams((1, 2, SOUND_HZ, 0, "NONE", ""))
        for frame in source.decode(audio=0):
            for converted in resampler.resample(frame):
                target.writeframes(converted.to_ndarray().tobytes())


@dataclass
class Complaints:
    """Console errors, page errors and policy violations of every page that is watched."""

    found: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()  # parts of messages that the test provokes

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.note(f"page error: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.note(f"{message.type}: {message.text}")

    def note(self, text: str) -> None:
        if not any(part in text for part in self.expected):
            self.found.append(text)


@contextmanager
def chromium(
    camera: tuple[Path, Path] | None = None, *, profile: Path, width: int = 1440, **options: Any
) -> Iterator[BrowserContext]:
    """A browser with a profile of its own (so that it may be closed and opened again), and the fake
    devices.
    """
    args = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    args += ["--disable-sync", "--no-first-run", "--autoplay-policy=no-user-gesture-required"]
    if camera:
        args += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        args += [
            f"--use-file-for-fake-video-capture={camera[0]}",
            f"--use-file-for-fake-audio-capture={camera[1]}",
        ]
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=CHROMIUM,
            args=args,
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(20_000)
        try:
            yield context
        except BaseException:
            for number, page in enumerate(context.pages):
                page.screenshot(path=profile.parent / f"failed-{number}.png")
            raise
        finally:
            context.close()
