"""The list of all applications, and the admins' decisions about them."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select
from sqlalchemy.orm import contains_eager, joinedload

from portal import edit_conflicts, hiring
from portal.access import Viewer, fetch_any, reviewed
from portal.blueprints import page_asked, page_links, page_to_keep
from portal.blueprints.admin.bp import bp
from portal.blueprints.admin.jobs import jobs_to_choose_from
from portal.choice_words import words
from portal.database import transaction
from portal.extensions import db
from portal.languages import N_
from portal.languages import gettext as _
from portal.models import Application, ApplicationStatus, User
from portal.text_search import mentions
from portal.web.error_pages import flashed_refusals

ROWS_PER_PAGE = 25
APPLICATIONS = "applications"  # `list` in an interview's URL when the user came from this list
WAITING = "waiting"  # a filter beside the statuses: all applications that wait for the team
VERBS: dict[str, Callable[..., None]] = {
    "invite": hiring.invite,
    "offer": hiring.offer,
    "reject": hiring.reject,
}
LEADS_TO = {
    "invite": ApplicationStatus.INVITED,
    "offer": ApplicationStatus.OFFERED,
    "reject": ApplicationStatus.REJECTED,
}
DECIDED = {
    "invite": N_("%(name)s is invited for %(job)s."),
    "offer": N_("%(name)s is offered for %(job)s."),
    "reject": N_("%(name)s is rejected for %(job)s."),
}


@dataclass(frozen=True)
class ApplicationRow:
    """What one row of the list shows about an application."""

    application: Application
    decisions: list[str]  # those that its status allows


@bp.get("/applications")
def applications() -> ResponseReturnValue:
    wanted = _wanted()
    page = db.paginate(
        _select(wanted, current_user), page=page_asked(), per_page=ROWS_PER_PAGE, error_out=False
    )
    return render_template(
        "admin/applications.html",
        page=page,
        rows=[ApplicationRow(row, decisions(row)) for row in page.items],
        wanted=wanted,
        statuses=[
            (WAITING, _("Waiting for a decision")),
            *((one.value, words(one)) for one in ApplicationStatus),
        ],
        jobs=jobs_to_choose_from(current_user),
        links=page_links(page, "admin.applications", **wanted),
        kept={"list": APPLICATIONS, **applications_kept()},
    )


def came_from_applications() -> bool:
    return request.args.get("list") == APPLICATIONS


def applications_kept() -> dict[str, Any]:
    """The filters and the page, as URL arguments for a link back to this list."""
    number = page_to_keep()
    return _wanted() | ({"page": number} if number else {})


def _wanted() -> dict[str, Any]:
    """The filters in the URL, without empty and unknown ones."""
    args = {
        name: request.args.get(name, "").strip()[:254] for name in ("candidate", "job", "status")
    }
    if args["status"] not in {WAITING, *ApplicationStatus}:
        args["status"] = ""
    if not request.args.get("job", type=uuid.UUID):
        args["job"] = ""
    return {name: value for name, value in args.items() if value}


def _select(wanted: dict[str, Any], viewer: Viewer) -> Select[tuple[Application]]:
    selected: Select[tuple[Application]] = (
        reviewed(db.select(Application), viewer)
        .join(Application.user)
        .join(Application.job)
        .options(
            contains_eager(Application.user),
            contains_eager(Application.job),
            joinedload(Application.interview),
        )
        .order_by(Application.created_at.desc(), Application.id)
    )
    selected = selected.where(*mentions(wanted.get("candidate", ""), User.full_name, User.email))
    if "job" in wanted:
        selected = selected.where(Application.job_id == uuid.UUID(wanted["job"]))
    if "status" in wanted:
        asked = (
            hiring.WAITS_FOR_THE_TEAM
            if wanted["status"] == WAITING
            else (ApplicationStatus(wanted["status"]),)
        )
        selected = selected.where(Application.status.in_(asked))
    return selected


def decisions(application: Application) -> list[str]:
    """The decisions that are possible in the application's current status."""
    return [
        verb
        for verb, status in LEADS_TO.items()
        if application.status in hiring.REACHED_FROM[status]
    ]


@bp.post("/applications/<uuid:application_id>/decide")
def applications_decide(application_id: uuid.UUID) -> ResponseReturnValue:
    application = fetch_any(Application, application_id)
    decision = request.form.get("decision", "")
    verb = VERBS.get(decision) or abort(400)
    with flashed_refusals(), transaction():
        verb(application, request.form.get(edit_conflicts.FIELD, ""), by=current_user)
        values = {"name": application.user.full_name, "job": application.job.title}
        flash(_(DECIDED[decision], **values), "success")
    return redirect(
        url_for("admin.applications", **_wanted(), page=request.args.get("page", type=int)),
        code=303,
    )
