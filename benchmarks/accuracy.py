"""Measures how often the engine is right on labelled footage: `make bench-accuracy`.

Prints tables and writes them to docs/benchmarks.md. The tables show counts and not only shares,
because there are few labels of some kinds.
"""

import argparse
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import hearing, mouths, reused_readings, scores, small_faces, softened
from benchmarks import labels as label_files
from benchmarks.clips import FOOTAGE
from benchmarks.degraded import Picture, first_picture, quality_rows
from benchmarks.labels import Label
from benchmarks.report_section import DOCUMENT, PROJECT, rewrite_section
from capture.media.signature import identify_file
from capture.rules import RULES_VERSION, find_flags, rule_name
from capture.rules.columns import Columns
from capture.rules.head import CAMERA, Ahead, straight_ahead
from capture.senses.face import FaceReader, FaceReading
from capture.session import AnswerSource, CaptureSession, Models
from capture.store.recording import read_observations
from capture.types import AnswerSpan, Flag, Frame, Measurements

MODELS_FOLDER = PROJECT / "instance" / "models"
MODELS = Models(MODELS_FOLDER / "face_landmarker.task", MODELS_FOLDER / "centerface.onnx")
ROTATIONS_DEG = (-30, -15, 15, 30)
FLAGGED = {  # what we made the composite clips to show
    "composite_dev__dev_c1_noface_gap.webm": ("no_face", 12_000, 17_520),
    "composite_dev__dev_c2_second_person.webm": ("several_faces", 9_000, 15_000),
    "composite_dev__dev_c3_offcamera_voice.webm": ("other_voice", 3_000, 9_720),
}
WRONG_SHOWN = 4  # so that the table stays readable


@dataclass
class Clip:
    """One measured video."""

    name: str
    labels: list[Label]
    measurements: Measurements
    flags: list[Flag]
    ahead: Ahead


@dataclass
class Table:
    """Rows of text under a title, for the terminal and for the document."""

    title: str
    heads: Sequence[str]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def markdown(self) -> str:
        lines = [self.heads, ["---"] * len(self.heads), *self.rows]
        return (
            f"### {self.title}\n\n"
            + "\n".join("| " + " | ".join(line) + " |" for line in lines)
            + "\n"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("footage", type=Path, nargs="?", default=FOOTAGE)
    parser.add_argument("--out", type=Path, default=DOCUMENT)
    options = parser.parse_args()
    if not (options.footage / "segments.csv").is_file():
        print(f"no labelled footage at {options.footage}; give the folder", file=sys.stderr)
        return 2
    tables = list(measure(options.footage))
    text = opening() + "\n".join(table.markdown() for table in tables)
    print(text)
    rewrite_section("accuracy", text, options.out)
    return 0


def measure(footage: Path) -> Iterator[Table]:
    every = label_files.read_labels(footage)
    clips = [measured(footage, file, every) for file in progress(list(label_files.videos(every)))]
    yield face_table(clips)
    with FaceReader(MODELS.face) as reader:
        yield still_table(footage, every)
        yield angle_table(footage, every, reader)
        yield Table(
            "Readings that hold, against fresh ones",
            reused_readings.HEADS,
            list(reused_readings.reused_rows(footage, reader)),
        )
    yield Table(
        "Small sharp faces", small_faces.HEADS, list(small_faces.small_rows(footage, MODELS))
    )
    yield head_table(clips)
    yield gaze_table(clips)
    yield blink_table(clips, every)
    yield Table(
        "Mouths that could not be measured",
        mouths.HEADS,
        list(mouths.mouth_rows(footage, every, MODELS)),
    )
    yield Table(
        "Speech, by frames of 100 ms", hearing.HEADS, list(hearing.file_rows(footage, every))
    )
    changed = list(hearing.changed_rows(footage, every))
    yield Table("Speech of meetings, made softer and noisier", hearing.CHANGED_HEADS, changed)
    yield flag_table(clips)
    heads = ("every picture changed", "clips without a flag", "not assessable", "flagged", "which")
    yield Table("Clips of one person made worse", heads, list(quality_rows(footage, MODELS)))
    soft = list(softened.softened_rows(footage, MODELS))
    yield Table("Single talkers made soft, with sound", softened.HEADS, soft)


def progress(files: Sequence[str]) -> Iterator[str]:
    for number, file in enumerate(files, 1):
        if sys.stderr.isatty():
            print(f"\r\033[K{number}/{len(files)} {file}", end="", file=sys.stderr, flush=True)
        yield file
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)


def measured(footage: Path, file: str, every: list[Label]) -> Clip:
    path = footage / file
    with tempfile.TemporaryDirectory() as folder:
        observations = Path(folder) / "observations"
        source = AnswerSource(path, identify_file(path), observations)
        duration_ms = CaptureSession(source, MODELS.senses).run().duration_ms
        rows = read_observations(observations)
    seen = Measurements(duration_ms, [AnswerSpan(1, 1, 0, duration_ms)], rows)
    own = [label for label in every if label.file == file]
    return Clip(path.name, own, seen, find_flags(seen), straight_ahead(Columns.of(rows)) or CAMERA)


def face_table(clips: Sequence[Clip]) -> Table:
    table = Table(
        "Faces counted, by sample", ("clip", "labelled", "right", "of", "longest invented", "wrong")
    )
    totals: dict[str, scores.Score] = {}
    for clip in clips:
        for value in dict.fromkeys(label.value for label in clip.labels if label.kind == "faces"):
            own = [label for label in clip.labels if label.kind == "faces" and label.value == value]
            if not (value.isdigit() or value == ">=2"):
                continue
            score = scores.faces(clip.measurements.observations, own)
            invented_ms = scores.longest_invented_ms(clip.measurements.observations, own)
            add(totals.setdefault(value, scores.Score()), score)
            if score.wrong or value not in "01":
                table.rows.append(
                    (clip.name, value, *counted(score), f"{invented_ms / 1000:.1f} s", wrong(score))
                )
    rows = [("**all**", value, *counted(score), "", "") for value, score in sorted(totals.items())]
    table.rows[:0] = rows
    return table


def add(total: scores.Score, score: scores.Score) -> None:
    total.right += score.right
    total.asked += score.asked


def counted(score: scores.Score) -> tuple[str, str]:
    return str(score.right), str(score.asked)


def wrong(score: scores.Score) -> str:
    more = len(score.wrong) - WRONG_SHOWN
    return "; ".join(score.wrong[:WRONG_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def still_table(footage: Path, every: list[Label]) -> Table:
    table = Table("Faces counted in stills", ("still", "labelled", "counted"))
    for label in every:
        if label.kind == "faces" and label.file.startswith("images/"):
            with_senses = MODELS.senses()
            [row] = with_senses.feed(Frame(0, picture_of(footage / label.file)), has_sound=False)
            with_senses.close()
            table.rows.append((label.name, label.value, str(row.count)))
    return table


def picture_of(path: Path) -> Picture:
    loaded = cv2.imread(str(path))
    if loaded is None:
        raise FileNotFoundError(path)
    return np.ascontiguousarray(loaded[..., ::-1])


def angle_table(footage: Path, every: list[Label], reader: FaceReader) -> Table:
    """Stills and first pictures of clips, compared with themselves: mirrored, and rotated."""
    heads = (
        "picture",
        "nominal yaw",
        "yaw",
        "mirrored",
        "roll",
        "mirrored roll",
        "worst roll when turned",
    )
    table = Table("Angles of known pictures, in degrees", heads)
    nominal = {label.file: label.value for label in every if label.kind == "yaw_abs_nominal"}
    alone = {label.file for label in every if label.kind == "faces" and label.value == "1"}
    headed = dict.fromkeys(
        label.file for label in every if label.kind == "head" and label.file in alone
    )
    for file in [*nominal, *headed]:
        rgb = picture_of(footage / file) if file in nominal else first_picture(footage / file)
        upright, mirrored = read(reader, rgb), read(reader, rgb[:, ::-1])
        if upright and mirrored:
            numbers = (upright.yaw_deg, mirrored.yaw_deg, upright.roll_deg, mirrored.roll_deg)
            told = worst_roll_deg(reader, rgb, upright)
            table.rows.append(
                (Path(file).name, nominal.get(file, ""), *(f"{n:+.1f}" for n in numbers), told)
            )
    return table


def read(reader: FaceReader, rgb: NDArray[Any]) -> FaceReading | None:
    return reader.read(Frame(0, np.ascontiguousarray(rgb)))


def worst_roll_deg(reader: FaceReader, rgb: Picture, upright: FaceReading) -> str:
    worst = 0.0
    height, width = rgb.shape[:2]
    middle = (
        (upright.box[0] + upright.box[2] / 2) * width,
        (upright.box[1] + upright.box[3] / 2) * height,
    )
    for angle_deg in ROTATIONS_DEG:
        around = cv2.getRotationMatrix2D(middle, -angle_deg, 1.0)
        turned = cv2.warpAffine(rgb, around, (width, height), borderMode=cv2.BORDER_REPLICATE)
        seen = read(reader, turned)
        if seen is None:
            return "not found when turned"
        error = seen.roll_deg - upright.roll_deg - angle_deg
        worst = max(worst, error, key=abs)
    return f"{worst:+.1f}"


def head_table(clips: Sequence[Clip]) -> Table:
    return scored_table(
        "Head direction, by labelled stretch",
        clips,
        lambda clip: scores.heads(clip.measurements.observations, of(clip, "head"), clip.ahead),
    )


def gaze_table(clips: Sequence[Clip]) -> Table:
    return scored_table(
        "Gaze, by sample",
        clips,
        lambda clip: scores.gaze(clip.measurements.observations, of(clip, "gaze"), clip.ahead),
    )


def scored_table(title: str, clips: Sequence[Clip], ask: Callable[[Clip], scores.Score]) -> Table:
    table = Table(title, ("clip", "right", "of", "wrong"))
    total = scores.Score()
    for clip in clips:
        score = ask(clip)
        add(total, score)
        if score.asked:
            table.rows.append((clip.name, *counted(score), wrong(score)))
    table.rows.insert(
        0, ("**all**", *counted(total), f"{total.right / max(1, total.asked):.1%} right")
    )
    return table


def of(clip: Clip, *kinds: str) -> list[Label]:
    return [label for label in clip.labels if label.kind in kinds]


def blink_table(clips: Sequence[Clip], every: list[Label]) -> Table:
    table = Table(
        "Blinks, within 0.2 s of the labelled ones", ("clip", "found", "missed", "invented", "F1")
    )
    total = scores.Found()
    for clip in clips:
        file = clip.labels[0].file
        known = label_files.of(every, file, "blink")
        ignored = label_files.doubtful(every, file, "blink", "eyes")
        if known:
            seen = sorted(
                blink for row in clip.measurements.observations for blink in row.blinks_ms
            )
            found = scores.blinks(seen, known, ignored)
            total = total.plus(found)
            table.rows.append((clip.name, *found_cells(found)))
    table.rows.insert(0, ("**all**", *found_cells(total)))
    return table


def found_cells(found: scores.Found) -> tuple[str, ...]:
    return str(found.hits), str(found.missed), str(found.invented), f"{found.f1:.3f}"


def flag_table(clips: Sequence[Clip]) -> Table:
    table = Table("Flags", ("clip", "expected", "medium or high", "low or not assessable"))
    for clip in clips:
        serious = scores.serious(clip.flags)
        rest = [
            flag
            for flag in clip.flags
            if flag not in serious and rule_name(flag) != "no_sound_track"
        ]
        expected = FLAGGED.get(clip.name)
        is_found = expected and any(scores.matches(flag, *expected) for flag in serious)
        word = f"{expected[0]}: {'found' if is_found else 'missed'}" if expected else ""
        if serious or rest or expected:
            table.rows.append(
                (clip.name, word, scores.flags_text(serious), scores.flags_text(rest))
            )
    return table


def opening() -> str:
    engine = (
        f"rules {RULES_VERSION}, mediapipe {version('mediapipe')}, OpenCV {cv2.__version__}, PyAV"
        f" {av.__version__}"
    )
    today = datetime.now(UTC).date().isoformat()
    return (
        f"## Accuracy on labelled footage\n\nPrinted by `make bench-accuracy` on {today}: {engine},"
        f" Python {platform.python_version()}. Only labelled time is scored. Head and gaze are"
        " compared with the person's own straight ahead, as the rules do.\n\n"
    )


if __name__ == "__main__":
    sys.exit(main())
