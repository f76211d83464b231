"""A disk that confirms nothing for a while: strace makes every fsync of a running server fail with
EIO.
"""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers import LiveServer
from workers import family

ATTACH_WITHIN_S = 20.0


@contextmanager
def failing_syncs(server: LiveServer) -> Iterator[None]:
    """While the block runs, no process of this server gets anything confirmed, neither files nor
    the database.
    """
    assert server.process
    pids = family(server.process.pid)
    command = [
        "strace",
        "-f",
        "-qq",
        "-o",
        str(server.folder / "strace.log"),
        "-e",
        "trace=fsync,fdatasync",
    ]
    command += ["-e", "inject=fsync,fdatasync:error=EIO", *(f"--attach={pid}" for pid in pids)]
    strace = subprocess.Popen(command)
    try:
        wait_until_traced(pids)
        yield
    finally:
        strace.send_signal(signal.SIGINT)  # lets go of them, and they run on
        strace.wait(ATTACH_WITHIN_S)


def wait_until_traced(pids: list[int]) -> None:
    deadline = time.monotonic() + ATTACH_WITHIN_S
    while any(
        "TracerPid:\t0\n" in status.read_text()
        for pid in pids
        for status in Path(f"/proc/{pid}/task").glob("*/status")
    ):
        assert time.monotonic() < deadline, "strace could not attach (is ptrace allowed here?)"
        time.sleep(0.02)
