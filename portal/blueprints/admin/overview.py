"""The admins' first page: how many items wait for somebody, and the newest of them."""

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal import access, hiring, review_queue, work
from portal.blueprints.admin.bp import bp
from portal.extensions import db
from portal.models import Application, InterviewSession, InterviewState, Job, JobStatus, utc_now
from portal.review_queue import InterviewFilter

NEWEST = 6  # as many as fit beside each other on one screen


@bp.get("/")
def overview() -> ResponseReturnValue:
    states = review_queue.state_counts(current_user)
    waiting = access.reviewed(select(Application), current_user).where(
        Application.status.in_(hiring.WAITS_FOR_THE_TEAM)
    )
    open_jobs = access.reviewed(select(Job.id), current_user).where(Job.status == JobStatus.OPEN)
    newest = waiting.options(joinedload(Application.user), joinedload(Application.job))
    return render_template(
        "admin/overview.html",
        open_jobs=access.count(open_jobs),
        waiting=access.count(waiting),
        to_look_at=states.get(InterviewState.READY, 0),
        in_progress=states.get(InterviewState.RECORDING, 0)
        + states.get(InterviewState.FINISHING, 0),
        applications=db.session.scalars(
            newest.order_by(Application.created_at.desc()).limit(NEWEST)
        ).all(),
        interviews=_newest_ready(current_user),
        is_measured=bool(work.workers_seen(utc_now())),
    )


def _newest_ready(viewer: access.Viewer) -> list[tuple[InterviewSession, dict[str, int]]]:
    """The newest ready interviews, each with the number of its flags of each severity."""
    ready = InterviewFilter(states=(InterviewState.READY,))
    found = db.session.scalars(ready.select(viewer).limit(NEWEST)).all()
    return [(interview, review_queue.severity_counts(interview.flags)) for interview in found]
