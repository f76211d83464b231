"""The kiosk's requests and its station: who may see and record with this machine's devices, and
what is kept.

The station is the real one, on its real socket, in a thread; its camera is a clip, and it has no
microphone here.
"""

import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from clips import make_clip
from factories import PASSWORD, make_application, make_user, sign_in
from flask import Flask
from flask.testing import FlaskClient
from sittings import TAB, begin, show

from capture.device.client import StationRefused, ask
from capture.device.station import Station, StationServer
from capture.errors import CaptureError
from capture.media.container import probe
from portal import hiring, interviews
from portal.config import CaptureSource, Config
from portal.extensions import db
from portal.interviews import kiosk
from portal.models import (
    Answer,
    AnswerState,
    InterviewSession,
    InterviewState,
    SignIn,
    User,
    utc_now,
)
from portal.people import accounts

LAPSE_S = 3.0
PATIENCE_S = 20


@pytest.fixture
def config(config: Config) -> Config:
    return replace(config, capture_source=CaptureSource.DEVICE)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("camera") / "clock.mp4", 30, sound=None, fps=12)


@pytest.fixture
def station(config: Config, clip: Path) -> Iterator[StationServer]:
    server = StationServer(config.station_socket, Station(str(clip), "none", lapse_s=LAPSE_S))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.shutdown()
    thread.join()


@pytest.fixture
def interview(alice: User) -> InterviewSession:
    return begin(make_application(alice), analyse=True)


Ask = Callable[..., Any]


@pytest.fixture
def room(client: FlaskClient, interview: InterviewSession) -> Ask:
    """Posts to the interview as its owner, with the seat's tab unless another is named."""
    base = f"/capture/{interview.id}"
    show(interview)
    sign_in(client, interview.application.user)
    return lambda path, **body: client.post(f"{base}/{path}", json={"tab": TAB} | body)


def status(client: FlaskClient, interview: InterviewSession) -> dict[str, Any]:
    return dict(client.get(f"/capture/{interview.id}/kiosk/status?tab={TAB}").json)


def wait_for(is_so: Callable[[], Any]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until_s, "it did not happen in time"
        time.sleep(0.1)


def saved_more_than(client: FlaskClient, interview: InterviewSession, ms: int) -> bool:
    return status(client, interview)["recording"]["saved_ms"] > ms


def only_answer(interview: InterviewSession) -> Answer:
    db.session.rollback()
    db.session.refresh(interview)
    [answer] = interview.answers
    return answer


def test_an_answer_is_recorded_into_its_own_file_and_completed(
    station: StationServer, room: Ask, client: FlaskClient, interview: InterviewSession
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


def test_completing_an_answer_first_ends_its_recording(
    station: StationServer, room: Ask, client: FlaskClient, interview: InterviewSession
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


def test_what_the_recorder_lost_is_noted_with_its_answer(
    station: StationServer,
    room: Ask,
    client: FlaskClient,
    interview: InterviewSession,
    monkeypatch: pytest.MonkeyPatch,
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


def test_asked_twice_it_is_one_recording(
    station: StationServer, room: Ask, interview: InterviewSession
) -> None:
    room("kiosk/hold")
    replies = [room("kiosk/answers", question=1) for _ in range(2)]

    assert {reply.json["answer_id"] for reply in replies} == {str(only_answer(interview).id)}


def test_a_second_sitting_is_told_that_the_camera_is_taken(
    station: StationServer, room: Ask, app: Flask, interview: InterviewSession
) -> None:
    room("kiosk/hold")
    room("kiosk/answers", question=1)
    other = begin(make_application(make_user()))
    reply = sign_in(app.test_client(), other.application.user).post(
        f"/capture/{other.id}/kiosk/hold", json={"tab": TAB}
    )

    assert reply.status_code == 409
    assert "Another interview is using" in reply.json["detail"]
    assert room("kiosk/stop").json["recording"]["recorded_ms"] > 0


def test_two_that_start_at_once_get_one_camera(config: Config, station: StationServer) -> None:
    got: list[str] = []

    def take(sitting: str) -> None:
        try:
            ask(config.station_socket, "hold", sitting=sitting, tab=TAB)
            got.append(sitting)
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
        ask(config.station_socket, "hold", sitting="the next one", tab=TAB)["camera"]["is_gone"]
        is False
    )


def test_the_preview_shows_the_camera_and_ends_when_the_page_lets_go(
    station: StationServer, room: Ask, client: FlaskClient, interview: InterviewSession
) -> None:
    room("kiosk/hold")
    response = client.get(f"/capture/{interview.id}/kiosk/preview?tab={TAB}")
    pieces = response.iter_encoded()
    next(pieces)
    jpeg = next(pieces)
    room("kiosk/release")
    rest = list(pieces)

    assert response.mimetype == "multipart/x-mixed-replace"
    assert response.headers["Cache-Control"] == "no-store"
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (240, 320, 3)
    assert len(rest) < 200
    wait_for(lambda: station.station._watchers == 0)


@pytest.mark.parametrize("path", ["kiosk/hold", "kiosk/answers", "kiosk/stop", "kiosk/release"])
def test_only_the_page_with_the_seat_may_use_the_devices(
    station: StationServer, room: Ask, path: str
) -> None:
    reply = room(path, tab="another-tab", question=1)

    assert reply.status_code == 409
    assert "another tab" in reply.json["detail"]


@pytest.mark.parametrize("path", ["kiosk/preview", "kiosk/status"])
def test_only_the_page_with_the_seat_may_watch(
    station: StationServer, room: Ask, client: FlaskClient, interview: InterviewSession, path: str
) -> None:
    room("kiosk/hold")

    assert client.get(f"/capture/{interview.id}/{path}?tab=another-tab").status_code == 409


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}},
        {"headers": {"X-Forwarded-For": "203.0.113.9"}},
    ],
    ids=["another address", "a proxy nobody announced"],
)
@pytest.mark.parametrize(
    "path", ["kiosk/preview?tab=the-only-tab", "kiosk/status?tab=the-only-tab", "check", "room"]
)
def test_nobody_elsewhere_sees_or_records_who_sits_at_the_machine(
    station: StationServer,
    room: Ask,
    client: FlaskClient,
    interview: InterviewSession,
    path: str,
    elsewhere: Any,
) -> None:
    room("kiosk/hold")
    reply = client.get(f"/capture/{interview.id}/{path}", **elsewhere)

    assert reply.status_code == 403
    assert "recorded at a machine of the hiring team" in reply.text


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


def test_a_station_that_is_slow_is_not_away_and_may_still_record(
    slow_station: None,
    room: Ask,
    client: FlaskClient,
    interview: InterviewSession,
    monkeypatch: pytest.MonkeyPatch,
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


def finished_sitting(interview: InterviewSession) -> str:
    interview.state = InterviewState.FINISHING
    db.session.commit()
    return f"/capture/{interview.id}/receipt"


def test_at_a_kiosk_the_receipt_is_shown_once_and_its_reader_is_signed_out(
    client: FlaskClient, room: Ask, interview: InterviewSession
) -> None:
    address = finished_sitting(interview)
    first, again = client.get(address), client.get(address)

    assert (first.status_code, first.headers["Refresh"]) == (200, "120; url=/login")
    assert "You are signed out of this machine" in first.text
    assert "hx-get" not in first.text
    assert first.headers["Cache-Control"] == "no-store"
    assert (again.status_code, again.location.split("?")[0]) == (303, "/login")


@pytest.mark.sqlite
def test_the_receipt_comes_also_while_others_write(
    client: FlaskClient, room: Ask, interview: InterviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, end_sign_in = finished_sitting(interview), accounts.end_sign_in

    def after_somebody_wrote(sign_in_id: Any) -> None:
        with sqlite3.connect(db.engine.url.database) as other:
            other.execute("UPDATE interview_sessions SET attempts = attempts + 1")
        end_sign_in(sign_in_id)

    monkeypatch.setattr(accounts, "end_sign_in", after_somebody_wrote)

    assert client.get(address).status_code == 200


def test_at_home_the_receipt_signs_nobody_out(
    client: FlaskClient, room: Ask, interview: InterviewSession
) -> None:
    address = finished_sitting(interview)
    replies = [client.get(address, environ_base={"REMOTE_ADDR": "203.0.113.9"}) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [200, 200]


@pytest.mark.parametrize(("address", "hours"), [("127.0.0.1", 2), ("203.0.113.9", 14 * 24)])
def test_a_sign_in_at_the_kiosk_lasts_two_hours(
    client: FlaskClient, alice: User, address: str, hours: int
) -> None:
    client.post(
        "/login",
        data={"email": alice.email, "password": PASSWORD},
        environ_base={"REMOTE_ADDR": address},
    )
    [sign_in_row] = db.session.scalars(db.select(SignIn))

    assert (sign_in_row.expires_at - utc_now()) / timedelta(hours=1) == pytest.approx(
        hours, abs=0.1
    )


def test_without_its_station_a_kiosk_is_not_ready(
    client: FlaskClient, request: pytest.FixtureRequest
) -> None:
    without = client.get("/readyz").json["checks"]["station"]
    request.getfixturevalue("station")

    assert without == "nobody runs this machine's camera (flask kiosk)"
    assert client.get("/readyz").json["checks"]["station"] == "ok"


def test_what_the_camera_saw_cannot_be_written_to_by_uploading(
    station: StationServer, room: Ask, client: FlaskClient
) -> None:
    room("kiosk/hold")
    begun = room("kiosk/answers", question=1).json
    headers = {
        "Tus-Resumable": "1.0.0",
        "Authorization": f"Bearer {begun['upload_token']}",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }

    assert client.patch(begun["upload_url"], data=b"anything", headers=headers).status_code == 403
    assert client.delete(begun["upload_url"], headers=headers).status_code == 403


def test_a_camera_that_cannot_be_opened_is_said(config: Config) -> None:
    station = Station("no such camera", "none")

    with pytest.raises(CaptureError, match="there is no camera"):
        station.hold("sitting", TAB)


def test_only_one_station_runs_for_an_instance_and_only_its_user_may_ask(
    config: Config, station: StationServer
) -> None:
    with pytest.raises(CaptureError, match="runs already"):
        StationServer(config.station_socket, station.station)

    assert config.station_socket.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "line",
    ["", "{}", "[]", '{"verb": "shutdown"}', '{"verb": "hold", "what": 1}', "GET / HTTP/1.1"],
)
def test_a_question_that_makes_no_sense_does_no_harm(
    config: Config, station: StationServer, line: str
) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(config.station_socket))
        connection.sendall(line.encode() + b"\n")
        assert b'"error": "bad"' in connection.makefile("rb").readline()
    assert ask(config.station_socket, "hold", sitting="sitting", tab=TAB)


@pytest.mark.parametrize(
    "end", [hiring.withdraw, lambda application: accounts.disable(application.user)]
)
def test_an_interview_that_ends_takes_the_devices_from_its_page(
    end: Callable[[Any], None],
    station: StationServer,
    room: Ask,
    app: Flask,
    interview: InterviewSession,
) -> None:
    """Whether or not the page asks anything meanwhile."""
    room("kiosk/hold")
    room("kiosk/answers", question=1)
    ended = threading.Event()
    watcher = threading.Thread(
        target=kiosk.end_what_was_stopped, args=(app, station.station, ended)
    )
    watcher.start()
    try:
        time.sleep(kiosk.LOOK_EVERY_S * 1.5)
        assert station.station.holder is not None
        end(interview.application)
        db.session.rollback()
        stopped_s = time.monotonic()
        wait_for(lambda: station.station.holder is None)
        assert time.monotonic() - stopped_s < 5
    finally:
        ended.set()
        watcher.join()


def test_a_page_whose_interview_ended_may_still_stop_and_let_go(
    station: StationServer, room: Ask, interview: InterviewSession
) -> None:
    room("kiosk/hold")
    begun = room("kiosk/answers", question=1).json
    hiring.withdraw(interview.application)

    assert room("kiosk/hold").status_code == room("kiosk/answers", question=1).status_code == 403
    assert room("kiosk/stop").json["recording"]["answer"] == begun["answer_id"]
    assert room("kiosk/release").status_code == 200
