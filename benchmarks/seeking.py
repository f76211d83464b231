"""The cost of seeking in a recording that a browser may cache, and in one that it may not.

`make bench-seeking`. The film, the portal's code for ranges, Chromium and the seeks are the same;
only `Cache-Control` differs. We count the browser's requests and received bytes with its own tools.
Needs the tools of the tests.
"""

import logging
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from browsers import chromium
from clips import make_clip
from flask import Flask, Response, send_file
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page
from werkzeug.serving import make_server

from benchmarks.report_section import rewrite_section
from portal.web import byte_ranges

MINUTES, SIZE, CELL_PX = 10, (640, 480), 20

CACHEABLE, NOT_CACHEABLE = "private, no-cache", "no-store"
VIDEO = "document.querySelector('video')"
# Like a reviewer: from flag to flag, back through them, and again through those that matter.
SEEKS_S = (
    30,
    95,
    180,
    260,
    340,
    425,
    510,
    580,
    510,
    425,
    340,
    260,
    180,
    95,
    30,
    180,
    184,
    188,
    260,
    425,
)
ROUNDS = 3


@dataclass
class Cost:
    requests: int = 0
    bytes: int = 0
    seek_ms: float = 0.0


def picture(t_ms: int) -> NDArray[np.uint8]:
    """Coarse noise that changes five times a second on fine noise that stays: about 1 Mbit/s."""
    coarse = np.random.default_rng(t_ms // 200).integers(
        0, 40, (SIZE[1] // CELL_PX, SIZE[0] // CELL_PX, 3)
    )
    still = np.random.default_rng(t_ms // 60_000).integers(80, 140, (SIZE[1], SIZE[0], 3))
    return (still + coarse.repeat(CELL_PX, 0).repeat(CELL_PX, 1)).astype(np.uint8)


@contextmanager
def served(film: Path) -> Iterator[str]:
    """Serve the film at `/<policy>/film` with the header of that policy."""
    # werkzeug would write a line for each of hundreds of requests
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = Flask(__name__)
    app.response_class = byte_ranges.Response

    @app.get("/<policy>")
    def page(policy: str) -> str:
        return f"<video src='/{policy}/film' width=640 preload=auto muted></video>"

    @app.get("/<policy>/film")
    def send(policy: str) -> Response:
        response = send_file(film, mimetype="video/mp4", conditional=True, etag=True)
        response.headers["Cache-Control"] = CACHEABLE if policy == "cacheable" else NOT_CACHEABLE
        return response

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def visit(browser: BrowserContext, url: str) -> Cost:
    """Open the page, wait until it can play, seek to all positions, and close it."""
    page, cost = browser.new_page(), Cost()
    tools = browser.new_cdp_session(page)
    tools.send("Network.enable")
    films: set[str] = set()

    def asked(event: dict) -> None:  # type: ignore[type-arg]
        if event["request"]["url"].endswith("/film"):
            films.add(event["requestId"])

    def came(event: dict) -> None:  # type: ignore[type-arg]
        cost.bytes += event["encodedDataLength"] if event["requestId"] in films else 0

    tools.on("Network.requestWillBeSent", asked)
    tools.on("Network.dataReceived", came)
    page.goto(url)
    page.wait_for_function(f"() => {VIDEO}.readyState >= 3")
    cost.seek_ms = median([seek(page, second) for second in SEEKS_S])
    page.wait_for_timeout(500)
    cost.requests = len(films)
    page.close()
    return cost


def seek(page: Page, second: int) -> float:
    """The time until the picture appears."""
    took = page.evaluate(
        f"""second => new Promise(done => {{
          const video = {VIDEO}, began = performance.now();
          video.addEventListener("seeked", () => done(performance.now() - began), {{ once: true }});
          video.currentTime = second;
        }})""",
        second,
    )
    page.wait_for_timeout(200)
    return float(took)


def measured(film: Path, policy: str) -> tuple[Cost, Cost]:
    """The first visit of a new browser profile, and its second."""
    with (
        tempfile.TemporaryDirectory() as profile,
        served(film) as url,
        chromium(profile=Path(profile)) as browser,
    ):
        return visit(browser, f"{url}/{policy}"), visit(browser, f"{url}/{policy}")


def line(header: str, costs: list[tuple[Cost, Cost]], visit_number: int, film_bytes: int) -> str:
    one = [cost[visit_number] for cost in costs]
    received = median(cost.bytes for cost in one)
    return (
        f"| `{header}` | {('first', 'second')[visit_number]} |"
        f" {median(cost.requests for cost in one):.0f} | {received / 1e6:.1f} MB |"
        f" {received / film_bytes:.2f} | {median(cost.seek_ms for cost in one):.0f} ms |"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        film = make_clip(
            Path(folder) / "film.mp4",
            MINUTES * 60,
            size=SIZE,
            picture=picture,
            fragmented=False,
            options={"preset": "ultrafast", "g": "24", "crf": "30"},
            muxer={"movflags": "faststart"},
        )
        rounds = {
            policy: [measured(film, policy) for _ in range(ROUNDS)]
            for policy in ("cacheable", "not")
        }
        size = film.stat().st_size
    lines = [
        line(h, rounds[k], v, size)
        for k, h in (("cacheable", CACHEABLE), ("not", NOT_CACHEABLE))
        for v in (0, 1)
    ]
    table = [
        "## Seeking in a recording that is kept nowhere",
        "",
        (
            f"`make bench-seeking`: Chromium, a film of {MINUTES} minutes and {size / 1e6:.0f} MB,"
            f" {len(SEEKS_S)} seeks a visit, medians of {ROUNDS} rounds, each with a new profile;"
            " the second visit is of the same browser. On loopback nothing keeps a browser from"
            " reading far ahead."
        ),
        "",
        "| `Cache-Control` | visit | requests | received | of the film | a seek takes |",
        "| --- | --- | --- | --- | --- | --- |",
        *lines,
    ]
    print("\n".join(table))
    rewrite_section("seeking", "\n".join(table))


if __name__ == "__main__":
    main()
