"""Edit conflicts: what counts as the same value, and many who save at the same moment."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import papers
import pytest
from factories import make_job, make_user, sign_in
from flask import Flask
from flask.testing import FlaskClient
from job_forms import JOB, rows
from servers import LiveServer
from visiting import SEEN, TOKEN, Visitor, seen_in

from portal import edit_conflicts
from portal.extensions import db
from portal.models import Job, Role, User

ROUNDS, EDITORS = 5, 6


@pytest.fixture
def admins(app: Flask, ada: User) -> tuple[FlaskClient, FlaskClient]:
    """Ada and another one, each with a browser of their own."""
    other = make_user("omar@example.org", role=Role.ADMIN)
    return sign_in(app.test_client(), ada), sign_in(app.test_client(), other)


def typed(job: Job, **changes: str) -> dict[str, str]:
    """The job's form as it stands, with some words of one's own."""
    names = ("title", "description", "location", "workplace", "employment_type", "salary_range")
    asked = rows(*[question.prompt for question in job.questions])
    asked = {
        name: {"think_s": "2", "limit_s": "60", "takes": "2"}.get(name.split("-")[2], v)
        for name, v in asked.items()
    }
    return {name: str(getattr(job, name)) for name in names} | asked | changes


def test_a_text_that_went_through_a_page_is_the_same_text(
    admins: tuple[FlaskClient, FlaskClient],
) -> None:
    """A form sends two characters for the end of a line."""
    ada, omar = admins
    job = make_job(description="One.\nTwo.")
    path = f"/admin/jobs/{job.id}"
    before = seen_in(ada.get(path).text)
    through_a_page = typed(job, description="One.\r\nTwo.", location="Faro")
    assert omar.post(path, data=through_a_page | before).status_code == 303
    db.session.refresh(job)
    assert job.description == "One.\nTwo."
    shown = ada.post(path, data=typed(job, location="Evora") | before).text.partition("</dl>")[0]
    assert ("Faro" in shown, "Two." in shown) == (True, False)


def test_a_mark_is_the_same_for_the_same_value_alone() -> None:
    values = {"a": "1", "b": ["x", 1], "c": None}
    assert edit_conflicts.changed_names(edit_conflicts.fingerprints(values), values) == []
    assert edit_conflicts.changed_names(
        edit_conflicts.fingerprints(values), values | {"b": ["x", 2], "c": ""}
    ) == ["b", "c"]
    assert (
        edit_conflicts.changed_names("", values)
        == edit_conflicts.changed_names(None, values)
        == ["a", "b", "c"]
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path, CAPTURE_WORKERS="0")
    server.start()
    yield server
    server.stop()


@pytest.mark.server
def test_of_many_who_save_at_the_same_moment_one_wins_each_time(server: LiveServer) -> None:
    """Real processes and threads, each with the same page before its eyes."""
    with server.app.app_context():
        emails = [
            make_user(f"admin{number}@example.org", role=Role.ADMIN).email
            for number in range(EDITORS)
        ]
        path = f"/admin/jobs/{make_job(slug='raced', questions=0).id}"
    editors = [Visitor(server.url).sign_in(email) for email in emails]
    for turn in range(ROUNDS):
        pages = [one.get(path).text for one in editors]
        start = Barrier(EDITORS)

        def save(
            number: int, turn: int = turn, pages: list[str] = pages, start: Barrier = start
        ) -> int:
            fields = JOB | {
                "title": f"By {number} in {turn}",
                "csrf_token": TOKEN.search(pages[number])[1],
            }
            form = papers.form(**fields, seen=SEEN.search(pages[number])[1])
            start.wait()
            headers = {"Content_Type": form["content_type"], "Referer": server.url + path}
            return editors[number].ask(path, "POST", form["data"], **headers).status

        with ThreadPoolExecutor(EDITORS) as pool:
            statuses = list(pool.map(save, range(EDITORS)))
        assert sorted(statuses) == [303] + [409] * (EDITORS - 1)
        assert f'value="By {statuses.index(303)} in {turn}"' in editors[0].get(path).text
