"""Errors are pages in our look, fragments for HTMX, problem documents for scripts; each says how to
go on.
"""

import re

import pytest
from factories import sign_in
from flask import Flask, abort
from flask.testing import FlaskClient

from portal.models import User

ID = re.compile(r"<uuid:\w+>")
CODES = (400, 403, 404, 405, 409, 413, 415, 429, 500)


@pytest.fixture
def failing(app: Flask) -> FlaskClient:
    """A client of an app that has a page for each error, and one that breaks."""

    @app.get("/fail/<int:code>")
    def fail(code: int) -> str:
        abort(code)

    @app.get("/break")
    def break_down() -> str:
        raise RuntimeError("details that are nobody's business")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


@pytest.mark.parametrize("code", CODES)
def test_each_error_has_a_page_in_our_look(failing: FlaskClient, code: int) -> None:
    response = failing.get(f"/fail/{code}")

    assert response.status_code == code
    assert "<nav" in response.text
    assert f"{code} · request {response.headers['X-Request-ID']}" in response.text


@pytest.mark.parametrize("code", CODES)
def test_htmx_gets_a_fragment(failing: FlaskClient, code: int) -> None:
    response = failing.get(f"/fail/{code}", headers={"HX-Request": "true"})

    assert response.status_code == code
    assert "<html" not in response.text
    assert 'id="error"' in response.text


def test_scripts_get_a_problem_document(failing: FlaskClient) -> None:
    response = failing.get("/fail/404", headers={"Accept": "application/json"})

    assert response.mimetype == "application/problem+json"
    assert response.get_json()["status"] == 404


@pytest.mark.logs_errors
def test_a_fault_of_ours_tells_an_id_and_nothing_else(failing: FlaskClient) -> None:
    response = failing.get("/break")

    assert response.status_code == 500
    assert response.headers["X-Request-ID"] in response.text
    assert "nobody's business" not in response.text


def test_a_form_from_an_expired_page_says_what_to_do(csrf_app: Flask, alice: User) -> None:
    response = sign_in(csrf_app.test_client(), alice).post("/logout")

    assert response.status_code == 419
    assert "Reload" in response.text


def test_every_page_carries_the_safety_headers(client: FlaskClient) -> None:
    headers = client.get("/jobs").headers
    policy = headers["Content-Security-Policy"]

    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'; base-uri 'none';" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_no_address_fails_when_asked_for_its_methods(app: Flask, client: FlaskClient) -> None:
    for rule in app.url_map.iter_rules():
        path = ID.sub("00000000-0000-0000-0000-000000000000", rule.rule).replace("<slug>", "a")
        assert client.options(path).status_code < 500, path


def test_a_refused_form_has_an_id(csrf_app: Flask) -> None:
    response = csrf_app.test_client().post("/login")

    assert response.status_code == 419
    assert re.fullmatch("[0-9a-f]{12}", response.headers["X-Request-ID"])
