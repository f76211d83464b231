"""The kiosk's requests and its station: who may see and record with this machine's devices, and
what is kept.

The station is the real one, on its real socket, in a thread; its camera is a clip, and it has no
microphone here.
"""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from factories import make_application, make_user, sign_in
from flask import Flask
from flask.testing import FlaskClient
from interview_steps import TAB, begin_interview
from kiosk_rooms import LAPSE_S, Ask, wait_for

from capture.device.client import StationRefused, ask
from capture.device.station import StationServer
from capture.media.container import probe
from portal import interviews
from portal.config import Config
from portal.extensions import db
from portal.models import (
    Answer,
    AnswerState,
    InterviewSession,
)

pytestmark = pytest.mark.film


def status(client: FlaskClient, interview: InterviewSession) -> dict[str, Any]:
    return dict(client.get(f"/capture/{interview.id}/kiosk/status?tab={TAB}").json)


def saved_more_than(client: FlaskClient, interview: InterviewSession, ms: int) -> bool:
    return status(client, interview)["recording"]["saved_ms"] > ms


def only_answer(interview: InterviewSession) -> Answer:
    db.session.rollback()
    db.session.refresh(interview)
    [answer] = interview.answers
    return answer


@pytest.mark.usefixtures("station")
def test_an_answer_is_recorded_into_its_own_file_and_completed(
    room: Ask, client: FlaskClient, interview: InterviewSession
) -> None:
    assert room("kiosk/hold").json["camera"]["width"] == 320
    begun = room("kiosk/answers", question=1)
    wait_for(lambda: saved_more_than(client, interview, 1_500))
    ended = room("kiosk/stop").json["recording"]
    said = {"length": ended["saved_bytes"], "recorded_ms": ended["recorded_ms"]}
    completed = client.post(
        f"/capture/{interview.id}/answers/{begun.json['answer_id']}/complete", json=said
    )
    answer = only_answer(interview)

    assert begun.status_code == 201
    assert completed.json["state"] == AnswerState.RECEIVED
    assert interviews.answer_path(answer).name == "01-1.mp4"
    assert answer.length_bytes == ended["saved_bytes"]
    assert probe(interviews.answer_path(answer)).duration_ms == pytest.approx(
        answer.recorded_ms, abs=400
    )
    address = f"/capture/{interview.id}/answers/{answer.id}/playback"
    playback = client.get(address, headers={"Range": "bytes=0-99"}, buffered=True)
    assert (playback.status_code, playback.headers["Cache-Control"]) == (206, "no-store")


@pytest.mark.usefixtures("station")
def test_completing_an_answer_first_ends_its_recording(
    room: Ask, client: FlaskClient, interview: InterviewSession
) -> None:
    room("kiosk/hold")
    begun = room("kiosk/answers", question=1).json
    wait_for(lambda: saved_more_than(client, interview, 0))
    said = {"length": 1, "recorded_ms": 1_500}
    client.post(f"/capture/{interview.id}/answers/{begun['answer_id']}/complete", json=said)
    answer = only_answer(interview)

    assert answer.state is AnswerState.RECEIVED
    assert answer.length_bytes == interviews.answer_path(answer).stat().st_size
    assert not status(client, interview)["recording"]["is_running"]


@pytest.mark.usefixtures("station")
def test_what_the_recorder_lost_is_noted_with_its_answer(
    room: Ask, client: FlaskClient, interview: InterviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    room("kiosk/hold")
    begun = room("kiosk/answers", question=1).json
    with monkeypatch.context() as slow_disk:
        slow_disk.setattr("capture.device.recorder.MOST_PICTURES", 0)
        wait_for(lambda: status(client, interview)["recording"]["pictures_dropped"] >= 3)
    wait_for(lambda: saved_more_than(client, interview, 0))
    client.post(
        f"/capture/{interview.id}/answers/{begun['answer_id']}/complete", json={"length": 1}
    )
    answer = only_answer(interview)

    assert answer.state is AnswerState.RECEIVED
    assert answer.pictures_dropped >= 3
    assert answer.sound_lost_ms == 0  # there is no microphone that could lose any


@pytest.mark.usefixtures("station")
def test_asked_twice_it_is_one_recording(room: Ask, interview: InterviewSession) -> None:
    room("kiosk/hold")
    replies = [room("kiosk/answers", question=1) for _ in range(2)]

    assert {reply.json["answer_id"] for reply in replies} == {str(only_answer(interview).id)}


@pytest.mark.usefixtures("station")
def test_a_second_sitting_is_told_that_the_camera_is_taken(room: Ask, app: Flask) -> None:
    room("kiosk/hold")
    room("kiosk/answers", question=1)
    other = begin_interview(make_application(make_user()))
    reply = sign_in(app.test_client(), other.application.user).post(
        f"/capture/{other.id}/kiosk/hold", json={"tab": TAB}
    )

    assert reply.status_code == 409
    assert "Another interview is using" in reply.json["detail"]
    assert room("kiosk/stop").json["recording"]["recorded_ms"] > 0


@pytest.mark.usefixtures("station")
def test_two_that_start_at_once_get_one_camera(config: Config) -> None:
    got: list[str] = []

    def take(interview: str) -> None:
        try:
            ask(config.station_socket, "hold", interview=interview, tab=TAB)
            got.append(interview)
        except StationRefused as refused:
            got.append(refused.kind)

    threads = [threading.Thread(target=take, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got)[0] == "busy"
    assert len({"one", "other"} & set(got)) == 1


def test_whoever_leaves_without_a_word_loses_the_camera_and_keeps_the_recording(
    station: StationServer, room: Ask, config: Config, interview: InterviewSession
) -> None:
    room("kiosk/hold")
    room("kiosk/answers", question=1)
    path = interviews.answer_path(only_answer(interview))
    wait_for(lambda: station.station._holder is None)

    assert probe(path).duration_ms >= 1_000 * LAPSE_S - 500
    assert (
        ask(config.station_socket, "hold", interview="the next one", tab=TAB)["camera"]["is_gone"]
        is False
    )


def test_where_no_station_runs_the_page_is_told_and_nothing_is_left_behind(
    room: Ask, client: FlaskClient, interview: InterviewSession
) -> None:
    replies = [room("kiosk/hold"), room("kiosk/answers", question=1)]
    db.session.refresh(interview)

    assert [reply.status_code for reply in replies] == [409, 409]
    assert "not switched on" in replies[0].json["detail"]
    assert status(client, interview)["is_held"] is False
    assert interview.answers == []


@pytest.fixture
def slow_station(config: Config) -> Iterator[None]:
    """Somebody who takes every question and answers none."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(config.station_socket))
        listening.listen(16)
        yield


@pytest.mark.usefixtures("slow_station")
def test_a_station_that_is_slow_is_not_away_and_may_still_record(
    room: Ask, client: FlaskClient, interview: InterviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("capture.device.client.ANSWER_WITHIN_S", 0.2)
    begun = room("kiosk/answers", question=1)
    answer = only_answer(interview)  # the row stays: the station may begin after all
    interviews.answer_path(answer).parent.mkdir(parents=True, exist_ok=True)
    interviews.answer_path(answer).write_bytes(b"growing")
    replies = [
        begun,
        room("kiosk/stop"),
        client.get(f"/capture/{interview.id}/kiosk/status?tab={TAB}"),
        client.post(f"/capture/{interview.id}/answers/{answer.id}/complete", json={"length": 1}),
    ]

    assert [reply.status_code for reply in replies] == [503] * 4
    assert "slow" in begun.json["detail"]
    assert only_answer(interview).state is AnswerState.RECORDING
