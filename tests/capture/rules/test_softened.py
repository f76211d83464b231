"""Nobody else spoke: a single talker's soft picture never says so, and the sharp one of a voice off
camera does.
"""

from functools import cache

import pytest
from machine import FOOTAGE
from senses_support import MODELS

from benchmarks.scores import serious
from benchmarks.softened import CHANGES, VOICE, Talker, flags_of, material, talkers
from capture.types import Flag

pytestmark = pytest.mark.footage


@cache
def talker(name: str) -> Talker:
    return next(one for one in talkers(FOOTAGE) if one.name == name)


def asked_for(one: Talker, change: str) -> list[Flag]:
    return serious(flags_of(MODELS, one, *material(FOOTAGE, one), CHANGES[change]))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("fer__woman2", "blurred, σ of 640 px: 6"),
        ("grid__brbk7n", "blurred, σ of 640 px: 12"),
        ("grid__pwij3p", "blurred, σ of 640 px: 16"),
        ("grid__id2_vcd_swwp2s", "blurred 8, grain of 3 levels"),
        ("grid__lbax4n", "0.11 of the pixels, enlarged in squares"),
    ],
)
def test_a_soft_picture_of_somebody_who_talks_says_nothing_of_another_voice(
    name: str, change: str
) -> None:
    assert asked_for(talker(name), change) == []


@pytest.mark.parametrize("change", ["not at all", "blurred, σ of 640 px: 3"])
def test_a_voice_off_camera_is_said_where_the_mouth_can_be_seen(change: str) -> None:
    assert [flag.kind for flag in asked_for(VOICE, change)] == ["other_voice"]
