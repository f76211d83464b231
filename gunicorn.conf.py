"""gunicorn's settings for the portal. Options on gunicorn's command line override them."""

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
bind = f"127.0.0.1:{PORT}"  # in production, a reverse proxy with TLS forwards to this address

# We use threads because a video playback keeps a connection open for minutes. With two processes,
# gunicorn can replace one of them while the other serves.
worker_class = "gthread"
workers = 2
threads = 8
# Our measuring threads and MediaPipe's threads do not survive a fork, so each worker loads the app
# itself.
preload_app = False

# A worker sends heartbeats even while it decodes video. After a minute without one it is stuck.
timeout = 60
# Long enough for the measuring threads to store their results and release their answers.
graceful_timeout = 20
# Pages poll a status every 2 s. With a longer keepalive the polls share one connection.
keepalive = 5
# The heartbeat file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

# URLs contain filters. Even a URL with many filters is much shorter than this.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# Only TRUSTED_PROXIES decides whether we trust a proxy's headers (portal/__init__.py). By default
# gunicorn would accept the scheme, and even the path, from every program on this machine.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""

accesslog = "-"


class PrivateLogger(Logger):
    """gunicorn's log lines without personal data.

    They contain no network address, user agent, referrer or query string, and no typed text from
    the path.
    """

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.setFormatter(log_format.formatter(log_format.chosen(SETTINGS)))

    def access(
        self, resp: Any, _req: Any, environ: dict[str, Any], request_time: timedelta
    ) -> None:
        """Write one line for a request.

        The portal has noted the path that may be logged, and has put the request id into a header.
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
        # gunicorn's message would contain the client's address and parts of the request.
        unread = str(msg).startswith("Invalid request from")
        super().warning("A request could not be read" if unread else msg, *args, **kwargs)

    def exception(self, msg: object, *args: object, **kwargs: object) -> None:
        super().exception(
            msg, *("/…" if isinstance(arg, str) and "/" in arg else arg for arg in args), **kwargs
        )


logger_class = PrivateLogger
control_socket_disable = True  # the operator controls the portal only with signals


def when_ready(server: Any) -> None:
    server.log.info("The portal is at http://127.0.0.1:%s", PORT)


def post_worker_init(worker: Any) -> None:
    """Serve metrics and start measuring at once, including work that a crash has interrupted."""
    if not hasattr(worker.wsgi, "extensions"):
        return  # a benchmark serves another app with these settings
    # imported here, because the main process must not load them
    from portal import metrics, work
    from portal.config import settings

    metrics.serve(worker.wsgi)
    if settings(worker.wsgi).capture_in_web:
        work.start_working(worker.wsgi, worker.wsgi.extensions[work.MANAGER])


def worker_exit(_server: object, worker: Any) -> None:
    """Stop the measuring threads while Python still works, so that they release their tasks."""
    manager = getattr(worker.wsgi, "extensions", {}).get("background_manager")
    if manager:
        manager.stop(graceful_timeout / 2)
