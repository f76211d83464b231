"""Real clips made worse turn into "not assessable", never into a missing person; harmless changes
change nothing.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from machine import FOOTAGE
from senses_support import MODELS

from benchmarks.degraded import blurred, brighter, contrast, darker, farther, flags_of, smaller

pytestmark = pytest.mark.footage
CLIPS = ("fer__woman2.mp4", "proctoring_ai__center_left_center.mp4")


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize(
    "change",
    [
        partial(darker, share=0.4),
        partial(brighter, levels=40),
        partial(contrast, share=0.5),
        partial(contrast, share=1.5),
        partial(blurred, sigma_of_640=2),
        partial(farther, share=0.35),
    ],
)
def test_what_leaves_the_face_visible_raises_nothing(
    name: str, change: Callable[[Any], Any]
) -> None:
    assert flags_of(FOOTAGE / "video" / name, MODELS, change) == []


@pytest.mark.long
@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize(
    "change",
    [
        partial(darker, share=0.005),
        partial(blurred, sigma_of_640=40),
        partial(smaller, share=0.03),
        partial(farther, share=0.05),
    ],
)
def test_what_hides_the_face_is_not_assessable(name: str, change: Callable[[Any], Any]) -> None:
    flags = flags_of(FOOTAGE / "video" / name, MODELS, change)
    assert flags
    assert {(flag.kind, flag.assessable) for flag in flags} == {("picture_lost", False)}
