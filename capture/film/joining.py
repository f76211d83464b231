"""Makes one film of an interview: normalises each answer, then joins all into `recording.mp4`.

Copies what it can, so joining an hour takes a second. Knows nothing of observations, rules or
people.
"""

from __future__ import annotations  # PyAV's Packet is generic for type checkers only

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import av
from av.stream import Stream

if TYPE_CHECKING:  # PyAV knows this name in its type stubs only
    from av.container.core import Chapter

from capture.errors import CaptureError
from capture.film import film_index
from capture.film.film_index import PlacedAnswer
from capture.film.growing_film import GrowingFilm
from capture.film.mp4_tracks import AnswerTracks, read_tracks
from capture.film.picture_track import (
    CopiedPicture,
    EncodedPicture,
    ParametersChanged,
    even,
    our_parameters,
)
from capture.film.sound_track import EvenSound
from capture.halting import Check, go_on
from capture.media.container import LIMITS, Limits, Media, MediaInfo, probe
from disk.atomic import TEMPORARY_SUFFIX, atomic_write

# what every browser plays
COPIED_PROFILES = ("Baseline", "Constrained Baseline", "Main", "High", "Constrained High")
CHAPTER_CLOCK = Fraction(1, 1000)
# 30 pictures a second at uneven times and 47 frames of sound need 850. If it is not enough, we copy
# the packets once more.
INDEX_BYTES_PER_S = 1_000
# two AAC frames and a picture: the film may be so much longer or shorter than its parts
DURATION_SLACK_MS = 100


@dataclass(frozen=True)
class NormalisedAnswer:
    """A normalised answer: MP4 with H.264 and AAC, so that we can join it without encoding."""

    path: Path
    duration_ms: int
    width: int
    height: int
    was_copied: bool
    damaged_at_ms: int | None  # we could not read the original any further
    # the largest difference between the position of the sound and its time in the original
    sound_offset_ms: float | None
    sent_ms: int  # the length of the original, including what the limits cut off
    codecs: tuple[str, ...]  # of the original: picture, and sound if there is any


@dataclass(frozen=True)
class Reading:
    """A file that we read several times, each time with the same limits and the same check."""

    source: Path
    info: MediaInfo
    limits: Limits
    check: Check

    def opened(self) -> Media:
        return Media(self.source, self.info.container, self.limits, self.check)


@dataclass(frozen=True)
class FilmPart:
    """A normalised answer and its start in the film. Neighbours with one title share a chapter."""

    path: Path
    start_ms: int
    title: str


def normalise(
    source: Path, target: Path, container: str, limits: Limits = LIMITS, check: Check = go_on
) -> NormalisedAnswer:
    """Write the answer as MP4 with H.264 and AAC that starts at 0.

    Copies H.264 that browsers can play, and encodes everything else.
    """
    reading = Reading(source, probe(source, container, limits, check), limits, check)
    if _may_be_copied(reading):
        with suppress(ParametersChanged):
            return _normalised(reading, target, canvas=None)
    return _normalised(
        reading, target, canvas=(even(reading.info.width), even(reading.info.height))
    )


def _may_be_copied(reading: Reading) -> bool:
    info = reading.info
    if info.video_codec != "h264" or info.rotation_deg:
        return False
    with reading.opened() as media:
        codec = media.video.codec_context
        first = next(
            (packet for packet in media.packets() if packet.stream_index == media.video.index), None
        )
        has_avcc = bytes(codec.extradata or b"")[:1] == b"\x01"  # length-prefixed, as MP4 stores it
        is_plain = codec.pix_fmt == "yuv420p" and codec.profile in COPIED_PROFILES
        is_square = (info.width, info.height) == (media.video.width, media.video.height)
        return has_avcc and is_plain and is_square and first is not None and first.is_keyframe


def _normalised(reading: Reading, target: Path, canvas: tuple[int, int] | None) -> NormalisedAnswer:
    """Write the target: encode onto the canvas, or copy without one."""
    info = reading.info
    with atomic_write(target) as temporary:
        with (
            reading.opened() as media,
            av.open(temporary, "w", format="mp4", options={"movflags": "+faststart"}) as output,
        ):
            picture = (
                EncodedPicture(media, output, canvas) if canvas else CopiedPicture(media, output)
            )
            sound = EvenSound(media, output)
            _write_tracks(media, picture, sound)
            damaged_at_ms = media.end_ms if media.is_damaged else None
        made = read_tracks(temporary)
    form = (made.duration_ms, made.width, made.height, canvas is None)
    codecs = tuple(name for name in (info.video_codec, info.audio_codec) if name)
    return NormalisedAnswer(target, *form, damaged_at_ms, sound.offset_ms, info.sent_ms, codecs)


def _write_tracks(media: Media, picture: EncodedPicture | CopiedPicture, sound: EvenSound) -> None:
    for packet in media.packets():
        if packet.stream_index == media.video.index:
            sound.keep_up(media.end_ms)
            picture.feed(packet)
        else:
            sound.feed(packet)
    picture.finish()
    sound.finish(media.end_ms)


def join(
    parts: Sequence[FilmPart],
    target: Path,
    duration_ms: int = 0,
    growing: Path | None = None,
    check: Check = go_on,
) -> int:
    """Write the film, each part at its time, and return its length in ms.

    Between two parts the film shows the last picture. `duration_ms` is the recording's length if it
    ends with a gap, so that film and telemetry end together. `growing` is a film that `grow` began:
    we do not copy again what it contains.
    """
    if not parts:
        raise CaptureError("there is no answer to make a film of")
    with TemporaryDirectory(dir=target.parent, suffix=TEMPORARY_SUFFIX) as folder:
        answers = _with_equal_parameters(
            [read_tracks(part.path) for part in parts], Path(folder), check
        )
        film = GrowingFilm(growing or Path(folder) / target.name, head_bytes=0)
        expected_ms = max(parts[-1].start_ms + answers[-1].duration_ms, duration_ms)
        head = _head(film, parts, answers, expected_ms)
        if not film.has_room_for(head):
            film.begin_again(head)
            head = _head(film, parts, answers, expected_ms)
        film.update(answers, check)
        film.close_with(head)
        made_ms = _length_ms(film.path)
        if abs(made_ms - expected_ms) > DURATION_SLACK_MS:
            raise CaptureError(f"the film lasts {made_ms} ms instead of {expected_ms} ms")
        film.move_to(target)
    return made_ms


def grow(growing: Path, answers: Sequence[Path], longest_ms: int, check: Check = go_on) -> None:
    """Copy the answers that exist, in their order, so that `join` has less to do.

    `longest_ms` is the maximum length of the whole film. It decides how much room the index gets.
    `join` works without this step, and the process may die at any time.
    """
    film = GrowingFilm(growing, head_bytes=longest_ms * INDEX_BYTES_PER_S // 1000)
    film.update([read_tracks(path) for path in answers], check)


def _head(
    film: GrowingFilm, parts: Sequence[FilmPart], answers: Sequence[AnswerTracks], duration_ms: int
) -> bytes:
    placed = [
        PlacedAnswer(answer, part.start_ms, piece.start - answer.media.start, piece.silence)
        for part, answer, piece in zip(parts, answers, film.plan(answers), strict=True)
    ]
    frame = _frame(answers[0].path, _chapters(parts, duration_ms))
    return film_index.head(
        frame, film_index.picture_track(placed), film_index.sound_track(placed, duration_ms)
    )


def _frame(answer: Path, chapters: list[Chapter]) -> bytes:
    """A film of the answer's first packets and all chapters, with everything else FFmpeg writes."""
    file = BytesIO()
    with Media(answer, "mp4") as media, av.open(file, "w", format="mp4") as output:
        output.set_chapters(chapters)
        made: dict[int, Stream] = {}
        for stream in media.input.streams:
            made[stream.index] = output.add_stream_from_template(stream, opaque=True)
            made[stream.index].time_base = stream.time_base
        for packet in media.packets():
            if packet.stream_index in made:
                packet.stream = made.pop(packet.stream_index)
                output.mux(packet)
            if not made:
                break
    return file.getvalue()


def _length_ms(film: Path) -> int:
    """The length of the film that a player reads in its index."""
    with av.open(film, "r", format="mov") as opened:
        return round((opened.duration or 0) * 1000 / av.time_base)


def _with_equal_parameters(
    answers: Sequence[AnswerTracks], folder: Path, check: Check
) -> list[AnswerTracks]:
    """The answers with equal parameter sets. If they differ, we encode those that are not ours."""
    forms = [(answer.width, answer.height, answer.parameters) for answer in answers]
    if len(set(forms)) == 1:
        return list(answers)
    ours = (*forms[0][:2], our_parameters(forms[0][:2]))
    equal = list(answers)
    for number, form in enumerate(forms):
        if form != ours:
            source = answers[number].path
            reading = Reading(source, probe(source, "mp4"), LIMITS, check)
            encoded = _normalised(reading, folder / f"{number}.mp4", ours[:2])
            equal[number] = read_tracks(encoded.path)
    return equal


def _chapters(parts: Sequence[FilmPart], duration_ms: int) -> list[Chapter]:
    """One chapter per title. Each lasts until the next one begins."""
    heads = [
        part
        for before, part in zip([None, *parts], parts, strict=False)
        if not before or before.title != part.title
    ]
    ends = [head.start_ms for head in heads[1:]] + [duration_ms]
    return [
        {
            "id": number,
            "start": head.start_ms,
            "end": end,
            "time_base": CHAPTER_CLOCK,
            "metadata": {"title": head.title},
        }
        for number, (head, end) in enumerate(zip(heads, ends, strict=True), start=1)
    ]
