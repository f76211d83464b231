"""The flags of an interview that still goes on: judged anew from all that is measured so far, and
replaced as a whole.

A version number keeps an older judgement from replacing a newer one.
"""

from dataclasses import asdict
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask, g

from capture.rules import find_flags
from capture.types import Flag as FoundFlag
from portal.extensions import db
from portal.interviews import results
from portal.interviews.paths import rules
from portal.models import Flag, InterviewSession, InterviewState


def refresh_flags(app: Flask, interview_id: Any) -> bool:
    """Judge all that is measured so far. False: somebody stored newer flags meanwhile, ours are
    dropped.
    """
    with app.app_context():
        g.only_reads_database = True
        interview = db.session.get_one(
            InterviewSession, interview_id, options=[results.WITH_EVENTS]
        )
        version, measurements = interview.flags_version, results.gather(interview)
        db.session.rollback()
        g.only_reads_database = False
        flags = find_flags(measurements, rules())
        return _store_flags(interview_id, version, flags)


def _store_flags(interview_id: Any, version: int, flags: list[FoundFlag]) -> bool:
    current = sa.and_(
        InterviewSession.id == interview_id, InterviewSession.flags_version == version
    )
    live = InterviewSession.state.in_([InterviewState.RECORDING, InterviewState.FINISHING])
    changed = db.session.execute(
        sa.update(InterviewSession).where(current, live).values(flags_version=version + 1)
    )
    if not cast(Any, changed).rowcount:
        db.session.rollback()
        return False
    replace_flags(interview_id, flags)
    db.session.commit()
    return True


def replace_flags(interview_id: Any, flags: list[FoundFlag]) -> None:
    db.session.execute(sa.delete(Flag).where(Flag.interview_id == interview_id))
    db.session.add_all(Flag(interview_id=interview_id, **asdict(flag)) for flag in flags)
