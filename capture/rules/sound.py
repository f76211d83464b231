"""Rules that compare sound with the mouth: a mouth without a voice, a voice without a mouth."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from capture.rules.columns import Column, Columns, Seen
from capture.rules.criteria import Criterion, flags_of
from capture.rules.head import CAMERA, Ahead, turn_share
from capture.rules.segments import Segment, known_share, swing
from capture.rules.thresholds import Rules
from capture.types import Finding, Flag, FlagKind, Severity


def from_sound(segment: Segment, clear: Seen, ahead: Ahead | None, rules: Rules) -> Iterator[Flag]:
    """The flags about sound. `clear`: the rows whose face we can judge."""
    moved = swing(segment.rows.t_ms, segment.rows.mouth_open, rules.mouth_window_ms)
    yield from _no_sound(segment, moved, rules)
    yield from _other_voice(segment, moved, clear, ahead or CAMERA, rules)


def _no_sound(segment: Segment, moved: Column, rules: Rules) -> Iterator[Flag]:
    """Flags for missing sound. `moved`: how far the mouth moved in the window before each row."""
    rows = segment.rows
    mute = (moved >= rules.mouth_swing) & (rows.level_dbfs < rules.silence_dbfs)
    nothing = rows.level_dbfs < rules.nothing_dbfs
    unheard = _criterion(Finding.MOUTH_WITHOUT_SOUND, rules.mute_ms, rules.mute_bridge_ms)
    mute_flags = list(flags_of(segment, mute, replace(unheard, severity=Severity.MEDIUM)))
    silent = flags_of(segment, nothing, _criterion(Finding.MICROPHONE_SILENT, rules.nothing_ms))
    yield from mute_flags
    yield from (flag for flag in silent if not any(_overlap(flag, other) for other in mute_flags))
    yield from flags_of(
        segment, np.isnan(rows.level_dbfs) & ~np.isnan(rows.brightness), _unheard(rows, rules)
    )


def _unheard(rows: Columns, rules: Rules) -> Criterion:
    """The criterion for a picture without sound.

    A person without a microphone lost nothing. If sound comes and goes, the system lost some.
    """
    if np.isnan(rows.level_dbfs).all():
        criterion = _criterion(Finding.NO_SOUND_TRACK, rules.unheard_ms)
        return replace(criterion, rule="no_sound_track/2", assessable=False)
    return Criterion(
        rule="sound_lost/1",
        kind=FlagKind.RECORDING_GAP,
        finding=Finding.SOUND_LOST,
        at_least_ms=rules.sound_lost_ms,
        bridge_ms=rules.sound_lost_bridge_ms,
        raised_at_ms=rules.recording_gap_medium_ms,
        assessable=False,
    )


def _criterion(finding: Finding, at_least_ms: int, bridge_ms: int = 0) -> Criterion:
    return Criterion("no_sound/1", FlagKind.NO_SOUND, finding, at_least_ms, bridge_ms)


def _overlap(one: Flag, other: Flag) -> bool:
    return one.start_ms < other.end_ms and other.start_ms < one.end_ms


def _other_voice(
    segment: Segment, moved: Column, clear: Seen, ahead: Ahead, rules: Rules
) -> Iterator[Flag]:
    """Flags for speech while the mouth of the only visible person rested.

    We must see the mouth well. It must rest before, during and after the speech.
    """
    rows = segment.rows
    alone = clear & (rows.count == 1) & (turn_share(rows, ahead, rules) < 1)
    heard = alone & _rests(rows, moved, rules) & (rows.speech >= rules.speaks)
    criterion = Criterion(
        rule="other_voice/2",
        kind=FlagKind.OTHER_VOICE,
        finding=Finding.OTHER_VOICE,
        at_least_ms=rules.voice_ms,
        bridge_ms=rules.voice_bridge_ms,
        severity=Severity.MEDIUM,
    )
    yield from flags_of(segment, heard, criterion)


def _rests(rows: Columns, moved: Column, rules: Rules) -> Seen:
    """Rows in which the mouth is shut and hardly moves before (`moved`) and after.

    Where we measured the mouth only seldom, it may have moved, so it does not count as resting.
    """
    after = swing(-rows.t_ms[::-1], rows.mouth_open[::-1], rules.mouth_window_ms)[::-1]
    is_seen = (
        known_share(rows.t_ms, rows.mouth_open, rules.mouth_window_ms) >= rules.rest_seen_share
    )
    rests: Seen = (
        is_seen
        & (rows.mouth_open < rules.rest_open)
        & (np.maximum(moved, after) < rules.rest_swing)
    )
    return rests
