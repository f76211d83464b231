"""The kiosk's preview: only the page that holds the devices sees the camera."""

from typing import Any

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient
from interview_steps import TAB
from kiosk_rooms import Ask, wait_for

from capture.device.station import StationServer
from portal.models import (
    InterviewSession,
)

pytestmark = pytest.mark.film


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
    wait_for(lambda: station.station._viewers == 0)


@pytest.mark.parametrize("path", ["kiosk/hold", "kiosk/answers", "kiosk/stop", "kiosk/release"])
@pytest.mark.usefixtures("station")
def test_only_the_page_with_the_seat_may_use_the_devices(room: Ask, path: str) -> None:
    reply = room(path, tab="another-tab", question=1)

    assert reply.status_code == 409
    assert "another tab" in reply.json["detail"]


@pytest.mark.parametrize("path", ["kiosk/preview", "kiosk/status"])
@pytest.mark.usefixtures("station")
def test_only_the_page_with_the_seat_may_watch(
    room: Ask, client: FlaskClient, interview: InterviewSession, path: str
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
@pytest.mark.usefixtures("station")
def test_nobody_elsewhere_sees_or_records_who_sits_at_the_machine(
    room: Ask, client: FlaskClient, interview: InterviewSession, path: str, elsewhere: Any
) -> None:
    room("kiosk/hold")
    reply = client.get(f"/capture/{interview.id}/{path}", **elsewhere)

    assert reply.status_code == 403
    assert "recorded at a machine of the hiring team" in reply.text
