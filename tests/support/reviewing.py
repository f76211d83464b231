"""Interviews and flags for the tests of review: the queue, the player, the decisions."""

from datetime import UTC, datetime
from typing import Any

from factories import make_application, make_user, save

from portal.interviews import questions
from portal.models import Answer, AnswerState, Flag, InterviewSession, InterviewState

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
# one finding of each kind of flag that has several
FINDINGS = {
    "face_turned_away": "head_left",
    "looking_away": "eyes_aside",
    "no_sound": "microphone_silent",
    "picture_lost": "picture_covered",
    "recording_gap": "gap_interrupted",
}


def make_flag(
    kind: str = "no_face", start_ms: int = 1_000, end_ms: int = 7_000, **values: Any
) -> Flag:
    defaults = {"severity": "medium", "measured": 6_000, "threshold": 5_000, "unit": "ms"}
    words = {"rule": f"{kind}/1", "finding": FINDINGS.get(kind, kind)}
    return Flag(kind=kind, start_ms=start_ms, end_ms=end_ms, **defaults | words | values)


def make_interview(*flags: Flag, name: str = "A Person", **values: Any) -> InterviewSession:
    application = make_application(make_user(full_name=name), values.pop("job", None))
    defaults = {"state": InterviewState.READY, "start_time": NOON, "duration_ms": 60_000}
    consent = {"consent_record_at": NOON, "consent_analyse_at": NOON}
    interview = save(
        InterviewSession(application=application, flags=list(flags), **defaults | consent | values)
    )
    questions.copy_from_job(interview)
    return save(interview)


def make_answer(question: int, **values: Any) -> Answer:
    defaults = {
        "take": 1,
        "prompt": f"Question number {question}?",
        "limit_ms": 60_000,
        "container": "mp4",
        "state": AnswerState.READY,
        "length_bytes": 9_000,
    }
    return Answer(question_position=question, **defaults | values)
