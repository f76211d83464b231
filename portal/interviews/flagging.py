"""Refreshes the flags of an interview that is not finished, from all its measurements so far.

All flags are replaced together. A version number prevents older flags from replacing newer ones
(optimistic locking).
"""

import uuid
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from flask import Flask

from capture.rules import find_flags
from capture.types import Flag as FoundFlag
from portal.database import changed_one, reading, transaction
from portal.extensions import db
from portal.interviews import results
from portal.interviews.flag_keys import kept_keys
from portal.interviews.paths import rules
from portal.models import Flag, InterviewSession, InterviewState


def refresh_flags(app: Flask, interview_id: Any) -> bool:
    """Find and store the flags so far. False if another process stored newer flags meanwhile."""
    with app.app_context():
        with reading():
            interview = db.session.get_one(
                InterviewSession, interview_id, options=[results.WITH_EVENTS]
            )
            version, measurements = interview.flags_version, results.gather(interview)
        flags = find_flags(measurements, rules())
        with transaction():
            return _store_flags(interview_id, version, flags)


def _store_flags(interview_id: Any, version: int, flags: list[FoundFlag]) -> bool:
    current = sa.and_(
        InterviewSession.id == interview_id, InterviewSession.flags_version == version
    )
    live = InterviewSession.state.in_([InterviewState.RECORDING, InterviewState.FINISHING])
    newer = sa.update(InterviewSession).where(current, live).values(flags_version=version + 1)
    if not changed_one(newer):
        return False
    replace_flags(interview_id, flags)
    return True


def replace_flags(interview_id: Any, flags: list[FoundFlag]) -> None:
    """Store the flags instead of the earlier ones. The same flag keeps its key."""
    earlier = db.session.scalars(sa.select(Flag).where(Flag.interview_id == interview_id)).all()
    keys = kept_keys(earlier, flags)
    db.session.execute(sa.delete(Flag).where(Flag.interview_id == interview_id))
    for flag, key in zip(flags, keys, strict=True):
        columns = asdict(flag)
        del columns["reason"]  # the English sentence of the telemetry file
        db.session.add(Flag(interview_id=interview_id, key=key or uuid.uuid4(), **columns))
