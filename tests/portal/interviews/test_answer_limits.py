"""The time limit of an answer holds for what was sent, whatever the page says."""

from pathlib import Path

import pytest
from arrivals import came, worked
from flask import Flask
from interview_steps import begin_interview, clip_bytes, start_answer

from capture.film.joining import normalise
from capture.media.container import Limits, Media, probe
from capture.rules import find_flags
from capture.store.recording import latest_observations
from portal import interviews
from portal.extensions import db
from portal.interviews import results
from portal.interviews.answer_remarks import notes
from portal.interviews.answers import OVERSHOOT_MS, allowed_ms
from portal.models import (
    AnswerState,
    Application,
    InterviewSession,
)

pytestmark = pytest.mark.film

FRAME_MS = 100  # of the last picture and sound before a cut


def limit(interview: InterviewSession, ms: int, question: int = 1) -> None:
    interview.questions[question - 1].limit_ms = ms
    db.session.commit()


@pytest.mark.parametrize("container", ["mp4", "webm"])
def test_a_film_ends_at_the_cut_and_the_rest_is_only_counted(
    tmp_path: Path, container: str
) -> None:
    source = tmp_path / f"source.{container}"
    source.write_bytes(clip_bytes(tmp_path, 9.0, container))
    made = normalise(source, tmp_path / "film.mp4", container, Limits(cut_at_ms=4_000))

    assert made.duration_ms == pytest.approx(4_000, abs=FRAME_MS)
    assert made.sent_ms == pytest.approx(9_000, abs=FRAME_MS)
    assert made.damaged_at_ms is None
    assert probe(made.path, "mp4").duration_ms == pytest.approx(4_000, abs=FRAME_MS)


def test_what_is_cut_off_may_be_longer_than_any_answer(tmp_path: Path) -> None:
    source = tmp_path / "source.mp4"
    source.write_bytes(clip_bytes(tmp_path, 9.0))
    limits = Limits(max_duration_ms=5_000, cut_at_ms=2_000)

    assert normalise(source, tmp_path / "film.mp4", "mp4", limits).sent_ms == pytest.approx(
        9_000, abs=FRAME_MS
    )
    with Media(source, "mp4", limits) as media:
        assert sum(1 for _ in media.packets()) > 0
        assert media.end_ms == pytest.approx(2_000, abs=FRAME_MS)


@pytest.mark.slow
def test_an_answer_is_cut_at_its_limit_however_little_was_said(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    """The film, the measurements and the telemetry end there, and reviewers read why."""
    interview = begin_interview(application, analyse=True)
    limit(interview, 5_000)
    answer = came(interview, clip_bytes(tmp_path, 20.0), recorded_ms=1)
    worked(app, answer)
    place = interviews.recording(interview)
    measured = results.gather(interview)

    assert answer.state is AnswerState.READY
    assert answer.duration_ms == pytest.approx(5_000 + OVERSHOOT_MS, abs=FRAME_MS)
    assert answer.sent_ms == pytest.approx(20_000, abs=FRAME_MS)
    assert latest_observations(place.observations_path(1, 1, 1))[-1].t_ms <= 5_000 + OVERSHOOT_MS
    assert measured.duration_ms == answer.duration_ms
    assert not [flag for flag in find_flags(measured) if flag.kind == "recording_gap"]
    assert (
        "The answer is 00:20 min long, but only 00:05 min were left; the rest is cut off."
        in notes(answer)
    )
    assert "The file is 20.0 s long, but the page reported a recording of 0.0 s." in notes(answer)


def test_a_recorder_that_runs_on_a_little_is_not_cut(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    limit(interview, 5_000)
    answer = came(interview, clip_bytes(tmp_path, 6.0), recorded_ms=6_000)
    worked(app, answer)

    assert answer.duration_ms == pytest.approx(6_000, abs=FRAME_MS)
    assert notes(answer) == []


def test_the_time_left_counts_the_longest_of_said_sent_and_measured(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    first = came(interview, clip_bytes(tmp_path, 20.0), recorded_ms=1)
    worked(app, first)

    assert start_answer(interview, continues=first.id).limit_ms == pytest.approx(
        40_000, abs=FRAME_MS
    )


def test_a_further_part_is_cut_by_what_earlier_parts_are_not_by_what_was_said(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    """Also where nobody had looked at them when it began."""
    limit(interview, 10_000)
    first = came(interview, clip_bytes(tmp_path, 9.0), recorded_ms=1)
    second = came(interview, clip_bytes(tmp_path, 9.0), recorded_ms=1, continues=first.id)
    assert second.limit_ms == 9_999
    worked(app, first, second)

    assert first.duration_ms == pytest.approx(9_000, abs=FRAME_MS)
    assert second.duration_ms == pytest.approx(1_000 + OVERSHOOT_MS, abs=2 * FRAME_MS)


def test_a_part_for_which_no_time_was_left_is_not_in_the_recording(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    limit(interview, 5_000)
    answers = [came(interview, clip_bytes(tmp_path, 9.0), recorded_ms=1)]
    for _ in range(2):
        answers.append(
            came(interview, clip_bytes(tmp_path, 9.0), recorded_ms=1, continues=answers[-1].id)
        )
    worked(app, *answers)

    assert [answer.state for answer in answers] == [
        AnswerState.READY,
        AnswerState.FAILED,
        AnswerState.FAILED,
    ]
    assert "used up" in answers[-1].failure
    assert allowed_ms(answers[-1]) <= 0
