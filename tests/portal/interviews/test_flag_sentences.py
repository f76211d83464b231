"""The portal makes a flag's sentence from its finding and its numbers, as the file has it."""

import re

import pytest
from reviewing import make_flag, make_interview
from senses_support import draw_measurements

from capture.rules import find_flags
from capture.rules.sentences import SENTENCES
from capture.types import Finding
from portal import interviews
from portal.extensions import db
from portal.interviews.flagging import replace_flags
from portal.models import InterviewSession


@pytest.mark.parametrize("drawing", ["F9 L3 F9", "F4 .4 F4 22 F4", "F4 Mn6 F4"])
@pytest.mark.usefixtures("app")
def test_the_page_says_what_the_telemetry_file_says(drawing: str) -> None:
    flags, interview = find_flags(draw_measurements(drawing)), make_interview()
    replace_flags(interview.id, flags)
    db.session.expire_all()
    stored = db.session.get_one(InterviewSession, interview.id).flags

    assert flags
    assert [interviews.flag_sentence(flag) for flag in stored] == [flag.reason for flag in flags]


def test_each_finding_has_a_sentence_with_numbers_that_flags_have() -> None:
    names = {"measured", "limit", "angle", "angle_limit"}
    assert SENTENCES.keys() == set(Finding)
    for sentence in SENTENCES.values():
        assert set(re.findall(r"%\((\w+)\)s", sentence)) <= names
        assert sentence.endswith(".")


def test_a_number_that_an_earlier_version_did_not_store_is_left_open() -> None:
    flag = make_flag("face_turned_away", measured=3_000, threshold=3_000)
    assert interviews.flag_sentence(flag) == (
        "The head was turned to the picture's left by up to –° (rule: –° or more) for 3.0 s"
        " (rule: 3.0 s or longer)."
    )
