"""Real `flask capture-worker` processes beside a real server, and what another process can see of
them.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from servers import LiveServer

from portal.config import PROJECT_FOLDER

# as their native code is called in a process's memory
DECODERS = ("mediapipe", "/av/", "av.libs", "cv2", "pysilero")


class LiveWorker:
    """start(), kill() (as a crash would), sleep() and wake(), stop(); measures what the server
    receives.
    """

    def __init__(
        self,
        server: LiveServer,
        name: str = "worker",
        lease_s: float | None = None,
        **settings: str,
    ) -> None:
        """`lease_s`: shorter leases than the real ones, for tests that wait for one to end."""
        hasty = [str(PROJECT_FOLDER / "tests" / "support" / "hasty_worker.py"), str(lease_s)]
        self.command = [
            sys.executable,
            *(hasty if lease_s else ["-m", "flask", "--app", "wsgi", "capture-worker"]),
        ]
        # a driver beside us
        path = os.pathsep.join(filter(None, [str(PROJECT_FOLDER), os.environ.get("PYTHONPATH")]))
        self.environ = os.environ | server.environ | settings | {"PYTHONPATH": path}
        self.log_path = server.folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=PROJECT_FOLDER, env=self.environ, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def sleep(self) -> None:
        """Stop it as a suspended machine would; it notices nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def wake(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        assert self.process
        self.process.send_signal(signal.SIGCONT)  # one that sleeps would never hear it
        self.process.terminate()
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()

    def log_text(self) -> str:
        return self.log_path.read_text()


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def decoders_in(pids: Iterable[int]) -> set[str]:
    """Which decoders these processes have loaded."""
    memory = "".join(Path(f"/proc/{pid}/maps").read_text() for pid in pids)
    return {name for name in DECODERS if name in memory}
