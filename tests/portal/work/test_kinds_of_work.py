"""A kind of work registers itself, and whoever looks for work finds it; the looking knows none by
name.
"""

from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from interview_steps import clip_bytes, record_answer

from portal import work
from portal.extensions import db
from portal.models import Answer, InterviewSession
from portal.work.kinds import KINDS, Kinds, next_or_idle_task


def kind_of_answers(done: list[object]) -> work.RowKind:
    """Every answer that was never claimed, noted in `done` when its turn comes."""
    return work.RowKind(
        waiting=lambda: list(db.session.scalars(db.select(Answer).where(Answer.fence == 0))),
        do=lambda claim, _stop: done.append(claim.row_id),
        give_up=lambda _claim: done.append("given up"),
        max_attempts=2,
    )


@pytest.fixture
def empty(app: Flask) -> Flask:
    """An app in which no kind has registered yet."""
    app.extensions[KINDS] = Kinds()
    return app


def test_a_kind_that_registers_is_found_claimed_and_done(
    empty: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    done: list[object] = []
    answer_id = record_answer(interview, clip_bytes(tmp_path)).id
    work.register_rows(empty, lambda: [kind_of_answers(done)])

    assert work.work_through(empty) == 1
    assert done == [answer_id]


def test_a_row_that_used_up_its_tries_is_given_up(
    empty: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    record_answer(interview, clip_bytes(tmp_path)).attempts = 2
    db.session.commit()
    done: list[object] = []
    work.register_rows(empty, lambda: [kind_of_answers(done)])
    work.work_through(empty)

    assert done == ["given up"]


def test_what_is_due_by_the_clock_waits_for_rows(
    empty: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    answer_id = record_answer(interview, clip_bytes(tmp_path)).id
    done: list[object] = []
    work.register_idle(empty, lambda: lambda _stop: done.append("clock"))
    work.register_rows(empty, lambda: [kind_of_answers(done)])
    db.session.rollback()
    for _ in range(2):
        task = next_or_idle_task(empty)
        assert task
        task(Event())

    assert done == [answer_id, "clock"]
