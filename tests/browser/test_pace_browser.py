"""Slow lines, and proxies that take little at once: everything arrives, in requests as large as the
line carries, and the page says how long it will take.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from browsing import Candidate, bytes_on_server, keep_blobs, recorded_blobs
from lying_proxy import Lie, LyingProxy, Request
from playwright.sync_api import Browser, expect
from scripts import with_constants
from servers import LiveServer
from slow_line import SlowLine

pytestmark = pytest.mark.browser

ARRIVED_WITHIN_MS = 120_000


def arrived_whole(candidate: Candidate) -> None:
    expect(candidate.page.locator("[data-text=answer_1]")).to_have_text(
        re.compile("^saved 00:"), timeout=ARRIVED_WITHIN_MS
    )
    [blobs] = recorded_blobs(candidate.page)
    stored = bytes_on_server(candidate, candidate.answers()[0])
    assert (len(stored), hashlib.sha256(stored).hexdigest()) == (blobs["size"], blobs["sha256"])


@pytest.mark.long
@pytest.mark.parametrize(("bytes_per_s", "bits_per_s"), [(8_000, 300_000), (3_000, 80_000)])
def test_a_slow_line_carries_it_all_and_the_page_says_how_long(
    server: LiveServer, browser: Browser, bytes_per_s: int, bits_per_s: int
) -> None:
    line = SlowLine(server.port)
    candidate = Candidate(server, browser, url=line.url)
    # A request has a quarter of its minute, so that larger ones do not fit and this ends within a
    # minute or two.
    with_constants(candidate.page, {"APPEND_WITHIN_MS": 15_000})
    keep_blobs(candidate.page, bits_per_s)
    candidate.starts_answering()
    line.bytes_per_s = bytes_per_s
    candidate.runs_for(6)
    candidate.press("Stop and play back")
    expect(candidate.page.locator("[data-text=answer_1]")).to_have_text(
        re.compile(r"^saving \d+ %, about \d+ (s|min) left"), timeout=ARRIVED_WITHIN_MS
    )
    arrived_whole(candidate)
    candidate.context.close()
    line.stop()
    assert not candidate.complaints


@pytest.mark.long
def test_a_proxy_that_takes_little_at_once_gets_little(
    server: LiveServer, browser: Browser
) -> None:
    refused: list[int] = []

    def judge(request: Request) -> Lie | None:
        if request.kind != "PATCH" or len(request.body) <= 40_000:
            return None
        refused.append(len(request.body))
        return Lie("413", is_after=False)

    proxy = LyingProxy(server.port, judge)
    candidate = Candidate(server, browser, url=proxy.url)
    keep_blobs(candidate.page)
    candidate.starts_answering()
    candidate.runs_for(4)
    candidate.press("Stop and play back")
    arrived_whole(candidate)
    candidate.context.close()
    proxy.stop()
    assert 1 <= len(refused) <= 2  # then it knows


@pytest.mark.long
def test_pieces_are_joined_while_somebody_speaks(server: LiveServer, browser: Browser) -> None:
    """They come twice a second; requests do not."""
    candidate = Candidate(server, browser)
    keep_blobs(candidate.page)
    candidate.starts_answering()
    sent: list[str] = []
    candidate.page.on(
        "request", lambda request: request.method == "PATCH" and sent.append(request.url)
    )
    candidate.runs_for(7)
    seconds = int(
        re.findall(r"of (\d+) s", candidate.page.locator("[data-text=saved]").text_content() or "")[
            0
        ]
    )
    assert len(recorded_blobs(candidate.page)[0]["ends"]) > seconds
    assert 1 <= len(sent) <= seconds + 2
    candidate.context.close()


USE_PACE = """async (events) => {
    const { ChunkSize } = await import("/static/upload/chunk_size.js");
    const { Problem, Unintelligible, Unreachable } = await import("/static/server/api.js");
    const errors = {
        late: new Unreachable("late", true), offline: new Unreachable("gone"),
        ours: new Problem(413), foreign: new Unintelligible(413, "a page"),
    };
    const chunkSize = new ChunkSize(4_000_000);
    const sizes = [chunkSize.bytes];
    const became = [];
    for (const [what, tookMs] of events) {
        if (what === "ok") chunkSize.arrived(chunkSize.bytes, tookMs);
        else became.push(chunkSize.failed(errors[what], chunkSize.bytes, tookMs).constructor.name);
        sizes.push(chunkSize.bytes);
    }
    return { sizes, became, leftMs: chunkSize.leftMs(100_000), rate: chunkSize.bytesPerS };
}"""


@pytest.fixture(scope="module")
def page_of_scripts(server: LiveServer, browser: Browser) -> Iterator[Any]:
    page = browser.new_page()
    page.goto(f"{server.url}/login")
    yield lambda *events: page.evaluate(USE_PACE, list(events))
    page.close()


def test_requests_shrink_after_time_outs_and_grow_slowly(page_of_scripts: Any) -> None:
    seen = page_of_scripts(*[("late", 60_000)] * 7, *[("ok", 1_000)] * 3)
    assert seen["sizes"] == [65536, 32768, 16384, 8192, 4096, 2048, 1024, 1024, 1536, 2304, 3456]


def test_what_takes_its_time_does_not_grow(page_of_scripts: Any) -> None:
    assert page_of_scripts(("ok", 5_001), ("ok", 30_000))["sizes"] == [65536] * 3


def test_a_line_that_is_gone_says_nothing_about_its_width(page_of_scripts: Any) -> None:
    assert page_of_scripts(("offline", 5), ("offline", 900))["sizes"] == [65536] * 3


def test_too_large_is_believed_only_of_the_least(page_of_scripts: Any) -> None:
    seen = page_of_scripts(*[("ours", 5)] * 7, ("foreign", 5))
    # then the whole was too large, and no request
    assert seen["sizes"][5:] == [2048, 1024, 65536, 32768]
    assert seen["became"] == [*["Unintelligible"] * 6, "Problem", "Unintelligible"]
    assert page_of_scripts(("foreign", 5), *[("ok", 5)] * 9)["sizes"][-1] == 32768
    assert page_of_scripts(("ours", 5), *[("ok", 5)] * 9)["sizes"][-1] > 1_000_000


def test_how_long_it_takes_follows_the_line(page_of_scripts: Any) -> None:
    assert page_of_scripts()["leftMs"] is None
    assert page_of_scripts(("ok", 8_192))["leftMs"] == pytest.approx(12_500, rel=0.01)
    assert page_of_scripts(("late", 60_000))["leftMs"] > 90_000
