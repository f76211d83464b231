"""A kiosk's station on a clip, one interview at it, and a room that speaks to both."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clips import make_clip
from factories import make_application, sign_in
from flask.testing import FlaskClient
from interview_steps import TAB, begin_interview, show_question

from capture.device.station import Station, StationServer
from portal.config import CaptureSource, Config
from portal.models import (
    InterviewSession,
    User,
)

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
    return begin_interview(make_application(alice), analyse=True)


Ask = Callable[..., Any]


@pytest.fixture
def room(client: FlaskClient, interview: InterviewSession) -> Ask:
    """Posts to the interview as its owner, with the seat's tab unless another is named."""
    base = f"/capture/{interview.id}"
    show_question(interview)
    sign_in(client, interview.application.user)
    return lambda path, **body: client.post(f"{base}/{path}", json={"tab": TAB} | body)


def wait_for(is_so: Callable[[], Any]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until_s, "it did not happen in time"
        time.sleep(0.1)
