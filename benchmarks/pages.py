"""Lighthouse's scores of the pages on a simulated slow phone: the median of five runs.

Starts its own portal with the demo, runs Lighthouse (npm, locked in `benchmarks/lighthouse/`) with
the system's Chromium, and prints a table. Does not know what the pages contain.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from servers import LiveServer

HERE = Path(__file__).resolve().parent / "lighthouse"
PROGRAM = HERE / "node_modules" / "lighthouse" / "cli" / "index.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
RUNS = 5
TRIES = 3  # sometimes Chromium's trace lacks its beginning, and Lighthouse asks for another run
PAGES = ("/jobs", "/jobs/{slug}", "/login", "/register")
WANTED = {"performance": 90, "seo": 95}  # of 100
FLAGS = "--headless=new --no-sandbox --disable-gpu"


def main() -> None:
    if not CHROMIUM:
        sys.exit("bench-pages: Chromium is needed (Debian: chromium).")
    missed = []
    print(f"| page | {' | '.join(WANTED)} | runs |\n| --- | {'--- | ' * len(WANTED)}--- |")
    with portal() as server:
        for page in PAGES:
            runs = [measure(server.url + page.format(slug=server.job_slug)) for _ in range(RUNS)]
            medians = {name: round(statistics.median(run[name] for run in runs)) for name in WANTED}
            spread = ", ".join(str(round(run["performance"])) for run in runs)
            print(f"| {page} | {' | '.join(map(str, medians.values()))} | {spread} |", flush=True)
            missed += [
                f"{page}: {name} {medians[name]}"
                for name, least in WANTED.items()
                if medians[name] < least
            ]
    sys.exit(f"below what is promised: {'; '.join(missed)}" if missed else 0)


@contextmanager
def portal() -> Iterator[LiveServer]:
    with TemporaryDirectory() as folder:
        server = LiveServer(Path(folder), CAPTURE_WORKERS="0")
        server.start()
        try:
            yield server
        finally:
            server.stop()


def measure(url: str) -> dict[str, float]:
    """The scores of one run, out of 100."""
    node = shutil.which("node") or sys.exit("bench-pages: Node is needed.")
    wanted = [
        "--only-categories=performance,seo",
        "--throttling-method=simulate",
        "--output=json",
        "--quiet",
    ]
    command = [node, str(PROGRAM), url, *wanted, f"--chrome-flags={FLAGS}"]
    for _ in range(TRIES):
        environ = os.environ | {"CHROME_PATH": CHROMIUM}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if not done.returncode:
            break
    else:
        sys.exit(f"bench-pages: Lighthouse failed: {done.stderr.strip()[-300:]}")
    return {
        name: 100 * part["score"] for name, part in json.loads(done.stdout)["categories"].items()
    }


if __name__ == "__main__":
    main()
