"""Sound compared with the mouth: speech without a voice, a voice without speech, and no sound at all."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from capture.head_rules import CAMERA, Ahead, turn_share
from capture.stretches import Stretch, swing
from capture.thresholds import Rules
from capture.types import Flag, FlagKind, Severity
from capture.watch import Watch, flags_of


def from_sound(stretch: Stretch, clear: Sequence[bool], ahead: Ahead | None, rules: Rules) -> Iterator[Flag]:
    """`clear` says of which rows the face can be judged."""
    yield from _no_sound(stretch, rules)
    yield from _other_voice(stretch, clear, ahead or CAMERA, rules)


def _no_sound(stretch: Stretch, rules: Rules) -> Iterator[Flag]:
    rows = stretch.observations
    swings = swing([row.t_ms for row in rows], [row.mouth_open for row in rows], rules.mouth_window_ms)
    levels = [row.level_dbfs for row in rows]
    speaking = [amount >= rules.mouth_swing for amount in swings]
    mute = [s and level is not None and level < rules.silence_dbfs for s, level in zip(speaking, levels, strict=True)]
    nothing = [level is not None and level < rules.nothing_dbfs for level in levels]
    unheard = [row.level_dbfs is None and row.brightness is not None for row in rows]
    says = "The mouth moved as in speech, but no sound came"
    mute_flags = list(flags_of(stretch, mute, _watch(says, rules.mute_ms, rules.mute_bridge_ms, Severity.MEDIUM)))
    silent = flags_of(stretch, nothing, _watch("The microphone delivered nothing", rules.nothing_ms))
    yield from mute_flags
    yield from (flag for flag in silent if not any(_overlap(flag, other) for other in mute_flags))
    watch = _watch("No sound was recorded", rules.unheard_ms)
    yield from flags_of(stretch, unheard, replace(watch, rule="no_sound_track/1", assessable=False))


def _watch(says: str, at_least_ms: int, bridge_ms: int = 0, severity: Severity = Severity.LOW) -> Watch:
    return Watch("no_sound/1", FlagKind.NO_SOUND, says, at_least_ms, bridge_ms, severity)


def _overlap(one: Flag, other: Flag) -> bool:
    return one.start_ms < other.end_ms and other.start_ms < one.end_ms


def _other_voice(stretch: Stretch, clear: Sequence[bool], ahead: Ahead, rules: Rules) -> Iterator[Flag]:
    """The one mouth that is seen, seen well and at rest before, during and after; a hidden one is not measured."""
    rows = stretch.observations
    rests = _rests(stretch, rules)
    heard = [
        is_clear
        and at_rest
        and row.count == 1
        and (row.speech or 0.0) >= rules.speaks
        and turn_share(row, ahead, rules) < 1
        for row, at_rest, is_clear in zip(rows, rests, clear, strict=True)
    ]
    watch = Watch(
        rule="other_voice/1",
        kind=FlagKind.OTHER_VOICE,
        says="Somebody spoke while the visible mouth rested",
        at_least_ms=rules.voice_ms,
        bridge_ms=rules.voice_bridge_ms,
        severity=Severity.MEDIUM,
    )
    yield from flags_of(stretch, heard, watch)


def _rests(stretch: Stretch, rules: Rules) -> list[bool]:
    """Shut now, and hardly moving within half a window before and after."""
    rows = stretch.observations
    times = [row.t_ms for row in rows]
    mouths = [row.mouth_open for row in rows]
    before = swing(times, mouths, rules.mouth_window_ms)
    after = swing([-t_ms for t_ms in reversed(times)], mouths[::-1], rules.mouth_window_ms)[::-1]
    return [
        mouth is not None and mouth < rules.rest_open and max(swings) < rules.rest_swing
        for mouth, *swings in zip(mouths, before, after, strict=True)
    ]
