"""The work behind an interview, done in the background: finds what is to do, and measures answers.

Every step may be killed at any point and done again by another process: rows are claimed
(`portal/work`), files are replaced whole or appended under a lock. `finishing` makes the film and
ends the interview.
"""

import logging
import math
import threading
import time
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from flask import g
from sqlalchemy.orm import contains_eager

from capture.errors import CaptureError, UnusableMedia
from capture.errors import ClaimLost as DisplacedSession
from capture.film import joining
from capture.media.container import Limits
from capture.session import AnswerSource, CaptureSession
from disk import space as disk
from disk.atomic import atomic_write
from portal import tus, work
from portal.extensions import db
from portal.hiring.stopped_interviews import is_not_stopped
from portal.interviews import disk_space
from portal.interviews.answers import allowed_ms, parts_of
from portal.interviews.eligibility import is_going_on, why_unwanted
from portal.interviews.finishing import finish_interview, work_ahead
from portal.interviews.flagging import refresh_flags
from portal.interviews.paths import answer_path, models, recording
from portal.models import Answer, AnswerState, InterviewSession, InterviewState, utc_now
from portal.work import GONE, MAX_ATTEMPTS, Claim, ClaimLost, Halt, Halted

log = logging.getLogger(__name__)

# Twice what a question may allow: a file whose clock jumps further must not cost hours of work.
ANSWER_LIMITS = Limits(max_duration_ms=3_600_000)
SETTLED = {AnswerState.READY, AnswerState.FAILED}
ASK_EVERY_S = 0.5  # how often a session may ask the database whether more will come
# flags of a running interview: recent enough for a live row, cheap enough for many
REFRESH_EVERY_S = 5.0
ALL_ATTEMPTS = 2 * MAX_ATTEMPTS  # of an answer: with measuring, then without
# a recording that was left is looked at again only when it is completed
FORGOTTEN_AFTER = timedelta(days=1)
# all that came was read and the process lives: nobody else need wait for this one's next bytes
OUTLIVED_AFTER_S = 4.0
# no new bytes for so long: give the thread to somebody else until bytes come again
IDLE_AFTER_S = 30.0


def _finishable() -> list[InterviewSession]:
    """Interviews whose candidate is done and whose kept answers are all measured and normalised, or
    given up.
    """
    rows = db.session.scalars(
        sa.select(InterviewSession)
        .join(InterviewSession.application)
        .where(
            InterviewSession.state == InterviewState.FINISHING,
            _free(InterviewSession),
            is_not_stopped(),
        )
    )
    return [
        row
        for row in rows
        if all(answer.state in SETTLED for answer in row.kept_answers()) and disk_space.fits(row)
    ]


def _measurable() -> list[Answer]:
    """Whole answers first, then those that still grow and have grown since they were last looked
    at.
    """
    rows = db.session.scalars(
        sa.select(Answer)
        .join(Answer.interview)
        .join(InterviewSession.application)
        .options(contains_eager(Answer.interview).selectinload(InterviewSession.answers))
        .where(
            _free(Answer),
            is_not_stopped(),
            sa.or_(Answer.state == AnswerState.RECEIVED, _growing()),
        )
        .order_by(Answer.state == AnswerState.RECORDING, Answer.created_at)
    )
    wanted = [
        row
        for row in rows
        if row in row.interview.kept_answers() and _has_news(row) and _is_its_turn(row)
    ]
    return [row for row in wanted if disk_space.fits(row)]


def _is_its_turn(answer: Answer) -> bool:
    """How much of a further part counts is only known when the parts before it are through."""
    parts = parts_of(answer.interview, answer.question_position, answer.take)
    return answer.state is AnswerState.RECORDING or all(
        part.state in SETTLED for part in parts if part.part < answer.part
    )


def _growing() -> sa.ColumnElement[bool]:
    """Still being recorded: measured where agreed, and otherwise left alone; nothing here may ever
    end a recording.
    """
    analysed = InterviewSession.consent_analyse_at.is_not(None)
    is_fresh = Answer.created_at > utc_now() - FORGOTTEN_AFTER
    return sa.and_(
        Answer.state == AnswerState.RECORDING, analysed, is_fresh, Answer.attempts < MAX_ATTEMPTS
    )


def _has_news(answer: Answer) -> bool:
    return (
        answer.state is AnswerState.RECEIVED or tus.size(answer_path(answer)) > answer.idle_at_bytes
    )


def _free(model: type[Answer] | type[InterviewSession]) -> sa.ColumnElement[bool]:
    return sa.or_(model.lease_until.is_(None), model.lease_until < utc_now())


def give_up(held: Claim, stop: threading.Event) -> None:
    """Tries without progress: say so where an admin sees it, and let everything else go on."""
    state = InterviewState.FAILED if held.model is InterviewSession else AnswerState.FAILED
    held.write(
        keep=False, state=state, failure="Given up after several tries that ended without a result."
    )


def measure_answer(held: Claim, stop: threading.Event) -> None:
    """Measure one answer as it arrives (where agreed), then bring it into the one form that
    joins.
    """
    if _measured_and_normalised(held, stop):
        try:
            work_ahead(held.app, held.row_id, stop)
        except (FileNotFoundError, Halted):
            log.info(
                "answer %s was deleted, or its interview ended, before it was in the film",
                held.row_id,
            )
        except OSError as error:
            if not disk.is_full(error):
                raise
            log.warning(
                "the disk is full: answer %s comes into the film when it is finished", held.row_id
            )


def _measured_and_normalised(held: Claim, stop: threading.Event) -> bool:
    with held.kept():
        try:
            live = LiveMeasuring(held, stop)
            return live.run() and _normalise(live)
        except ClaimLost:
            log.info(
                "answer %s is measured by another process now, or its interview was stopped",
                held.row_id,
            )
        except Halted as reason:
            log.info("answer %s is given back: %s", held.row_id, reason)
            held.write(keep=False, attempts=0)
        except GONE as error:
            if not held.is_no_fault(error):
                raise
        except CaptureError as error:
            log.warning("answer %s cannot be used: %s", held.row_id, error)
            held.write(keep=False, state=AnswerState.FAILED, failure=str(error)[:300])
    return False


class LiveMeasuring:
    """One answer being measured: what the session asks of us and tells us, in as few database calls
    as possible.
    """

    def __init__(self, held: Claim, stop: threading.Event) -> None:
        self.held = held
        self.stop = stop
        self.failure = ""
        self.is_idle = False
        self._halt = threading.Event()
        self._asked_at = self._grew_at = time.monotonic()
        # The first time sooner: it reads the earlier answers' rows, before somebody waits for them.
        self._refreshed_at = time.monotonic() - REFRESH_EVERY_S / 2
        self._size = 0
        with held.app.app_context():
            answer = db.session.get_one(Answer, held.row_id)
            place = recording(answer.interview)
            names = (answer.question_position, answer.take, answer.part)
            self.path, self.container = answer_path(answer), answer.container
            self.observations_path = place.observations_path(*names)
            self.normalised_path = place.normalised_path(*names)
            self.interview_id = answer.interview_id
            self.measured_ms = answer.measured_ms
            # Whatever ended the first tries may lie in measuring: then at least the film is made.
            self._shall_measure = answer.interview.is_analysed and answer.attempts <= MAX_ATTEMPTS
            if answer.interview.is_analysed and not self._shall_measure:
                self.failure = f"Given up after {MAX_ATTEMPTS} tries that ended without a result."
            self._is_complete = answer.state is not AnswerState.RECORDING
            self._is_on_trial = answer.attempts > 1
            self._models = models()
            self._limits = replace(ANSWER_LIMITS, cut_at_ms=max(0, allowed_ms(answer)))

    def run(self) -> bool:
        """Measure what there is. True: the answer is whole, and as much of it measured as can
        be.
        """
        if not self._shall_measure:
            return True
        source = AnswerSource(
            self.path,
            self.container,
            self.observations_path,
            self.is_complete,
            self.heartbeat,
            takes_over=True,
            limits=self._limits,
        )
        try:
            result = CaptureSession(source, self._models.senses, self._halt).run()
        except DisplacedSession as error:
            raise ClaimLost(str(error)) from error
        except CaptureError as error:
            return self._note_failure(error)
        self.measured_ms = result.measured_ms
        if not result.is_whole:
            self.held.write(keep=False, idle_at_bytes=self._size if self.is_idle else 0, attempts=0)
            return False
        if self._goes_on():  # else finishing judges the whole, and somebody waits for it
            refresh_flags(self.held.app, self.interview_id)
        return True

    def _goes_on(self) -> bool:
        """Whether the candidate is not done yet."""
        with self.held.app.app_context():
            g.only_reads_database = True
            own = InterviewSession.id == self.interview_id
            return (
                db.session.scalar(sa.select(InterviewSession.state).where(own))
                is InterviewState.RECORDING
            )

    def _note_failure(self, error: CaptureError) -> bool:
        """Not measured, for a reason; the recording itself is not touched by that."""
        log.warning("answer %s is not measured: %s", self.held.row_id, error)
        self.failure = str(error)[:300]
        if not self._is_complete:
            self.held.write(keep=False, failure=self.failure)
        return self._is_complete

    def is_complete(self) -> bool:
        """Whether no more bytes will come. Asked many times a second; the database is asked only
        now and then.
        """
        now = time.monotonic()
        if not self._is_complete and now - self._asked_at >= ASK_EVERY_S:
            self._asked_at = now
            with self.held.app.app_context():
                g.only_reads_database = True
                state = db.session.scalar(
                    sa.select(Answer.state).where(Answer.id == self.held.row_id)
                )
            self._is_complete = state is not AnswerState.RECORDING
        return self._is_complete

    def heartbeat(self, measured_ms: int) -> bool:
        """Note progress and refresh flags; False when the answer is no longer ours to measure."""
        self._look_whether_to_halt()
        if measured_ms > self.measured_ms or self._has_outlived_its_trial():
            self.measured_ms, self._is_on_trial = max(measured_ms, self.measured_ms), False
            self.held.write(keep=True, measured_ms=self.measured_ms, attempts=0)
        if time.monotonic() - self._refreshed_at >= REFRESH_EVERY_S:
            refresh_flags(self.held.app, self.interview_id)
            self._refreshed_at = time.monotonic()
        return not self.held.lost.is_set()

    def _has_outlived_its_trial(self) -> bool:
        waits = not self._is_complete and time.monotonic() - self._grew_at >= OUTLIVED_AFTER_S
        return self._is_on_trial and waits

    def _look_whether_to_halt(self) -> None:
        size, now = tus.size(self.path), time.monotonic()
        if size != self._size:
            self._size, self._grew_at = size, now
        self.is_idle = not self._is_complete and now - self._grew_at >= IDLE_AFTER_S
        if self.is_idle or self.stop.is_set() or self._is_stopped():
            self._halt.set()

    def _is_stopped(self) -> bool:
        """Whether the application was withdrawn or decided meanwhile: from then on nothing more is
        measured.
        """
        with self.held.app.app_context():
            g.only_reads_database = True
            return not is_going_on(self.interview_id)


def _normalise(live: LiveMeasuring) -> bool:
    limits = _limits_now(live)
    halt = Halt(live.held.app, live.interview_id, why_unwanted, live.stop, live.held.lost)
    with atomic_write(live.normalised_path, live.held.confirm) as temporary:
        made = joining.normalise(live.path, temporary, live.container, limits, halt)
    facts: dict[str, object] = {
        "duration_ms": made.duration_ms,
        "damaged_at_ms": made.damaged_at_ms,
        "measured_ms": live.measured_ms,
        "sent_ms": made.sent_ms,
        "codecs": " ".join(made.codecs),
        "av_offset_ms": None if made.sound_offset_ms is None else math.ceil(made.sound_offset_ms),
    }
    return live.held.write(keep=False, state=AnswerState.READY, failure=live.failure, **facts)


def _limits_now(live: LiveMeasuring) -> Limits:
    """By now earlier parts of this take are through. Raises UnusableMedia where they used all the
    time.
    """
    with live.held.app.app_context():
        g.only_reads_database = True
        left_ms = allowed_ms(db.session.get_one(Answer, live.held.row_id))
    if left_ms <= 0:
        raise UnusableMedia("the time for this answer was used up before this part")
    return replace(ANSWER_LIMITS, cut_at_ms=left_ms)


# Finishing first: somebody waits for it.
ROW_KINDS = (
    work.RowKind(_finishable, finish_interview, give_up, MAX_ATTEMPTS),
    work.RowKind(_measurable, measure_answer, give_up, ALL_ATTEMPTS),
)

__all__ = ["ROW_KINDS", "finish_interview", "measure_answer", "refresh_flags"]
