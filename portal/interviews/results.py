"""Converts rows and files to the types of `capture`, and writes its results to files."""

import json
import math
import uuid
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from sqlalchemy.orm import selectinload

from capture.film import joining
from capture.film.film_index import sound_shift_ms
from capture.store import telemetry, timeline
from capture.store.recording import Recording, read_observations
from capture.types import AnswerSpan, Flag, Measurements, Observation
from disk.atomic import atomic_write
from portal.interviews.observation_cache import finished_rows
from portal.interviews.paths import engine, recording
from portal.interviews.recording_layout import measured_answer, usable
from portal.models import Answer, AnswerState, InterviewSession

# Load an interview for `gather` with this option: otherwise each answer runs its own query (N+1).
WITH_EVENTS = selectinload(InterviewSession.answers).selectinload(Answer.page_events)


def gather(interview: InterviewSession) -> Measurements:
    """All measurements so far, on the timeline of the recording, without answers that failed."""
    return timeline.join_timeline(
        [measured_answer(answer, _observations(interview, answer)) for answer in usable(interview)]
    )


def film_parts(interview: InterviewSession, spans: Sequence[AnswerSpan]) -> list[joining.FilmPart]:
    """The normalised answers, at the same times as in the measurements."""
    place, answers = recording(interview), usable(interview)
    return [
        joining.FilmPart(
            path=place.normalised_path(answer.question_position, answer.take, answer.part),
            start_ms=span.start_ms,
            title=f"{answer.question_position}. {answer.prompt}",
        )
        for answer, span in zip(answers, spans, strict=True)
    ]


def av_offset_ms(interview: InterviewSession, spans: Sequence[AnswerSpan]) -> int | None:
    """The largest shift of sound against picture that we applied. None without any sound.

    Normalising shifts the sound of each answer, and joining shifts it once more to the film's grid
    of sound frames.
    """
    apart = [
        answer.av_offset_ms + math.ceil(abs(sound_shift_ms(span.start_ms)))
        for answer, span in zip(usable(interview), spans, strict=True)
        if answer.av_offset_ms is not None
    ]
    return max(apart, default=None)


def film_so_far(interview: InterviewSession) -> list[Path]:
    """The normalised answers that can be in the film now: those before the first missing one."""
    place = recording(interview)
    settled = takewhile(
        lambda answer: answer.state in {AnswerState.READY, AnswerState.FAILED},
        interview.kept_answers(),
    )
    return [
        place.normalised_path(answer.question_position, answer.take, answer.part)
        for answer in settled
        if answer.state is AnswerState.READY
    ]


def longest_ms(interview: InterviewSession) -> int:
    """The longest length that the film can have."""
    return sum(question.limit_ms for question in interview.questions)


def page_events(interview: InterviewSession) -> list[dict[str, Any]]:
    """The page's events, on each answer's own timeline, in the form of page_events.jsonl."""
    return [
        {"question": answer.question_position, "take": answer.take, "part": answer.part}
        | {
            "kind": event.kind,
            "t_ms": event.t_ms,
            "until_ms": event.until_ms,
            "characters": event.characters,
        }
        for answer in interview.kept_answers()
        for event in answer.page_events
    ]


def discarded_takes(interview: InterviewSession) -> set[tuple[int, int]]:
    """Takes that were recorded again or discarded, as (question, take).

    Takes that could not be used are not among them: their files are kept.
    """
    kept = {(answer.question_position, answer.take) for answer in interview.kept_answers()}
    others = [answer for answer in interview.answers if answer.state is not AnswerState.FAILED]
    return {(answer.question_position, answer.take) for answer in others} - kept


def write_files(
    place: Recording,
    interview_id: uuid.UUID,
    measured: Measurements,
    flags: list[Flag],
    events: Iterable[dict[str, Any]],
    confirm: Callable[[], None],
) -> None:
    """Write page_events.jsonl and telemetry.json.

    `confirm` raises if another process has finished the interview meanwhile. Then nothing is
    written.
    """
    with atomic_write(place.page_events_path, confirm) as temporary:
        temporary.write_text(
            "".join(json.dumps(event) + "\n" for event in events), encoding="utf-8"
        )
    telemetry.write(
        place.telemetry_path, telemetry.build(str(interview_id), measured, flags, engine()), confirm
    )


def _observations(interview: InterviewSession, answer: Answer) -> Sequence[Observation] | None:
    if not interview.is_analysed:
        return None
    read = finished_rows.read if answer.state is AnswerState.READY else read_observations
    return read(
        recording(interview).observations_path(answer.question_position, answer.take, answer.part)
    )
