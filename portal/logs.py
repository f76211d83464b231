"""Sets up the portal's log, and keeps personal data out of it.

The log never contains network addresses, query strings or typed text. `log_format` defines the form
of a line. gunicorn writes one line for each request, with the path that this module notes.
"""

import logging
import threading
import uuid
from types import TracebackType

from flask import Flask, g, has_app_context, request

import log_format

log = logging.getLogger(__name__)

PATH_FOR_LOG = "portal.path"  # where gunicorn.conf.py finds it in the WSGI environment


def init_app(app: Flask) -> None:
    app.before_request(_note_path)


def set_up(name: str) -> None:
    """Write log lines in this format to stderr, each with the id of its request.

    Does nothing when logging is already set up, as it is in tests.
    """
    if logging.getLogger().handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(log_format.formatter(name))
    handler.addFilter(_name_request)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # At INFO, Alembic lists its plugins at each start.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    threading.excepthook = _thread_failed


def _name_request(record: logging.LogRecord) -> bool:
    record.request_id = g.get("request_id", "-") if has_app_context() else "-"
    return True


def _note_path() -> None:
    """Note the path for the log, or only the route's pattern when typed text is part of the path.

    The path itself is noted only when all its variable parts are ids of ours. Without a route we
    note nothing, and gunicorn logs a dash.
    """
    if request.url_rule is None:
        return
    only_ids = all(isinstance(value, uuid.UUID) for value in (request.view_args or {}).values())
    request.environ[PATH_FOR_LOG] = request.path if only_ids else request.url_rule.rule


def _thread_failed(args: threading.ExceptHookArgs) -> None:
    """Log the exception that ended a thread. Python itself would print it to stderr."""
    if args.exc_value is not None:
        found: tuple[type[BaseException], BaseException, TracebackType | None]
        found = (args.exc_type, args.exc_value, args.exc_traceback)
        log.critical("an exception ended a thread", exc_info=found)
