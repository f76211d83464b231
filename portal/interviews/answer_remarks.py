"""How an answer came, in sentences for reviewers: kept beside the answer, and no flag.

What a page reports is only known where our page recorded. An answer that arrived faster than time
passes, that is longer than its page said, that is coded as our page never does or that came without
the page's word was perhaps recorded by something else, for whatever reason. Then nothing can be
said about page signals; that is all that is said.

Any first bytes of an answer show the next question, as a bad line brings them late. So it is told
where a question was shown before the answer to the one before it can have ended, by our clock
alone: whoever records first and then asks for the next question has spent that time, however late
the bytes came.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from portal.interviews.answers import OVERSHOOT_MS, parts_of
from portal.models import Answer, InterviewQuestion, InterviewSession
from portal.web.template_filters import clock, seconds

# An answer's row is made before its recorder starts and completed after it stops: only clocks that
# differ make it less.
FASTER_BY_MS = 2_000
# Recorders count from their start event, media from the first picture: half a second apart is
# usual.
LONGER_BY_MS = 2_000
# A row is older than its recording, and the next question is asked for after it: only media that
# overruns is longer.
SHOWN_EARLY_BY_MS = 2_000
# Whoever thinks to the end, allows the camera anew or reloads once begins within this.
LATE_AFTER_MS = 60_000
# what MediaRecorder is asked for, and the station makes
PICTURES = {"mp4": {"h264"}, "webm": {"vp8", "vp9"}}
SOUNDS = {"mp4": {"aac", "opus"}, "webm": {"opus"}}

NO_WORD = "It came without the reports of the page that asks the questions."
NOT_ASSESSABLE = (
    "Page signals (hidden page, focus, full screen, second display, paste) are not assessable here."
)


def notes(answer: Answer) -> list[str]:
    """What is to be known about how this part of an answer came; nothing where it came as usual."""
    said = [*_takes(answer), *_time(answer), *(doubts := list(_doubts(answer)))]
    return [*said, NOT_ASSESSABLE] if doubts and answer.interview.is_analysed else said


def notes_by_question(interview: InterviewSession) -> dict[int, list[str]]:
    """The same for a whole interview; what a further part has to say begins with its number."""
    found: dict[int, list[str]] = {}
    for answer in interview.kept_answers():
        before = "" if answer.part == 1 else f"Part {answer.part}: "
        found.setdefault(answer.question_position, []).extend(
            before + note for note in notes(answer)
        )
    return found


def _takes(answer: Answer) -> Iterator[str]:
    newest = parts_of(answer.interview, answer.question_position)[-1].take
    if answer.take < newest and answer.part == 1:
        yield f"Take {newest} could not be used and is kept as it came; this is take {answer.take}."


def _time(answer: Answer) -> Iterator[str]:
    """What the limits and the time to think were exceeded by."""
    question = next(
        (
            asked
            for asked in answer.interview.questions
            if asked.position == answer.question_position
        ),
        None,
    )
    if question and (late := _began_late(answer, question)):
        yield late
    if early := _next_was_shown_early(answer):
        yield early
    if (answer.sent_ms or 0) > answer.limit_ms + OVERSHOOT_MS:
        came, left = clock(answer.sent_ms), clock(answer.limit_ms)
        yield (
            f"{came} min came where {left} min were left to answer; what is beyond that is cut off."
        )


def _began_late(answer: Answer, question: InterviewQuestion) -> str | None:
    if question.released_at is None or (answer.take, answer.part) != (1, 1):
        return None
    waited_ms = _ms(answer.created_at - question.released_at)
    if waited_ms < question.think_ms + LATE_AFTER_MS:
        return None
    waited, given = clock(waited_ms), seconds(question.think_ms)
    return f"It began {waited} min after its question was shown; {given} were given to think."


def _next_was_shown_early(answer: Answer) -> str | None:
    """Told with a take's first part, of all of it: further parts may be recorded before their rows
    are made.
    """
    later = (
        asked for asked in answer.interview.questions if asked.position > answer.question_position
    )
    following = next(later, None)
    parts = parts_of(answer.interview, answer.question_position, answer.take)
    if (
        following is None
        or following.released_at is None
        or answer.completed_at is None
        or answer is not parts[0]
    ):
        return None
    after_ms, long_ms = (
        _ms(following.released_at - answer.created_at),
        sum(part.sent_ms or 0 for part in parts),
    )
    if after_ms <= -SHOWN_EARLY_BY_MS:
        return f"It was begun {clock(-after_ms)} min after question {following.position} was shown."
    if long_ms <= after_ms + SHOWN_EARLY_BY_MS:
        return None
    shown = (
        f"Question {following.position} was shown {seconds(max(0, after_ms))} after this answer was"
        " begun"
    )
    return f"{shown}; the answer is {seconds(long_ms)} long."


def _doubts(answer: Answer) -> Iterator[str]:
    if answer.completed_at is None or answer.sent_ms is None:
        return  # it came before this was noted, or is not measured yet
    yield from _haste(answer, answer.completed_at)
    if answer.recorded_ms is not None and _says_less(answer.recorded_ms, answer):
        yield (
            f"{seconds(answer.sent_ms)} came where {seconds(answer.recorded_ms)} were said to be"
            " recorded."
        )
    if not _is_our_form(answer):
        yield (
            f"It is {answer.codecs} in {answer.container}, which the page that asks the questions"
            " does not record."
        )
    if not answer.watched and answer.interview.is_analysed:
        yield NO_WORD


def _haste(answer: Answer, completed_at: datetime) -> Iterator[str]:
    """A further part may be recorded before its row is made, so it is counted together with those
    before it.
    """
    parts = parts_of(answer.interview, answer.question_position, answer.take)
    upto = [part for part in parts if part.part <= answer.part]
    long_ms, took_ms = (
        sum(part.sent_ms or 0 for part in upto),
        _ms(completed_at - upto[0].created_at),
    )
    if long_ms > took_ms + FASTER_BY_MS:
        what = "This answer" if answer.part == 1 else "The answer up to here"
        yield f"{what} arrived in {seconds(max(0, took_ms))} though it is {seconds(long_ms)} long."


def _says_less(recorded_ms: int, answer: Answer) -> bool:
    """What was said is kept up to the limit only: beyond it nobody knows."""
    is_kept_whole = recorded_ms < answer.limit_ms + OVERSHOOT_MS
    return is_kept_whole and (answer.sent_ms or 0) > recorded_ms + LONGER_BY_MS


def _is_our_form(answer: Answer) -> bool:
    picture, *sound = (answer.codecs or "").split() or [""]
    known = PICTURES.get(answer.container, set()), SOUNDS.get(answer.container, set())
    return picture in known[0] and set(sound) <= known[1]


def _ms(stretch: timedelta) -> int:
    return round(stretch.total_seconds() * 1000)
