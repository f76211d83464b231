"""Rows of finished answers in memory: the same as on disk, not read twice, and not kept without
need.
"""

from pathlib import Path

import pytest

from capture.store.recording import ObservationLog
from capture.types import Observation
from portal.interviews import observation_cache
from portal.interviews.observation_cache import FinishedRows


def log(path: Path, *times_ms: int) -> Path:
    with ObservationLog(path) as opened:
        for t_ms in times_ms:
            opened.append(Observation(t_ms, count=1))
    return path


def test_a_finished_answer_is_read_once(tmp_path: Path) -> None:
    path, finished = log(tmp_path / "a", 0, 200), FinishedRows()

    assert finished.read(path) is finished.read(path)
    assert finished.read(path) == [Observation(0, count=1), Observation(200, count=1)]


def test_an_answer_that_is_measured_again_is_read_again(tmp_path: Path) -> None:
    path, finished = log(tmp_path / "a", 0), FinishedRows()
    finished.read(path)
    log(path, 200)

    assert [row.t_ms for row in finished.read(path)] == [0, 200]


def test_no_more_rows_are_kept_than_agreed(tmp_path: Path) -> None:
    first, second, finished = (
        log(tmp_path / "a", 0, 200),
        log(tmp_path / "b", 0, 200),
        FinishedRows(max_rows=3),
    )
    old = finished.read(first)
    kept = finished.read(second)

    assert finished.read(second) is kept
    assert finished.read(first) is not old


def test_what_nobody_asked_for_lately_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, finished = log(tmp_path / "a", 0), log(tmp_path / "b", 0), FinishedRows()
    old = finished.read(first)
    monkeypatch.setattr(observation_cache, "KEEP_S", 0.0)
    finished.read(second)
    monkeypatch.undo()

    assert finished.read(first) is not old


def test_an_answer_without_observations_has_no_rows(tmp_path: Path) -> None:
    assert FinishedRows().read(tmp_path / "none") == []
