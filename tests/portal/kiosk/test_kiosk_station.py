"""The kiosk's station: one for an instance, what it does about cameras, odd questions and ended
interviews.
"""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from acting import accounts, hiring
from flask import Flask
from flask.testing import FlaskClient
from interview_steps import TAB
from kiosk_rooms import Ask, wait_for

from capture.device.client import ask
from capture.device.station import Station, StationServer
from capture.errors import CaptureError
from portal.config import Config
from portal.extensions import db
from portal.interviews import kiosk
from portal.models import (
    InterviewSession,
)

pytestmark = pytest.mark.film


@pytest.mark.usefixtures("station")
def test_what_the_camera_saw_cannot_be_written_to_by_uploading(
    room: Ask, client: FlaskClient
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


@pytest.mark.usefixtures("config")
def test_a_camera_that_cannot_be_opened_is_said() -> None:
    station = Station("no such camera", "none")

    with pytest.raises(CaptureError, match="there is no camera"):
        station.hold("interview", TAB)


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
@pytest.mark.usefixtures("station")
def test_a_question_that_makes_no_sense_does_no_harm(config: Config, line: str) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(config.station_socket))
        connection.sendall(line.encode() + b"\n")
        assert b'"error": "bad"' in connection.makefile("rb").readline()
    assert ask(config.station_socket, "hold", interview="interview", tab=TAB)


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


@pytest.mark.usefixtures("station")
def test_a_page_whose_interview_ended_may_still_stop_and_let_go(
    room: Ask, interview: InterviewSession
) -> None:
    room("kiosk/hold")
    begun = room("kiosk/answers", question=1).json
    hiring.withdraw(interview.application)

    assert room("kiosk/hold").status_code == room("kiosk/answers", question=1).status_code == 403
    assert room("kiosk/stop").json["recording"]["answer"] == begun["answer_id"]
    assert room("kiosk/release").status_code == 200
