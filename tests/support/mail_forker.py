"""Starts processes that send mails: each is forked, because to start one anew takes seconds.

For each line of the input it answers with the id of such a process. The machine's buffers for
sending are small here, so that a process can be killed in the middle of a mail.
"""

import os
import signal
import socket
import sys
import time
from typing import Any

from portal import create_app
from portal.models import WorkerKind
from portal.work.kinds import kinds_of
from portal.work.manager import BackgroundManager
from portal.work.worker import make_manager

SMALLEST_BUFFER = 1  # Linux makes about 4 KB of it
connect = socket.create_connection


def connect_narrowly(*args: Any, **options: Any) -> socket.socket:
    line = connect(*args, **options)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALLEST_BUFFER)
    return line


def main() -> None:
    socket.create_connection = connect_narrowly
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that were killed
    app = create_app()
    for lane in kinds_of(app).load_rows_beside:
        lane()  # imports what every process needs
    parent = os.getpid()
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            # as in a worker, but for measuring, whose decoders would have to be loaded
            beside = make_manager(app, WorkerKind.WORKER)._beside
            manager = BackgroundManager(lambda: None, 0, idle_s=0.01, beside=beside)
            manager.ensure_started()
            while os.getppid() == parent:  # it ends with the test, however that ends
                time.sleep(0.5)
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
