"""Ranges and conditions without nginx, as RFC 9110 says: of films, of what a kiosk recorded, and of
static files.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from factories import make_application, sign_in
from flask import Flask
from flask.testing import FlaskClient
from interview_steps import begin_interview
from werkzeug.http import http_date, quote_etag, unquote_etag
from werkzeug.test import TestResponse

from portal import interviews
from portal.config import settings
from portal.extensions import db
from portal.models import InterviewState, User

FILM = bytes(range(256)) * 4
END = len(FILM)
CHANGED_AT = 1_700_000_000
EARLIER, THEN, LATER = (http_date(CHANGED_AT + by_s) for by_s in (-60, 0, 60))


@dataclass
class Served:
    """A film of a finished interview, and an admin who looks at it."""

    client: FlaskClient
    address: str
    etag: str

    def ask(self, method: str = "GET", **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(self.address, method=method, headers=sent, buffered=True)


@pytest.fixture
def film(client: FlaskClient, alice: User, ada: User) -> Served:
    interview = begin_interview(make_application(alice))
    interview.state = InterviewState.READY
    db.session.commit()
    path = interviews.recording(interview).recording_path
    path.write_bytes(FILM)
    os.utime(path, (CHANGED_AT, CHANGED_AT))
    served = Served(sign_in(client, ada), f"/admin/sessions/{interview.id}/recording.mp4", "")
    served.etag = served.ask().headers["ETag"]
    return served


def sent(response: TestResponse) -> tuple[int, bytes]:
    return response.status_code, response.data


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-", 0, END - 1),
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=1000-99999999", 1000, END - 1),
        (f"bytes={END - 1}-", END - 1, END - 1),
        ("bytes=-1", END - 1, END - 1),
        ("bytes=-500", END - 500, END - 1),
        (f"bytes=-{END}", 0, END - 1),
        (f"bytes=-{END + 1}", 0, END - 1),
        ("bytes=-" + "9" * 40, 0, END - 1),
        ("BYTES=10-19", 10, 19),
        ("bytes= 10-19", 10, 19),
        ("bytes=,10-19,", 10, 19),
    ],
)
def test_one_range_is_sent_as_far_as_the_file_goes(
    film: Served, asked: str, first: int, last: int
) -> None:
    response = film.ask(Range=asked)

    assert sent(response) == (206, FILM[first : last + 1])
    assert response.headers["Content-Range"] == f"bytes {first}-{last}/{END}"
    assert response.headers["Content-Length"] == str(last + 1 - first)


@pytest.mark.parametrize(
    "asked", [f"bytes={END}-", f"bytes={END}-{END + 9}", "bytes=-0", "bytes=" + "9" * 40 + "-"]
)
def test_a_range_behind_the_end_is_refused_with_the_length(film: Served, asked: str) -> None:
    response = film.ask(Range=asked)

    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{END}"


@pytest.mark.parametrize(
    "asked",
    [
        "seconds=0-9", "bytes=0-9,20-29", "bytes=0-9,5-14", "bytes=20-29,0-9", "bytes=-5,0-9",
        f"bytes=0-9,{END}-",
        "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=9-0", "bytes=0-9x", "bytes 0-9",
        "bytes=+1-9", "bytes=٠-٩",
    ],
)  # fmt: skip
def test_what_is_no_single_range_of_bytes_is_left_out_of_account(film: Served, asked: str) -> None:
    response = film.ask(Range=asked.encode().decode("latin-1"))

    assert sent(response) == (200, FILM)
    assert response.headers["Accept-Ranges"] == "bytes"


def test_only_get_has_ranges(film: Served) -> None:
    response = film.ask("HEAD", Range="bytes=0-9")

    assert (response.status_code, response.headers["Content-Length"]) == (200, str(END))


def tag(film: Served, words: str) -> str:
    """The header with the film's own ETag in it: strong for ETAG, weak for WEAK."""
    return words.replace("WEAK", f"W/{film.etag}").replace("ETAG", film.etag)


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If_Match", "ETAG", 206),
        ("If_Match", '"other", ETAG', 206),
        ("If_Match", "*", 206),
        ("If_Match", '"other"', 412),
        ("If_Match", "WEAK", 412),
        ("If_Unmodified_Since", THEN, 206),
        ("If_Unmodified_Since", LATER, 206),
        ("If_Unmodified_Since", EARLIER, 412),
        ("If_Unmodified_Since", "yesterday", 206),
        ("If_None_Match", "ETAG", 304),
        ("If_None_Match", "WEAK", 304),
        ("If_None_Match", "*", 304),
        ("If_None_Match", '"other"', 206),
        ("If_Modified_Since", THEN, 304),
        ("If_Modified_Since", LATER, 304),
        ("If_Modified_Since", EARLIER, 206),
        ("If_Modified_Since", "yesterday", 206),
        ("If_Range", "ETAG", 206),
        ("If_Range", "WEAK", 200),
        ("If_Range", '"other"', 200),
        ("If_Range", THEN, 206),
        ("If_Range", LATER, 200),
        ("If_Range", EARLIER, 200),
    ],
)
def test_each_condition_is_met_or_not(film: Served, header: str, value: str, status: int) -> None:
    response = film.ask(Range="bytes=10-19", **{header: tag(film, value)})

    assert response.status_code == status
    assert response.data == {206: FILM[10:20], 200: FILM, 304: b""}.get(status, response.data)
    if status != 412:
        assert (response.headers["ETag"], response.headers["Cache-Control"]) == (
            film.etag,
            "no-store",
        )


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({"If_Match": "ETAG", "If_Unmodified_Since": EARLIER}, 200),
        ({"If_Match": '"other"', "If_None_Match": "ETAG"}, 412),
        ({"If_Match": "ETAG", "If_None_Match": "ETAG"}, 304),
        ({"If_None_Match": '"other"', "If_Modified_Since": LATER}, 200),
        ({"If_Unmodified_Since": EARLIER, "If_None_Match": "ETAG"}, 412),
        ({"If_Range": "ETAG"}, 200),
        ({"If_Range": '"other"', "If_None_Match": "ETAG", "Range": "bytes=0-9"}, 304),
        ({"If_None_Match": "ETAG", "Range": f"bytes={END}-"}, 304),
        ({"If_Match": '"other"', "Range": f"bytes={END}-"}, 412),
        ({"If_Range": '"other"', "Range": f"bytes={END}-"}, 200),
    ],
)
def test_conditions_are_asked_in_their_order(
    film: Served, conditions: dict[str, str], status: int
) -> None:
    said = {name: tag(film, value) for name, value in conditions.items()}

    assert film.ask(**said).status_code == status
    assert film.ask("HEAD", **said).status_code == status


def test_a_changed_film_is_sent_whole_to_who_has_a_part_of_the_old_one(film: Served) -> None:
    path = next(settings().interviews_folder.glob("*/recording.mp4"))
    path.write_bytes(FILM[::-1])
    response = film.ask(Range="bytes=10-", If_Range=film.etag)

    assert sent(response) == (200, FILM[::-1])
    assert film.ask(If_Match=film.etag).status_code == 412


def test_static_files_are_sent_by_the_same_rules(client: FlaskClient, app: Flask) -> None:
    whole = Path(app.static_folder or "", "mark.svg").read_bytes()
    for headers, status, data in (
        ({"Range": f"bytes=-{len(whole) + 1}"}, 206, whole),
        ({"Range": "bytes=0-1,4-5"}, 200, whole),
        ({"Range": "lines=1-2"}, 200, whole),
    ):
        assert sent(client.get("/static/mark.svg", headers=headers, buffered=True)) == (
            status,
            data,
        )
    etag = quote_etag(
        unquote_etag(client.get("/static/mark.svg", buffered=True).headers["ETag"])[0] or "",
        weak=True,
    )
    assert (
        client.get("/static/mark.svg", headers={"If-None-Match": etag}, buffered=True).status_code
        == 304
    )
