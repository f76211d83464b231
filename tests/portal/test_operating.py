"""A real server as an operator runs it: JSON lines without anything personal, and figures on a port
of their own.
"""

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from papers import upload
from servers import LiveServer, free_port
from visiting import Visitor

pytestmark = pytest.mark.server

PATIENCE_S = 60

NAME = "Zephyrine Quillfeather"
EMAIL = "zephyrine@distinct.example"
PASSWORD = "narrow boats on Tuesday"
PERSONAL = (
    "zephyrine", "quillfeather", "distinct.example", "narrow boats", "curriculum-zq", "gladly-from",
    "ulaanbaatar", "narwhal", "555-0199", "tusk-maker",
)  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    metrics_port = free_port()
    server = LiveServer(
        tmp_path_factory.mktemp("operated"), LOG_FORMAT="json", METRICS_PORT=str(metrics_port)
    )
    server.start()
    yield server
    server.stop()


def lines(server: LiveServer) -> list[dict[str, Any]]:
    """What is in the log so far, without a line that is just being written."""
    whole, _, _ = server.log_text().rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]


def requests_of(server: LiveServer) -> dict[str, dict[str, Any]]:
    return {
        line["request_id"]: line for line in lines(server) if line["logger"] == "gunicorn.access"
    }


def visit(server: LiveServer) -> None:
    """Everything a candidate types, in every place where one can: right, wrong, and into
    addresses.
    """
    person = Visitor(server.url)
    person.send("/register", full_name=NAME, email=EMAIL, password="short")
    assert person.send("/register", full_name=NAME, email=EMAIL, password=PASSWORD).status == 303
    person.get("/register/sent")
    person.send("/forgot", email=EMAIL)
    person.sign_in(EMAIL, PASSWORD)
    person.send(
        "/register/about", phone="+1 555-0199", location="Ulaanbaatar", headline="Tusk-maker"
    )
    person.get(f"/jobs?q={quote('narwhal Zephyrine')}")
    apply = f"/jobs/{server.job_slug}/apply"
    person.send(apply, resume=upload(b"no PDF", "curriculum-zq.exe"), note="gladly-from me")
    assert (
        person.send(apply, resume=upload(name="curriculum-zq.pdf"), note="gladly-from me").status
        == 303
    )
    person.get(f"/jobs/{EMAIL}")
    person.get(f"/Zephyrine/{EMAIL}?name=Quillfeather")
    person.get("/jobs", Referer=f"http://example.org/{EMAIL}", User_Agent="Zephyrine's browser")
    Visitor(server.url).send("/login", email=EMAIL, password="narrow boats")


def visit_as_others(server: LiveServer) -> None:
    program, admin = Visitor(server.url), Visitor(server.url).sign_in("ada@example.org")
    program.send_json("/api/auth/login", email=EMAIL, password="narrow boats")
    assert program.send_json("/api/auth/login", email=EMAIL, password=PASSWORD).status == 200
    program.send_json("/api/auth/register", email=EMAIL, full_name=NAME, password=PASSWORD)
    program.get("/api/jobs?q=Quillfeather&page=narwhal")
    program.ask(
        f"/uploads/{uuid.uuid4()}",
        "PATCH",
        b"x",
        Authorization="Bearer Zephyrine",
        Tus_Resumable="1.0.0",
    )
    admin.get(f"/admin/sessions?candidate={quote(NAME)}")


def send_what_is_no_request(server: LiveServer) -> None:
    for words in (f"GET /?q={EMAIL} HTTP/9 x", f"GET / HTTP/1.1\r\nZephyrine@: {NAME}"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(f"{words}\r\n\r\n".encode())
            assert connection.recv(12) == b"HTTP/1.1 400"


@pytest.mark.long
def test_nothing_that_a_person_typed_reaches_the_log(server: LiveServer) -> None:
    visit(server)
    visit_as_others(server)
    send_what_is_no_request(server)

    text = server.log_text().lower()

    assert [words for words in PERSONAL if words in text] == []
    assert "traceback" not in text


def test_every_line_is_json_and_each_request_has_its_id(server: LiveServer) -> None:
    answer = Visitor(server.url).get("/jobs")
    shown = answer.headers["X-Request-ID"]
    wait_until(lambda: shown in requests_of(server))

    found = lines(server)

    assert all(
        {"time", "level", "logger", "process", "request_id", "message"} <= line.keys()
        for line in found
    )
    requests = [line for line in found if line["logger"] == "gunicorn.access"]
    assert [line for line in requests if line["request_id"] == "-"] == []
    (mine,) = [line for line in requests if line["request_id"] == shown]
    assert (mine["method"], mine["path"], mine["status"], mine["bytes"]) == (
        "GET",
        "/jobs",
        200,
        len(answer.body),
    )


def test_a_path_shows_ids_and_no_words_that_were_typed(server: LiveServer) -> None:
    row = f"/capture/{uuid.uuid4()}"
    ids = [
        Visitor(server.url).get(path).headers["X-Request-ID"] for path in (row, "/jobs/ada", "/ada")
    ]
    ids.append(
        Visitor(server.url).ask("/login", "POST", b"from an expired page").headers["X-Request-ID"]
    )
    wait_until(lambda: requests_of(server).keys() >= set(ids))

    assert [requests_of(server)[shown]["path"] for shown in ids] == [
        row,
        "/jobs/<slug>",
        "-",
        "/login",
    ]


def wait_until(holds: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def figures(server: LiveServer) -> str:
    try:
        address = f"http://127.0.0.1:{server.environ['METRICS_PORT']}/metrics"
        with urllib.request.urlopen(address, timeout=10) as response:
            return response.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return ""


def test_figures_are_given_on_the_loopback_address_only(server: LiveServer) -> None:
    wait_until(lambda: "portal_answers_waiting 0" in figures(server))

    assert listening_addresses(int(server.environ["METRICS_PORT"])) == {"0100007F"}  # 127.0.0.1
    assert Visitor(server.url).get("/metrics").status == 404


def listening_addresses(port: int) -> set[str]:
    tables = [
        path.read_text()
        for path in (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
        if path.exists()
    ]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    listening = [row[1].split(":") for row in rows if row[3] == "0A"]
    return {address for address, number in listening if int(number, 16) == port}


@pytest.mark.long
def test_another_process_gives_the_figures_when_the_first_one_dies(server: LiveServer) -> None:
    wait_until(lambda: figures(server))
    givers = [line["process"] for line in lines(server) if line["logger"] == "portal.metrics"]

    os.kill(givers[-1], signal.SIGKILL)

    wait_until(
        lambda: (
            len([line for line in lines(server) if line["logger"] == "portal.metrics"])
            > len(givers)
        )
    )
    wait_until(lambda: "portal_answers_waiting" in figures(server))
