"""An answer that cannot go on, for whatever reason: it holds up none that comes after it, and the
page says why.
"""

import json
import re

import pytest
from browsing import Candidate
from playwright.sync_api import expect
from scripts import with_constants

pytestmark = pytest.mark.browser

SAVED = re.compile(r"^saved 00:0\d$")
TROUBLE = {"type": "urn:career-portal:problem:500", "status": 500, "title": "Trouble"}
GIVES_NOTHING_BACK = """
    const get = IDBObjectStore.prototype.get;
    IDBObjectStore.prototype.get = function (key) {
        if (key[0] === window.broken) throw new DOMException("broken", "UnknownError");
        return get.call(this, key);
    };
"""


def upload_of(candidate: Candidate, place: int = 0) -> str:
    return f"**/capture/uploads/{candidate.answers()[place].id}"


def goes_on_to_the_second_question(candidate: Candidate) -> None:
    candidate.press("Stop and play back")
    candidate.press("Save and continue")
    candidate.goes_on_to_record()
    candidate.runs_for(1)
    candidate.press("Stop and play back")
    expect(candidate.page.locator("[data-text=answer_2]")).to_have_text(SAVED)


@pytest.mark.long
def test_an_answer_that_cannot_go_on_holds_up_no_later_one(candidate: Candidate) -> None:
    """Whatever stands in the way of the first: the second is sent meanwhile, and the first when it
    can be.
    """
    candidate.starts_answering()
    candidate.has_saved(1)
    trouble = {
        "status": 500,
        "content_type": "application/problem+json",
        "body": json.dumps(TROUBLE),
    }
    candidate.page.route(upload_of(candidate), lambda route: route.fulfill(**trouble))
    candidate.sees("The server has trouble right now.")
    goes_on_to_the_second_question(candidate)
    expect(candidate.page.locator("[data-text=answer_1]")).to_have_text(
        re.compile(r"^kept in this browser, \d+ % saved$")
    )
    candidate.page.unroute_all()
    expect(candidate.page.locator("[data-text=answer_1]")).to_have_text(SAVED)


@pytest.mark.long
def test_an_answer_that_the_browser_does_not_give_back_is_named_and_a_reload_helps(
    candidate: Candidate,
) -> None:
    with_constants(candidate.page, {"IN_MEMORY_BYTES": 1, "LONGEST_WAIT_MS": 300})
    candidate.page.add_init_script(GIVES_NOTHING_BACK)
    candidate.starts_answering()
    candidate.has_saved(1)
    candidate.page.evaluate("(id) => (window.broken = id)", str(candidate.answers()[0].id))
    candidate.sees("This browser's own storage does not answer")
    goes_on_to_the_second_question(candidate)
    candidate.press("Save and continue")
    row = candidate.page.locator("[data-text=answer_1]")
    expect(row).to_have_text("waits: this browser's storage does not give it back")
    hint = candidate.page.locator("[data-text=finish_hint]")
    expect(hint).to_contain_text(
        "Question 1 waits: this browser's storage does not give it back. Reload this page"
    )
    candidate.page.reload()
    expect(row).to_have_text(SAVED)
    expect(hint).to_contain_text("Everything is saved.")
