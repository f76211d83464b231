"""The pure function that turns measurements into flags, by the rules in `picture`, `head`, `sound`
and `page`.

A flag says what was seen, for how long, and by which rule. Nothing here opens a file; what was not
measured or could not be seen raises nothing, because a missing measurement is not a missing person.
"""

from itertools import chain

from capture.rules.columns import Columns
from capture.rules.head import from_head, straight_ahead
from capture.rules.page import from_events, from_gaps
from capture.rules.picture import clear_faces, from_picture, slow_rows
from capture.rules.segments import segments_of
from capture.rules.sound import from_sound
from capture.rules.thresholds import RULES, RULES_VERSION, Rules
from capture.types import Flag, Measurements

__all__ = ["RULES", "RULES_VERSION", "RULE_NAMES", "Rules", "find_flags"]

RULE_NAMES = frozenset({  # each has its section in docs/flags.md, and may be switched off
    "no_face", "several_faces", "face_turned_away", "looking_away", "other_voice", "no_sound",
    "no_sound_track", "sound_lost", "picture_lost", "picture_still", "picture_poor", "picture_slow",
    "no_picture", "face_unclear", "page_hidden", "focus_lost", "fullscreen_left", "second_display",
    "paste", "recording_gap",
})  # fmt: skip


def find_flags(measurements: Measurements, rules: Rules = RULES) -> list[Flag]:
    """All flags of one recording, in time order; the same measurements always give the same
    flags.
    """
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


def rule_name(flag: Flag) -> str:
    """Without its version: what `Rules.off` and docs/flags.md call it."""
    return flag.rule.partition("/")[0]
