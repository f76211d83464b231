"""Talks to the station, the process that owns this machine's camera and microphone, by its socket.

A request and an answer are one line of JSON each. After the answer to a preview come pictures. This
module imports no decoder, because web processes use it.
"""

import json
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from capture.errors import CaptureError

THERE_WITHIN_S = 2.0  # to accept a connection, the station needs no device and no lock
ANSWER_WITHIN_S = 30.0  # to open a camera takes seconds, and so does the end of a recording
PICTURE_WITHIN_S = 5.0
LINE_MAX_BYTES = 64 * 1024
JPEG_MAX_BYTES = 4 * 1024 * 1024


class StationAway(CaptureError):
    """The station does not answer at its socket: it is not running."""


class StationRefused(CaptureError):
    """The station refused. `kind` is busy, missing, not_held, disk, slow or bad."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def ask(socket_path: Path, verb: str, **values: Any) -> dict[str, Any]:
    """Send one request and return the answer. Raises StationAway, StationRefused."""
    with _asked(socket_path, verb, values) as (_, _, answer):
        return answer


def is_there(socket_path: Path) -> bool:
    """Whether a station accepts connections. A busy one does, too."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(THERE_WITHIN_S)
        try:
            connection.connect(str(socket_path))
            connection.sendall(b"{}\n")  # the station refuses it, which is an answer
            return bool(connection.recv(1))
        except OSError:
            return False


def preview(socket_path: Path, **values: Any) -> Generator[bytes]:
    """JPEG pictures, as long as the page has the camera. Raises StationAway, StationRefused."""
    with _asked(socket_path, "preview", values) as (connection, stream, _):
        yield b""  # the station has agreed, so the caller may begin its response
        connection.settimeout(PICTURE_WITHIN_S)
        try:
            while (size := int(stream.readline(16) or 0)) and size <= JPEG_MAX_BYTES:
                yield stream.read(size)
        except OSError:
            return  # the station has ended, or hangs


@contextmanager
def _asked(
    socket_path: Path, verb: str, values: dict[str, Any]
) -> Iterator[tuple[socket.socket, BinaryIO, dict[str, Any]]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_WITHIN_S)
        try:
            connection.connect(str(socket_path))
        except (FileNotFoundError, ConnectionRefusedError) as exc:
            raise StationAway("the station of this machine's camera is not running") from exc
        except OSError as exc:
            raise _too_slow() from exc
        try:
            connection.sendall(json.dumps({"verb": verb} | values).encode() + b"\n")
            stream = connection.makefile("rb")
            answer = json.loads(stream.readline(LINE_MAX_BYTES))
        except (OSError, ValueError) as exc:
            raise _too_slow() from exc
        with stream:
            if "error" in answer:
                raise StationRefused(answer["error"], answer["message"])
            yield connection, stream, answer


def _too_slow() -> StationRefused:
    """The station exists but is slow. It may still do what we asked, or not."""
    return StationRefused("slow", "it did not answer in time")
