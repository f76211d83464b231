"""The format of log lines: JSON for machines, or text for a terminal.

This module is outside the package `portal`, because gunicorn's main process uses the format but
never loads the portal.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

FORMATS = ("json", "text")
TEXT = "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"
NO_REQUEST = {"request_id": "-"}
REQUEST_FIELDS = ("method", "path", "status", "bytes", "ms")  # only lines about a request have them


def chosen(settings: Mapping[str, str | None]) -> str:
    """The value of LOG_FORMAT. Without it: JSON in production, text elsewhere."""
    is_production = (settings.get("PORTAL_ENV") or "production") == "production"
    return settings.get("LOG_FORMAT") or ("json" if is_production else "text")


def formatter(name: str) -> logging.Formatter:
    return JsonFormatter() if name == "json" else logging.Formatter(TEXT, defaults=NO_REQUEST)


class JsonFormatter(logging.Formatter):
    """One JSON object per line. Logged input cannot break a line or start a new one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in REQUEST_FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)
