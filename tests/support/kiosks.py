"""A kiosk under test: gunicorn that records by its own devices, and the station that owns them,
each a real process.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from microphones import NAME
from servers import LiveServer

from portal.config import PROJECT_FOLDER, settings

READY_WITHIN_S = 30


class Kiosk:
    """start(), kill_station(), stop(); `server` is its LiveServer."""

    def __init__(self, folder: Path, camera: Path, microphone: str = NAME) -> None:
        self.folder = folder
        environ = {
            "CAPTURE_SOURCE": "device",
            "CAPTURE_CAMERA": str(camera),
            "CAPTURE_MICROPHONE": microphone,
        }
        self.server = LiveServer(folder, **environ)
        self.station: subprocess.Popen[bytes] | None = None
        self.socket = settings(self.server.app).station_socket

    def start(self) -> None:
        self.start_station()
        self.server.start()

    def start_station(self) -> None:
        with (self.folder / "station.log").open("ab") as log:
            self.station = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "wsgi", "kiosk"],
                cwd=PROJECT_FOLDER, env=os.environ | self.server.environ, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        until_s = time.monotonic() + READY_WITHIN_S
        while not self.socket.exists():
            assert self.station.poll() is None, (self.folder / "station.log").read_text()
            assert time.monotonic() < until_s, "the station did not come up"
            time.sleep(0.1)

    def kill_station(self) -> None:
        """As a crash would."""
        assert self.station
        os.killpg(self.station.pid, signal.SIGKILL)
        self.station.wait()
        self.socket.unlink()

    def stop(self) -> None:
        self.server.stop()
        if self.station and self.station.poll() is None:
            self.station.terminate()
            self.station.wait(timeout=20)
