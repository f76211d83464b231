"""Measures recordings of interviews and says when something happened.

The package knows no database, no web and no people. It offers:

- `CaptureSession(AnswerSource(…), Models(…).senses(), …)` measures one answer, also while its
  file grows;
- `hear(path)` measures a file of sound alone;
- `join_timeline(answers)` puts measured answers on the clock of the joined recording;
- `find_flags(measurements, rules)` says what lasted, from stored measurements alone;
- `Recording(folder)` names the files of one interview; `Rules` holds every threshold.

Each name is imported when it is first used, because measuring imports decoders and models, and a
web process must not load these.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from capture.rules import Rules, find_flags
    from capture.session import AnswerSource, CaptureSession, Models, hear
    from capture.store.recording import Recording
    from capture.store.timeline import join_timeline

__all__ = [
    "AnswerSource",
    "CaptureSession",
    "Models",
    "Recording",
    "Rules",
    "find_flags",
    "hear",
    "join_timeline",
]

HOMES = {
    **dict.fromkeys(("AnswerSource", "CaptureSession", "Models", "hear"), "capture.session"),
    **dict.fromkeys(("Rules", "find_flags"), "capture.rules"),
    "Recording": "capture.store.recording",
    "join_timeline": "capture.store.timeline",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)
