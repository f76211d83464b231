"""How recordings leave: when the time that candidates were told is over."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app

from portal.extensions import db
from portal.interviews.sitting import recording
from portal.models import InterviewSession


def purge(now: datetime) -> int:
    """Delete every interview, rows and files, that is older than RETENTION_DAYS. Returns how many went."""
    oldest_kept = now - timedelta(days=current_app.config["PORTAL"].retention_days)
    began = sa.func.coalesce(InterviewSession.start_time, InterviewSession.created_at)
    old = db.session.scalars(sa.select(InterviewSession).where(began < oldest_kept)).all()
    for interview in old:
        recording(interview).delete()  # files first: should we be stopped here, the row still leads to what is left
        db.session.delete(interview)
        db.session.commit()
    return len(old)
