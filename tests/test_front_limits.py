"""What one address may ask of the shipped nginx: how much at a time, how large, and that recordings never meet it."""

import itertools
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from factories import make_application, make_job, make_user
from front_doors import NAME, FrontDoor, front_door
from sittings import begin, clip_bytes, start
from small_disk import SmallDisk, small_disk
from visiting import Visitor

from portal import interviews, tokens
from portal.extensions import db
from portal.models import Answer

pytestmark = pytest.mark.nginx

AT_A_TIME, PIECES_AT_A_TIME, RESUMES_AT_A_TIME = 200, 100, 30
MB = 1024 * 1024
PATIENCE_S = 30


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with front_door(tmp_path_factory.mktemp("limits")) as door:
        yield door


@pytest.fixture
def address() -> str:
    """Somebody else's address for each test, so that none finds the limits of another one used up."""
    return f"127.0.0.{next(numbers)}"


numbers = itertools.count(10)


def connected(door: FrontDoor, address: str) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", door.port), timeout=2 * PATIENCE_S, source_address=(address, 0))
    return door.tls.wrap_socket(plain, server_hostname=NAME)


class Unfinished:
    """One request whose body never ends: so much of it is sent and no more."""

    def __init__(self, door: FrontDoor, address: str, path: str, *, says_bytes: int, sends_bytes: int = 1) -> None:
        self.socket = connected(door, address)
        head = f"POST {path} HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {says_bytes}\r\n\r\n"
        self.socket.sendall(head.encode() + b"a" * sends_bytes)
        self.answered: int | None = None

    def status(self, wait_s: float = 0.001) -> int | None:
        """What nginx answers by itself; None while it waits for the rest."""
        if self.answered is None:
            self.socket.settimeout(wait_s)
            with suppress(TimeoutError):
                self.answered = int(self.socket.recv(12).split()[1])
        return self.answered

    def close(self) -> None:
        self.socket.close()


def unfinished(
    stack: ExitStack, who: tuple[FrontDoor, str], path: str, count: int, says_bytes: int = 1000, sends_bytes: int = 1
) -> list[Unfinished]:
    made = [Unfinished(*who, path, says_bytes=says_bytes, sends_bytes=sends_bytes) for _ in range(count)]
    for one in made:
        stack.callback(one.close)
    return made


def refused(sent: list[Unfinished]) -> int:
    return sum(one.status() == 429 for one in sent)


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
        ("/capture/interviews/1/answers", MB),
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


def asked(door: FrontDoor, address: str, path: str) -> int:
    with connected(door, address) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        return int(line.recv(4096).split()[1])


def test_more_passwords_than_a_class_types_are_refused(door: FrontDoor, address: str) -> None:
    """Sixty people who sign in at once pass, and a flood does not."""
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: asked(door, address, "/login"), range(60))) == {200}
        assert 429 in set(pool.map(lambda _: flood(door, address), range(8)))


def flood(door: FrontDoor, address: str) -> int | None:
    """Ask until it is refused."""
    statuses = (asked(door, address, "/api/auth/nothing") for _ in range(1_000))
    return next((status for status in statuses if status == 429), None)


@dataclass
class Recorder:
    """One candidate's page on a slow line: pieces, one after the other, each in slices with pauses between."""

    door: FrontDoor
    address: str
    answer_id: object
    token: str
    data: bytes

    PIECES, SLICES, PAUSE_S = 4, 4, 0.2

    def run(self) -> list[int]:
        size = -(-len(self.data) // self.PIECES)
        return [self.send(offset, self.data[offset : offset + size]) for offset in range(0, len(self.data), size)]

    def send(self, offset: int, piece: bytes) -> int:
        with connected(self.door, self.address) as line:
            line.sendall(self._head(offset, len(piece)).encode())
            step = -(-len(piece) // self.SLICES)
            for begin_ in range(0, len(piece), step):
                time.sleep(self.PAUSE_S)
                line.sendall(piece[begin_ : begin_ + step])
            return int(line.recv(4096).split()[1])

    def _head(self, offset: int, length: int) -> str:
        return (
            f"PATCH /capture/uploads/{self.answer_id} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n"
            f"Authorization: Bearer {self.token}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n"
            f"Content-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\n\r\n"
        )


def recorders(door: FrontDoor, address: str, folder: Path, count: int) -> list[Recorder]:
    data = clip_bytes(folder)
    with door.server.app.app_context():
        job = make_job()
        answers = [start(begin(make_application(make_user(), job))) for _ in range(count)]
        return [Recorder(door, address, answer.id, tokens.make_upload_token(answer.id), data) for answer in answers]


def arrived(door: FrontDoor, recorder: Recorder) -> bytes:
    with door.server.app.app_context():
        return interviews.answer_path(db.session.get_one(Answer, recorder.answer_id)).read_bytes()


def test_a_class_that_records_on_slow_lines_meets_no_limit_whatever_its_neighbours_do(
    door: FrontDoor, address: str, tmp_path: Path
) -> None:
    """All of one address, and somebody at it floods pages so that these are refused."""
    with ExitStack() as stack:
        everybody = recorders(door, address, tmp_path, 40)
        neighbours = unfinished(stack, (door, address), "/login", AT_A_TIME + 20)
        with ThreadPoolExecutor(len(everybody)) as pool:
            statuses = list(pool.map(Recorder.run, everybody))
        assert refused(neighbours)
    assert statuses == [[204] * Recorder.PIECES] * len(everybody)
    assert all(arrived(door, one) == one.data for one in everybody)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[FrontDoor, SmallDisk]]:
    """nginx keeps bodies on a disk of two megabytes, as one of its own is advised, and the portal watches it."""
    with (
        small_disk(tmp_path / "body", 2) as disk,
        front_door(tmp_path, PROXY_TEMP_FOLDER=str(disk.folder)) as door,
    ):
        yield door, disk


def proxy_check(door: FrontDoor) -> str:
    return Visitor(door.server.url).get("/readyz").text.partition('"proxy":"')[2].partition('"')[0]


def test_trickling_bodies_fill_only_their_own_disk_and_no_recording_waits(
    small: tuple[FrontDoor, SmallDisk], address: str, tmp_path: Path
) -> None:
    door, disk = small
    assert proxy_check(door) == "ok"
    with ExitStack() as stack:
        unfinished(stack, (door, address), "/login", 20, says_bytes=MB, sends_bytes=400_000)
        until_free(disk, at_most_bytes=2 * MB // 10)
        assert proxy_check(door) == "the disk where the proxy keeps bodies is nearly full"
        [recorder] = recorders(door, address, tmp_path, 1)
        recorder.data += b"\0" * 700_000  # one piece of what is sent is larger than a form may be in memory
        recorder.PIECES = 1
        assert recorder.run() == [204]
        assert arrived(door, recorder) == recorder.data
        assert door.visitor().sign_in("alice@example.org").get("/dashboard").status == 200
    until_free(disk, at_most_bytes=None)
    assert proxy_check(door) == "ok"


def until_free(disk: SmallDisk, at_most_bytes: int | None) -> None:
    """Wait until so much is left; None: until nothing is used any more."""
    until(lambda: disk.free_bytes() > MB if at_most_bytes is None else disk.free_bytes() <= at_most_bytes)
