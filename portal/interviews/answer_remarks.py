"""How an answer arrived, in sentences for reviewers. Pages show them beside the answer; no flags.

Page signals exist only if our own page recorded the answer. Perhaps another program recorded it if
it arrived in less time than it is long, is longer than the page reported, has a codec that our page
does not use, or came without the page's reports. There may be many reasons for this. The notes only
say that page signals are not assessable then.

The first bytes of an answer release the next question, because a slow connection may deliver the
rest much later. So a note says if the next question was shown before this answer can have ended.
Only the server's clock counts for this. A candidate who records first and then asks for the next
question gets no such note, however late the bytes arrive.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from portal.interviews.answers import OVERSHOOT_MS, parts_of
from portal.languages import N_
from portal.languages import gettext as _
from portal.models import Answer, InterviewQuestion, InterviewSession
from portal.web.template_filters import clock, seconds

# An answer's row is created before its recorder starts, and completed after it stops. So only a
# difference between two clocks can make this time shorter than the answer.
FASTER_BY_MS = 2_000
# Recorders count from their start event, media counts from its first picture. They usually differ
# by half a second.
LONGER_BY_MS = 2_000
# The row is created before the recording, and the page asks for the next question after it. So only
# a recorder that overruns makes the answer longer than the time between.
SHOWN_EARLY_BY_MS = 2_000
# Beyond the thinking time: enough to allow the camera again, or to reload the page once.
LATE_AFTER_MS = 60_000
# codecs that our page requests from MediaRecorder, and that the station uses
PICTURES = {"mp4": {"h264"}, "webm": {"vp8", "vp9"}}
SOUNDS = {"mp4": {"aac", "opus"}, "webm": {"opus"}}

NO_WORD = N_("The interview page sent no reports with this answer.")
NOT_ASSESSABLE = N_(
    "Page signals (hidden page, focus, full screen, second display, paste) are not assessable here."
)


def notes(answer: Answer) -> list[str]:
    """The notes on how this part of an answer arrived. Empty if it arrived as usual."""
    said = []
    newest = parts_of(answer.interview, answer.question_position)[-1].take
    if answer.take < newest and answer.part == 1:
        said.append(
            _(
                "Take %(newest)s could not be used. Its file is kept; this is take %(take)s.",
                newest=newest,
                take=answer.take,
            )
        )
    said += _exceeded_limits(answer)
    doubts = list(_doubts(answer))
    if doubts and answer.interview.is_analysed:
        doubts.append(_(NOT_ASSESSABLE))
    return said + doubts


def notes_by_question(interview: InterviewSession) -> dict[int, list[str]]:
    """The notes of a whole interview. A note on a further part begins with the part's number."""
    found: dict[int, list[str]] = {}
    for answer in interview.kept_answers():
        found.setdefault(answer.question_position, []).extend(
            note if answer.part == 1 else _("Part %(part)s: %(note)s", part=answer.part, note=note)
            for note in notes(answer)
        )
    return found


def _exceeded_limits(answer: Answer) -> Iterator[str]:
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
        yield _(
            "The answer is %(length)s min long, but only %(left)s min were left; the rest is cut"
            " off.",
            length=clock(answer.sent_ms),
            left=clock(answer.limit_ms),
        )


def _began_late(answer: Answer, question: InterviewQuestion) -> str | None:
    if question.released_at is None or (answer.take, answer.part) != (1, 1):
        return None
    waited_ms = _ms(answer.created_at - question.released_at)
    if waited_ms < question.think_ms + LATE_AFTER_MS:
        return None
    return _(
        "It began %(waited)s min after its question was shown; %(given)s were given to think.",
        waited=clock(waited_ms),
        given=seconds(question.think_ms),
    )


def _next_was_shown_early(answer: Answer) -> str | None:
    """The note if the next question was shown before this take can have ended.

    It belongs to the first part and covers the whole take, because a page may record further parts
    before their rows exist.
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
        return _(
            "It was begun %(waited)s min after question %(position)s was shown.",
            waited=clock(-after_ms),
            position=following.position,
        )
    if long_ms <= after_ms + SHOWN_EARLY_BY_MS:
        return None
    return _(
        "Question %(position)s was shown %(after)s after this answer was begun; the answer is"
        " %(length)s long.",
        position=following.position,
        after=seconds(max(0, after_ms)),
        length=seconds(long_ms),
    )


def _doubts(answer: Answer) -> Iterator[str]:
    if answer.completed_at is None or answer.sent_ms is None:
        return  # it is older than these columns, or not measured yet
    yield from _arrived_too_fast(answer, answer.completed_at)
    # a longer report is stored as `most_ms`, so nobody knows the time that it named
    told_ms, most_ms = answer.recorded_ms, answer.limit_ms + OVERSHOOT_MS
    if told_ms is not None and told_ms < most_ms and answer.sent_ms > told_ms + LONGER_BY_MS:
        yield _(
            "The file is %(length)s long, but the page reported a recording of %(reported)s.",
            length=seconds(answer.sent_ms),
            reported=seconds(told_ms),
        )
    if not _is_our_form(answer):
        yield _(
            "It is %(codecs)s in %(container)s, which the page that asks the questions does not"
            " record.",
            codecs=answer.codecs,
            container=answer.container,
        )
    if not answer.watched and answer.interview.is_analysed:
        yield _(NO_WORD)


def _arrived_too_fast(answer: Answer, completed_at: datetime) -> Iterator[str]:
    """The note if this part arrived in less time than it is long.

    Earlier parts count too, because a page may record a further part before its row exists.
    """
    parts = parts_of(answer.interview, answer.question_position, answer.take)
    upto = [part for part in parts if part.part <= answer.part]
    long_ms, took_ms = (
        sum(part.sent_ms or 0 for part in upto),
        _ms(completed_at - upto[0].created_at),
    )
    if long_ms > took_ms + FASTER_BY_MS:
        times = {"took": seconds(max(0, took_ms)), "length": seconds(long_ms)}
        if answer.part == 1:
            yield _("This answer arrived in %(took)s though it is %(length)s long.", **times)
        else:
            yield _(
                "The answer up to here arrived in %(took)s though it is %(length)s long.", **times
            )


def _is_our_form(answer: Answer) -> bool:
    picture, *sound = (answer.codecs or "").split() or [""]
    known = PICTURES.get(answer.container, set()), SOUNDS.get(answer.container, set())
    return picture in known[0] and set(sound) <= known[1]


def _ms(stretch: timedelta) -> int:
    return round(stretch.total_seconds() * 1000)
