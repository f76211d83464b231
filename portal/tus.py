"""The tus 1.0.0 protocol over a file: what bytes may be appended, and how they become safe.

The file's size is the offset, so there is no second book that could disagree. Knows nothing about
interviews: whether an upload takes bytes at all is asked of its owner, while the file's lock is
held.
"""

import base64
import fcntl
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from disk.atomic import fsync_folder
from disk.space import is_full

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-defer-length,checksum,termination"
# sha1 is the one every tus client must know; none of them guards a secret
CHECKSUMS = ("sha256", "sha1", "md5")
WRONG_CHECKSUM = 460  # a status of tus's own
# what int() takes beside it (signs, blanks, other digits) the protocol does not
NUMBER = re.compile(r"[0-9]{1,18}")
# of what was appended both keep the same; macOS has only the second
sync_data = getattr(os, "fdatasync", os.fsync)


class UploadError(Exception):
    """A PATCH that was refused; `status` is what HTTP says, nothing of it was kept."""

    status: int = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(UploadError):
    """Not allowed, for the reason that `status` says."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Gone(UploadError):
    """The upload was taken back or deleted."""

    status = HTTPStatus.GONE

    def __init__(self) -> None:
        super().__init__("This upload is no longer here.")


class WrongOffset(UploadError):
    """The piece does not begin where the file ends."""

    status = HTTPStatus.CONFLICT

    def __init__(self, offset: int) -> None:
        super().__init__(f"The upload stands at {offset}. Go on from there.")
        self.offset = offset


class WrongChecksum(UploadError):
    """The bytes that arrived are not the bytes that were sent."""

    status = WRONG_CHECKSUM


class NoSpace(UploadError):
    """The disk is full, or would not confirm the write."""

    status = HTTPStatus.INSUFFICIENT_STORAGE


@dataclass(frozen=True)
class Checksum:
    """An `Upload-Checksum` header."""

    algorithm: str
    digest: bytes

    @classmethod
    def parse(cls, header: str) -> "Checksum":
        """Raises UploadError where the header is not `algorithm base64`."""
        algorithm, _, encoded = header.strip().partition(" ")
        if algorithm not in CHECKSUMS:
            raise UploadError(
                f"Unknown checksum {algorithm!r}; use one of: {', '.join(CHECKSUMS)}."
            )
        try:
            return cls(algorithm, base64.b64decode(encoded, validate=True))
        except ValueError:  # binascii.Error is one; letters beyond ASCII raise the plain one
            raise UploadError("The checksum is not base64.") from None

    def verify(self, data: bytes) -> None:
        actual = hashlib.new(self.algorithm, data, usedforsecurity=False).digest()
        if not hmac.compare_digest(actual, self.digest):
            raise WrongChecksum("The piece arrived damaged. Send it again.")


def number(header: str, text: str | None) -> int | None:
    """A header's count of bytes; None where it is not there. Raises UploadError where it is no
    whole number.
    """
    if text is not None and not NUMBER.fullmatch(text):
        raise UploadError(f"{header} is a whole number of bytes.")
    return None if text is None else int(text)


def size(path: Path) -> int:
    """How much of the upload is here; 0 before the first piece."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def confirm(path: Path) -> int:
    """How much of the upload is here, on disk when this returns. Raises NoSpace.

    What a sender is told to be here it forgets, and a process that was killed may have written
    without an fsync.
    """
    try:
        # and not `held`: who only asks drops no file that has just been made
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        _sync(handle, path.parent)
        return os.fstat(handle).st_size
    finally:
        os.close(handle)


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Nobody appends meanwhile. Gives how much of the upload is here, on disk. Raises NoSpace.

    Whatever ends an upload ends it in here, so that no piece gets in behind it. Leaves no empty
    file.
    """
    try:
        handle = _locked(path)
    except FileNotFoundError:  # its folder is gone, and nothing can be appended without it
        yield 0
        return
    try:
        _sync(handle, path.parent)
        yield os.fstat(handle).st_size
    finally:
        _drop_empty(handle, path)
        os.close(handle)


def append(
    path: Path,
    offset: int,
    data: bytes,
    checksum: Checksum | None = None,
    refuse: Callable[[], None] = lambda: None,
    note: Callable[[], None] = lambda: None,
) -> int:
    """Append `data`, on disk when this returns. Returns the new offset. Raises WrongOffset,
    WrongChecksum, NoSpace.

    The lock makes looking at the size and writing one step, also between processes. `refuse` is
    called while it is held, and raises where the upload has ended since it was asked for; `note`,
    once the piece is on disk, keeps what else came with it: of a piece that is refused nothing
    stays.
    """
    if checksum:
        checksum.verify(data)
    handle = _locked(path)
    try:
        refuse()
        actual = os.fstat(handle).st_size
        if actual != offset:
            _sync(handle, path.parent)  # the sender goes on from there, and forgets what is before
            raise WrongOffset(actual)
        _write_or_undo(handle, offset, data)
        if offset == 0:
            fsync_folder(path.parent)
        note()
    finally:
        _drop_empty(handle, path)
        os.close(handle)
    return offset + len(data)


def _drop_empty(handle: int, path: Path) -> None:
    """What holds nothing was made by whoever locked it. Only while it is locked: others then look
    for a new one.
    """
    found = os.fstat(handle)
    if found.st_size == 0 and found.st_nlink:
        path.unlink(missing_ok=True)


def _locked(path: Path) -> int:
    """The file, made where it was not there, opened and locked. Raises FileNotFoundError without
    its folder.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle
        os.close(handle)  # deleted while we waited: what is at this path now is another file


def _write_or_undo(handle: int, offset: int, data: bytes) -> None:
    """All of the piece, or nothing of it.

    After an fsync that failed, the system may call pages clean that never reached the disk, so a
    second fsync would prove nothing about them. Taking the bytes away helps: they are written anew
    when they are sent again, and what was confirmed before ends in a page that the cut makes dirty,
    so it is written again, too. The cut itself is synced, lest a loss of power bring unconfirmed
    bytes back.
    """
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        sync_data(handle)
    except OSError as exc:
        os.ftruncate(handle, offset)
        with suppress(
            OSError
        ):  # the disk fails twice: nothing more can be done, and nothing was promised
            os.fsync(handle)
        raise _unconfirmed(exc) from exc


def _sync(handle: int, folder: Path) -> None:
    try:
        sync_data(handle)
        fsync_folder(folder)
    except OSError as exc:
        raise _unconfirmed(exc) from exc


def _unconfirmed(error: OSError) -> NoSpace:
    if is_full(error):
        return NoSpace(
            "The server's disk is full. What was confirmed is safe; sending goes on later."
        )
    return NoSpace("The server could not confirm that the piece is on disk. Send it again.")
