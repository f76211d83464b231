"""A bare WSGI handler that appends a request's body to a file and fsyncs it.

No upload endpoint can do less.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["BARE_FOLDER"])


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length:
        data = environ["wsgi.input"].read(length)
        handle = os.open(
            FOLDER / Path(environ["PATH_INFO"]).name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )
        try:
            os.write(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
    start_response("204 No Content", [])
    return []
