"""The film that grows with its interview: the same as one made at once, whatever happens on the
way.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from clips import make_clip

from capture.errors import CaptureError
from capture.film.film_index import head
from capture.film.joining import FilmPart, grow, join, normalise
from capture.film.mp4_boxes import find_all
from capture.film.mp4_tracks import chunk_offsets, read_tracks
from capture.media import index_guard
from capture.media.container import identify_file

pytestmark = pytest.mark.film

LONGEST_MS = 60_000
B_FRAMES = {"bf": "2", "preset": "veryfast", "g": "24"}

Packets = list[tuple[int, int, int, bytes]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("answers")
    return [normalised(make_clip(folder / f"{number}.mp4", number)) for number in (1, 2, 3)]


@pytest.fixture
def growing(tmp_path: Path) -> Path:
    return tmp_path / "film.part"


def normalised(path: Path) -> Path:
    return normalise(path, path.with_suffix(".normalised.mp4"), identify_file(path)).path


def packets_of(path: Path) -> list[Packets]:
    """All packets of picture and sound, as FFmpeg finds them by the file's index."""
    found: list[Packets] = [[], []]
    with av.open(path) as file:
        for packet in file.demux(video=0, audio=0):
            if packet.size:
                found[packet.stream_index].append(
                    (packet.pts, packet.dts, packet.duration, bytes(packet))
                )
    return found


def parts_of(answers: list[Path]) -> list[FilmPart]:
    return [
        FilmPart(path, 3_500 * number, f"Question {number}") for number, path in enumerate(answers)
    ]


def joined(answers: list[Path], folder: Path, growing: Path | None = None) -> Path:
    target = folder / ("grown.mp4" if growing else "at-once.mp4")
    join(parts_of(answers), target, growing=growing)
    return target


def is_the_same_film(answers: list[Path], growing: Path) -> bool:
    grown, at_once = joined(answers, growing.parent, growing), joined(answers, growing.parent)
    assert index_guard.are_whole(grown)
    assert sorted(path.name for path in growing.parent.iterdir()) == ["at-once.mp4", "grown.mp4"]
    return packets_of(grown) == packets_of(at_once)


@pytest.mark.parametrize("options", [{}, B_FRAMES])
def test_an_index_is_read_as_ffmpeg_reads_it(tmp_path: Path, options: dict[str, str]) -> None:
    path = normalised(make_clip(tmp_path / "a.mp4", 2, options=options))
    tracks, data = read_tracks(path), path.read_bytes()
    for track, packets in zip((tracks.picture, tracks.sound), packets_of(path), strict=True):
        assert [packet[0] for packet in packets] == track.pts.tolist()
        assert [packet[1] for packet in packets] == track.dts.tolist()
        places = zip(track.offsets.tolist(), track.sizes.tolist(), strict=True)
        assert [packet[3] for packet in packets] == [
            data[offset : offset + size] for offset, size in places
        ]
    assert (tracks.picture.pts != tracks.picture.dts).any() == bool(options)


def test_pictures_that_are_shown_in_another_order_than_they_are_stored_stay_in_it(
    tmp_path: Path,
) -> None:
    paths = [
        normalised(make_clip(tmp_path / f"{number}.mp4", 2, options=B_FRAMES)) for number in (1, 2)
    ]
    film = joined(paths, tmp_path)
    one, two = (packets_of(path)[0] for path in paths)
    later = [(pts + 315_000, dts + 315_000, data) for pts, dts, _, data in two]
    assert [(pts, dts, data) for pts, dts, _, data in packets_of(film)[0]] == [
        *[(pts, dts, data) for pts, dts, _, data in one],
        *later,
    ]


def test_a_film_that_grew_is_the_one_made_at_once(answers: list[Path], growing: Path) -> None:
    for count in (1, 2):
        grow(growing, answers[:count], LONGEST_MS)
    assert is_the_same_film(answers, growing)


def test_what_is_in_the_film_is_not_copied_again(answers: list[Path], growing: Path) -> None:
    grow(growing, answers[:2], LONGEST_MS)
    marked = growing.stat().st_size - 1  # the last byte of silence behind the second answer
    with growing.open("r+b") as file:
        file.seek(marked)
        file.write(b"\xff")
    film = joined(answers, growing.parent, growing)
    assert film.read_bytes()[marked] == 0xFF


def test_an_answer_that_was_recorded_again_leaves_nothing_in_the_film(
    answers: list[Path], growing: Path
) -> None:
    grow(growing, answers[:1], LONGEST_MS)
    assert is_the_same_film(answers[1:], growing)
    first = read_tracks(answers[0])
    media = answers[0].read_bytes()[first.media.start : first.media.stop]
    assert media not in (growing.parent / "grown.mp4").read_bytes()


def test_an_answer_that_was_made_anew_is_copied_anew(
    answers: list[Path], growing: Path, tmp_path: Path
) -> None:
    changing = tmp_path.parent / f"{tmp_path.name}-changing.mp4"
    changing.write_bytes(answers[0].read_bytes())
    grow(growing, [changing], LONGEST_MS)
    changing.write_bytes(answers[1].read_bytes())
    assert is_the_same_film([changing, answers[2]], growing)


def test_an_index_that_outgrew_its_room_moves_the_packets(
    answers: list[Path], growing: Path
) -> None:
    grow(growing, answers[:2], longest_ms=100)
    assert is_the_same_film(answers, growing)


def pieces(growing: Path) -> Path:
    return growing.with_name("film.part.pieces.part")


ACCIDENTS: dict[str, Callable[[Path], object]] = {
    "the note of what is in it is lost": lambda film: pieces(film).unlink(),
    "the note is cut off": lambda film: pieces(film).write_bytes(pieces(film).read_bytes()[:40]),
    "the note is of another version": lambda film: pieces(film).write_text(
        '{"pieces": [{"size": 1}]}'
    ),
    "the film is lost": lambda film: film.unlink(),
    "the film is cut off": lambda film: os.truncate(film, film.stat().st_size // 2),
    "the next answer is half copied": lambda film: film.write_bytes(
        film.read_bytes() + bytes(50_000)
    ),
    "the index is half written": lambda film: film.write_bytes(
        b"\xff" * 500 + film.read_bytes()[500:]
    ),
}


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_it_is_made_whatever_was_left_behind(
    answers: list[Path], growing: Path, accident: str
) -> None:
    grow(growing, answers[:2], LONGEST_MS)
    ACCIDENTS[accident](growing)
    assert is_the_same_film(answers, growing)


GROWING_FOREVER = """
import pathlib, sys
from capture.film.joining import grow
film, *answers = map(pathlib.Path, sys.argv[1:])
print("begun", flush=True)
while True:
    for count in (1, 2, 3, 1, 0):
        grow(film, answers[:count], 60_000)
"""


@pytest.mark.parametrize("after_ms", [0, 40, 90, 150])
def test_a_killed_process_leaves_what_the_next_one_finishes(
    answers: list[Path], growing: Path, after_ms: int
) -> None:
    command = [sys.executable, "-c", GROWING_FOREVER, growing, *answers]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        time.sleep(after_ms / 1000)
        process.kill()
    for leftover in growing.parent.glob(".*.part"):
        leftover.unlink()  # of a note that was being written: swept with everything temporary
    assert is_the_same_film(answers, growing)


def test_beyond_four_gigabytes_the_index_counts_with_64_bits(answers: list[Path]) -> None:
    tracks = read_tracks(answers[0])
    far = replace(tracks.picture, offsets=tracks.picture.offsets + 2**33)
    made = head(answers[0].read_bytes(), far, tracks.sound)
    picture, sound = find_all(made, b"moov", b"trak", b"mdia", b"minf", b"stbl")
    assert find_all(picture, b"co64")
    assert np.isin(chunk_offsets(picture), far.offsets).all()
    assert find_all(sound, b"stco")
    assert np.isin(chunk_offsets(sound), tracks.sound.offsets).all()


def test_an_mp4_without_sound_is_no_answer(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", 1, sound=None, fragmented=False)
    with pytest.raises(CaptureError, match="no sound"):
        read_tracks(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(CaptureError, match="not a whole MP4"):
        read_tracks(path)
