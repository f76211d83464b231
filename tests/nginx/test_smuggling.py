"""nginx and gunicorn agree where a request ends: of what is hidden in one, gunicorn hears nothing.

Raw bytes go to the shipped nginx. What gunicorn heard is what its log says, one line a request.
"""

import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from front_doors import NAME, FrontDoor, front_door
from smuggled import CASES, HIDDEN_PATH, HTTP2_CASES

pytestmark = pytest.mark.nginx

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
# by the portal, so it did hear of this one
NAMED = re.compile(rb"X-Request-ID: ([0-9a-f]+)", re.IGNORECASE)
PATIENCE_S, SILENCE_S = 30, 4


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with front_door(
        tmp_path_factory.mktemp("smuggling"), LOG_FORMAT="json", CAPTURE_WORKERS="0"
    ) as door:
        yield door


def say(door: FrontDoor, words: bytes, protocol: str = "http/1.1") -> bytes:
    """Everything that comes back, until nginx closes or is silent: who waits for a body has passed
    nothing on.
    """
    context = ssl.create_default_context(cafile=str(door.folder / "fullchain.pem"))
    context.set_alpn_protocols([protocol])
    plain = socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE_S)
    with context.wrap_socket(plain, server_hostname=NAME) as line:
        assert line.selected_alpn_protocol() == protocol
        line.sendall(words)
        line.settimeout(SILENCE_S)
        heard = b""
        with suppress(TimeoutError, ConnectionError, ssl.SSLError):
            while more := line.recv(65_536):
                heard += more
        return heard


@pytest.fixture(scope="module")
def heard(door: FrontDoor) -> dict[str, bytes]:
    """What came back for each case, many sent at once: nothing they hide may reach another one
    either.
    """
    with ThreadPoolExecutor(16) as pool:
        return dict(
            zip(CASES, pool.map(lambda words: say(door, words), CASES.values()), strict=True)
        )


def requests(door: FrontDoor) -> list[dict[str, object]]:
    """What gunicorn's log says that it heard."""
    lines = [
        json.loads(line) for line in door.server.log_text().splitlines() if line.startswith("{")
    ]
    return [line for line in lines if "method" in line]


def until_logged(door: FrontDoor, ids: list[bytes]) -> None:
    wanted = {one.decode() for one in ids}
    for _ in range(PATIENCE_S * 20):
        if wanted <= {str(line["request_id"]) for line in requests(door)}:
            return
        time.sleep(0.05)
    raise AssertionError(f"the log names no {wanted}")


def test_what_is_sent_one_after_the_other_is_heard(door: FrontDoor) -> None:
    """The ear works: two honest requests on one connection are two."""
    one = f"GET /jobs HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()
    heard = say(door, one + one.replace(b"/jobs", b"/login"))
    assert STATUS.findall(heard) == [b"200", b"200"]
    until_logged(door, NAMED.findall(heard))
    assert [line["path"] for line in requests(door)[-2:]] == ["/jobs", "/login"]


@pytest.mark.parametrize("name", CASES)
def test_nothing_hidden_is_answered(door: FrontDoor, heard: dict[str, bytes], name: str) -> None:
    assert len(STATUS.findall(heard[name])) <= 1
    until_logged(door, NAMED.findall(heard[name]))


def test_gunicorn_heard_what_was_answered_and_nothing_else(
    door: FrontDoor, heard: dict[str, bytes]
) -> None:
    answered = [one.decode() for answer in heard.values() for one in NAMED.findall(answer)]
    posts = [line for line in requests(door) if line["method"] == "POST"]
    assert HIDDEN_PATH not in [line["path"] for line in requests(door)]
    assert {line["request_id"] for line in posts} <= set(answered)
    refused = sum(STATUS.findall(answer) == [b"400"] for answer in heard.values())
    print(
        f"{len(heard)} requests: nginx refused {refused} by itself, gunicorn heard {len(posts)},"
        " none of them hidden"
    )
    assert refused > len(heard) // 2


@pytest.mark.long
def test_nothing_hidden_arrives_over_http_2(door: FrontDoor) -> None:
    before = len(requests(door))
    with ThreadPoolExecutor(len(HTTP2_CASES)) as pool:
        answers = list(pool.map(lambda words: say(door, words, "h2"), HTTP2_CASES.values()))
    until_logged(
        door, NAMED.findall(say(door, f"GET /jobs HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()))
    )

    assert all(answers)
    assert len(requests(door)) - before <= len(HTTP2_CASES) + 1
    assert HIDDEN_PATH not in [line["path"] for line in requests(door)]
