"""Background work on answers: finds answers and interviews that wait, and measures answers.

A process may be killed at any point, and another one repeats the step (idempotent): a process
claims a row before it works on it (`portal/work`), replaces files as a whole, and appends under a
lock. `finishing` makes the film and the other results.
"""

import logging
import math
import threading
import time
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from capture.errors import CaptureError, UnusableMedia
from capture.errors import ClaimLost as DisplacedSession
from capture.film import joining
from capture.media.container import Limits
from capture.session import AnswerSource, CaptureSession
from disk import space as disk
from disk.atomic import atomic_write
from portal import tus, work
from portal.database import reading
from portal.extensions import db
from portal.hiring.stopped_interviews import is_not_stopped
from portal.interviews import disk_space
from portal.interviews.answers import allowed_ms, parts_of
from portal.interviews.eligibility import is_wanted, why_unwanted
from portal.interviews.finishing import finish_interview, prepare_results
from portal.interviews.flagging import refresh_flags
from portal.interviews.paths import answer_path, models, recording
from portal.languages import N_
from portal.models import Answer, AnswerState, InterviewSession, InterviewState, utc_now
from portal.work import GONE, MAX_ATTEMPTS, Claim, ClaimLost, Halt, Halted

log = logging.getLogger(__name__)

# Twice the longest time of a question: a file with a broken clock must not cost hours of work.
ANSWER_LIMITS = Limits(max_duration_ms=3_600_000)
SETTLED = {AnswerState.READY, AnswerState.FAILED}
ASK_EVERY_S = 0.5  # how often a session may ask the database whether the answer is complete
# fresh enough for reviewers who watch a running interview, cheap enough for many interviews
REFRESH_EVERY_S = 5.0
ALL_ATTEMPTS = 2 * MAX_ATTEMPTS  # of an answer: first with measuring, then without
# an abandoned recording older than this is measured only when it is completed
FORGOTTEN_AFTER = timedelta(days=1)
# why there is no result; stored in English, and translated where a page shows it
GIVEN_UP = N_("Given up after several tries that ended without a result.")
# if a row on trial has waited for bytes this long, it did not kill the process: the trial ends
OUTLIVED_AFTER_S = 4.0
# after this time without new bytes, the thread does other work
IDLE_AFTER_S = 30.0


def _finishable() -> list[InterviewSession]:
    """Interviews whose candidate is done and whose kept answers are all ready or failed."""
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
    """Complete answers first, then answers that have grown since a process last read them."""
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
    """A complete part waits for the earlier parts, because they decide how much of it counts."""
    parts = parts_of(answer.interview, answer.question_position, answer.take)
    return answer.state is AnswerState.RECORDING or all(
        part.state in SETTLED for part in parts if part.part < answer.part
    )


def _growing() -> sa.ColumnElement[bool]:
    """Answers that are still being recorded, where the candidate agreed to the analysis.

    We measure them early, but a failure here must never end a recording.
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


def give_up(claim: Claim) -> None:
    """Mark the row as failed after too many attempts. An admin sees it; other work continues."""
    state = InterviewState.FAILED if claim.model is InterviewSession else AnswerState.FAILED
    claim.write(keep=False, state=state, failure=GIVEN_UP)


def measure_answer(claim: Claim, stop: threading.Event) -> None:
    """Measure one answer as it arrives (with consent), and normalise it for the film."""
    if _made_ready(claim, stop):
        try:
            prepare_results(claim.app, claim.row_id, stop)
        except (FileNotFoundError, Halted):
            log.info(
                "answer %s is not added to the film: it was deleted, or its interview ended",
                claim.row_id,
            )
        except OSError as error:
            if not disk.is_full(error):
                raise
            log.warning("the disk is full: answer %s is added to the film later", claim.row_id)


def _made_ready(claim: Claim, stop: threading.Event) -> bool:
    """Measure and normalise the answer. True if it is ready for the film now."""
    with claim.renewed():
        try:
            live = LiveMeasuring(claim, stop)
            return live.run() and _normalise(live)
        except ClaimLost:
            log.info(
                "answer %s: another process measures it now, or its interview was stopped",
                claim.row_id,
            )
        except Halted as reason:
            log.info("answer %s is given back: %s", claim.row_id, reason)
            claim.write(keep=False, attempts=0)
        except GONE as error:
            if not claim.excuse(error):
                raise
        except CaptureError as error:
            log.warning("answer %s cannot be used: %s", claim.row_id, error)
            claim.write(keep=False, state=AnswerState.FAILED, failure=str(error)[:300])
    return False


class LiveMeasuring:
    """One answer that is being measured: the session's callbacks, with few database calls."""

    def __init__(self, claim: Claim, stop: threading.Event) -> None:
        self.claim = claim
        self.stop = stop
        self.failure = ""
        self.is_idle = False
        self._halt = threading.Event()
        self._asked_at = self._grew_at = time.monotonic()
        # The first refresh comes sooner, to fill the cache with earlier answers' observations.
        self._refreshed_at = time.monotonic() - REFRESH_EVERY_S / 2
        self._size = 0
        with claim.app.app_context(), reading():
            answer = db.session.get_one(Answer, claim.row_id)
            place = recording(answer.interview)
            names = (answer.question_position, answer.take, answer.part)
            self.path, self.container = answer_path(answer), answer.container
            self.observations_path = place.observations_path(*names)
            self.normalised_path = place.normalised_path(*names)
            self.interview_id = answer.interview_id
            self.measured_ms = answer.measured_ms
            # If the attempts with measuring failed, try without it, so that there is a film.
            self._shall_measure = answer.interview.is_analysed and answer.attempts <= MAX_ATTEMPTS
            if answer.interview.is_analysed and not self._shall_measure:
                self.failure = GIVEN_UP
            self._is_complete = answer.state is not AnswerState.RECORDING
            self._is_on_trial = answer.attempts > 1
            self._models = models()
            self._limits = replace(ANSWER_LIMITS, cut_at_ms=max(0, allowed_ms(answer)))

    def run(self) -> bool:
        """Measure what has arrived. True if the answer is complete and needs no more measuring."""
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
            self.claim.write(
                keep=False, idle_at_bytes=self._size if self.is_idle else 0, attempts=0
            )
            return False
        if self._candidate_still_records():  # otherwise `finishing` finds all flags soon
            refresh_flags(self.claim.app, self.interview_id)
        return True

    def _candidate_still_records(self) -> bool:
        with self.claim.app.app_context(), reading():
            own = InterviewSession.id == self.interview_id
            return (
                db.session.scalar(sa.select(InterviewSession.state).where(own))
                is InterviewState.RECORDING
            )

    def _note_failure(self, error: CaptureError) -> bool:
        """Note why the answer is not measured. The recording itself is not touched."""
        log.warning("answer %s is not measured: %s", self.claim.row_id, error)
        self.failure = str(error)[:300]
        if not self._is_complete:
            self.claim.write(keep=False, failure=self.failure)
        return self._is_complete

    def is_complete(self) -> bool:
        """Whether the answer is complete, so that no more bytes will come.

        The session asks many times a second; this asks the database at most every ASK_EVERY_S.
        """
        now = time.monotonic()
        if not self._is_complete and now - self._asked_at >= ASK_EVERY_S:
            self._asked_at = now
            with self.claim.app.app_context(), reading():
                state = db.session.scalar(
                    sa.select(Answer.state).where(Answer.id == self.claim.row_id)
                )
            self._is_complete = state is not AnswerState.RECORDING
        return self._is_complete

    def heartbeat(self, measured_ms: int) -> bool:
        """Store the progress and refresh flags. False when another process has the answer."""
        self._look_whether_to_halt()
        if measured_ms > self.measured_ms or self._has_outlived_its_trial():
            self.measured_ms, self._is_on_trial = max(measured_ms, self.measured_ms), False
            self.claim.write(keep=True, measured_ms=self.measured_ms, attempts=0)
        if time.monotonic() - self._refreshed_at >= REFRESH_EVERY_S:
            refresh_flags(self.claim.app, self.interview_id)
            self._refreshed_at = time.monotonic()
        return not self.claim.lost.is_set()

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
        """Whether a withdrawal or a decision has stopped the interview meanwhile."""
        with self.claim.app.app_context(), reading():
            return not is_wanted(self.interview_id)


def _normalise(live: LiveMeasuring) -> bool:
    limits = _limits_now(live)
    halt = Halt(live.claim.app, live.interview_id, why_unwanted, live.stop, live.claim.lost)
    with atomic_write(live.normalised_path, live.claim.confirm) as temporary:
        made = joining.normalise(live.path, temporary, live.container, limits, halt)
    facts: dict[str, object] = {
        "duration_ms": made.duration_ms,
        "damaged_at_ms": made.damaged_at_ms,
        "measured_ms": live.measured_ms,
        "sent_ms": made.sent_ms,
        "codecs": " ".join(made.codecs),
        "av_offset_ms": None if made.sound_offset_ms is None else math.ceil(made.sound_offset_ms),
    }
    return live.claim.write(keep=False, state=AnswerState.READY, failure=live.failure, **facts)


def _limits_now(live: LiveMeasuring) -> Limits:
    """The limits, after earlier parts are measured. Raises UnusableMedia if no time is left."""
    with live.claim.app.app_context(), reading():
        left_ms = allowed_ms(db.session.get_one(Answer, live.claim.row_id))
    if left_ms <= 0:
        raise UnusableMedia(N_("the time for this answer was used up before this part"))
    return replace(ANSWER_LIMITS, cut_at_ms=left_ms)


# Finishing comes first, because a person waits for it.
ROW_KINDS = (
    work.RowKind(_finishable, finish_interview, give_up, MAX_ATTEMPTS),
    work.RowKind(_measurable, measure_answer, give_up, ALL_ATTEMPTS),
)

__all__ = ["ROW_KINDS", "finish_interview", "measure_answer", "refresh_flags"]
