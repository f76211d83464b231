"""The OpenAPI document and the page that shows it: valid, complete, and from local files only."""

import re
from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from machine import CHROMIUM
from playwright.sync_api import sync_playwright
from servers import LiveServer

OPEN_TO_ALL = {("post", "/api/auth/register"), ("post", "/api/auth/login"), ("get", "/api/jobs")}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    return client.get("/api/openapi.json").json


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    paths = document["paths"].items()
    return {
        (method, path): doc
        for path, item in paths
        for method, doc in item.items()
        if method in {"get", "post", "put", "patch", "delete"}
    }


def test_it_documents_every_route_and_no_other(app: Flask, document: dict[str, Any]) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")]
    known = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert set(operations(document)) == known - {("get", "/api/openapi.json"), ("get", "/api/docs")}


def test_it_says_which_routes_need_a_token(client: FlaskClient, document: dict[str, Any]) -> None:
    for (method, path), operation in operations(document).items():
        address = re.sub(r"{\w+}", "00000000-0000-0000-0000-000000000000", path)
        is_refused = client.open(address, method=method.upper(), json={}).status_code == 401
        needs_token = operation.get("security") == [{"bearer": []}]
        assert is_refused == needs_token, path
        assert needs_token or (method, path) in OPEN_TO_ALL or {} in operation["security"], path


def test_every_reference_leads_somewhere_and_every_schema_is_one(document: dict[str, Any]) -> None:
    for reference in re.findall(r"'\$ref': '#/([^']+)'", str(document)):
        found: Any = document
        for step in reference.split("/"):
            found = found[step]
        assert found
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_errors_are_documented_as_problems(document: dict[str, Any]) -> None:
    for response in document["components"]["responses"].values():
        assert list(response["content"]) == ["application/problem+json"]
    for operation in operations(document).values():
        assert operation["summary"]
        assert any(code.startswith("2") for code in operation["responses"])


def test_it_takes_a_resume_as_a_file(document: dict[str, Any]) -> None:
    content = document["paths"]["/api/applications/apply"]["post"]["requestBody"]["content"]

    assert content == {
        "multipart/form-data": {"schema": {"$ref": "#/components/schemas/ApplicationForm"}}
    }
    assert (
        document["components"]["schemas"]["ApplicationForm"]["properties"]["resume"]["format"]
        == "binary"
    )


def test_the_page_loosens_styles_only(client: FlaskClient) -> None:
    policy = client.get("/api/docs").headers["Content-Security-Policy"]

    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy
    assert "'unsafe-eval'" not in policy


@pytest.mark.long
@pytest.mark.browser
def test_the_page_draws_itself_from_local_files(live_server: LiveServer) -> None:
    said: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{live_server.url}/api/docs")
        page.get_by_text("/api/admin/sessions/{interview_id}").wait_for()
        browser.close()

    assert said == []
    assert f"{live_server.url}/api/openapi.json" in asked
    assert all(url.startswith((live_server.url, "data:", "blob:")) for url in asked)


def test_it_says_that_replacing_a_resume_names_which(document: dict[str, Any]) -> None:
    put = document["paths"]["/api/applications/{application_id}/resume"]["put"]
    [header] = [one for one in put["parameters"] if one["in"] == "header"]
    assert (header["name"], header["required"]) == ("If-Match", True)
    assert {"412", "428"} <= set(put["responses"])
