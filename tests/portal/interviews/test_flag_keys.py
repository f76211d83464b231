"""The same flag keeps its key when an interview is judged again, with other thresholds or more
measurements."""

import uuid
from dataclasses import replace

import pytest
from reviewing import make_interview
from senses_support import draw_measurements

from capture.rules import RULES, find_flags
from capture.types import Flag as FoundFlag
from capture.types import FlagKind, Severity
from portal.extensions import db
from portal.interviews.flag_keys import is_same, kept_keys
from portal.interviews.flagging import replace_flags
from portal.models import Finding, Flag, InterviewSession

SEEN = "F9 .4 F9 .9 F9 22 F9"


def found(start_ms: int, end_ms: int, rule: str = "no_face/2") -> FoundFlag:
    return FoundFlag(
        FlagKind.NO_FACE,
        start_ms,
        end_ms,
        Severity.LOW,
        1,
        1,
        "ms",
        rule,
        "",
        True,
        Finding.NO_FACE,
    )


def stored(start_ms: int, end_ms: int, rule: str = "no_face/2") -> Flag:
    return Flag(start_ms=start_ms, end_ms=end_ms, rule=rule, key=uuid.uuid4())


def keys(interview: InterviewSession) -> dict[tuple[str, int], uuid.UUID]:
    db.session.expire_all()
    flags = db.session.get_one(InterviewSession, interview.id).flags
    return {(flag.kind, flag.start_ms): flag.key for flag in flags}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((0, 10_000), (0, 10_000), True),
        ((0, 10_000), (2_000, 9_000), True),
        ((0, 10_000), (0, 5_000), True),
        ((0, 10_000), (0, 4_999), False),
        ((0, 10_000), (5_001, 15_000), False),
        ((0, 4_000), (0, 60_000), False),  # who saw 4 s has not seen a minute
        ((7_000, 7_000), (7_000, 7_000), True),  # a moment, such as a paste
        ((7_000, 7_000), (7_001, 7_001), False),
        ((7_000, 7_000), (0, 60_000), False),
        ((0, 1_000), (1_000, 2_000), False),
    ],
)
def test_intervals_that_overlap_by_half_of_the_longer_one_are_the_same(
    one: tuple[int, int], other: tuple[int, int], same: bool
) -> None:
    assert is_same(found(*one), found(*other)) is same
    assert is_same(found(*other), found(*one)) is same


def test_another_rule_asks_another_question_and_another_version_of_it_the_same() -> None:
    assert not is_same(found(0, 9, "no_face/2"), found(0, 9, "several_faces/1"))
    assert is_same(found(0, 9, "no_face/2"), found(0, 9, "no_face/3"))


def test_a_flag_that_falls_into_two_leaves_its_key_to_the_one_that_overlaps_more() -> None:
    whole = stored(0, 10_000)
    assert kept_keys([whole], [found(0, 5_000), found(5_000, 10_500)]) == [whole.key, None]
    assert kept_keys([whole], [found(0, 5_000), found(4_000, 10_000)]) == [None, whole.key]


def test_two_flags_that_become_one_leave_it_one_key() -> None:
    first, second = stored(0, 6_000), stored(6_200, 11_000)
    assert kept_keys([first, second], [found(0, 11_000)]) == [first.key]
    assert kept_keys([], [found(0, 11_000)]) == [None]


@pytest.mark.usefixtures("app")
def test_the_key_survives_other_thresholds() -> None:
    """A flag that no longer appears loses its key: nothing would show it."""
    interview, seen = make_interview(), draw_measurements(SEEN)
    replace_flags(interview.id, find_flags(seen))
    first = keys(interview)
    assert len(set(first.values())) == len(first) == 3

    replace_flags(interview.id, find_flags(seen, replace(RULES, no_face_ms=5_000)))
    stricter = keys(interview)
    assert len(stricter) == 2
    assert stricter.items() <= first.items()

    replace_flags(interview.id, find_flags(seen))
    again = keys(interview)
    assert again.keys() == first.keys()
    assert stricter.items() <= again.items()


@pytest.mark.usefixtures("app")
def test_the_key_survives_while_the_interview_goes_on() -> None:
    interview = make_interview()
    replace_flags(interview.id, find_flags(draw_measurements("F9 .4")))
    first = keys(interview)
    replace_flags(interview.id, find_flags(draw_measurements("F9 .6 F9 22 F9")))

    assert len(keys(interview)) == 2
    assert first.items() <= keys(interview).items()
