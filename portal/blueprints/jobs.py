"""The job board and the page of one job: for everybody, signed in or not."""

from datetime import timedelta

from flask import (
    Blueprint,
    has_request_context,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import access, hiring
from portal.blueprints import page_asked, page_links, page_to_keep
from portal.extensions import db
from portal.hiring import next_step
from portal.hiring.job_search import JobSearch
from portal.models import EmploymentType, JobStatus, Workplace, utc_now
from portal.web.htmx import wants_fragment

bp = Blueprint("jobs", __name__)

JOBS_PER_PAGE = 20
NEW_FOR = timedelta(days=3)  # a job is shown as "new" for this long


bp.add_app_template_filter(next_step.about_minutes)


@bp.app_context_processor
def search_to_keep() -> dict[str, object]:
    """The search from which the user came, as arguments for a link back to the job board.

    The URL carries the search itself, not an address to go back to. So nobody can make the link
    lead to another site.
    """
    if not has_request_context():
        return {}
    search = JobSearch.from_args(request.args)
    return {"board_as_it_was": {**search.as_args(), "page": page_to_keep()}}


@bp.get("/")
def front() -> ResponseReturnValue:
    return redirect(url_for("jobs.board"), code=303)


@bp.get("/jobs")
def board() -> ResponseReturnValue:
    search = JobSearch.from_args(request.args)
    args = search.as_args()
    found = db.paginate(
        search.select(current_user), page=page_asked(), per_page=JOBS_PER_PAGE, error_out=False
    )
    if not found.items and found.pages:
        return redirect(url_for("jobs.board", **args, page=found.pages), code=303)
    view = {
        "search": search,
        "found": found,
        "counts": search.counts(current_user),
        "now": utc_now(),
        "new_for": NEW_FOR,
        "links": page_links(found, "jobs.board", **args),
        "workplaces": reversed(Workplace),
        "types": EmploymentType,
        "statuses": (JobStatus.OPEN, JobStatus.CLOSED),
    }
    if not wants_fragment():
        return render_template("jobs/board.html", **view)
    response = make_response(render_template("jobs/_results.html", **view))
    # the page's URL without the empty fields that a form sends
    response.headers["HX-Push-Url"] = url_for("jobs.board", **args)
    return response


@bp.get("/jobs/<slug>")
def job(slug: str) -> ResponseReturnValue:
    job = access.fetch_job(slug)
    application = (
        hiring.find_application(current_user, job) if current_user.is_authenticated else None
    )
    return render_template("jobs/job.html", job=job, application=application)
