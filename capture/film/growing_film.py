"""The film that grows during its interview: room for an index, then the packets of all answers.

We copy packets while the candidate still records, so that a person waits less at the end. The
process may die at any time: a second file says which answers the film contains, and we write it
only when their packets are safely on disk. This module knows no times and no tracks.
"""

import json
import os
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO

from capture.errors import CaptureError
from capture.film.film_index import Silence
from capture.film.mp4_boxes import HEADER_BYTES, LONG_HEADER_BYTES, long_header
from capture.film.mp4_tracks import AnswerTracks
from capture.film.sound_track import silent_frame
from capture.halting import Check, go_on
from disk.atomic import TEMPORARY_SUFFIX, fsync_folder, write_json

SILENT_FRAMES = 47  # a second of silence after each answer; longer gaps repeat it
COPY_BYTES = 1 << 20  # we copy so much at a time


@dataclass(frozen=True)
class Piece:
    """One answer in the film: its original file, and where its packets and its silence lie."""

    name: str
    mtime_ns: int
    start: int
    silence_start: int
    end: int

    @property
    def silence(self) -> Silence:
        return Silence(
            self.silence_start, (self.end - self.silence_start) // SILENT_FRAMES, SILENT_FRAMES
        )


class GrowingFilm:
    """An unfinished film. Only one process at a time may write it, so the caller locks it."""

    def __init__(self, path: Path, head_bytes: int) -> None:
        """`head_bytes`: the room for the index of a new film. An existing film keeps its own."""
        self.path = path
        self._pieces_path = path.with_name(f"{path.name}.pieces{TEMPORARY_SUFFIX}")
        self.head_bytes, self.pieces = self._remembered() or (head_bytes, [])

    def plan(self, answers: Sequence[AnswerTracks]) -> list[Piece]:
        """The positions that these answers have or will have in the film."""
        pieces: list[Piece] = []
        position = self.head_bytes
        for answer in answers:
            silence_start = position + len(answer.media)
            end = silence_start + SILENT_FRAMES * len(_silence())
            pieces.append(
                Piece(
                    answer.path.name, answer.path.stat().st_mtime_ns, position, silence_start, end
                )
            )
            position = end
        return pieces

    def has_room_for(self, head: bytes) -> bool:
        """Whether there is room before the packets for the index and a box that fills the rest."""
        return len(head) + HEADER_BYTES + LONG_HEADER_BYTES <= self.head_bytes

    def begin_again(self, head: bytes) -> None:
        """Begin an empty film with room for this index. The caller copies all answers again."""
        self.head_bytes = len(head) + HEADER_BYTES + LONG_HEADER_BYTES
        self._remember([])

    def update(self, answers: Sequence[AnswerTracks], check: Check = go_on) -> None:
        """Make the film contain exactly these answers: drop others, and copy the missing ones."""
        wanted = self.plan(answers)
        unchanged = len(
            list(takewhile(lambda pair: pair[0] == pair[1], zip(self.pieces, wanted, strict=False)))
        )
        if unchanged < len(self.pieces):
            self._remember(wanted[:unchanged])
        if unchanged < len(wanted):
            self._copy(answers[unchanged:], wanted[unchanged:], check)
            self._remember(wanted)

    def _copy(self, answers: Sequence[AnswerTracks], pieces: Sequence[Piece], check: Check) -> None:
        with self.path.open("r+b" if self.path.exists() else "wb") as film:
            film.truncate(pieces[0].start)
            for answer, piece in zip(answers, pieces, strict=True):
                film.seek(piece.start)
                _copy_media(answer, film, check)
                film.write(_silence() * SILENT_FRAMES)
            film.flush()
            os.fsync(film.fileno())

    def close_with(self, head: bytes) -> None:
        """Write the index before the packets, safely to disk. Now a player can play the file."""
        packets_bytes = self.pieces[-1].end - self.head_bytes
        with self.path.open("r+b") as film:
            film.truncate(self.pieces[-1].end)
            film.write(head)
            film.write(
                struct.pack(">I4s", self.head_bytes - LONG_HEADER_BYTES - len(head), b"free")
            )
            film.seek(self.head_bytes - LONG_HEADER_BYTES)
            film.write(long_header(b"mdat", packets_bytes))
            film.flush()
            os.fsync(film.fileno())

    def move_to(self, target: Path) -> None:
        """Move the film to its target in one step, and delete the file of pieces."""
        self.path.replace(target)
        self._pieces_path.unlink(missing_ok=True)
        fsync_folder(target.parent)

    def _remember(self, pieces: list[Piece]) -> None:
        self.pieces = pieces
        write_json(
            self._pieces_path,
            {"head_bytes": self.head_bytes, "pieces": [asdict(piece) for piece in pieces]},
        )

    def _remembered(self) -> tuple[int, list[Piece]] | None:
        try:
            known = json.loads(self._pieces_path.read_text(encoding="utf-8"))
            pieces = [Piece(**piece) for piece in known["pieces"]]
            is_there = not pieces or self.path.stat().st_size >= pieces[-1].end
        except (OSError, ValueError, LookupError, TypeError):
            # a film of an earlier version, or none: we begin again, because we still have all
            # answers
            return None
        return (int(known["head_bytes"]), pieces) if is_there else None


def _copy_media(answer: AnswerTracks, film: BinaryIO, check: Check) -> None:
    with answer.path.open("rb") as file:
        file.seek(answer.media.start)
        left = len(answer.media)
        while left:
            check()
            block = file.read(min(left, COPY_BYTES))
            if not block:
                raise CaptureError(f"{answer.path.name} is cut off")
            film.write(block)
            left -= len(block)


@cache
def _silence() -> bytes:
    return silent_frame()
