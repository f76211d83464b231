"""An interview that the player can show, on a film and measurements made by code, and an admin
who opens it.
"""

from dataclasses import replace
from typing import Any

from clips import make_clip
from factories import PASSWORD
from playwright.sync_api import Page
from reviewing import make_answer, make_flag, make_interview

from capture.store import telemetry
from capture.types import AnswerSpan, Gap, GapCause, Measurements, Observation
from portal import interviews
from portal.models import Flag

FILM_S = 20
NO_FACE = range(8_000, 14_000)
GAP = range(16_000, 18_000)
SEEK_WITHIN_MS = 300
PICTURE_AND_SOUND: dict[str, Any] = {
    "level_dbfs": -30.0,
    "speech": 0.9,
    "brightness": 0.5,
    "sharpness": 120.0,
    "frozen": False,
}
FACE: dict[str, Any] = {
    "box": (0.4, 0.2, 0.2, 0.4),
    "yaw_deg": 10.0,
    "pitch_deg": -5.0,
    "roll_deg": 20.0,
    "gaze_x": 0.25,
    "gaze_y": -0.5,
    "openness": 0.8,
    "mouth_open": 0.1,
    "face_px": 88.0,
}
VIDEO = "document.querySelector('video')"


def observations() -> list[Observation]:
    """Everything is measured, but nothing of the face where there is none, and nothing at all in
    the gap.
    """
    rows = []
    for t_ms in range(0, FILM_S * 1000, 200):
        if t_ms not in GAP:
            count = 0 if t_ms in NO_FACE else 1
            rows.append(
                Observation(t_ms, count=count, **PICTURE_AND_SOUND, **FACE if count else {})
            )
    return [replace(rows[0], frozen=True, blinks_ms=(0,)), *rows[1:]]


def make_review(*flags: Flag) -> str:
    """An interview that is ready; returns its page's path."""
    flags = flags or (
        make_flag("no_face", NO_FACE.start, NO_FACE.stop),
        make_flag("paste", 19_000, 19_500, severity="high"),
    )
    answers = [make_answer(1, duration_ms=10_000), make_answer(2, duration_ms=10_000)]
    interview = make_interview(
        *flags, name="Ines Duarte", duration_ms=FILM_S * 1000, answers=answers
    )
    recording = interviews.recording(interview)
    recording.create()
    make_clip(recording.recording_path, FILM_S, fragmented=False)
    spans = [AnswerSpan(1, 1, 0, 10_000), AnswerSpan(2, 1, 10_000, 20_000)]
    gaps = [Gap(GAP.start, GAP.stop, GapCause.INTERRUPTED)]
    measurements = Measurements(FILM_S * 1000, spans, observations(), (), gaps)
    telemetry.write(
        recording.telemetry_path, telemetry.build(str(interview.id), measurements, [], {})
    )
    return f"/admin/sessions/{interview.id}"


def sign_in_as_admin(page: Page, url: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/")


def settled_ms(page: Page) -> float:
    page.wait_for_function(f"() => !{VIDEO}.seeking")
    at_s: float = page.evaluate(f"() => {VIDEO}.currentTime")
    return at_s * 1000
