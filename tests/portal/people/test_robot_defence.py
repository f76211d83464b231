"""The quiet defence of forms that anybody may send. Nobody loses what was typed."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from registering import as_a_person, mails, register

from portal.extensions import db
from portal.forms import robot_defence
from portal.models import MailEvent, User
from portal.web import answer_times

ZOE = {"full_name": "Zoë Quill", "email": "zoe@example.org", "password": "purple wagon wheel"}
MADE = re.compile(r'name="made_at"[^>]*value="([^"]+)"')


def is_registered() -> bool:
    return db.session.scalar(db.select(User).where(User.email == ZOE["email"])) is not None


def shown_stamp(page: str) -> str:
    found = MADE.search(page)
    assert found
    return found[1]


@pytest.mark.parametrize("path", ["/register", "/forgot"])
def test_people_neither_see_nor_reach_the_field(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    hidden = re.search(r'<div class="sr-only" aria-hidden="true">.*?</div>', page, re.DOTALL)
    assert hidden
    assert 'tabindex="-1"' in hidden[0]
    assert 'autocomplete="off"' in hidden[0]


def test_a_filled_field_comes_back_empty_with_everything_else(client: FlaskClient) -> None:
    stopped = register(client, **ZOE, remarks="Buy now")
    assert stopped.status_code == 422
    assert "a field that stays empty" in stopped.text
    assert "Buy now" not in stopped.text
    assert 'value="Zoë Quill"' in stopped.text
    assert not is_registered()


def test_what_was_too_quick_is_sent_by_the_same_press_a_little_later(
    client: FlaskClient, app: Flask
) -> None:
    quick = {"made_at": shown_stamp(client.get("/register").text)}
    stopped = client.post("/register", data=ZOE | quick)
    assert "That was very quick" in stopped.text
    assert 'value="zoe@example.org"' in stopped.text
    assert shown_stamp(stopped.text) == quick["made_at"]
    assert not is_registered()
    with app.app_context():
        later = as_a_person(**ZOE)
    assert client.post("/register", data=later).status_code == 303


@pytest.mark.parametrize("made_at", ["", "0", "x.y", "1.AAAA"])
def test_a_time_that_we_did_not_sign_is_none(client: FlaskClient, made_at: str) -> None:
    stopped = client.post("/register", data=ZOE | {"made_at": made_at})
    assert stopped.status_code == 422
    assert shown_stamp(stopped.text) != made_at
    assert not is_registered()


def test_a_page_of_yesterday_gets_a_new_time_and_keeps_what_was_typed(
    client: FlaskClient, app: Flask
) -> None:
    with app.app_context():
        old = robot_defence.stamp(0)
    stopped = client.post("/register", data=ZOE | {"made_at": old})
    assert "open for a long time" in stopped.text
    assert shown_stamp(stopped.text) != old
    assert 'value="Zoë Quill"' in stopped.text


def test_the_defence_counts_nothing_and_mails_nobody(client: FlaskClient) -> None:
    for _ in range(12):
        register(client, "/forgot", email="alice@example.org", remarks="x")
    assert mails(MailEvent.RESET_PASSWORD) == []


@pytest.mark.usefixtures("app")
def test_an_answer_leaves_on_the_grid_also_when_it_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(answer_times.time, "sleep", slept.append)
    clock = iter([10.0, 10.1, 20.0, 20.3])
    monkeypatch.setattr(answer_times.time, "monotonic", lambda: next(clock))
    with answer_times.on_the_grid():
        pass
    with pytest.raises(ValueError, match="no"), answer_times.on_the_grid():
        raise ValueError("no")
    assert slept == [pytest.approx(0.15), pytest.approx(0.2)]
