"""Ends an upload: completes the answer, or discards what has come of it.

The file is locked first, then the database, as appending does: so they cannot deadlock. And no
piece can arrive between reading the size and the commit. So the caller locks the file, and opens
the transaction inside:

    with locked_to_complete(answer) as upload, transaction():
        complete_answer(upload, length_bytes, recorded_ms)
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from capture.media.signature import is_head_alone
from portal import audit, tus, work
from portal.audit import By
from portal.config import settings
from portal.database import after_commit, release_lock
from portal.extensions import db
from portal.interviews import kiosk
from portal.interviews.answers import OVERSHOOT_MS
from portal.interviews.eligibility import refuse_stopped
from portal.interviews.errors import BytesMissing, Discarded
from portal.interviews.paths import answer_path, recording
from portal.interviews.receiving import refuse_complete, refuse_where_recorded_here
from portal.languages import gettext as _
from portal.languages import ngettext
from portal.models import Answer, AnswerState, AuditEvent, utc_now


@dataclass(frozen=True)
class LockedUpload:
    """An upload to which nobody can append now, and what is on disk of it."""

    answer_id: uuid.UUID
    path: Path
    here_bytes: int
    losses: kiosk.Losses | None = None

    def row(self) -> Answer | None:
        """The answer as it is now; None if it was deleted meanwhile."""
        return db.session.get(Answer, self.answer_id)


@contextmanager
def locked_to_discard(answer: Answer) -> Iterator[LockedUpload]:
    """Lock the file of an upload for `discard_upload`. Raises tus.Refused on a kiosk."""
    refuse_where_recorded_here()
    with _locked(answer) as upload:
        yield upload


@contextmanager
def locked_to_complete(answer: Answer) -> Iterator[LockedUpload]:
    """Lock the file of an upload for `complete_answer`, when no station writes. Raises Stopped."""
    refuse_stopped(answer.interview)
    losses = kiosk.stop_and_report_losses(answer) if settings().records_itself else None
    with _locked(answer) as upload:
        yield replace(upload, losses=losses)


@contextmanager
def _locked(answer: Answer) -> Iterator[LockedUpload]:
    answer_id, path = answer.id, answer_path(answer)
    release_lock()
    with tus.locked(path) as here_bytes:
        yield LockedUpload(answer_id, path, here_bytes)


def discard_upload(upload: LockedUpload, *, by: By) -> None:
    """Delete an upload that is not complete. Its take stays used. Raises tus.Gone and tus.Refused.

    A process that measures it sees a newer fencing token, and stops.
    """
    kept = upload.row()
    if kept is None or kept.state is AnswerState.DISCARDED:
        raise tus.Gone
    refuse_complete(kept)
    kept.state, kept.fence, kept.lease_until = AnswerState.DISCARDED, kept.fence + 1, None
    audit.record(by, AuditEvent.DISCARDED, kept)
    _delete_files_after_commit(kept)


def refuse_discarded(answer: Answer) -> None:
    """Raise Discarded if the upload was discarded before it was complete."""
    if answer.state is AnswerState.DISCARDED and answer.length_bytes is None:
        raise Discarded(_("This upload was taken back; nothing of it is here."))


def complete_answer(
    upload: LockedUpload, length_bytes: int, recorded_ms: int | None, *, watched: bool = False
) -> Answer | None:
    """Note that all bytes of an answer have arrived. Raises BytesMissing and Discarded.

    Returns None if nothing was recorded; the take can then be used again. `recorded_ms` is how long
    the recorder ran: if the media is shorter, the rest is shown as missing. `watched` says that our
    page recorded the answer and sent all its reports.
    """
    kept = upload.row()
    if kept is None:
        return None  # a repeated request
    refuse_discarded(kept)
    if kept.state is not AnswerState.RECORDING:
        return kept  # a repeated request
    here = upload.here_bytes
    if here < length_bytes:
        missing = ngettext(
            "%(num)s byte has not arrived yet.",
            "%(num)s bytes have not arrived yet.",
            length_bytes - here,
        )
        raise BytesMissing(missing, here)
    if here == 0 or is_head_alone(upload.path):
        # without content: its take is free, and the earlier take counts
        _delete_files_after_commit(kept)
        db.session.delete(kept)
        return None
    _note_complete(kept, here, recorded_ms, upload.losses)
    kept.watched = watched
    after_commit(work.wake_workers)
    return kept


def _delete_files_after_commit(answer: Answer) -> None:
    place, names = recording(answer.interview), (answer.question_position, answer.take, answer.part)
    after_commit(partial(place.delete_part, *names))


def _note_complete(
    answer: Answer, here: int, recorded_ms: int | None, losses: kiosk.Losses | None
) -> None:
    answer.length_bytes = here
    answer.recorded_ms = (
        None if recorded_ms is None else min(recorded_ms, answer.limit_ms + OVERSHOOT_MS)
    )
    if losses:
        answer.pictures_dropped, answer.sound_lost_ms = (
            losses.pictures_dropped,
            losses.sound_lost_ms,
        )
    answer.state, answer.completed_at = AnswerState.RECEIVED, utc_now()
    # a failure with the growing file does not mean that the complete file is bad
    answer.attempts = 0
