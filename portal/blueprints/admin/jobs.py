"""Jobs and their questions: list, edit, publish and close."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import audit, hiring
from portal.access import Viewer, fetch_any, reviewed
from portal.blueprints import page_asked, page_links, page_to_keep
from portal.blueprints.admin.bp import bp
from portal.database import transaction
from portal.edit_conflicts import Difference
from portal.extensions import db
from portal.forms.jobs import (
    MAX_QUESTIONS,
    NEW_QUESTION,
    JobForm,
    new_slug,
    rearranged,
    unfinished_interviews,
)
from portal.languages import N_
from portal.languages import gettext as _
from portal.models import (
    Application,
    AuditEvent,
    InterviewSession,
    InterviewState,
    Job,
    JobStatus,
    Question,
)
from portal.web.error_pages import flashed_refusals
from portal.web.htmx import wants_fragment

ROWS_PER_PAGE = 50
SAVE, PUBLISH = "save", "publish"
IS_OPEN = N_("%(job)s is open for applications.")
IS_CLOSED = N_("%(job)s is closed. Interviews that were begun can be finished.")


@dataclass(frozen=True)
class JobRow:
    """What one row of the list shows about a job: also how many it has of each."""

    job: Job
    questions: int
    applications: int
    ready_interviews: int


@bp.get("/jobs")
def jobs() -> ResponseReturnValue:
    page = db.paginate(
        reviewed(db.select(Job), current_user).order_by(Job.created_at.desc(), Job.id),
        page=page_asked(),
        per_page=ROWS_PER_PAGE,
        error_out=False,
    )
    return render_template(
        "admin/jobs.html",
        page=page,
        rows=_rows(page.items, current_user),
        links=page_links(page, "admin.jobs"),
    )


def jobs_to_choose_from(viewer: Viewer) -> Sequence[Job]:
    """The jobs by which a list can be filtered."""
    return db.session.scalars(reviewed(db.select(Job), viewer).order_by(Job.title)).all()


def _rows(jobs: list[Job], viewer: Viewer) -> list[JobRow]:
    job_ids = [job.id for job in jobs]
    counted = reviewed(sa.select(Application.job_id, sa.func.count()), viewer)
    applications = counted.where(Application.job_id.in_(job_ids)).group_by(Application.job_id)
    ready = applications.join(Application.interview).where(
        InterviewSession.state == InterviewState.READY
    )
    questions = (
        reviewed(sa.select(Job.id, sa.func.count(Question.id)), viewer)
        .join(Job.questions)
        .where(Job.id.in_(job_ids))
        .group_by(Job.id)
    )
    asked, applied, recorded = (
        dict(db.session.execute(query).all()) for query in (questions, applications, ready)
    )
    return [
        JobRow(job, asked.get(job.id, 0), applied.get(job.id, 0), recorded.get(job.id, 0))
        for job in jobs
    ]


@bp.route("/jobs/new", methods=["GET", "POST"])
def jobs_new() -> ResponseReturnValue:
    if request.method == "GET":
        return _show(JobForm(formdata=None, questions=[NEW_QUESTION]), None)
    action = request.form.get("action", SAVE)
    if action not in {SAVE, PUBLISH}:
        return _show(JobForm(formdata=rearranged(request.form, action)), None)
    form = JobForm(formdata=rearranged(request.form, ""))
    if not form.validate():
        return _show(form, None, 422)
    with transaction():
        job = Job(slug=new_slug(form.title.data))
        db.session.add(job)
        return _save(form, job, action)


@bp.route("/jobs/<uuid:job_id>", methods=["GET", "POST"])
def jobs_edit(job_id: uuid.UUID) -> ResponseReturnValue:
    job = fetch_any(Job, job_id)
    if request.method == "GET":
        return _show(JobForm.of(job), job)
    action = request.form.get("action", SAVE)
    if action not in {SAVE, PUBLISH}:
        return _show(JobForm(formdata=rearranged(request.form, action)), job)
    form = JobForm(formdata=rearranged(request.form, ""))
    if not form.validate():
        return _show(form, job, 422)
    with transaction():
        # Lock the row. If somebody else is saving it now, wait, and then read their values.
        db.session.refresh(job, with_for_update=True)
        if differences := form.find_edit_conflicts(job):
            return _show(form, job, 409, differences)
        return _save(form, job, action)


def _list_url() -> str:
    """The list's URL with the page from which the user came. Each link in the list carries it."""
    return url_for("admin.jobs", page=page_to_keep())


def _save(form: JobForm, job: Job, action: str) -> ResponseReturnValue:
    changed = form.write_to(job)
    db.session.flush()  # gives a new job its id, which the audit log names
    audit.record(current_user, AuditEvent.CHANGED, job, {"fields": changed})
    if action == PUBLISH and job.status is not JobStatus.OPEN:
        hiring.publish(job, by=current_user)
        flash(_(IS_OPEN, job=job.title), "success")
    else:
        flash(_("%(job)s is saved.", job=job.title), "success")
    return redirect(_list_url(), code=303)


def _show(
    form: JobForm, job: Job | None, status: int = 200, differences: Sequence[Difference] = ()
) -> tuple[str, int]:
    under_way = unfinished_interviews(job, current_user) if job else 0
    view: dict[str, Any] = {"form": form, "job": job, "under_way": under_way, "most": MAX_QUESTIONS}
    view |= {"differences": differences, "list_url": _list_url()}
    template = "admin/_job_form.html" if wants_fragment() else "admin/job_form.html"
    return render_template(template, **view), status


@bp.post("/jobs/<uuid:job_id>/publish")
def jobs_publish(job_id: uuid.UUID) -> ResponseReturnValue:
    job = fetch_any(Job, job_id)
    return _change(job, hiring.publish, IS_OPEN)


@bp.post("/jobs/<uuid:job_id>/close")
def jobs_close(job_id: uuid.UUID) -> ResponseReturnValue:
    job = fetch_any(Job, job_id)
    return _change(job, hiring.close, IS_CLOSED)


def _change(job: Job, verb: Callable[..., None], done: str) -> ResponseReturnValue:
    with flashed_refusals(), transaction():
        verb(job, by=current_user)
        flash(_(done, job=job.title), "success")
    return redirect(_list_url(), code=303)
