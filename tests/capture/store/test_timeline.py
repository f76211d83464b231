"""Answers on the recording's clock: tables of answers in, spans and gaps out."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.store.timeline import join_timeline
from capture.types import AnswerSpan, Gap, GapCause, MeasuredAnswer, Observation, PageEvent


def seen(start_ms: int, end_ms: int) -> list[Observation]:
    return [Observation(t_ms, count=1) for t_ms in range(start_ms, end_ms, 200)]


def answer(question: int, duration_ms: int, lost_ms: int = 0) -> MeasuredAnswer:
    return MeasuredAnswer(question, 1, duration_ms, lost_ms, seen(0, duration_ms))


def test_it_puts_answers_one_after_the_other() -> None:
    placed = join_timeline([answer(1, 5000), answer(2, 3000)])
    assert placed.answers == [AnswerSpan(1, 1, 0, 5000), AnswerSpan(2, 1, 5000, 8000)]
    assert (placed.duration_ms, placed.gaps) == (8000, [])
    assert [observation.t_ms for observation in placed.observations] == list(range(0, 8000, 200))


@pytest.mark.parametrize(
    ("lost_ms", "second_start_ms", "gaps"), [(199, 5000, 0), (200, 5200, 1), (1800, 6800, 1)]
)
def test_it_keeps_the_place_of_a_lost_tail(lost_ms: int, second_start_ms: int, gaps: int) -> None:
    placed = join_timeline([answer(1, 5000, lost_ms), answer(2, 3000)])
    assert placed.answers[1].start_ms == second_start_ms
    assert placed.gaps == [Gap(5000, 5000 + lost_ms, GapCause.INTERRUPTED)] * gaps


def test_the_recording_ends_with_the_last_gap() -> None:
    assert join_timeline([answer(1, 5000, lost_ms=700)]).duration_ms == 5700


@pytest.mark.parametrize(
    ("observations", "gaps"),
    [
        (seen(0, 5000), []),
        (seen(0, 2000) + seen(2800, 5000), []),
        (seen(0, 2000) + seen(3000, 5000), [(1800, 3000)]),
        (seen(1400, 5000), [(0, 1400)]),
        (seen(0, 3000), [(2800, 5000)]),
        ([], [(0, 5000)]),
        (None, []),
    ],
    ids=["whole", "late frames", "hole", "late start", "early end", "nothing", "analysis refused"],
)
def test_it_says_where_nothing_was_measured(
    observations: list[Observation], gaps: list[tuple[int, int]]
) -> None:
    placed = join_timeline([answer(1, 1000), MeasuredAnswer(2, 1, 5000, 0, observations)])
    assert placed.gaps == [
        Gap(1000 + start, 1000 + end, GapCause.NOT_MEASURED) for start, end in gaps
    ]


def test_it_does_not_explain_a_known_gap_twice() -> None:
    damaged = Gap(2000, 5000, GapCause.DAMAGED)
    placed = join_timeline([MeasuredAnswer(1, 1, 5000, 0, seen(0, 2000), (), [damaged])])
    assert placed.gaps == [damaged]


def test_it_moves_events_and_blinks_along() -> None:
    second = MeasuredAnswer(
        2,
        1,
        1000,
        0,
        [Observation(0, blinks_ms=(50,)), Observation(900)],
        [PageEvent(300, "x", 600)],
    )
    placed = join_timeline([answer(1, 5000), second])
    assert placed.observations[-2] == Observation(5000, blinks_ms=(5050,))
    assert placed.events == [PageEvent(5300, "x", 5600)]


def test_it_holds_events_within_their_answer() -> None:
    late = MeasuredAnswer(
        1, 1, 1000, 0, None, [PageEvent(-20, "a"), PageEvent(900, "b", 4000), PageEvent(5000, "c")]
    )
    assert join_timeline([late]).events == [
        PageEvent(0, "a"),
        PageEvent(900, "b", 1000),
        PageEvent(1000, "c"),
    ]


@given(st.lists(st.tuples(st.integers(1, 9000), st.integers(0, 3000)), max_size=6))
def test_answers_and_gaps_fill_the_recording_without_overlap(
    lengths: list[tuple[int, int]],
) -> None:
    placed = join_timeline(
        [
            answer(number, duration_ms, lost_ms)
            for number, (duration_ms, lost_ms) in enumerate(lengths, 1)
        ]
    )
    lost = [gap for gap in placed.gaps if gap.cause is GapCause.INTERRUPTED]
    pieces = sorted((piece.start_ms, piece.end_ms) for piece in [*placed.answers, *lost])
    assert all(before[1] == after[0] for before, after in pairwise(pieces))
    assert placed.duration_ms == (pieces[-1][1] if pieces else 0)
