"""Rules about the picture: is there a face, are there several, and can we tell at all?"""

from collections.abc import Iterator
from dataclasses import replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from capture.rules.columns import Columns, Seen
from capture.rules.criteria import Criterion, flag_of, flags_of, lasting
from capture.rules.segments import Segment, known_earlier, sustained
from capture.rules.thresholds import Rules
from capture.types import Finding, Flag, FlagKind, Severity


class View(IntEnum):
    """What one picture shows, or why it shows nothing."""

    UNKNOWN = 0
    DARK = 1
    BLURRED = 2
    POOR = 3
    EMPTY = 4
    FACE = 5
    FACES = 6


Views = NDArray[np.int64]


def views_of(rows: Columns, rules: Rules) -> Views:
    """The view of each row.

    A face that we found counts even in a poor picture. In a poor picture without a face there may
    be one that we cannot see.
    """
    known = [
        (rows.count > 1, View.FACES),
        (rows.count == 1, View.FACE),
        (np.isnan(rows.brightness) & np.isnan(rows.count), View.UNKNOWN),
        (rows.brightness < rules.dark_brightness, View.DARK),
        (rows.sharpness < rules.blurred_sharpness, View.BLURRED),
        (np.isnan(rows.count) | (rows.brightness < rules.dim_brightness), View.POOR),
    ]
    return np.select(
        [holds for holds, _ in known], [int(view) for _, view in known], int(View.EMPTY)
    )


def stood_still(rows: Columns, rules: Rules) -> Seen:
    """Rows whose picture did not change, from the moment at which it stopped."""
    return known_earlier(rows.t_ms, rows.frozen == 1, rules.still_known_after_ms)


def readable(rows: Columns, rules: Rules) -> Seen:
    """Rows whose face is large and sharp enough, so that its angles mean something."""
    poor = (rows.face_px < rules.small_face_px) | (rows.sharpness < rules.blurred_face_sharpness)
    return ~np.isnan(rows.yaw_deg) & ~poor


def clear_faces(rows: Columns, rules: Rules) -> Seen:
    """Rows whose face we can judge: it is readable, and the picture does not stand still."""
    return readable(rows, rules) & ~stood_still(rows, rules)


def slow_rows(segment: Segment, rules: Rules) -> Seen:
    """Rows of a segment in which pictures came too seldom to show movements."""
    return segment.within(lasting(segment, _seldom(segment.rows, rules), _too_slow(rules)))


def _seldom(rows: Columns, rules: Rules) -> Seen:
    """Rows whose next picture comes late. For the last row: whether it came late itself."""
    is_far = np.diff(rows.t_ms) > rules.seldom_ms
    return (
        np.append(is_far, is_far[-1:])[: len(rows)]
        if len(rows) > 1
        else np.zeros(len(rows), np.bool_)
    )


def _too_slow(rules: Rules) -> Criterion:
    return Criterion(
        "picture_slow/1",
        FlagKind.PICTURE_LOST,
        Finding.PICTURE_SLOW,
        rules.slow_ms,
        assessable=False,
    )


def _no_picture(rules: Rules) -> Criterion:
    return Criterion(
        "no_picture/1",
        FlagKind.PICTURE_LOST,
        Finding.NO_PICTURE,
        rules.picture_lost_ms,
        assessable=False,
    )


def from_picture(segment: Segment, slow: Seen, rules: Rules) -> Iterator[Flag]:
    """The flags about the picture. `slow`: rows that we cannot judge, as pictures were too rare."""
    rows = segment.rows
    views = np.where(slow, int(View.UNKNOWN), views_of(rows, rules))
    absent = _absent(views, rows.frozen == 1)
    yield from flags_of(segment, slow, _too_slow(rules))
    only_sound = np.isnan(rows.count) & np.isnan(rows.brightness) & ~np.isnan(rows.level_dbfs)
    yield from flags_of(segment, only_sound, _no_picture(rules))
    yield from flags_of(segment, absent, _no_face(rules))
    yield from flags_of(segment, views == View.FACES, _several_faces(rules))
    yield from _lost(segment, views, rules)
    yield from flags_of(segment, views == View.POOR, _too_poor(rules))
    still = stood_still(rows, rules)
    yield from _still(segment, views, still & ~absent, rules)
    yield from _unclear(segment, views, still, rules)


def _absent(views: Views, still: Seen) -> Seen:
    """Rows in which no face is there.

    A stalled camera repeats its last picture, so a still picture alone does not show that a face is
    missing. But an empty room is still, too, so it does not end the absence.
    """
    empty = views == View.EMPTY
    return sustained(empty & ~still, empty)


def _no_face(rules: Rules) -> Criterion:
    return Criterion(
        rule="no_face/2",
        kind=FlagKind.NO_FACE,
        finding=Finding.NO_FACE,
        at_least_ms=rules.no_face_ms,
        bridge_ms=rules.no_face_bridge_ms,
        severity=Severity.MEDIUM,
        raised_at_ms=rules.no_face_high_ms,
        raised_to=Severity.HIGH,
    )


def _several_faces(rules: Rules) -> Criterion:
    return Criterion(
        rule="several_faces/1",
        kind=FlagKind.SEVERAL_FACES,
        finding=Finding.SEVERAL_FACES,
        at_least_ms=rules.several_faces_ms,
        bridge_ms=rules.several_faces_bridge_ms,
        severity=Severity.MEDIUM,
        raised_at_ms=rules.several_faces_high_ms,
        raised_to=Severity.HIGH,
    )


def _picture_lost(rule: str, finding: Finding, at_least_ms: int) -> Criterion:
    return Criterion(rule, FlagKind.PICTURE_LOST, finding, at_least_ms, severity=Severity.MEDIUM)


def _lost(segment: Segment, views: Views, rules: Rules) -> Iterator[Flag]:
    """Flags for a picture that was dark or covered.

    A hand covers the picture at once. Light that fades and a lens that blurs only make it poor.
    """
    covered = _picture_lost("picture_lost/2", Finding.PICTURE_COVERED, rules.picture_lost_ms)
    poor = replace(_too_poor(rules), finding=Finding.PICTURE_UNCLEAR)
    rows = segment.rows
    good = ~((rows.brightness < rules.dim_brightness) | (rows.sharpness < rules.clear_sharpness))
    for span in lasting(segment, (views == View.DARK) | (views == View.BLURRED), covered):
        good_before = good[rows.t_ms < span.start_ms][-1:]
        yield flag_of(span, covered if good_before.any() else poor)


def _too_poor(rules: Rules) -> Criterion:
    return Criterion(
        "picture_poor/2",
        FlagKind.PICTURE_LOST,
        Finding.PICTURE_POOR,
        rules.picture_lost_ms,
        assessable=False,
    )


def _still(segment: Segment, views: Views, still: Seen, rules: Rules) -> Iterator[Flag]:
    """Flags for a picture that stood still, if it could show a movement at all.

    A dark picture, or one of a person far away, hardly shows any.
    """
    rows = segment.rows
    would_show = (views == View.EMPTY) | (readable(rows, rules) & (views != View.UNKNOWN))
    seen = still & would_show & ~(rows.brightness < rules.dim_brightness)
    criterion = _picture_lost("picture_still/1", Finding.PICTURE_STILL, rules.picture_still_ms)
    yield from flags_of(segment, seen, criterion)


def _unclear(segment: Segment, views: Views, still: Seen, rules: Rules) -> Iterator[Flag]:
    """Flags for a face that is there, but that we cannot measure."""
    rows = segment.rows
    there = (views == View.FACE) | (views == View.FACES)
    unclear = there & (~readable(rows, rules) | (still & (rows.brightness < rules.dim_brightness)))
    criterion = Criterion(
        "face_unclear/1",
        FlagKind.PICTURE_LOST,
        Finding.FACE_UNCLEAR,
        rules.unclear_face_ms,
        assessable=False,
    )
    yield from flags_of(segment, unclear, criterion)
