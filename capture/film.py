"""Makes one film of an interview: every answer in one form, then all of them one after the other in `recording.mp4`.

Copies what it can, so that joining an hour takes a second. Knows nothing of observations, rules or people.
"""

from __future__ import annotations  # PyAV's Packet is generic for type checkers only

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer

if TYPE_CHECKING:  # PyAV knows this name in its type stubs only
    from av.container.core import Chapter

from capture.container import LIMITS, Limits, Media, MediaInfo, probe
from capture.errors import CaptureError
from capture.picture_track import CopiedPicture, EncodedPicture, ParametersChanged, PictureCopy, even, our_parameters
from capture.recording import TEMPORARY_SUFFIX, replacing
from capture.sound_track import EvenSound, SoundGrid

COPIED_PROFILES = ("Baseline", "Constrained Baseline", "Main", "High", "Constrained High")  # what every browser plays
CHAPTER_CLOCK = Fraction(1, 1000)
DURATION_SLACK_MS = 100  # two AAC frames and a picture: how far the film's end may be from the sum of its parts


@dataclass(frozen=True)
class NormalisedAnswer:
    """An answer in the one form that joins."""

    path: Path
    duration_ms: int
    width: int
    height: int
    was_copied: bool
    damaged_at_ms: int | None  # the original could not be read any further than this


@dataclass(frozen=True)
class FilmPart:
    """A normalised answer and where it begins in the film; neighbours with one title share a chapter."""

    path: Path
    start_ms: int
    title: str


def normalise(source: Path, target: Path, container: str, limits: Limits = LIMITS) -> NormalisedAnswer:
    """Write the answer as MP4 with H.264 and AAC that starts at 0; H.264 is copied where a browser can play it."""
    info = probe(source, container, limits)
    if _may_be_copied(source, info, limits):
        with suppress(ParametersChanged):
            return _normalised(source, target, info, limits, canvas=None)
    return _normalised(source, target, info, limits, canvas=(even(info.width), even(info.height)))


def _may_be_copied(source: Path, info: MediaInfo, limits: Limits) -> bool:
    if info.video_codec != "h264" or info.rotation_deg:
        return False
    with Media(source, info.container, limits) as media:
        codec = media.video.codec_context
        first = next((packet for packet in media.packets() if packet.stream_index == media.video.index), None)
        has_avcc = bytes(codec.extradata or b"")[:1] == b"\x01"  # length-prefixed, as MP4 stores it
        is_plain = codec.pix_fmt == "yuv420p" and codec.profile in COPIED_PROFILES
        is_square = (info.width, info.height) == (media.video.width, media.video.height)
        return has_avcc and is_plain and is_square and first is not None and first.is_keyframe


def _normalised(
    source: Path, target: Path, info: MediaInfo, limits: Limits, canvas: tuple[int, int] | None
) -> NormalisedAnswer:
    """Write the target: encoded onto the canvas, or copied where there is none."""
    with replacing(target) as temporary:
        with Media(source, info.container, limits) as media, _mp4(temporary) as output:
            picture = EncodedPicture(media, output, canvas) if canvas else CopiedPicture(media, output)
            _write(media, picture, EvenSound(media, output))
            damaged_at_ms = media.end_ms if media.is_damaged else None
        made = probe(temporary, "mp4", limits)
    return NormalisedAnswer(target, made.duration_ms, made.width, made.height, canvas is None, damaged_at_ms)


def _mp4(path: Path) -> OutputContainer:
    return av.open(path, "w", format="mp4", options={"movflags": "+faststart"})


def _write(media: Media, picture: EncodedPicture | CopiedPicture, sound: EvenSound) -> None:
    for packet in media.packets():
        if packet.stream_index == media.video.index:
            sound.keep_up(media.end_ms)
            picture.take(packet)
        else:
            sound.take(packet)
    picture.finish()
    sound.finish(media.end_ms)


def join(parts: Sequence[FilmPart], target: Path, duration_ms: int = 0) -> int:
    """Write the film and return its length in ms: each part at its time, the last picture standing in between.

    `duration_ms` is the recording's length where it ends with a gap, so that film and telemetry end together.
    """
    if not parts:
        raise CaptureError("there is no answer to make a film of")
    expected_ms = max(parts[-1].start_ms + probe(parts[-1].path, "mp4").duration_ms, duration_ms)
    with TemporaryDirectory(dir=target.parent, suffix=TEMPORARY_SUFFIX) as folder, replacing(target) as temporary:
        _write_film(_alike(parts, Path(folder)), temporary, expected_ms)
        made = probe(temporary, "mp4")
        if abs(made.duration_ms - expected_ms) > DURATION_SLACK_MS:
            raise CaptureError(f"the film lasts {made.duration_ms} ms instead of {expected_ms} ms")
    return made.duration_ms


def _write_film(parts: Sequence[FilmPart], temporary: Path, duration_ms: int) -> None:
    with Media(parts[0].path, "mp4") as first, _mp4(temporary) as output:
        picture, sound = PictureCopy(first.video, output), SoundGrid(_audio(first), output)
        output.set_chapters(_chapters(parts, duration_ms))
        for part in parts:
            with Media(part.path, "mp4") as media:
                for packet in media.packets():
                    track = picture if packet.stream_index == media.video.index else sound
                    track.put(packet, media.tick_s[packet.stream_index], part.start_ms / 1000)
        sound.fill_to(duration_ms / 1000)


def _audio(media: Media) -> AudioStream:
    if media.audio is None:
        raise CaptureError("a normalised answer has no sound track")
    return media.audio


def _alike(parts: Sequence[FilmPart], folder: Path) -> list[FilmPart]:
    """The parts with equal parameter sets: as they are, or, where sets differ, encoded like our own encoder does."""
    forms = [_form(part.path) for part in parts]
    if len(set(forms)) == 1:
        return list(parts)
    ours = (*forms[0][:2], our_parameters(forms[0][:2]))
    return [
        part if form == ours else replace(part, path=_encoded(part.path, folder / f"{number}.mp4", ours[:2]))
        for number, (part, form) in enumerate(zip(parts, forms, strict=True))
    ]


def _form(path: Path) -> tuple[int, int, bytes]:
    with Media(path, "mp4") as media:
        return media.video.width, media.video.height, bytes(media.video.codec_context.extradata or b"")


def _encoded(source: Path, target: Path, canvas: tuple[int, int]) -> Path:
    return _normalised(source, target, probe(source, "mp4"), LIMITS, canvas).path


def _chapters(parts: Sequence[FilmPart], duration_ms: int) -> list[Chapter]:
    """One chapter per title, each lasting until the next one begins."""
    heads = [
        part for before, part in zip([None, *parts], parts, strict=False) if not before or before.title != part.title
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
