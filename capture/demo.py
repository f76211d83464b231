"""Makes the clips of the demo interview from one portrait in the public domain.

The portrait moves, leaves the picture, or appears twice. The clips are ordinary video files that
the engine measures. We know to a tenth of a second what they show, so tests use them, too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import ceil, floor, pi, sin
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from capture.errors import CaptureError
from disk.atomic import atomic_write

WIDTH, HEIGHT = 640, 480  # what the recorder asks of a camera
PICTURES_HZ = 24
# the bit rate of the browser's recorder, and one key picture per second
X264_OPTIONS = {"preset": "superfast", "b": "1000000", "g": str(PICTURES_HZ)}
CLIP_S = 15
# the face is surely away from the first of these moments to the second
HIDDEN_S = (4.0, 11.0)
DOUBLED_S = (4.0, 10.0)
STEP_S = 0.4  # the time to step into the picture or out of it

SITTER_PX = (84, 0, 362, 440)  # left, top, right, bottom of the person within the portrait
EDGE_PX = 36  # the width of the soft edge around the person
WALL_PX = (300, 20, 370, 90)  # this piece of the portrait's wall gives the room its colour
OUTSIDE_PX = 560.0  # a person so far from the middle is outside the picture
# of 255, the noise of a camera; without it an empty room looks like a stalled camera
GRAIN_LEVELS = 4.0

SOUND_HZ = 48_000
SOUND_BLOCK = 1_024  # samples in one AAC frame
SYLLABLES_HZ = 4.2
PHRASE_S, BREATH_S = 2.6, 0.7
# the first two formants of five vowels, from textbooks
VOWELS_HZ = ((730, 1090), (270, 2290), (570, 840), (530, 1840), (440, 1020))
HARMONICS = 30

GRAINS = 12  # different pictures of noise, which repeat after half a second

Picture = NDArray[np.uint8]
Layer = NDArray[Any]  # OpenCV's type hints say no more
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Sitter:
    """One copy of the person in the picture. `aside_px` is the distance right of the middle."""

    aside_px: float
    scale: float
    mirrored: bool = False


def make_demo_clips(portrait: Path, folder: Path) -> list[Path]:
    """Make three answers: an undisturbed one, one with an empty picture, one with two people."""
    scenes = {"calm": calm, "hidden": hidden, "doubled": doubled}
    return [
        make_demo_clip(portrait, folder / f"{name}.mp4", scene) for name, scene in scenes.items()
    ]


def calm(t_s: float) -> list[Sitter]:
    return [Sitter(14 * sin(0.7 * t_s), 1.0 + 0.02 * sin(1.1 * t_s))]


def hidden(t_s: float) -> list[Sitter]:
    [sitter] = calm(t_s)
    return [Sitter(sitter.aside_px - OUTSIDE_PX * _between(t_s, *HIDDEN_S), sitter.scale)]


def doubled(t_s: float) -> list[Sitter]:
    [sitter] = calm(t_s)
    there = _between(t_s, *DOUBLED_S)
    second = Sitter(OUTSIDE_PX - (OUTSIDE_PX - 165) * there - sitter.aside_px, 0.85, mirrored=True)
    return [second, Sitter(sitter.aside_px - 120 * there, sitter.scale)]


def _between(t_s: float, start_s: float, end_s: float) -> float:
    """1 from start to end, 0 before and after, with a linear transition of STEP_S between them."""
    glide = min((t_s - start_s) / STEP_S + 1, (end_s - t_s) / STEP_S + 1)
    return max(0.0, min(1.0, glide))


Scene = Callable[[float], list[Sitter]]


def make_demo_clip(portrait: Path, target: Path, scene: Scene, seconds: int = CLIP_S) -> Path:
    """Write one clip as MP4 with H.264 and AAC."""
    studio = Studio(portrait)
    with atomic_write(target) as temporary, av.open(temporary, "w", format="mp4") as output:
        picture = output.add_stream("libx264", rate=PICTURES_HZ, options=X264_OPTIONS)
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound = output.add_stream("aac", rate=SOUND_HZ, layout="mono")
        _write_sound(output, sound, speechlike(seconds))
        for number in range(seconds * PICTURES_HZ):
            frame = VideoFrame.from_ndarray(
                studio.picture(scene(number / PICTURES_HZ), number), format="rgb24"
            )
            output.mux(picture.encode(frame))
        output.mux(picture.encode(None))
    return target


class Studio:
    """A room in the portrait's colours, and the person that we put into it."""

    def __init__(self, portrait: Path) -> None:
        loaded = cv2.imread(str(portrait))
        if loaded is None:
            raise CaptureError(f"the portrait {portrait.name} cannot be read; run the set-up again")
        rgb = cv2.cvtColor(loaded, cv2.COLOR_BGR2RGB).astype(np.float32)
        left, top, right, bottom = SITTER_PX
        self._sitter = np.dstack(
            (rgb[top:bottom, left:right], _soft_edges(right - left, bottom - top))
        )
        self._room = _room(rgb)
        random = np.random.default_rng(1)  # the same noise every time
        self._grain = random.normal(0, GRAIN_LEVELS, (GRAINS, HEIGHT, WIDTH, 1)).astype(np.float32)

    def picture(self, sitters: list[Sitter], number: int) -> Picture:
        canvas = self._room.copy()
        for sitter in sitters:
            self._put(canvas, sitter, bob_px=4 * sin(2 * pi * 0.3 * number / PICTURES_HZ))
        canvas += self._grain[number % GRAINS]
        picture: Picture = np.clip(canvas, 0, 255).astype(np.uint8)
        return picture

    def _put(self, canvas: Layer, sitter: Sitter, bob_px: float) -> None:
        """Put the person at the lower edge of the picture: scaled, mirrored, shifted, breathing.

        Changes only the person's columns of the picture.
        """
        height, width = self._sitter.shape[:2]
        across = -sitter.scale if sitter.mirrored else sitter.scale
        middle_px, reach_px = WIDTH / 2 + sitter.aside_px, sitter.scale * width / 2
        left, right = max(0, floor(middle_px - reach_px)), min(WIDTH, ceil(middle_px + reach_px))
        if right <= left:
            return
        move_x = middle_px - across * width / 2 - left
        move_y = HEIGHT + 6 + bob_px - sitter.scale * height
        matrix = np.array([[across, 0, move_x], [0, sitter.scale, move_y]])
        there = cv2.warpAffine(
            self._sitter, matrix, (right - left, HEIGHT), borderMode=cv2.BORDER_REPLICATE
        )
        part = canvas[:, left:right]
        part += there[..., 3:] * (there[..., :3] - part)


def _soft_edges(width: int, height: int) -> Layer:
    """1 inside, falling to 0 at the left, the right and the upper edge."""
    columns = np.minimum(np.arange(width), np.arange(width)[::-1])
    inside_px = np.minimum(columns, np.arange(height)[:, None])
    return np.clip(inside_px / EDGE_PX, 0, 1).astype(np.float32)


def _room(portrait: Layer) -> Layer:
    """A room in the wall's colour, a little darker towards the floor."""
    left, top, right, bottom = WALL_PX
    wall = portrait[top:bottom, left:right].mean(axis=(0, 1))
    light = np.linspace(1.04, 0.86, HEIGHT, dtype=np.float32)[:, None, None]
    room: Layer = np.tile(light, (1, WIDTH, 1)) * wall
    return room


@cache
def speechlike(seconds: float) -> Numbers:
    """Vowels in phrases, with breaths between them. The voice detector takes it for a voice."""
    times_s = np.arange(round(seconds * SOUND_HZ)) / SOUND_HZ
    pitch_hz = 115 + 12 * np.sin(2 * pi * 0.5 * times_s)
    turns = np.cumsum(pitch_hz) / SOUND_HZ
    formants_hz = np.array(VOWELS_HZ)[(times_s * SYLLABLES_HZ).astype(int) % len(VOWELS_HZ)]
    voice = sum(
        _harmonic(number, pitch_hz, turns, formants_hz) for number in range(1, HARMONICS + 1)
    )
    syllables = np.sin(pi * (times_s * SYLLABLES_HZ % 1)) ** 0.7
    phrases = times_s % (PHRASE_S + BREATH_S) < PHRASE_S
    hiss = np.random.default_rng(2).normal(0, 0.002, len(times_s))
    spoken: Numbers = 0.12 * voice * syllables * phrases + hiss
    return np.clip(spoken, -1, 1)


def _harmonic(number: int, pitch_hz: Numbers, turns: Numbers, formants_hz: Numbers) -> Numbers:
    distance_hz = (number * pitch_hz)[:, None] - formants_hz
    strength = 0.08 / number + np.exp(-((distance_hz / 130) ** 2)).sum(axis=1)
    spoken: Numbers = strength * np.sin(2 * pi * number * turns)
    return spoken


def _write_sound(output: OutputContainer, stream: Any, samples: Numbers) -> None:
    for start in range(0, len(samples), SOUND_BLOCK):
        block = samples[start : start + SOUND_BLOCK].astype(np.float32)[None]
        frame = AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = SOUND_HZ, start
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))
