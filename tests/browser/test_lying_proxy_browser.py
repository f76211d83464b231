"""A whole interview through a proxy that answers in the portal's place: every kind of request meets
every lie once, before the portal has heard of it and after it has done what was asked. Nothing
is lost, and at no moment does the page say "saved" of what the server does not hold.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from browsing import Candidate, fake_camera_browser, keep_blobs, recorded_blobs
from lying_proxy import LIES, LyingProxy, Request, Script
from scripts import with_constants
from servers import LiveServer

from portal.extensions import db
from portal.interviews import answer_path
from portal.models import InterviewSession, InterviewState

pytestmark = pytest.mark.browser

PATIENCE_S = 150.0  # for one step; a hang costs a time-out each, and there are dozens
LOOK_EVERY_MS = 150
# What a page waits in earnest is made shorter, so that all those lies fit into a test; nothing else
# of it is changed.
SHORTER = {
    "ANSWER_WITHIN_MS": 2_000,
    "APPEND_WITHIN_MS": 3_000,
    "ASK_AGAIN_MS": 200,
    "LONGEST_WAIT_MS": 500,
    "BEAT_EVERY_MS": 1_000,
}
SEEN = """() => {
    const text = (name) => document.querySelector(`[data-text=${name}]`)?.textContent ?? "";
    const bytes = ({ blobs }) => blobs.map(({ ms }, last) => [
        blobs.slice(0, last + 1).reduce((sum, { data }) => sum + data.size, 0),
        ms,
    ]);
    return {
        state: document.querySelector("#room")?.dataset.state ?? "",
        rows: [1, 2].map((position) => text(`answer_${position}`)),
        label: text("saved_label"), saved: text("saved"),
        sentences: ["finish_hint", "said", "kept"].map(text),
        recorders: (window.recorders ?? []).map(bytes),
    };
}"""


@dataclass
class Watched:
    """A candidate whose page is compared with the server's files again and again."""

    candidate: Candidate
    lies: list[str] = field(default_factory=list)
    looks: int = 0
    claims: int = 0  # of bytes or time that were held against a file

    def until(self, is_so: Callable[[dict[str, Any]], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so(seen := self.look()):
            assert time.monotonic() < deadline, (
                f"{what} did not come: {seen['state']} {seen['rows']} {seen['label']}"
            )
            self.candidate.page.wait_for_timeout(LOOK_EVERY_MS)

    def look(self) -> dict[str, Any]:
        """What the page says, held against the files as they are a moment later: they only grow."""
        seen: dict[str, Any] = self.candidate.page.evaluate(SEEN)
        on_disk = [
            self.file(position).stat().st_size if self.file(position).exists() else 0
            for position in (1, 2)
        ]
        self.looks += 1
        for claimed, held, words in claims_of(seen, on_disk):
            self.claims += 1
            if claimed > held:
                self.lies.append(f"{words!r} is {claimed} bytes, the server has {held}")
        return seen

    def file(self, position: int) -> Path:
        with self.candidate.server.app.app_context():
            answers = [one for one in self.candidate.answers() if one.question_position == position]
            return answer_path(db.session.merge(answers[0])) if answers else Path("/nonexistent")


def claims_of(seen: dict[str, Any], on_disk: list[int]) -> Iterator[tuple[int, int, str]]:
    """Each "saved" on the page: how many bytes it speaks of, how many the server has, and the
    words.
    """
    ends = [*seen["recorders"], [], []][:2]
    totals = [own[-1][0] if own else 0 for own in ends]
    for position, words in enumerate(seen["rows"]):
        if words.startswith("saved"):
            yield totals[position], on_disk[position], words
    running = len(seen["recorders"]) - 1
    if running >= 0 and (said := re.match(r"(\d+) of", seen["saved"])):
        of_time = [size for size, ms in ends[running] if ms <= 1000 * int(said[1])]
        whole = totals[running] if seen["label"] == "Saved" else 0
        yield max([whole, *of_time]), on_disk[running], f"{seen['label']} {seen['saved']}"
    for words in seen["sentences"]:
        if words == "Everything is saved.":
            yield sum(totals), sum(on_disk), words
        elif words.endswith("is saved.") and running >= 0:
            yield totals[running], on_disk[running], words


class Spoiler:
    """Makes upload tokens useless on the way, so that the portal itself asks for new ones, until
    one was given.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.is_on = False

    def change(self, request: Request) -> Request:
        if not self.is_on or request.kind not in {"HEAD", "PATCH"} or self.script.truths["token"]:
            return request
        return request._replace(
            head=re.sub(rb"(?im)^authorization:[^\r\n]*", b"Authorization: Bearer x", request.head)
        )


@pytest.mark.long
def test_a_whole_interview_through_lies_loses_nothing_and_claims_nothing(tmp_path: Path) -> None:
    server = LiveServer(tmp_path)
    server.start()
    script = Script()
    spoiler = Spoiler(script)
    proxy = LyingProxy(server.port, script.judge, spoiler.change)
    try:
        with fake_camera_browser() as browser:
            candidate = Candidate(server, browser, url=proxy.url)
            watched = Watched(candidate)
            take_the_interview(watched, script, spoiler)
            is_whole_and_was_never_misstated(watched, script)
            candidate.context.close()
    finally:
        proxy.stop()
        server.stop()


def take_the_interview(watched: Watched, script: Script, spoiler: Spoiler) -> None:
    candidate = watched.candidate
    with_constants(candidate.page, SHORTER)
    keep_blobs(candidate.page)
    candidate.consent(analyse=True)
    candidate.page.goto(candidate.url("room"))
    watched.until(lambda seen: seen["state"] == "ready", "the first question")
    # lies may last longer than the time to think: then it waits to be started
    candidate.goes_on_to_record()
    watched.until(lambda seen: seen["state"] == "recording", "the first recording")
    candidate.pastes(3)
    watched.until(
        lambda _seen: "PATCH" not in script.left() and "HEAD" not in script.left(),
        "all lies about pieces",
    )
    spoiler.is_on = True
    watched.until(lambda _: script.truths["token"] > 0, "a new token")
    candidate.press("Stop and play back")
    watched.until(lambda seen: seen["rows"][0].startswith("saved"), "the first answer saved")
    candidate.press("Save and continue")
    watched.until(lambda seen: seen["state"] != "review", "the second question")
    candidate.goes_on_to_record()
    watched.until(
        lambda seen: seen["state"] == "recording" and len(seen["recorders"][1]) > 2,
        "the second recording",
    )
    candidate.press("Stop and play back")
    watched.until(lambda seen: seen["rows"][1].startswith("saved"), "the second answer saved")
    candidate.press("Save and continue")
    watched.until(lambda _seen: not script.left(), f"every lie ({script.left()} left)")
    watched.until(lambda seen: "Everything is saved." in seen["sentences"], "the end")


def is_whole_and_was_never_misstated(watched: Watched, script: Script) -> None:
    candidate = watched.candidate
    blobs = recorded_blobs(candidate.page)
    candidate.press("Finish the interview")
    candidate.page.wait_for_url("**/receipt")
    stored = [watched.file(position).read_bytes() for position in (1, 2)]
    print(
        f"{sum(map(len, script.told.values()))} lies, {watched.looks} looks, {watched.claims}"
        " claims compared"
    )
    assert [hashlib.sha256(data).hexdigest() for data in stored] == [one["sha256"] for one in blobs]
    assert all(told == LIES for told in script.told.values())
    assert watched.lies == []
    assert watched.claims > 50
    with candidate.server.app.app_context():
        state = db.session.get_one(InterviewSession, candidate.interview_id).state
    assert state in {InterviewState.FINISHING, InterviewState.READY}
    assert not candidate.complaints
