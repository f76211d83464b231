"""Turns measurements into flags, by the rules in `picture`, `head`, `sound` and `page`.

A flag says what we saw, for how long, and by which rule. What we did not measure or could not see
raises no flag, because a missing measurement is not a missing person. Nothing here opens a file.
"""

from itertools import chain
from typing import Protocol

from capture.rules.columns import Columns
from capture.rules.head import from_head, straight_ahead
from capture.rules.page import from_events, from_gaps
from capture.rules.picture import clear_faces, from_picture, slow_rows
from capture.rules.segments import segments_of
from capture.rules.sound import from_sound
from capture.rules.thresholds import RULES, RULES_VERSION, Rules
from capture.types import Flag, Measurements

__all__ = ["RULES", "RULES_VERSION", "RULE_NAMES", "Rules", "find_flags"]

# docs/flags.md has a section for each of them, and a setting can switch each of them off
RULE_NAMES = frozenset({
    "no_face", "several_faces", "face_turned_away", "looking_away", "other_voice", "no_sound",
    "no_sound_track", "sound_lost", "picture_lost", "picture_still", "picture_poor", "picture_slow",
    "no_picture", "face_unclear", "page_hidden", "focus_lost", "fullscreen_left", "second_display",
    "paste", "recording_gap",
})  # fmt: skip


def find_flags(measurements: Measurements, rules: Rules = RULES) -> list[Flag]:
    """All flags of one recording, in time order. Equal measurements always give equal flags."""
    rows = Columns.of(measurements.observations)
    ahead = straight_ahead(rows, rules)
    parts = [from_gaps(measurements.gaps, rules), from_events(measurements, rules)]
    for segment in segments_of(measurements, rows):
        slow = slow_rows(segment, rules)
        clear = clear_faces(segment.rows, rules) & ~slow
        parts += [from_picture(segment, slow, rules), from_sound(segment, clear, ahead, rules)]
        if ahead:
            parts.append(from_head(segment, clear, ahead, measurements.answers, rules))
    flags = (flag for flag in chain.from_iterable(parts) if rule_name(flag) not in rules.off)
    return sorted(flags, key=lambda flag: (flag.start_ms, flag.kind, flag.end_ms))


class Ruled(Protocol):
    """Something that names its rule: a flag, here or in a database."""

    @property
    def rule(self) -> str: ...


def rule_name(flag: Ruled) -> str:
    """The name of the flag's rule without its version, as in `Rules.off` and docs/flags.md."""
    return flag.rule.partition("/")[0]
