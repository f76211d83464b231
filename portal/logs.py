"""What the portal writes into its log, and what never gets there: addresses, queries, and words
that somebody typed.

Lines look as `log_format` says. The line about each request is written by gunicorn, from what is
noted here.
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
    """Lines on stderr in this format, each with the id of the request that it belongs to.

    Does nothing where somebody else has set up logging already, as tests do.
    """
    if logging.getLogger().handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(log_format.formatter(name))
    handler.addFilter(_name_request)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of each plugin at every start
    logging.captureWarnings(True)
    threading.excepthook = _thread_failed


def _name_request(record: logging.LogRecord) -> bool:
    record.request_id = g.get("request_id", "-") if has_app_context() else "-"
    return True


def _note_path() -> None:
    """The path where only ids of ours vary in it; else the route, or a dash: the rest was typed by
    somebody.
    """
    if request.url_rule is None:
        return
    only_ids = all(isinstance(value, uuid.UUID) for value in (request.view_args or {}).values())
    request.environ[PATH_FOR_LOG] = request.path if only_ids else request.url_rule.rule


def _thread_failed(args: threading.ExceptHookArgs) -> None:
    """Like Python's own, but as a line of the log."""
    if args.exc_value is not None:
        found: tuple[type[BaseException], BaseException, TracebackType | None]
        found = (args.exc_type, args.exc_value, args.exc_traceback)
        log.critical("a thread ended by a fault", exc_info=found)
