"""The very nginx configuration that is shipped, in front of a real gunicorn: headers, recordings,
and slow clients.
"""

import hashlib
import os
import re
import shutil
import ssl
import statistics
import subprocess
import time
import urllib.error
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from factories import make_application, make_job
from front_doors import NAME, FrontDoor, front_door
from interview_steps import begin_interview, start_answer
from servers import LiveServer, free_port
from slow_clients import SlowClients
from visiting import Answer, Visitor

from portal import interviews, upload_tokens
from portal.config import PROJECT_FOLDER
from portal.extensions import db
from portal.models import InterviewState, User
from portal.web import security_headers

pytestmark = pytest.mark.nginx

SAFETY_HEADERS = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
)
FILM = os.urandom(300_000)  # what is in it is nobody's business here


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with front_door(tmp_path_factory.mktemp("front")) as door:
        yield door


@pytest.fixture(scope="module")
def film(door: FrontDoor) -> str:
    """The path of a finished recording."""
    with door.server.app.app_context():
        alice = db.session.scalars(db.select(User).where(User.email == "alice@example.org")).one()
        interview = begin_interview(make_application(alice))
        interviews.recording(interview).recording_path.write_bytes(FILM)
        interviews.recording(interview).telemetry_path.write_text('{"version": 1}')
        interview.state = InterviewState.READY
        db.session.commit()
        return f"/admin/sessions/{interview.id}/recording.mp4"


@pytest.fixture
def admin(door: FrontDoor) -> Visitor:
    return door.visitor().sign_in("ada@example.org")


def unsafe(answer: Answer) -> list[str]:
    """Safety headers that are missing or contradict themselves (nginx says them twice, alike, with
    a 416).
    """
    return [name for name in SAFETY_HEADERS if len(set(answer.headers.get_all(name) or [])) != 1]


def test_a_recording_comes_in_ranges_with_the_right_bytes(admin: Visitor, film: str) -> None:
    whole, part, end = (
        admin.get(film),
        admin.get(film, Range="bytes=1000-1999"),
        admin.get(film, Range="bytes=-500"),
    )

    assert (whole.status, part.status, end.status) == (200, 206, 206)
    assert hashlib.sha256(whole.body).digest() == hashlib.sha256(FILM).digest()
    assert (part.body, end.body) == (FILM[1000:2000], FILM[-500:])
    assert part.headers["Content-Range"] == "bytes 1000-1999/300000"
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.headers["Cache-Control"] == "no-store"
    assert "X-Accel-Redirect" not in whole.headers


def test_a_recording_carries_the_same_headers_as_a_page(admin: Visitor, film: str) -> None:
    for answer in (
        admin.get(film),
        admin.get(film, Range="bytes=0-9"),
        admin.get(film, Range="bytes=900000-"),
    ):
        assert unsafe(answer) == []
        assert answer.headers["Content-Security-Policy"] == security_headers.policy()


def test_a_recording_that_is_known_is_not_sent_again(admin: Visitor, film: str) -> None:
    again = admin.get(film, If_None_Match=admin.get(film).headers["ETag"])

    assert (again.status, again.body) == (304, b"")
    assert unsafe(again) == []


def test_telemetry_goes_the_same_way(admin: Visitor, film: str) -> None:
    answer = admin.get(film.replace("recording.mp4", "telemetry.json"))

    assert (answer.status, answer.headers["Content-Type"], unsafe(answer)) == (
        200,
        "application/json",
        [],
    )
    assert answer.body == b'{"version": 1}'


def test_a_recording_is_refused_to_strangers(door: FrontDoor, film: str) -> None:
    anonymous, candidate = (
        door.visitor().get(film),
        door.visitor().sign_in("bob@example.org").get(film),
    )

    assert (anonymous.status, candidate.status) == (303, 403)
    assert FILM[:100] not in anonymous.body + candidate.body


def test_the_way_within_leads_nowhere_from_outside(admin: Visitor, film: str) -> None:
    inside = "/_media/" + film.removeprefix("/admin/sessions/")

    for path in (
        inside,
        "/_media/",
        "/_media",
        "/_media/../portal.db",
        "/_media/%2e%2e/portal.db",
        f"//{inside[1:]}",
    ):
        answer = admin.get(path)
        assert answer.status in {400, 404}, path
        assert unsafe(answer) == []


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/jobs", "GET", 200),
        ("/", "GET", 303),
        ("/nothing", "GET", 404),
        ("/login", "PUT", 405),
        ("/static/mark.svg", "GET", 200),
        ("/static/nothing.js", "GET", 404),
        ("/api/jobs", "GET", 200),
        ("/api/docs", "GET", 200),
        ("/api/applications", "GET", 401),
        ("/capture/uploads", "OPTIONS", 204),
        ("/capture/uploads", "POST", 412),
        ("/dashboard", "GET", 303),
        ("/admin/", "GET", 303),
        ("/jobs/%00", "GET", 400),  # nginx refuses this one by itself
        ("/%ff%fe", "GET", 404),
        ("/healthz", "GET", 200),
    ],
)
def test_every_answer_carries_the_safety_headers(
    door: FrontDoor, path: str, method: str, status: int
) -> None:
    answer = door.visitor().ask(path, method)

    assert (answer.status, unsafe(answer)) == (status, [])
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "nginx/" not in answer.headers.get("Server", "")


def test_a_static_file_that_is_known_carries_them_as_well(door: FrontDoor) -> None:
    known = door.visitor().get("/static/mark.svg").headers["ETag"]
    answer = door.visitor().get("/static/mark.svg", If_None_Match=known)

    assert (answer.status, unsafe(answer)) == (304, [])


def test_what_is_too_large_or_unreadable_is_refused_with_them(door: FrontDoor) -> None:
    too_large = door.visitor().ask("/login", "POST", b"a" * 6_000_000)
    too_long = door.visitor().get("/jobs", X_Long="a" * 40_000)

    assert (too_large.status, too_long.status) == (413, 400)
    assert unsafe(too_large) + unsafe(too_long) == []


def plain(door: FrontDoor, path: str, method: str = "GET", host: str = NAME) -> Answer:
    return Visitor(f"http://127.0.0.1:{door.plain_port}").ask(path, method, Host=host)


def test_plain_http_only_leads_to_https(door: FrontDoor) -> None:
    answer = plain(door, "/jobs?q=a")

    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/jobs?q=a")
    assert unsafe(answer) == []


@pytest.mark.parametrize("path", ["/api", "/api/jobs", "/capture/uploads", "/capture/uploads/1"])
def test_programs_are_not_led_from_plain_http(door: FrontDoor, path: str) -> None:
    answer = plain(door, path, "POST")

    assert (answer.status, unsafe(answer)) == (403, [])
    assert "Location" not in answer.headers


def test_another_name_gets_no_certificate(door: FrontDoor) -> None:
    trusting = ssl._create_unverified_context()
    with pytest.raises(Exception, match="unrecognized name"):
        Visitor(f"https://other.example.org:{door.port}", trusting).get("/")


@pytest.mark.parametrize("host", ["other.example.org", "127.0.0.1", "localhost"])
def test_another_name_gets_no_answer(door: FrontDoor, host: str) -> None:
    with pytest.raises((ConnectionError, urllib.error.URLError)):
        plain(door, "/", host=host)
    with pytest.raises((ConnectionError, urllib.error.URLError)):
        door.visitor().get("/jobs", Host=host)


def test_a_proxy_is_believed_only_where_one_is_announced(door: FrontDoor, tmp_path: Path) -> None:
    alone = LiveServer(tmp_path)
    alone.start()
    try:
        created = [created_at(server, X_Forwarded_Proto="https") for server in (alone, door.server)]
    finally:
        alone.stop()

    assert [urlsplit(address).scheme for address in created] == ["http", "https"]


def created_at(server: LiveServer, **headers: str) -> str:
    """Where the portal says that an upload is: with the scheme it believes in."""
    with server.app.app_context():
        [user] = db.session.scalars(db.select(User).where(User.email == "bob@example.org"))
        answer = start_answer(
            begin_interview(make_application(user, make_job(slug=f"job-{uuid.uuid4()}")))
        )
        token = upload_tokens.make_upload_token(answer.id)
    asked = {
        "Authorization": f"Bearer {token}",
        "Tus-Resumable": "1.0.0",
        "Upload-Defer-Length": "1",
    }
    answer = Visitor(server.url).ask("/capture/uploads", "POST", b"", **asked, **headers)
    assert answer.status == 201, answer.text
    return answer.headers["Location"]


def test_the_portal_that_is_down_still_answers_safely(door: FrontDoor, tmp_path: Path) -> None:
    elsewhere = FrontDoor(tmp_path, door.server)
    elsewhere.configuration.write_text(
        elsewhere._configured().replace(door.server.url, f"http://127.0.0.1:{free_port()}")
    )
    elsewhere.start()
    answer = elsewhere.visitor().get("/jobs")
    elsewhere.stop()

    assert (answer.status, unsafe(answer)) == (502, [])


def test_slow_clients_stop_nobody(door: FrontDoor) -> None:
    with SlowClients(door.port, host=NAME, tls=door.tls):
        took_s = [timed(door.visitor()) for _ in range(7)]

    print(
        f"/healthz beside 200 slow clients, behind nginx: median {statistics.median(took_s):.3f} s"
        " of 7"
    )
    assert statistics.median(took_s) < 1.0


def timed(visitor: Visitor) -> float:
    began = time.monotonic()
    assert visitor.get("/healthz").status == 200
    return time.monotonic() - began


def test_the_policy_in_the_configuration_is_the_portals_own() -> None:
    assert (
        f'Content-Security-Policy "{security_headers.policy()}"'
        in (PROJECT_FOLDER / "deploy" / "nginx.conf").read_text()
    )


@pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine"
)
@pytest.mark.parametrize(
    "unit", sorted(PROJECT_FOLDER.glob("deploy/*.service")), ids=lambda unit: unit.name
)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    here = tmp_path / unit.name
    program = shutil.which("true") or "/bin/true"
    here.write_text(re.sub(r"(Exec\w+=)\S+", rf"\1{program}", unit.read_text()))
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(here)], capture_output=True, text=True
    )

    assert (found.returncode, found.stderr) == (0, "")
