"""What tests of the senses share: the real models, people to look at, and lines of observations
drawn as text.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from clips import make_clip

from capture.demo import HEIGHT, PICTURES_HZ, WIDTH, Scene, Studio, calm
from capture.media.signature import identify_file
from capture.session import AnswerSource, CaptureSession, Models
from capture.store.recording import read_observations
from capture.types import (
    SAMPLE_EVERY_MS,
    AnswerSpan,
    Flag,
    Gap,
    Measurements,
    Observation,
    PageEvent,
)

MODELS_FOLDER = Path(__file__).resolve().parents[2] / "instance" / "models"
PORTRAIT = MODELS_FOLDER / "astronaut.png"
MODELS = Models(MODELS_FOLDER / "face_landmarker.task", MODELS_FOLDER / "centerface.onnx")

CLEAR: dict[str, Any] = {
    "brightness": 0.5,
    "sharpness": 60.0,
    "frozen": False,
    "level_dbfs": -45.0,
    "speech": 0.1,
}
FACE = {
    **CLEAR,
    "count": 1,
    "yaw_deg": 0.0,
    "pitch_deg": 0.0,
    "roll_deg": 0.0,
    "mouth_open": 0.05,
    "gaze_x": 0.0,
}
EMPTY = {**CLEAR, "count": 0}
DRAWN: dict[str, dict[str, Any]] = {
    "F": FACE,
    "2": {**FACE, "count": 2},
    ".": EMPTY,
    "_": {**EMPTY, "frozen": True},  # an empty picture that does not change
    "=": {**FACE, "frozen": True},  # a face that does not move
    "x": {**EMPTY, "brightness": 0.01, "sharpness": 1.0},  # black
    "c": {**EMPTY, "sharpness": 0.5},  # covered by something bright
    "b": {**FACE, "sharpness": 3.0},  # a blurred face
    "s": {**CLEAR, "count": None},  # what is seen is too small to count
    "d": {**EMPTY, "brightness": 0.08},  # a dim room without a face
    "D": {**FACE, "brightness": 0.08},  # a dim room with one
    "?": {},  # nothing was measured
    "L": {**FACE, "yaw_deg": -40.0},
    "R": {**FACE, "yaw_deg": 40.0},
    "v": {**FACE, "pitch_deg": -30.0},
    "e": {**FACE, "gaze_x": 0.6},  # eyes aside
    "E": {
        **FACE,
        "gaze_x": -0.6,
        "yaw_deg": 25.0,
    },  # a head that turned while the eyes stayed on the camera
    "V": {**FACE, "speech": 0.9},  # a voice while the mouth rests
    "h": {**FACE, "speech": 0.9, "mouth_open": None},  # a voice while the mouth is hidden
    "o": {**CLEAR, "count": 1},  # a face that cannot be read
    "n": {**FACE, "level_dbfs": -90.0},  # nothing from the microphone
    "-": {**FACE, "level_dbfs": None, "speech": None},  # no sound track
    "t": {**FACE, "mouth_open": 0.4},  # mouth open; with "F" in turn it speaks
    "M": {
        **FACE,
        "level_dbfs": -90.0,
        "mouth_open": 0.4,
    },  # mouth open without a sound; with "n" in turn it speaks
}


def draw_observations(drawing: str) -> list[Observation]:
    """`"F2 .3.6 Mn4"`: two seconds of a face, 3.6 without, four seconds of M and n in turn; five
    rows a second.
    """
    rows: list[Observation] = []
    for part in drawing.split():
        symbols = part[0] if part[1].isdigit() else part[:2]
        for number in range(round(float(part[len(symbols) :]) * 1000 / SAMPLE_EVERY_MS)):
            seen = Observation(len(rows) * SAMPLE_EVERY_MS, **DRAWN[symbols[number % len(symbols)]])
            rows.append(seen)
    return rows


def draw_measurements(
    drawing: str, *, events: list[PageEvent] | None = None, gaps: list[Gap] | None = None
) -> Measurements:
    """One answer that shows what is drawn."""
    rows = draw_observations(drawing)
    duration_ms = len(rows) * SAMPLE_EVERY_MS
    return Measurements(
        duration_ms, [AnswerSpan(1, 1, 0, duration_ms)], rows, events or [], gaps or []
    )


def kinds_and_times(flags: list[Flag]) -> list[tuple[str, int, int]]:
    """Kind, start and end of each flag: what the tables in tests compare."""
    return [(str(flag.kind), flag.start_ms, flag.end_ms) for flag in flags]


def film_sitter(path: Path, seconds: float, scene: Scene = calm, **options: Any) -> Path:
    """A clip of the demo's sitter, fragmented as browsers write it."""
    studio = Studio(PORTRAIT)

    def picture(t_ms: int) -> Any:
        return studio.picture(scene(t_ms / 1000), t_ms * PICTURES_HZ // 1000)

    return make_clip(
        path,
        seconds,
        **{"size": (WIDTH, HEIGHT), "sound": "speechlike", "picture": picture, **options},
    )


def source_of(path: Path, **values: Any) -> AnswerSource:
    """Measured into a file beside the clip."""
    return replace(
        AnswerSource(path, identify_file(path), path.with_suffix(".observations")), **values
    )


def measure(path: Path, folder: Path) -> Measurements:
    """The clip as one answer, measured with the real models."""
    source = source_of(path, observations_path=folder / "observations")
    source.observations_path.unlink(missing_ok=True)
    duration_ms = CaptureSession(source, MODELS.senses).run().duration_ms
    rows = read_observations(source.observations_path)
    return Measurements(duration_ms, [AnswerSpan(1, 1, 0, duration_ms)], rows)
