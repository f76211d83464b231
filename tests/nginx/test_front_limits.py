"""What one address may ask of the shipped nginx: how much at a time, how large, and that recordings
never meet it.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from front_doors import NAME, PATIENCE_S, FrontDoor, connected, front_door, refused, unfinished
from front_recorders import arrived, recorders
from small_disk import SmallDisk, small_disk
from visiting import Visitor

pytestmark = pytest.mark.nginx

AT_A_TIME, GOING_ON_AT_A_TIME, PIECES_AT_A_TIME, RESUMES_AT_A_TIME = 200, 600, 400, 30
MB = 1024 * 1024


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with front_door(tmp_path_factory.mktemp("limits")) as door:
        yield door


@pytest.fixture
def address() -> str:
    """Somebody else's address for each test, so that none finds the limits of another one used
    up.
    """
    return f"127.0.0.{next(numbers)}"


numbers = itertools.count(10)


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_S * 20):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/login", AT_A_TIME),
        ("/anything/else", AT_A_TIME),
        ("/capture/1/answers", GOING_ON_AT_A_TIME),
        ("/capture/uploads/1", PIECES_AT_A_TIME),
        ("/jobs/a/apply", RESUMES_AT_A_TIME),
        ("/api/applications/1/resume", RESUMES_AT_A_TIME),
        ("/account/data", 4),
    ],
)
def test_so_many_requests_at_a_time_are_taken_from_one_address(
    door: FrontDoor, address: str, path: str, most: int
) -> None:
    with ExitStack() as stack:
        sent = unfinished(stack, (door, address), path, most + 3)
        until(lambda: refused(sent) >= 3)
        assert refused(sent) == 3
        assert door.visitor().get("/healthz").status == 200


@pytest.mark.parametrize(
    ("path", "most_bytes"),
    [
        ("/login", MB),
        ("/admin/jobs/new", MB),
        ("/api/auth/login", MB),
        ("/capture/1/answers", MB),
        ("/capture/uploads/1", 5 * MB),
        ("/jobs/a/apply", 32 * MB),
        ("/applications/1/resume/replace", 32 * MB),
        ("/account/data", MB),
    ],
)
def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    door: FrontDoor, address: str, path: str, most_bytes: int
) -> None:
    with ExitStack() as stack:
        [within] = unfinished(stack, (door, address), path, 1, says_bytes=most_bytes)
        [beyond] = unfinished(stack, (door, address), path, 1, says_bytes=most_bytes + 1)
        assert beyond.status(PATIENCE_S) == 413
        assert within.status() is None


def asked(door: FrontDoor, address: str, path: str, method: str = "GET") -> int:
    with connected(door, address) as line:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 0\r\nConnection:"
            " close\r\n\r\n"
        )
        line.sendall(head.encode())
        return int(line.recv(4096).split()[1])


COSTLY_AT_ONCE = 200


@pytest.mark.parametrize(
    ("page", "sent_to"),
    [("/login", "/api/auth/nothing"), ("/register", "/login"), ("/jobs/a/apply", "/jobs/a/apply")],
)
def test_a_year_opens_a_form_at_once_and_only_what_is_sent_is_counted(
    door: FrontDoor, address: str, page: str, sent_to: str
) -> None:
    """Twice as many look as may send; all of these send, and a flood is still refused."""
    with ThreadPoolExecutor(8) as pool:
        looked = set(pool.map(lambda _: asked(door, address, page), range(2 * COSTLY_AT_ONCE)))
        assert 429 not in looked
        assert 429 not in set(
            pool.map(lambda _: asked(door, address, sent_to, "POST"), range(COSTLY_AT_ONCE))
        )
        assert 429 in set(pool.map(lambda _: flood(door, address, sent_to), range(8)))


def flood(door: FrontDoor, address: str, path: str) -> int | None:
    """Send until it is refused."""
    statuses = (asked(door, address, path, "POST") for _ in range(1_000))
    return next((status for status in statuses if status == 429), None)


def test_copies_of_all_data_are_counted_though_they_are_only_asked_for(
    door: FrontDoor, address: str
) -> None:
    """One after the other, so that it is not their number at a time that is refused."""
    assert any(asked(door, address, "/account/data") == 429 for _ in range(1_000))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[FrontDoor, SmallDisk]]:
    """nginx keeps bodies on a disk of two megabytes, as one of its own is advised, and the portal
    watches it.
    """
    with (
        small_disk(tmp_path / "body", 2) as disk,
        front_door(tmp_path, PROXY_TEMP_FOLDER=str(disk.folder)) as door,
    ):
        yield door, disk


def proxy_check(door: FrontDoor) -> str:
    return Visitor(door.server.url).get("/readyz").text.partition('"proxy":"')[2].partition('"')[0]


@pytest.mark.long
def test_trickling_bodies_fill_only_their_own_disk_and_no_recording_waits(
    small: tuple[FrontDoor, SmallDisk], address: str, tmp_path: Path
) -> None:
    door, disk = small
    assert proxy_check(door) == "ok"
    with ExitStack() as stack:
        unfinished(stack, (door, address), "/login", 20, says_bytes=MB, sends_bytes=400_000)
        until_free(disk, at_most_bytes=2 * MB // 10)
        assert proxy_check(door) == "the disk where the proxy buffers requests is nearly full"
        [recorder] = recorders(door, address, tmp_path, 1)
        # one piece of what is sent is larger than a form may be in memory
        recorder.data += b"\0" * 700_000
        recorder.PIECES = 1
        assert recorder.run()[3] == 204
        assert arrived(door, recorder) == recorder.data
        assert door.visitor().sign_in("alice@example.org").get("/dashboard").status == 200
    until_free(disk, at_most_bytes=None)
    assert proxy_check(door) == "ok"


def until_free(disk: SmallDisk, at_most_bytes: int | None) -> None:
    """Wait until so much is left; None: until nothing is used any more."""
    until(
        lambda: (
            disk.free_bytes() > MB if at_most_bytes is None else disk.free_bytes() <= at_most_bytes
        )
    )
