"""How gunicorn serves the portal. Every value can still be set on gunicorn's command line."""

import os
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from gunicorn.glogging import Logger

PORT = os.environ.get("PORT") or dotenv_values(Path(__file__).parent / ".env").get("PORT") or "8000"

wsgi_app = "wsgi:app"
bind = f"127.0.0.1:{PORT}"  # a reverse proxy with TLS stands in front of it in production

# Threads, because one replayed video holds a connection for minutes; two processes, so that one may be replaced.
worker_class = "gthread"
workers = 2
threads = 8
# Measuring threads and MediaPipe's own do not survive a fork: each worker must load the app by itself.
preload_app = False

# A worker that is busy decoding still beats; one that is silent for a minute is stuck.
timeout = 60
# Long enough for the measuring threads to store what they have and give their answers back.
graceful_timeout = 20
# Longer than the 2 s between two polls of a status, so they share a connection.
keepalive = 5
# The heartbeat file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

# Filters live in the URL, and even many of them stay far below this.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# One line a request: method, path without query, status, bytes, ms. No address, agent or referrer: those are personal.
accesslog = "-"
access_log_format = "%(t)s %(m)s %(U)s %(s)s %({content-length}o)s B %(M)s ms"


class QueryFreeLogger(Logger):
    """Leaves the query out of the lines about failed requests as well: it may hold a name that was searched for."""

    def exception(self, msg: object, *args: object, **kwargs: object) -> None:
        super().exception(msg, *(arg.partition("?")[0] if isinstance(arg, str) else arg for arg in args), **kwargs)


logger_class = QueryFreeLogger
control_socket_disable = True  # nobody steers the portal but its operator's signals


def when_ready(server: object) -> None:
    print(f"The portal is at http://127.0.0.1:{PORT}", flush=True)


def worker_exit(server: object, worker: Any) -> None:
    """Let the measuring threads give back what they hold, while the interpreter is still whole."""
    manager = getattr(worker.wsgi, "extensions", {}).get("capture_manager")
    if manager:
        manager.stop(graceful_timeout / 2)
