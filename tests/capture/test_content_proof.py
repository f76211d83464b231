"""The film and the telemetry show what was recorded, at the time it was recorded, and what was lost
is seen to be lost.

Sources that show and sound their own time go the whole way: measured while they grow, normalised,
joined. Then the time is read from the film's pictures, from its sound, and from the telemetry's
brightness and level.
"""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import pytest
from counted_media import (
    BEEP_AT_MS,
    BEEP_MS,
    BEEP_POWER,
    HEIGHT,
    RAMP_MS,
    RATE_HZ,
    Source,
    ramp_ms,
    shown_ms,
)
from senses_support import MODELS

from capture.film import joining
from capture.film.film_index import sound_shift_ms
from capture.session import AnswerSource, CaptureSession
from capture.store import telemetry, timeline
from capture.store.recording import read_observations
from capture.types import AnswerSpan, MeasuredAnswer

APART_MS = 100  # what a person starts to notice between lips and voice
READING_MS = 4  # codecs let a beep begin a little earlier or later
CLOCKS = ("film's pictures", "film's sound", "telemetry's brightness", "telemetry's level")


@dataclass
class Proof:
    """One answer in the film: how far each clock is from the source's, and which seconds are
    there.
    """

    span: AnswerSpan
    offsets_ms: dict[str, list[float]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    heard: set[int] = field(default_factory=set)

    @property
    def apart_ms(self) -> float:
        """The largest distance between any two clocks at any moments."""
        every = [offset for offsets in self.offsets_ms.values() for offset in offsets]
        return max(every) - min(every)

    @property
    def picture_to_sound_ms(self) -> float:
        """How far the film's sound is from its pictures, at most."""
        picture_ms = float(np.median(self.offsets_ms[CLOCKS[0]]))
        return max(abs(offset - picture_ms) for offset in self.offsets_ms[CLOCKS[1]])

    def __str__(self) -> str:
        ranges = (
            f"{clock} {min(ms):+.0f}…{max(ms):+.0f} ({len(ms)})"
            for clock, ms in self.offsets_ms.items()
        )
        return (
            f"{self.span.end_ms - self.span.start_ms} ms: {', '.join(ranges)}; {self.apart_ms:.0f}"
            " ms apart"
        )


class Recorded:
    """An interview of such answers, gone the whole way; `proofs` has what was read from it, answer
    by answer.
    """

    def __init__(self, sources: list[Source], folder: Path) -> None:
        self.moved_ms: list[float] = []  # how far normalising says it moved each answer's sound
        answers = [
            self._answer(source, folder / f"{number}.{source.container}")
            for number, source in enumerate(sources, 1)
        ]
        measured = timeline.join_timeline(answers)
        parts = [
            joining.FilmPart(
                folder / f"{span.question}.normalised.mp4", span.start_ms, "A question"
            )
            for span in measured.answers
        ]
        self.film_ms = joining.join(parts, folder / "recording.mp4", measured.duration_ms)
        telemetry.write(folder / "telemetry.json", telemetry.build("0", measured, [], {}))
        self.measured, _ = telemetry.read(folder / "telemetry.json")
        pictures, beeps = _pictures(folder / "recording.mp4"), _beeps(folder / "recording.mp4")
        self.proofs = [self._proof(span, pictures, beeps) for span in self.measured.answers]

    def _answer(self, source: Source, path: Path) -> MeasuredAnswer:
        number = int(path.stem)
        observations_path = path.with_suffix(".observations")
        _measure_growing(source.write(path).read_bytes(), path, source.container, observations_path)
        made = joining.normalise(path, path.with_suffix(".normalised.mp4"), source.container)
        assert made.sound_offset_ms is not None
        self.moved_ms.append(made.sound_offset_ms)
        # the page says how long its recorder ran
        lost_ms = max(0, source.seconds * 1000 - made.duration_ms)
        return MeasuredAnswer(
            number, 1, made.duration_ms, lost_ms, read_observations(observations_path)
        )

    def _proof(
        self, span: AnswerSpan, pictures: list[tuple[float, int]], beeps: list[float]
    ) -> Proof:
        proof = Proof(span)
        inside = [
            (t_ms - span.start_ms, shown)
            for t_ms, shown in pictures
            if span.start_ms <= t_ms < span.end_ms
        ]
        # a file's clock starts with its content
        shift_ms = float(np.median([t_ms - shown for t_ms, shown in inside]))
        heard = [t_ms - span.start_ms for t_ms in beeps if span.start_ms <= t_ms < span.end_ms]
        proof.seen = {shown // 1000 for _, shown in inside}
        proof.heard = {round((t_ms - shift_ms - BEEP_AT_MS) / 1000) for t_ms in heard}
        bright, level = self._telemetry_offsets(span, shift_ms)
        found = (
            [t_ms - shown for t_ms, shown in inside],
            [_off_beep(t_ms - shift_ms) + shift_ms for t_ms in heard],
            bright,
            level,
        )
        proof.offsets_ms = dict(zip(CLOCKS, found, strict=True))
        return proof

    def _telemetry_offsets(
        self, span: AnswerSpan, shift_ms: float
    ) -> tuple[list[float], list[float]]:
        rows = [
            row for row in self.measured.observations if span.start_ms <= row.t_ms < span.end_ms
        ]
        bright = []
        for row in rows:
            assert row.brightness is not None
            shown, t_ms = ramp_ms(row.brightness), row.t_ms - span.start_ms - shift_ms
            if (
                RAMP_MS * 0.05 < shown < RAMP_MS * 0.95
            ):  # where it starts again, either end would fit
                bright.append((t_ms - shown + RAMP_MS / 2) % RAMP_MS - RAMP_MS / 2 + shift_ms)
        full = [10 ** ((row.level_dbfs or -90) / 10) / BEEP_POWER for row in rows]
        began = [
            row.t_ms - share * BEEP_MS - span.start_ms - shift_ms
            for row, following, share, rest in zip(rows, rows[1:], full, full[1:], strict=False)
            if 0.2 < share < 0.8 < share + rest < 1.2  # a beep that two windows share …
            and following.t_ms - row.t_ms > 0.8 * BEEP_MS  # … which hardly overlap
        ]
        return bright, [_off_beep(t_ms) + shift_ms for t_ms in began]


def _off_beep(t_ms: float) -> float:
    """How far from the nearest moment at which the source begins a beep."""
    return (t_ms - BEEP_AT_MS + 500) % 1000 - 500


def _measure_growing(data: bytes, path: Path, container: str, observations_path: Path) -> None:
    is_complete = threading.Event()
    path.write_bytes(b"")

    def arrive() -> None:
        with path.open("ab", buffering=0) as file:
            for start in range(0, len(data), 200_000):
                file.write(data[start : start + 200_000])
                time.sleep(0.05)
        is_complete.set()

    thread = threading.Thread(target=arrive)
    thread.start()
    result = CaptureSession(
        AnswerSource(path, container, observations_path, is_complete.is_set), MODELS.senses
    ).run()
    thread.join()
    assert result.is_whole


def _pictures(path: Path) -> list[tuple[float, int]]:
    """When the film shows each picture, and which time is on it."""
    found = []
    with av.open(path) as opened:
        for frame in opened.decode(video=0):
            shown = shown_ms(frame.to_ndarray(format="gray")[:HEIGHT])
            assert shown is not None, f"the picture at {frame.time} s cannot be read"
            found.append((float(frame.time) * 1000, shown))
    return found


def _beeps(path: Path) -> list[float]:
    """When the film begins each beep, to a millisecond."""
    with av.open(path) as opened:
        frames = [(float(frame.time), frame.to_ndarray()[0]) for frame in opened.decode(audio=0)]
    samples = np.zeros(round((frames[-1][0] + 1) * RATE_HZ), np.float32)
    for time_s, values in frames:
        at = round(time_s * RATE_HZ)
        samples[max(0, at) : at + len(values)] = values[max(0, -at) :]
    loudest = np.abs(samples[: len(samples) // 48 * 48].reshape(-1, 48)).max(axis=1)
    loud_ms = np.flatnonzero(loudest > 0.15)
    return [float(ms) for ms in loud_ms[np.diff(loud_ms, prepend=-1000) > 100]]


def proven(sources: list[Source], folder: Path) -> Recorded:
    """All that must hold of any such recording."""
    made = Recorded(sources, folder)
    assert abs(made.film_ms - made.measured.duration_ms) <= APART_MS
    for source, proof, moved_ms in zip(sources, made.proofs, made.moved_ms, strict=True):
        print(f"\n{source}\n  {proof}")
        expected = set(range(source.seconds - source.end_lost_s)) - set(
            range(*(source.lost or (0, 0)))
        )
        assert proof.seen == expected
        assert proof.heard == {
            second for second in expected if second * 1000 + BEEP_AT_MS >= source.sound_late_ms
        }
        assert min(len(found) for found in proof.offsets_ms.values()) >= len(expected) / 2
        assert proof.apart_ms <= APART_MS
        assert (
            proof.picture_to_sound_ms
            <= moved_ms + abs(sound_shift_ms(proof.span.start_ms)) + READING_MS
        )
    return made


def gaps_of(made: Recorded, number: int) -> list[tuple[str, int, int]]:
    """The gaps in and behind an answer, on its own clock, to the nearest second."""
    span = made.measured.answers[number]
    later = [other.start_ms for other in made.measured.answers if other.start_ms > span.start_ms]
    mine = [
        gap
        for gap in made.measured.gaps
        if span.start_ms <= gap.start_ms < min([*later, made.measured.duration_ms])
    ]
    return [
        (
            str(g.cause),
            round((g.start_ms - span.start_ms) / 1000),
            round((g.end_ms - span.start_ms) / 1000),
        )
        for g in mine
    ]


@pytest.mark.long
@pytest.mark.slow
def test_film_and_telemetry_keep_the_time_and_show_which_seconds_are_lost(tmp_path: Path) -> None:
    made = proven(
        [
            Source("mp4", 7, jitter_ms=15, sound_late_ms=400, sound_rate=1.0005),
            Source("webm", 7, lost=(3, 5)),
            Source("mp4", 6, end_lost_s=2),
            Source("webm", 5, jitter_ms=15, sound_late_ms=400, sound_rate=0.9995),
            Source("mp4", 5, lost=(2, 4)),
        ],
        tmp_path,
    )
    assert [gaps_of(made, number) for number in range(5)] == [
        [],
        [("not_measured", 3, 5)],
        [("interrupted", 4, 6)],
        [],
        [("not_measured", 2, 4)],
    ]


@pytest.mark.slow
def test_sound_that_is_stamped_wrongly_would_be_noticed(tmp_path: Path) -> None:
    made = Recorded([Source("mp4", 4, sound_wrong_ms=150)], tmp_path)
    assert 130 < made.proofs[0].apart_ms < 230


@pytest.mark.torture
@pytest.mark.parametrize("container", ["mp4", "webm"])
def test_they_keep_the_time_over_thirty_minutes(tmp_path: Path, container: str) -> None:
    long = Source(
        container, 1_800, jitter_ms=15, sound_late_ms=400, sound_rate=1.0005, lost=(900, 905)
    )
    made = proven(
        [long, Source("webm", 60, end_lost_s=3), Source("mp4", 60, sound_rate=0.9995)], tmp_path
    )
    assert [gaps_of(made, number) for number in range(3)] == [
        [("not_measured", 900, 905)],
        [("interrupted", 57, 60)],
        [],
    ]
