"""The tus 1.0.0 protocol (resumable uploads) for one file: checks and appends chunks durably.

The file's size is the upload's offset, so no second record can disagree with it. This module knows
nothing about interviews. While it holds the file's lock, it asks its caller whether the upload
still accepts bytes.
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
from typing import Any

from disk.atomic import fsync_folder
from disk.space import is_full
from portal.errors import PortalError
from portal.languages import N_
from portal.languages import gettext as _

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-defer-length,checksum,termination"
# The protocol requires sha1. These only detect damage; they protect no secret.
CHECKSUMS = ("sha256", "sha1", "md5")
WRONG_CHECKSUM = 460  # an HTTP status that tus defines
# int() also accepts signs, spaces and other digits, which the protocol does not allow.
NUMBER = re.compile(r"[0-9]{1,18}")
# For appended data both are equally safe. macOS has only fsync.
sync_data = getattr(os, "fdatasync", os.fsync)


class UploadError(PortalError):
    """The PATCH was refused and nothing of it was stored."""

    status: int = HTTPStatus.BAD_REQUEST


class Refused(UploadError):
    """The caller does not allow it, for the reason that `status` gives."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = HTTPStatus(status)


class TakesNoMore(Refused):
    """The upload is over, or was stopped, so it takes no more bytes."""

    wrong_state = "upload"

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.FORBIDDEN, message)


class Gone(UploadError):
    """The upload was cancelled or deleted."""

    status = HTTPStatus.GONE

    message = N_("This upload is no longer here.")


class WrongOffset(UploadError):
    """The chunk does not begin where the file ends."""

    status = HTTPStatus.CONFLICT

    def __init__(self, offset: int) -> None:
        super().__init__(_("The upload stands at %(offset)s. Go on from there.", offset=offset))
        self.offset = offset

    def headers(self) -> dict[str, str]:
        return {"Upload-Offset": str(self.offset)}

    def members(self) -> dict[str, Any]:
        return {"offset": self.offset}


class WrongChecksum(UploadError):
    """The bytes that arrived differ from those that were sent."""

    status = WRONG_CHECKSUM
    title = N_("Checksum Mismatch")


class NoSpace(UploadError):
    """The disk is full, or did not confirm the write."""

    status = HTTPStatus.INSUFFICIENT_STORAGE


@dataclass(frozen=True)
class Checksum:
    """An `Upload-Checksum` header."""

    algorithm: str
    digest: bytes

    @classmethod
    def parse(cls, header: str) -> "Checksum":
        """Parse `algorithm base64`. Raises UploadError when the header has another form."""
        algorithm, encoded = header.strip().partition(" ")[::2]
        if algorithm not in CHECKSUMS:
            raise UploadError(
                _(
                    "Unknown checksum %(algorithm)s; use one of: %(known)s.",
                    algorithm=repr(algorithm),
                    known=", ".join(CHECKSUMS),
                )
            )
        try:
            return cls(algorithm, base64.b64decode(encoded, validate=True))
        except ValueError:  # binascii.Error is a ValueError; non-ASCII letters raise a plain one
            raise UploadError(_("The checksum is not base64.")) from None

    def verify(self, data: bytes) -> None:
        actual = hashlib.new(self.algorithm, data, usedforsecurity=False).digest()
        if not hmac.compare_digest(actual, self.digest):
            raise WrongChecksum(_("The piece arrived damaged. Send it again."))


def number(header: str, text: str | None) -> int | None:
    """The number of bytes in a header, or None when the header is missing.

    Raises UploadError when it is not a whole number.
    """
    if text is not None and not NUMBER.fullmatch(text):
        raise UploadError(_("%(header)s is a whole number of bytes.", header=header))
    return None if text is None else int(text)


def size(path: Path) -> int:
    """How many bytes of the upload have arrived; 0 before the first chunk."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def confirm(path: Path) -> int:
    """How many bytes of the upload are here, safely on disk. Raises NoSpace.

    A sender forgets the bytes that we confirm. A process that was killed may have written some
    without an fsync, so this function calls fsync first.
    """
    try:
        # `held` would delete a file that was just created and is still empty.
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
def locked(path: Path) -> Iterator[int]:
    """Lock the upload, and give the number of its bytes that are safely on disk. Raises NoSpace.

    Nobody can append while the block runs. End an upload only in such a block, so that no chunk
    arrives after its end. Deletes the file if it is empty.
    """
    try:
        handle = _open_locked(path)
    except FileNotFoundError:  # its folder was deleted, so nobody can append anything
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
    """Append `data` to the file and return the new offset. The data is then safely on disk.

    Raises WrongOffset, WrongChecksum and NoSpace. A file lock protects the check of the size and
    the write, also against other processes. We call `refuse` under this lock; it raises when the
    upload has ended in the meantime. We call `note` once the chunk is on disk; it stores what else
    came with the chunk. So nothing is stored of a refused chunk.
    """
    if checksum:
        checksum.verify(data)
    handle = _open_locked(path)
    try:
        refuse()
        actual = os.fstat(handle).st_size
        if actual != offset:
            # the sender will continue there and forget the bytes before it
            _sync(handle, path.parent)
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
    """Delete the file if it is empty: then `_open_locked` created it. The caller holds the lock.

    A process that waits for this lock sees the deletion and creates a new file.
    """
    found = os.fstat(handle)
    if found.st_size == 0 and found.st_nlink:
        path.unlink(missing_ok=True)


def _open_locked(path: Path) -> int:
    """Open and lock the file. Creates the file, but raises FileNotFoundError without its folder."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle
        os.close(handle)  # deleted while we waited for the lock; a new file may be at this path


def _write_or_undo(handle: int, offset: int, data: bytes) -> None:
    """Write the whole chunk to disk, or nothing of it. Raises NoSpace.

    After a failed fsync the system may mark pages as clean that never reached the disk. A second
    fsync would then succeed without writing them. So we truncate the file to its old size: the
    sender sends the chunk again, and the system writes it again. Truncating also makes the last
    page of the confirmed bytes dirty, so the system writes that page again too. We sync the
    truncation, so that a power failure cannot bring unconfirmed bytes back.
    """
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        sync_data(handle)
    except OSError as exc:
        os.ftruncate(handle, offset)
        # If the disk fails again, we can do nothing more. We have not confirmed these bytes.
        with suppress(OSError):
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
            _("The server's disk is full. What was confirmed is safe; sending goes on later.")
        )
    return NoSpace(_("The server could not confirm that the piece is on disk. Send it again."))
