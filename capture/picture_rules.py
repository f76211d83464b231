"""Is a face there, are several, and could it be told at all? Rules about the picture."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum

from capture.stretches import Stretch, kept_on, known_earlier
from capture.thresholds import Rules
from capture.types import Flag, FlagKind, Observation, Severity
from capture.watch import Watch, flag_of, flags_of, lasting


class View(StrEnum):
    """What one picture can be used for."""

    UNKNOWN = "unknown"
    DARK = "dark"
    BLURRED = "blurred"
    POOR = "poor"
    EMPTY = "empty"
    FACE = "face"
    FACES = "faces"


def view_of(row: Observation, rules: Rules) -> View:
    """A face that was found was found, however poor the picture; one that was not may only have been invisible."""
    if row.count is None:
        return View.UNKNOWN if row.brightness is None else View.POOR
    if row.count > 0:
        return View.FACE if row.count == 1 else View.FACES
    if _is_below(row.brightness, rules.dark_brightness):
        return View.DARK
    if _is_below(row.sharpness, rules.blurred_sharpness):
        return View.BLURRED
    return View.POOR if _is_below(row.brightness, rules.dim_brightness) else View.EMPTY


def _is_below(value: float | None, limit: float) -> bool:
    return value is not None and value < limit


def stood_still(rows: Sequence[Observation], rules: Rules) -> list[bool]:
    """Rows whose picture did not change, from the moment it stopped."""
    return known_earlier([row.t_ms for row in rows], [bool(row.frozen) for row in rows], rules.still_known_after_ms)


def is_readable(row: Observation, rules: Rules) -> bool:
    """Large and sharp enough for its angles to mean anything."""
    if row.yaw_deg is None or _is_below(row.face_px, rules.small_face_px):
        return False
    return not _is_below(row.sharpness, rules.blurred_face_sharpness)


def clear_faces(rows: Sequence[Observation], rules: Rules) -> list[bool]:
    """Rows whose face can be judged: readable, and alive."""
    return [is_readable(row, rules) and not s for row, s in zip(rows, stood_still(rows, rules), strict=True)]


def from_picture(stretch: Stretch, rules: Rules) -> Iterator[Flag]:
    rows = stretch.observations
    views = [view_of(row, rules) for row in rows]
    absent = _absent(views, [bool(row.frozen) for row in rows])
    yield from flags_of(stretch, absent, _no_face(rules))
    yield from flags_of(stretch, [view is View.FACES for view in views], _several_faces(rules))
    yield from _lost(stretch, views, rules)
    yield from flags_of(stretch, [view is View.POOR for view in views], _too_poor(rules))
    yield from _still(stretch, views, absent, rules)
    yield from _unclear(stretch, views, rules)


def _absent(views: Sequence[View], stills: Sequence[bool]) -> list[bool]:
    """A stalled camera shows what it showed before, so nobody leaves a still picture; but an empty room stays still."""
    empty = [view is View.EMPTY for view in views]
    return kept_on([e and not still for e, still in zip(empty, stills, strict=True)], empty)


def _no_face(rules: Rules) -> Watch:
    return Watch(
        rule="no_face/2",
        kind=FlagKind.NO_FACE,
        says="No face was seen",
        at_least_ms=rules.no_face_ms,
        bridge_ms=rules.no_face_bridge_ms,
        severity=Severity.MEDIUM,
        raised_at_ms=rules.no_face_high_ms,
        raised_to=Severity.HIGH,
    )


def _several_faces(rules: Rules) -> Watch:
    return Watch(
        rule="several_faces/1",
        kind=FlagKind.SEVERAL_FACES,
        says="Two or more faces were seen",
        at_least_ms=rules.several_faces_ms,
        bridge_ms=rules.several_faces_bridge_ms,
        severity=Severity.MEDIUM,
        raised_at_ms=rules.several_faces_high_ms,
        raised_to=Severity.HIGH,
    )


def _picture_lost(rule: str, says: str, at_least_ms: int) -> Watch:
    return Watch(rule, FlagKind.PICTURE_LOST, says, at_least_ms, severity=Severity.MEDIUM)


def _lost(stretch: Stretch, views: Sequence[View], rules: Rules) -> Iterator[Flag]:
    """What a hand does happens at once; light that fades and lenses that blur only make a picture poor."""
    covered = _picture_lost("picture_lost/2", "The picture was dark or covered", rules.picture_lost_ms)
    poor = replace(_too_poor(rules), says="The picture was too dark or blurred to tell whether a face was there")
    for span in lasting(stretch, [view in (View.DARK, View.BLURRED) for view in views], covered):
        before = [row for row in stretch.observations if row.t_ms < span.start_ms][-1:]
        yield flag_of(span, covered if before and _is_good(before[0], rules) else poor)


def _is_good(row: Observation, rules: Rules) -> bool:
    return not (_is_below(row.brightness, rules.dim_brightness) or _is_below(row.sharpness, rules.clear_sharpness))


def _too_poor(rules: Rules) -> Watch:
    says = "It was too dark or too far away to tell whether a face was there"
    return Watch("picture_poor/1", FlagKind.PICTURE_LOST, says, rules.picture_lost_ms, assessable=False)


def _still(stretch: Stretch, views: Sequence[View], absent: Sequence[bool], rules: Rules) -> Iterator[Flag]:
    """Said only of pictures that would show a movement: a dark one or one of somebody far away hardly does."""
    rows = stretch.observations
    seen = [
        still
        and not is_absent
        and not _is_below(row.brightness, rules.dim_brightness)
        and (view is View.EMPTY or is_readable(row, rules))
        for still, is_absent, view, row in zip(stood_still(rows, rules), absent, views, rows, strict=True)
    ]
    watch = _picture_lost("picture_still/1", "The picture did not change", rules.picture_still_ms)
    yield from flags_of(stretch, seen, watch)


def _unclear(stretch: Stretch, views: Sequence[View], rules: Rules) -> Iterator[Flag]:
    """A face is there, and no more can be said of it."""
    rows = stretch.observations
    unclear = [
        view in (View.FACE, View.FACES)
        and (not is_readable(row, rules) or (still and _is_below(row.brightness, rules.dim_brightness)))
        for view, row, still in zip(views, rows, stood_still(rows, rules), strict=True)
    ]
    says = "The face was too small, dark, blurred or turned to be measured"
    watch = Watch("face_unclear/1", FlagKind.PICTURE_LOST, says, rules.unclear_face_ms, assessable=False)
    yield from flags_of(stretch, unclear, watch)
