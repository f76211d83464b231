"""Receives the bytes of an answer: checks each piece, and appends it to the answer's file.

Each candidate who records sends a piece every second. So a piece costs one query for one row,
without ORM objects, and no database lock is held while the disk works.
"""

import threading
import uuid
from functools import cache, partial
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Dialect, Engine

from capture.errors import UnusableMedia
from capture.media.signature import identify
from portal import tus
from portal.config import settings
from portal.database import release_lock, transaction
from portal.extensions import db
from portal.interviews import disk_space
from portal.interviews.eligibility import why_stopped
from portal.interviews.paths import answer_path
from portal.languages import N_
from portal.languages import gettext as _
from portal.models import (
    STOPS_RECORDING,
    Answer,
    AnswerState,
    Application,
    ApplicationStatus,
    InterviewSession,
    InterviewState,
    User,
)

MAX_BYTES_PER_MS = 1_000  # 8 Mbit/s, several times the bit rate of our recorder
SLACK_BYTES = 8_000_000  # for very short answers, and recorders that start with a higher bit rate
TOO_LARGE = N_("The recording is larger than this server takes.")


class UploadTarget(NamedTuple):
    """The few columns of an answer that are needed to receive a piece."""

    state: AnswerState
    interview_id: uuid.UUID
    id: uuid.UUID
    announced_bytes: int | None
    question_position: int
    take: int
    part: int
    limit_ms: int
    container: str


QUERY = (
    sa.select(
        User.disabled_at.is_not(None),
        Application.status,
        InterviewSession.state,
        *(getattr(Answer, name) for name in UploadTarget._fields),
    )
    .select_from(Answer)
    .join(Answer.interview)
    .join(InterviewSession.application)
    .join(Application.user)
    .where(Answer.id == sa.bindparam("answer_id"))
)


def upload_target(answer_id: uuid.UUID) -> UploadTarget:
    """Read the columns that `receive` needs. Raises TakesNoMore or Gone if no bytes may come."""
    for is_owner_disabled, status, interview_state, state, interview_id, _own, *rest in _rows(
        db.engine, answer_id.hex
    ):
        answer = UploadTarget(AnswerState(state), uuid.UUID(str(interview_id)), answer_id, *rest)
        owner = Owner(bool(is_owner_disabled), ApplicationStatus(status))
        refuse_uploads(answer.state, InterviewState(interview_state), owner)
        return answer
    raise tus.Gone


class Owner(NamedTuple):
    """The facts about a candidate that can end an upload."""

    is_disabled: bool
    status: ApplicationStatus


def owner_of(answer: Answer) -> Owner:
    application = answer.interview.application
    return Owner(not application.user.is_active, application.status)


def refuse_uploads(state: AnswerState, interview_state: InterviewState, owner: Owner) -> None:
    """Raise TakesNoMore or Gone if the answer takes no more uploads."""
    if state is AnswerState.DISCARDED:
        raise tus.Gone
    if owner.is_disabled:
        raise tus.TakesNoMore(
            _("The account of this recording is disabled. What was confirmed is kept.")
        )
    if owner.status in STOPS_RECORDING:
        raise tus.TakesNoMore(why_stopped(owner.status))
    if interview_state is not InterviewState.RECORDING:
        raise tus.TakesNoMore(_("This interview is finished."))


def refuse_where_recorded_here() -> None:
    """Raise Refused on a kiosk: there, only the station may write the files of answers."""
    if settings().records_itself:
        raise tus.Refused(403, _("This portal records with its own camera; nothing is uploaded."))


class _CachedConnection(threading.local):
    """One connection per thread for this query, because the pool costs more than the query."""

    engine: Engine | None = None
    connection: Any = None

    def cursor(self, engine: Engine) -> Any:
        if self.engine is not engine:
            self.drop()
            from_pool = engine.raw_connection()
            from_pool.detach()
            self.engine, self.connection = engine, from_pool.dbapi_connection
            # each query sees the newest data, and holds no lock afterwards
            engine.dialect.set_isolation_level(self.connection, "AUTOCOMMIT")
        return self.connection.cursor()

    def drop(self) -> None:
        connection, self.engine, self.connection = self.connection, None, None
        if connection is not None:
            connection.close()


kept = _CachedConnection()


def _rows(engine: Engine, answer_id: str) -> list[tuple[Any, ...]]:
    """Run the query with the driver alone; with SQLAlchemy it takes five times as long."""
    parameters = (answer_id,) if engine.dialect.positional else {"answer_id": answer_id}
    try:
        cursor = kept.cursor(engine)
        cursor.execute(_sql(engine.dialect), parameters)
        return list(cursor.fetchall())
    except Exception:
        kept.drop()  # the connection may be broken; the next request opens a new one
        raise


@cache
def _sql(dialect: Dialect) -> str:
    return str(QUERY.compile(dialect=dialect))


def receive(
    answer: Answer | UploadTarget,
    offset: int,
    data: bytes,
    checksum: tus.Checksum | None,
    length_bytes: int | None = None,
) -> int:
    """Append one piece of an answer durably (fsync). Returns the new offset; raises UploadError.

    `length_bytes` is the length of the whole upload, if the sender gives it with this piece (tus
    Upload-Length).
    """
    answer_id, end = answer.id, offset + len(data)
    _refuse_more(answer, end)
    refuse_where_recorded_here()
    if end > most_bytes(answer.limit_ms):
        raise tus.Refused(413, _(TOO_LARGE))
    disk_space.refuse_running()
    if offset == 0 and data:
        _check_kind(data, answer.container)
    if length_bytes is not None:
        _check_length(answer.announced_bytes, length_bytes, end, answer.limit_ms)
    path, is_news = answer_path(answer), length_bytes is not None and answer.announced_bytes is None
    if isinstance(answer, Answer):
        # only the file is needed from here on, and a slow disk must not block the database
        release_lock()

    def refuse() -> None:
        """Check again, under the lock of the file: the row may have changed meanwhile."""
        now = upload_target(answer_id)
        _refuse_more(now, end)
        if length_bytes is not None:
            _check_length(now.announced_bytes, length_bytes, end, now.limit_ms)

    note = partial(_note_length, answer_id, length_bytes if is_news else None)
    return tus.append(path, offset, data, checksum, refuse, note)


def _refuse_more(answer: Answer | UploadTarget, end: int) -> None:
    """Raise Refused if the answer is complete, or if `end` is beyond its announced length."""
    refuse_complete(answer)
    if answer.announced_bytes is not None and end > answer.announced_bytes:
        text = _(
            "The upload was said to have %(size)s bytes, and this is more.",
            size=answer.announced_bytes,
        )
        raise tus.Refused(413, text)


def refuse_complete(answer: Answer | UploadTarget) -> None:
    """Raise TakesNoMore if the answer's upload is complete."""
    if answer.state is not AnswerState.RECORDING:
        raise tus.TakesNoMore(_("This answer is complete."))


def announce(answer: Answer, length_bytes: int) -> None:
    """Store the length of the whole upload, for a client that resumes it. Raises UploadError."""
    known = answer.announced_bytes if answer.length_bytes is None else answer.length_bytes
    if known == length_bytes:
        return
    answer_id, path, limit_ms = answer.id, answer_path(answer), answer.limit_ms
    _check_length(known, length_bytes, 0, limit_ms)
    release_lock()
    with tus.locked(path) as here:  # the lock keeps out a piece that says another length
        _check_length(upload_target(answer_id).announced_bytes, length_bytes, here, limit_ms)
        _note_length(answer_id, length_bytes)


def _check_length(known: int | None, length_bytes: int, end: int, limit_ms: int) -> None:
    """Raise UploadError if an upload that has bytes up to `end` cannot have this length."""
    if known == length_bytes:
        return
    if length_bytes > most_bytes(limit_ms):
        raise tus.Refused(413, _(TOO_LARGE))
    if known is not None:
        raise tus.UploadError(
            _("The upload was said to have %(size)s bytes; this cannot change.", size=known)
        )
    if end > length_bytes:
        raise tus.UploadError(_("There are more bytes than that already."))


def _note_length(answer_id: uuid.UUID, length_bytes: int | None) -> None:
    if length_bytes is None:
        return
    still_unknown = (Answer.id == answer_id, Answer.announced_bytes.is_(None))
    with transaction():
        db.session.execute(
            sa.update(Answer).where(*still_unknown).values(announced_bytes=length_bytes)
        )


def most_bytes(limit_ms: int) -> int:
    """The largest file that we accept for an answer of at most `limit_ms`."""
    return min(settings().upload_max_bytes, SLACK_BYTES + limit_ms * MAX_BYTES_PER_MS)


def confirmed_bytes(answer: Answer) -> int:
    """How many bytes of an answer are durably on disk (tus Upload-Offset). Raises NoSpace.

    The client may delete these bytes.
    """
    path = answer_path(answer)
    release_lock()
    return tus.confirm(path)


def _check_kind(head: bytes, expected: str) -> None:
    try:
        found = identify(head)
    except UnusableMedia as exc:
        raise tus.Refused(415, str(exc)) from exc
    if found != expected:
        raise tus.Refused(
            415,
            _("This is %(found)s, but %(expected)s was announced.", found=found, expected=expected),
        )
