"""A class behind one address opens the interview and records through the shipped nginx, whatever
its neighbours do.
"""

import itertools
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from front_doors import NAME, FrontDoor, front_door, refused, unfinished
from front_recorders import Recorder, arrived, recorders
from scripts import STATIC, our_scripts

pytestmark = pytest.mark.nginx

BROWSERS, FILES_OF_A_PAGE = 60, 48
CANDIDATES = 40
FLOOD = 220  # more than one address may ask at a time


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with front_door(tmp_path_factory.mktemp("class")) as door:
        yield door


@pytest.fixture
def address() -> str:
    return f"127.0.0.{next(numbers)}"


numbers = itertools.count(10)


def page_load(door: FrontDoor, address: str, folder: Path) -> subprocess.Popen[str]:
    """What a browser asks to open the room: all of its files at once, over one connection."""
    files = [str(path.relative_to(STATIC)) for path in our_scripts()][:FILES_OF_A_PAGE]
    assert len(files) == FILES_OF_A_PAGE
    command = [
        "curl",
        "--http2",
        "--parallel",
        "--parallel-max",
        "100",
        "--silent",
        "--interface",
        address,
    ]
    command += [
        "--cacert",
        str(folder / "fullchain.pem"),
        "--resolve",
        f"{NAME}:{door.port}:127.0.0.1",
    ]
    command += ["--write-out", "%{http_version} %{http_code} %{content_type}\n"]
    for name in files:
        command += ["--output", "/dev/null", f"{door.url}/static/{name}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_class_that_opens_the_room_at_once_is_refused_no_file(
    door: FrontDoor, address: str
) -> None:
    """Over HTTP/2 each of the files counts as a connection; a page that misses one does not
    start.
    """
    loads = [page_load(door, address, door.folder) for _ in range(BROWSERS)]
    got = [line for load in loads for line in load.communicate()[0].splitlines()]
    assert len(got) == BROWSERS * FILES_OF_A_PAGE
    assert {line.split(";")[0] for line in got} == {"2 200 text/javascript"}


def test_a_file_that_nginx_keeps_says_what_the_portal_says(door: FrontDoor) -> None:
    first, kept = (door.visitor().get("/static/room/room.js") for _ in range(2))
    assert first.body == kept.body == (STATIC / "room" / "room.js").read_bytes()
    assert kept.headers.get_all("ETag") == first.headers.get_all("ETag")
    assert kept.headers.get_all("Content-Type") == ["text/javascript; charset=utf-8"]
    # no script of an earlier version meets one of a later
    assert kept.headers.get_all("Cache-Control") == ["no-cache"]
    assert "X-Request-ID" not in kept.headers


def test_a_file_that_was_just_asked_for_comes_without_the_portal(door: FrontDoor) -> None:
    """So that a class costs its threads each file once; signed in or not."""
    door.visitor().sign_in("alice@example.org").get("/static/upload/tus.js")
    with held(door):
        assert door.visitor().get("/static/upload/tus.js").status == 200


@contextmanager
def held(door: FrontDoor) -> Iterator[None]:
    """The portal answers nobody."""
    assert door.server.process
    os.killpg(door.server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(door.server.process.pid, signal.SIGCONT)


@pytest.mark.long
def test_a_class_that_records_on_slow_lines_meets_no_limit_whatever_its_neighbours_do(
    door: FrontDoor, address: str, tmp_path: Path
) -> None:
    """All of one address, and somebody at it floods pages so that these are refused."""
    with ExitStack() as stack:
        everybody = recorders(door, address, tmp_path, CANDIDATES)
        neighbours = unfinished(stack, (door, address), "/login", FLOOD)
        with ThreadPoolExecutor(len(everybody)) as pool:
            statuses = list(pool.map(Recorder.run, everybody))
        assert refused(neighbours)
    assert statuses == [[200, 200, 201, *[204] * Recorder.PIECES, 200]] * len(everybody)
    assert all(arrived(door, one) == one.data for one in everybody)
