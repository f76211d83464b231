"""A template gets values. What is to be decided is decided before it is rendered."""

from collections.abc import Iterator
from types import FunctionType, LambdaType, MethodType, ModuleType
from typing import Any

import pytest
from factories import make_application, make_job, sign_in
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from reviewing import make_flag, make_interview

from portal.extensions import db
from portal.models import User

OF_FLASK = {"url_for", "get_flashed_messages", "csrf_token", "csrf_meta_tag"}
CALLED = FunctionType, LambdaType, MethodType, ModuleType


@pytest.fixture
def contexts(app: Flask) -> Iterator[list[dict[str, Any]]]:
    """The context of each template that is rendered."""
    seen: list[dict[str, Any]] = []

    def keep(_app: Flask, context: dict[str, Any], **_more: Any) -> None:
        seen.append(context)

    with template_rendered.connected_to(keep, app):
        yield seen


def functions_in(contexts: list[dict[str, Any]]) -> set[str]:
    return {
        name
        for context in contexts
        for name, value in context.items()
        if isinstance(value, CALLED) and name not in OF_FLASK
    }


def test_reviewers_pages_get_no_functions(
    client: FlaskClient, contexts: list[dict[str, Any]], ada: User
) -> None:
    interview = make_interview(make_flag())
    interview_id = interview.id
    sign_in(client, ada)
    db.session.rollback()
    for path in ("", "jobs", "jobs/new", "applications", "people", "sessions"):
        assert client.get(f"/admin/{path}").status_code == 200
    assert client.get(f"/admin/sessions/{interview_id}").status_code == 200
    assert client.get(f"/admin/sessions/{interview_id}/row").status_code == 200

    assert len(contexts) == 8
    assert functions_in(contexts) == set()


def test_candidates_pages_get_no_functions(
    client: FlaskClient, contexts: list[dict[str, Any]], alice: User
) -> None:
    slug = make_job().slug
    make_application(alice)
    for path in ("/jobs", f"/jobs/{slug}", "/login", "/register", "/nowhere"):
        client.get(path)
    sign_in(client, alice)
    db.session.rollback()
    for path in ("/dashboard", f"/jobs/{slug}/apply", "/account/", "/account/password"):
        assert client.get(path).status_code == 200

    assert len(contexts) == 9
    assert functions_in(contexts) == set()


def test_no_function_of_ours_is_known_to_every_template(app: Flask) -> None:
    """Filters say how a value is written. Nothing of ours that decides is a global.

    `N_` only marks a constant for the catalogs, and gives it back.
    """
    ours = {
        name
        for name, value in app.jinja_env.globals.items()
        if getattr(value, "__module__", "").startswith("portal") and isinstance(value, CALLED)
    }
    assert ours == {"N_"}
