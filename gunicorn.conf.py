"""How gunicorn serves the portal. Every value can still be set on gunicorn's command line."""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from gunicorn.glogging import Logger

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import log_format  # noqa: E402 (gunicorn reads this file before it looks for modules in the project)

SETTINGS = dotenv_values(HERE / ".env") | os.environ
PORT = SETTINGS.get("PORT") or "8000"

wsgi_app = "wsgi:app"
bind = f"127.0.0.1:{PORT}"  # a reverse proxy with TLS stands in front of it in production

# Threads, because one replayed video holds a connection for minutes; two processes, so that one may
# be replaced.
worker_class = "gthread"
workers = 2
threads = 8
# Measuring threads and MediaPipe's own do not survive a fork: each worker must load the app by
# itself.
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

# What a proxy says is believed where TRUSTED_PROXIES says so (portal/__init__.py), and nowhere
# else: gunicorn would take the scheme, and even the path, from anybody on this machine.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""

accesslog = "-"


class PrivateLogger(Logger):
    """gunicorn's lines, without what is personal: no address, agent, referrer, query, or words from
    a path.
    """

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.setFormatter(log_format.formatter(log_format.chosen(SETTINGS)))

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """One line a request. The portal notes which path may be shown, and its name for the
        request.
        """
        line = {
            "method": environ.get("REQUEST_METHOD", "-"),
            "path": environ.get("portal.path", "-"),
            "status": int(str(resp.status).split()[0]),
            "bytes": resp.sent,
            "ms": round(request_time.total_seconds() * 1000),
            "request_id": next(
                (value for name, value in resp.headers if name.lower() == "x-request-id"), "-"
            ),
        }
        self.access_log.info(
            "%(method)s %(path)s %(status)s %(bytes)s B %(ms)s ms", line, extra=line
        )

    def warning(self, msg: object, *args: object, **kwargs: object) -> None:
        # followed by an address, and words of the request
        unread = str(msg).startswith("Invalid request from")
        super().warning("A request could not be read" if unread else msg, *args, **kwargs)

    def exception(self, msg: object, *args: object, **kwargs: object) -> None:
        super().exception(
            msg, *("/…" if isinstance(arg, str) and "/" in arg else arg for arg in args), **kwargs
        )


logger_class = PrivateLogger
control_socket_disable = True  # nobody steers the portal but its operator's signals


def when_ready(server: Any) -> None:
    server.log.info("The portal is at http://127.0.0.1:%s", PORT)


def post_worker_init(worker: Any) -> None:
    """Give figures, and go on with what a crash interrupted, without waiting for somebody's
    visit.
    """
    if not hasattr(worker.wsgi, "extensions"):
        return  # not the portal: a benchmark serves something bare with these very settings
    from portal import metrics, work  # only here: gunicorn's first process never loads the portal

    metrics.serve(worker.wsgi)
    if worker.wsgi.config["PORTAL"].capture_in_web:
        work.start_working(worker.wsgi, worker.wsgi.extensions[work.MANAGER])


def worker_exit(server: object, worker: Any) -> None:
    """Let the working threads give back what they hold, while the interpreter is still whole."""
    manager = getattr(worker.wsgi, "extensions", {}).get("background_manager")
    if manager:
        manager.stop(graceful_timeout / 2)
