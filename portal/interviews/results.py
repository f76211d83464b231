"""From rows and files to what `capture` works on, and from its results to the files of the
interview.
"""

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

# How to load an interview that is gathered: else each answer asks the database for its own events.
WITH_EVENTS = selectinload(InterviewSession.answers).selectinload(Answer.page_events)


def gather(interview: InterviewSession) -> Measurements:
    """Everything known so far, on the clock of the recording. Answers that failed take no place on
    it.
    """
    return timeline.join_timeline(
        [measured_answer(answer, _observations(interview, answer)) for answer in usable(interview)]
    )


def film_parts(interview: InterviewSession, spans: Sequence[AnswerSpan]) -> list[joining.FilmPart]:
    """The normalised answers at the very places that the measurements give them."""
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
    """How far picture and sound of the film are apart at most, beyond what the recorder did; None
    without any sound.

    Each answer's sound was moved when it was normalised, and once more onto the film's row of sound
    frames.
    """
    apart = [
        answer.av_offset_ms + math.ceil(abs(sound_shift_ms(span.start_ms)))
        for answer, span in zip(usable(interview), spans, strict=True)
        if answer.av_offset_ms is not None
    ]
    return max(apart, default=None)


def film_so_far(interview: InterviewSession) -> list[Path]:
    """The normalised answers that the film begins with, as far as none before them is still to
    come.
    """
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
    """How long the film may become."""
    return sum(question.limit_ms for question in interview.questions)


def page_events(interview: InterviewSession) -> list[dict[str, Any]]:
    """What the page reported, on each answer's own clock, as stored beside the recording."""
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
    """Takes that were recorded again, or taken back; not those that could not be used, which stay
    as they came.
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
    """page_events.jsonl and telemetry.json.

    `confirm` raises where somebody else has finished the interview meanwhile: nothing of it is
    written twice.
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
