"""A device that keeps camera or microphone for itself, as for a phone call: nobody is judged by
what came then.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from acting import interviews
from clips import make_clip
from factories import make_application
from flask import Flask
from interview_steps import begin_interview, record_answer, start_answer
from senses_support import draw_observations, kinds_and_times

from capture.rules import find_flags
from capture.store import telemetry
from capture.store.timeline import join_timeline
from capture.types import Gap, GapCause, MeasuredAnswer, Observation, Pause, PausedDevice, Severity
from portal import work
from portal.extensions import db
from portal.models import InterviewSession, User

CALL_MS = (4_000, 12_000)


def silenced(rows: list[Observation]) -> list[Observation]:
    """Digital silence for as long as the call lasts."""
    return [
        replace(row, level_dbfs=-90.0) if CALL_MS[0] <= row.t_ms < CALL_MS[1] else row
        for row in rows
    ]


def answer(drawing: str, *devices: PausedDevice) -> MeasuredAnswer:
    rows = silenced(draw_observations(drawing))
    pauses = [Pause(device, *CALL_MS) for device in devices]
    return MeasuredAnswer(1, 1, rows[-1].t_ms + 200, 0, rows, pauses=pauses)


def against_somebody(measured: MeasuredAnswer) -> list[str]:
    return [flag.kind for flag in find_flags(join_timeline([measured])) if flag.assessable]


def test_a_black_picture_is_lost_and_in_a_pause_it_is_not_assessable() -> None:
    drawing = "F4 x8 F4"
    gap = Gap(2_800, 13_000, GapCause.NOT_MEASURED)

    assert against_somebody(answer(drawing)) == ["picture_lost"]
    assert against_somebody(answer(drawing, *PausedDevice)) == []
    assert join_timeline([answer(drawing, *PausedDevice)]).gaps == [gap]
    [flag] = find_flags(join_timeline([answer(drawing, *PausedDevice)]))
    assert (flag.rule, flag.assessable) == ("recording_gap/1", False)


@pytest.mark.parametrize("drawing", ["F4 =8 F4", "F4 .8 F4", "F4 c8 F4", "F4 28 F4", "F4 L8 F4"])
def test_whatever_a_paused_camera_shows_is_held_against_nobody(drawing: str) -> None:
    assert against_somebody(answer(drawing)) != []
    assert against_somebody(answer(drawing, PausedDevice.CAMERA)) == []


def test_a_paused_microphone_takes_only_the_sound_away() -> None:
    silent = answer("F4 F8 F4", PausedDevice.MICROPHONE)
    placed = join_timeline([silent])

    assert placed.gaps == []
    assert [row.count for row in placed.observations] == [1] * 80
    assert [row.level_dbfs for row in placed.observations if 3_000 <= row.t_ms < 13_000] == [
        None
    ] * 50
    assert against_somebody(answer("F4 .8 F4", PausedDevice.MICROPHONE)) == ["no_face"]


def test_a_pause_without_an_end_lasts_until_the_answer_ends_and_no_longer() -> None:
    rows = draw_observations("F4 x8")
    called = MeasuredAnswer(1, 1, 12_000, 0, rows, pauses=[Pause(PausedDevice.CAMERA, 4_000)])
    placed = join_timeline([called, MeasuredAnswer(2, 1, 12_000, 0, draw_observations("F4 x8"))])

    assert [flag.start_ms for flag in find_flags(placed) if flag.assessable] == [16_000]


@pytest.fixture
def interview(alice: User) -> InterviewSession:
    return begin_interview(make_application(alice), analyse=True)


def covered_clip(folder: Path) -> bytes:
    """Seven seconds, the last four of them black; what a camera shows during a call."""
    import numpy as np

    lit = np.random.default_rng(1).integers(60, 200, (240, 320, 3), dtype=np.uint8)
    path = folder / "call.mp4"
    make_clip(path, 7, size=(320, 240), picture=lambda t_ms: lit if t_ms < 3_000 else lit * 0)
    return path.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("is_paused", [False, True])
def test_what_the_page_reports_reaches_the_rules_and_stays_out_of_the_telemetry(
    app: Flask, interview: InterviewSession, tmp_path: Path, is_paused: bool
) -> None:
    first = record_answer(interview, covered_clip(tmp_path))
    if is_paused:
        said = {"kind": "camera_paused", "t_ms": 3_000, "until_ms": 7_000}
        assert interviews.report_events(first, [said]) == 1
    record_answer(interview, covered_clip(tmp_path), question=2)
    db.session.rollback()
    interviews.finish(interview)
    work.work_through(app)
    place_ = interviews.recording(interview)
    measured, flags = telemetry.read(place_.telemetry_path)
    kept = [json.loads(row)["kind"] for row in place_.page_events_path.read_text().splitlines()]

    lost = [
        flag.start_ms // 7_000
        for flag in flags
        if flag.kind == "picture_lost" and flag.severity is Severity.MEDIUM
    ]
    assert lost == ([1] if is_paused else [0, 1])
    assert measured.events == []
    assert kept == ["camera_paused"] * is_paused
    assert kinds_and_times(find_flags(measured)) == kinds_and_times(flags)


@pytest.mark.slow
def test_a_pause_counts_from_the_moment_that_its_beginning_is_told(
    app: Flask, interview: InterviewSession, tmp_path: Path
) -> None:
    """A reviewer may look, and a candidate finish, before its end is known; the end, when it comes,
    is kept.
    """
    answer = start_answer(interview)
    began = {"kind": "camera_paused", "t_ms": 3_000}
    assert interviews.report_events(answer, [began]) == 1
    interviews.receive(answer, 0, covered_clip(tmp_path), None)
    interviews.complete_answer(answer, interviews.confirmed_bytes(answer), None)
    work.work_through(app)
    db.session.rollback()

    assert [
        flag.kind for flag in interview.flags if flag.assessable and flag.kind == "picture_lost"
    ] == []
    assert interviews.report_events(answer, [began | {"until_ms": 7_000}]) == 1
    # told again, late or otherwise
    assert interviews.report_events(answer, [began, began | {"until_ms": 9_000}]) == 1
    assert [(event.t_ms, event.until_ms) for event in answer.page_events] == [(3_000, 7_000)]
