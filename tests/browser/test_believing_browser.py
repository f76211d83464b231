"""What the candidate's page believes: well-formed answers of our own server, and nothing else that
comes.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from browsing import fake_camera_browser, unanswered
from playwright.sync_api import Page, Route

from portal.config import PROJECT_FOLDER

pytestmark = pytest.mark.browser

ORIGIN = "https://portal.test"
STATIC = PROJECT_FOLDER / "portal" / "static"
HTML = {"status": 200, "content_type": "text/html", "body": "<title>Welcome to our network</title>"}
TUS = {"Tus-Resumable": "1.0.0"}
TUS_CALLS = {
    "HEAD": "t.offset({ upload_url: '/upload', upload_token: 'x' })",
    "PATCH": "t.append({ upload_url: '/upload', upload_token: 'x' }, 100, new Uint8Array(50))",
}
LOOK = """async (call) => {
    const t = await import("/static/upload/tus.js");
    const { Api } = await import("/static/server/api.js");
    const api = new Api("/capture/1", "token");
    try {
        return { value: await eval(call) };
    } catch (error) {
        return { error: error.constructor.name, status: error.status, said: error.message };
    }
}"""


@pytest.fixture(scope="module")
def portal_page() -> Iterator[Page]:
    """A page at an address where our scripts are, and nobody else."""

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/static/"):
            route.fulfill(path=STATIC / path.removeprefix("/static/"))
        else:
            route.fulfill(status=200, content_type="text/html", body="<title>a page</title>")

    with fake_camera_browser() as browser:
        page = browser.new_page()
        page.route(f"{ORIGIN}/**", serve)
        page.goto(ORIGIN)
        yield page


def told(page: Page, path: str, call: str, **answer: Any) -> Any:
    """What a call makes of this answer at this path."""
    page.route(f"{ORIGIN}{path}", lambda route: route.fulfill(**answer))
    try:
        return page.evaluate(LOOK, call)
    finally:
        page.unroute(f"{ORIGIN}{path}")


@pytest.mark.parametrize("method", ["HEAD", "PATCH"])
@pytest.mark.parametrize(
    "answer",
    [
        HTML,
        {"status": 200},
        {"status": 200, "headers": TUS},
        {"status": 204, "headers": TUS},
        {"status": 204, "headers": TUS | {"Upload-Offset": "120 kB"}},
        {"status": 204, "headers": TUS | {"Upload-Offset": "-1"}},
        {"status": 204, "headers": TUS | {"Upload-Offset": "1.2e2"}},
        {"status": 204, "headers": {"Upload-Offset": "120"}},
        {"status": 201, "headers": TUS | {"Upload-Offset": "120"}},
        *(
            {"status": status} | {"body": "<h1>no</h1>", "content_type": "text/html"}
            for status in (400, 401, 403, 404)
        ),
        *(
            {"status": status}
            for status in (405, 409, 410, 411, 412, 413, 414, 415, 418, 422, 431, 451, 502, 504)
        ),
        {
            "status": 403,
            "content_type": "application/problem+json",
            "body": '{"type": "about:blank"}',
        },
        {"status": 409, "headers": TUS | {"Upload-Offset": "0"}},
    ],
    ids=lambda answer: f"{answer['status']} {answer.get('headers', '')}",
)
def test_what_is_no_answer_of_the_protocol_tells_nothing(
    portal_page: Page, method: str, answer: dict[str, Any]
) -> None:
    seen = told(portal_page, "/upload", TUS_CALLS[method], **answer)
    assert (seen["error"], seen.get("status")) == ("Unintelligible", None)


@pytest.mark.parametrize("offset", [99, 151])
def test_an_offset_that_cannot_be_is_not_believed(portal_page: Page, offset: int) -> None:
    headers = TUS | {"Upload-Offset": str(offset)}
    seen = told(portal_page, "/upload", TUS_CALLS["PATCH"], status=204, headers=headers)
    assert seen["error"] == "Unintelligible"


def test_a_well_formed_answer_is_believed(portal_page: Page) -> None:
    headers = TUS | {"Upload-Offset": "120"}
    assert told(portal_page, "/upload", TUS_CALLS["PATCH"], status=204, headers=headers) == {
        "value": 120
    }
    assert told(portal_page, "/upload", TUS_CALLS["HEAD"], status=200, headers=headers) == {
        "value": 120
    }


@pytest.mark.parametrize("status", [400, 403, 409, 410, 413, 415, 500, 507])
def test_our_own_refusals_are_told_from_a_proxys(portal_page: Page, status: int) -> None:
    ours = json.dumps({"type": f"urn:career-portal:problem:{status}", "detail": "Our words."})
    refusal = {
        "status": status,
        "content_type": "application/problem+json; charset=utf-8",
        "headers": TUS,
    }
    seen = told(portal_page, "/upload", TUS_CALLS["PATCH"], **refusal, body=ours)
    assert seen == {"error": "Problem", "status": status, "said": "Our words."}
    seen = told(portal_page, "/upload", TUS_CALLS["HEAD"], **refusal)
    assert (seen["error"], seen["status"]) == ("Problem", status)


UPLOAD = {"upload_url": "/capture/uploads/1", "upload_token": "x"}
QUESTION = {"position": 1, "answers": []}
ROOM = {"state": "recording", "csrf": "x", "questions": [QUESTION], "chunk_max_bytes": 1}
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("/capture/1/room.json", "api.get('room.json')", ROOM),
    ("/capture/1/seat", "api.post('seat', {})", {"held": True}),
    (
        "/capture/1/answers",
        "api.post('answers', {})",
        UPLOAD | {"answer_id": "1", "take": 1, "part": 1, "limit_ms": 1},
    ),
    ("/capture/1/answers/1/token", "api.post('answers/1/token', {})", UPLOAD),
    ("/capture/1/answers/1/complete", "api.post('answers/1/complete', {})", {"state": "received"}),
    ("/capture/1/events", "api.post('events', {})", {"kept": 0}),
    (
        "/capture/1/questions/1/release",
        "api.post('questions/1/release', {})",
        {"position": 1, "prompt": "Why?", "think_left_ms": 0},
    ),
]


@pytest.mark.parametrize(("path", "call", "good"), CALLS, ids=[path for path, _, _ in CALLS])
def test_an_answer_that_lacks_what_is_needed_is_none(
    portal_page: Page, path: str, call: str, good: dict[str, Any]
) -> None:
    def seen(body: str, content_type: str = "application/json") -> Any:
        return told(portal_page, path, call, status=200, content_type=content_type, body=body)

    whole = json.dumps(good)
    assert seen(whole) == {"value": good}
    bad = [
        *(json.dumps({k: v for k, v in good.items() if k != name}) for name in good),
        whole[:-1],
        "",
        "[]",
        "null",
    ]
    bad += [json.dumps(good | {name: []}) for name in good if name != "questions"]
    assert {seen(body)["error"] for body in bad} == {"Unintelligible"}
    assert seen(whole, "text/html")["error"] == "Unintelligible"


def test_bytes_that_something_else_swallows_time_no_upload(portal_page: Page) -> None:
    call = "api.send('echo', 'x', 'application/octet-stream', 1000)"
    assert told(portal_page, "/capture/1/echo", call, **HTML)["error"] == "Unintelligible"
    assert told(portal_page, "/capture/1/echo", call, status=204) == {"value": None}


def test_a_request_that_nobody_answers_ends(portal_page: Page) -> None:
    call = "(await import('/static/server/api.js')).request('/hang', {}, 200)"
    look = LOOK.replace("await eval(call)", f"await {call}")
    with unanswered(portal_page, f"{ORIGIN}/hang"):
        assert portal_page.evaluate(look, "")["error"] == "Unreachable"
