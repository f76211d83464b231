"""What the page has noticed reaches the server before its answer is complete, and what was
interrupted and is gone gives way to what came before it.
"""

import json

import pytest
from browsing import Candidate, events_of
from playwright.sync_api import Request, Route

pytestmark = pytest.mark.browser

UNPLUG = (
    "document.querySelector('[data-camera]').srcObject.getVideoTracks()[0].dispatchEvent(new"
    " Event('ended'))"
)


def test_what_the_page_noticed_is_told_before_the_answer_is_complete(candidate: Candidate) -> None:
    """Both were held up for as long; the answer's word that nothing was left untold is given after
    the telling.
    """
    asked: list[str] = []
    candidate.consent(analyse=True)
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(1)
    for address in ("**/events", "**/capture/uploads/*"):
        candidate.page.route(address, lambda route: route.abort())
    candidate.pastes(3)
    candidate.press("Stop and play back")
    candidate.sees_state("review")
    candidate.page.on("requestfinished", lambda request: asked.append(last_of(request)))
    candidate.page.unroute("**/events")
    candidate.page.unroute("**/capture/uploads/*")
    candidate.page.evaluate("window.dispatchEvent(new Event('online'))")  # nothing rests any longer
    candidate.sees("saved 00:0")
    told = [name for name in asked if name in ("events", "complete")]
    assert told == ["events", "complete"]
    assert len(events_of(candidate, 3)) == 3
    assert candidate.answers()[0].watched


def last_of(request: Request) -> str:
    return request.url.rpartition("/")[2]


def announce_another_kind(route: Route) -> None:
    wish = route.request.post_data_json | {"container": "webm"}
    route.continue_(post_data=json.dumps(wish))


@pytest.mark.long
def test_what_was_interrupted_and_is_gone_gives_way_to_what_came_before(
    candidate: Candidate,
) -> None:
    candidate.starts_answering()
    candidate.runs_for(2)
    candidate.page.evaluate(UNPLUG)
    candidate.sees_state("interrupted")
    candidate.sees("saved 00:0")
    candidate.page.route("**/answers", announce_another_kind, times=1)
    candidate.page.route("**/capture/uploads/*", lambda route: route.abort())
    with candidate.page.expect_request("**/capture/uploads/*"):  # there is something to be sent
        candidate.press("Go on with this answer")
    candidate.sees_state("recording")
    candidate.page.evaluate(UNPLUG)
    candidate.sees_state("interrupted")
    # now the server hears of it, and takes none of it
    candidate.page.unroute("**/capture/uploads/*")
    candidate.sees_state("kept")
    assert [(one.take, one.part) for one in candidate.answers()] == [(1, 1)]
    candidate.page.reload()
    candidate.sees_state("kept")
    candidate.press("Keep it and continue")
    candidate.sees("Question 2")
