"""Says which new flag is the same as an earlier one, so that it keeps its key.

Flags are made again each time an interview is judged. What people said about a flag must stay with
it, so it refers to the flag's key.
"""

import uuid
from collections.abc import Sequence

from capture.rules import rule_name
from capture.types import Flag as FoundFlag
from portal.models import Flag


def kept_keys(earlier: Sequence[Flag], found: Sequence[FoundFlag]) -> list[uuid.UUID | None]:
    """For each new flag, the key of the earlier flag that is the same, or None.

    Each key goes to one new flag. Where several would fit, those that overlap most belong together.
    """
    fits = [
        (overlap(old, new), -number, -position)
        for position, old in enumerate(earlier)
        for number, new in enumerate(found)
        if is_same(old, new)
    ]
    keys: list[uuid.UUID | None] = [None] * len(found)
    given: set[int] = set()
    for _, number, position in sorted(fits, reverse=True):
        if keys[-number] is None and -position not in given:
            keys[-number] = earlier[-position].key
            given.add(-position)
    return keys


def is_same(one: Flag | FoundFlag, other: Flag | FoundFlag) -> bool:
    """Whether both ask the same question: the same rule, and intervals that overlap by half.

    The version of the rule does not matter. The overlap is at least half of the longer interval: a
    person who looked at 4 s has not seen a minute.
    """
    return rule_name(one) == rule_name(other) and overlap(one, other) >= 0.5


def overlap(one: Flag | FoundFlag, other: Flag | FoundFlag) -> float:
    """The common part of both intervals, as a share (0 to 1) of the longer one.

    A flag without a length counts as 1 ms long.
    """
    common_ms = min(_end_ms(one), _end_ms(other)) - max(one.start_ms, other.start_ms)
    longer_ms = max(_end_ms(one) - one.start_ms, _end_ms(other) - other.start_ms)
    return max(0.0, common_ms / longer_ms)


def _end_ms(flag: Flag | FoundFlag) -> int:
    return max(flag.end_ms, flag.start_ms + 1)
