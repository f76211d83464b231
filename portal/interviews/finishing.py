"""Finishes an interview after its last answer, and extends the film while answers still arrive.

A process may be killed at any point, and another one repeats the step (idempotent): files are
replaced as a whole, and the last step is one transaction that checks the fencing token.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from flask import Flask

from capture.errors import CaptureError, UnusableMedia
from capture.film import joining
from capture.halting import Check
from capture.rules import find_flags
from capture.store.recording import Recording
from capture.types import Flag, Measurements
from disk.atomic import GROUP_READS, atomic_write
from disk.hashing import note_hash
from portal.database import changed_one, reading, release_lock, transaction
from portal.extensions import db
from portal.interviews import recording_layout, results
from portal.interviews.eligibility import why_unwanted
from portal.interviews.flagging import refresh_flags, replace_flags
from portal.interviews.paths import answer_path, recording, rules
from portal.languages import N_
from portal.models import Answer, AnswerState, InterviewSession, InterviewState
from portal.work import GONE, Claim, ClaimLost, Halt, Halted

log = logging.getLogger(__name__)

# how long finishing waits for a process that adds an answer; then it makes the film itself
FILM_WAIT_S = 10.0


def prepare_results(app: Flask, answer_id: Any, stop: threading.Event) -> None:
    """After an answer: compute its hash and add it to the film, before the candidate finishes.

    Nothing is lost if this ends early or never runs.
    """
    with app.app_context(), reading():
        answer = db.session.get(Answer, answer_id)
        if answer is None:
            return  # deleted meanwhile
        path, place, interview = answer_path(answer), recording(answer.interview), answer.interview
        halt = Halt(app, interview.id, why_unwanted, stop)
        release_lock()  # so that the rows are read again after the film is locked
        with place.film_locked(wait_s=0) as is_ours:
            # if not, another process is finishing the interview, or has finished it
            is_recording = interview.state is InterviewState.RECORDING
            answers, longest_ms = results.film_so_far(interview), results.longest_ms(interview)
            release_lock()  # copying takes long; no transaction stays open for it
            if is_ours and is_recording:
                joining.grow(place.growing_film_path, answers, longest_ms, halt)
                note_hash(path, halt)


def finish_interview(claim: Claim, stop: threading.Event) -> None:
    """Join the film, write telemetry and manifest, and link them in one transaction."""
    with claim.renewed():
        try:
            outcome = _make_results(
                claim, Halt(claim.app, claim.row_id, why_unwanted, stop, claim.lost)
            )
            if not claim.lost.is_set():
                _link(claim, *outcome)
        except GONE as error:
            if not claim.excuse(error):
                raise
        except ClaimLost:
            log.info(
                "interview %s: another process finishes it now, or it was stopped", claim.row_id
            )
        except Halted as reason:
            log.info("interview %s is given back: %s", claim.row_id, reason)
            claim.write(keep=False, attempts=0)
        except CaptureError as error:
            log.warning("interview %s cannot be finished: %s", claim.row_id, error)
            refresh_flags(claim.app, claim.row_id)  # one last time
            claim.write(keep=False, state=InterviewState.FAILED, failure=str(error)[:300])


def _make_results(claim: Claim, halt: Check) -> tuple[Recording, Measurements, list[Flag]]:
    """Make the film, telemetry and manifest.

    The film comes first: hashing it takes longest, and runs while the other results are made.
    """
    place = _make_film(claim, halt)
    with ThreadPoolExecutor(1) as pool:
        hashed = pool.submit(note_hash, place.recording_path, halt)
        measurements, flags = _write_results(claim)
        hashed.result()
    place.write_manifest(claim.confirm, halt)
    return place, measurements, flags


def _make_film(claim: Claim, halt: Check) -> Recording:
    with claim.app.app_context(), reading():
        interview = db.session.get_one(
            InterviewSession, claim.row_id, options=[results.WITH_EVENTS]
        )
        place, layout = recording(interview), recording_layout.layout(interview)
        parts = results.film_parts(interview, layout.answers)
        release_lock()  # copying takes long; no transaction stays open for it
        if not parts:
            raise UnusableMedia(N_("No answer of this interview could be read."))
        with place.film_locked(FILM_WAIT_S, halt) as is_ours:
            growing = place.growing_film_path if is_ours else None
            with atomic_write(place.recording_path, claim.confirm, GROUP_READS) as temporary:
                joining.join(parts, temporary, layout.duration_ms, growing, halt)
    return place


def _write_results(claim: Claim) -> tuple[Measurements, list[Flag]]:
    """Find the flags of the whole interview, and write telemetry and page events.

    Delete discarded takes now, because the film is made.
    """
    with claim.app.app_context(), reading():
        interview = db.session.get_one(
            InterviewSession, claim.row_id, options=[results.WITH_EVENTS]
        )
        place, measurements = recording(interview), results.gather(interview)
        events, discarded = results.page_events(interview), results.discarded_takes(interview)
        release_lock()  # the rest works on files and takes long
        for question, take in discarded:
            place.delete_take(question, take)
        flags = find_flags(measurements, rules())
        results.write_files(place, claim.row_id, measurements, flags, events, claim.confirm)
    return measurements, flags


def _link(claim: Claim, place: Recording, measurements: Measurements, flags: list[Flag]) -> None:
    """Make the interview ready, in one transaction: flags, length and file names."""
    files = {"video": place.recording_path.name, "telemetry": place.telemetry_path.name}
    with claim.app.app_context(), transaction():
        is_ours = changed_one(
            sa.update(InterviewSession)
            .where(InterviewSession.id == claim.row_id, InterviewSession.fence == claim.fence)
            .values(
                state=InterviewState.READY,
                duration_ms=measurements.duration_ms,
                result_json_mapping=files,
                lease_until=None,
                flags_version=InterviewSession.flags_version + 1,
            )
        )
        if not is_ours:
            return
        replace_flags(claim.row_id, flags)
        interview = db.session.get_one(InterviewSession, claim.row_id)
        interview.av_offset_ms = results.av_offset_ms(interview, measurements.answers)
        for answer in interview.answers:
            if answer not in interview.kept_answers() and answer.state is not AnswerState.FAILED:
                answer.state = AnswerState.DISCARDED
    place.delete_temporary()
