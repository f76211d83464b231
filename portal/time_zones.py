"""The time zone in which a person reads times. Without a choice it is UTC; programs get UTC always.

The database keeps UTC. A machine without the IANA time zone database offers UTC alone.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from flask import g

from portal.languages import N_

# The database has older names too (`GB`, `Etc/GMT+5`); nobody looks for those.
AREAS = {
    "Africa": N_("Africa"),
    "America": N_("America"),
    "Antarctica": N_("Antarctica"),
    "Arctic": N_("Arctic"),
    "Asia": N_("Asia"),
    "Atlantic": N_("Atlantic Ocean"),
    "Australia": N_("Australia"),
    "Europe": N_("Europe"),
    "Indian": N_("Indian Ocean"),
    "Pacific": N_("Pacific Ocean"),
}
NAME_MAX_CHARS = 40  # of the column; the longest name has 30


def use_account(time_zone: str) -> None:
    """Show the times of this request in the zone of the person who is signed in."""
    g.time_zone = time_zone


def current() -> tzinfo:
    """The zone in which this request shows times."""
    return zone(g.get("time_zone", ""))


def local(at: datetime) -> datetime:
    """The moment as clocks of the reader's zone show it."""
    return at.astimezone(current())


def midnight(day: date) -> datetime:
    """When this day begins in the reader's zone, in UTC."""
    begin = datetime.combine(day, time.min, current())
    try:
        return begin.astimezone(UTC)
    except OverflowError:  # the very first day that Python knows, east of Greenwich
        return begin.replace(tzinfo=UTC)


def label(at: datetime) -> str:
    """The zone of this moment, in short: UTC, CET, UTC+05:30."""
    name = at.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


@cache
def zone(name: str) -> tzinfo:
    """The zone with this name; UTC if there is none, or none on this machine."""
    try:
        return ZoneInfo(name) if name in names() else UTC
    except ZoneInfoNotFoundError:
        return UTC


@cache
def names() -> frozenset[str]:
    """The names that a person may choose."""
    return frozenset(
        name
        for name in available_timezones()
        if name.partition("/")[0] in AREAS and "/" in name and len(name) <= NAME_MAX_CHARS
    )


@cache
def by_area() -> Mapping[str, tuple[str, ...]]:
    """All names, by area, in the order of the alphabet."""
    return {
        area: tuple(sorted(name for name in names() if name.startswith(f"{area}/")))
        for area in AREAS
    }
