"""What one process ends is over in every other one at once; and what is counted is counted
together.
"""

import json
import threading
from collections.abc import Callable, Iterator

import papers
import pytest
from acting import accounts
from factories import PASSWORD, make_application
from interview_steps import TAB, begin_interview, show_question
from servers import LiveServer
from visiting import Answer
from visitors import Visitor, two_servers
from werkzeug.test import encode_multipart

from portal.extensions import db
from portal.models import Job, ThrottleHit, utc_now
from portal.people import passwords, throttle

pytestmark = pytest.mark.server

NEW = "another long pass phrase"
Servers = tuple[LiveServer, LiveServer]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    pair = two_servers(tmp_path_factory.mktemp("two"))
    yield pair
    for server in pair:
        server.stop()


@pytest.fixture(autouse=True)
def as_at_first(servers: Servers) -> Iterator[None]:
    """Alice as she was, and nothing counted, after each test."""
    yield
    with servers[0].app.app_context():
        db.session.rollback()
        alice = accounts.find("alice@example.org")
        accounts.enable(alice)
        alice.password_hash = passwords.hash_password(PASSWORD)
        db.session.execute(db.delete(ThrottleHit))
        accounts.sign_out_everywhere(alice)


def sign_out(here: LiveServer, visitor: Visitor) -> None:
    visitor.send(here, "/logout", page="/account/")


def sign_out_everywhere(here: LiveServer, visitor: Visitor) -> None:
    visitor.send(here, "/account/sign-out-everywhere", page="/account/")


def change_password(here: LiveServer, visitor: Visitor) -> None:
    assert visitor.send(here, "/account/password", old=PASSWORD, new=NEW).status == 303


def disable(here: LiveServer, visitor: Visitor) -> None:
    admin = Visitor("ada@example.org")
    admin.sign_in(here)
    with here.app.app_context():
        alice_id = accounts.find(visitor.email).id
        db.session.rollback()
    path, page = f"/admin/people/{alice_id}/disable", "/admin/people?q=alice"
    assert admin.send(here, path, page=page).status == 303


@pytest.mark.parametrize("end", [sign_out, sign_out_everywhere, change_password, disable])
def test_a_copied_cookie_is_over_in_the_other_process(servers: Servers, end: Callable) -> None:
    here, there = servers
    visitor = Visitor()
    visitor.sign_in(here)
    thief = visitor.copied()
    assert thief.is_signed_in(there)
    assert thief.is_signed_in(here)
    end(here, visitor)
    assert not thief.is_signed_in(there)
    assert not thief.is_signed_in(here)


@pytest.mark.parametrize("end", [sign_out_everywhere, change_password, disable])
def test_tokens_are_over_in_the_other_process(servers: Servers, end: Callable) -> None:
    here, there = servers
    visitor, program = Visitor(), Visitor()
    visitor.sign_in(here)
    pair = program.tokens(there)
    assert program.may_use(there, pair["access_token"])
    end(here, visitor)
    assert not program.may_use(there, pair["access_token"])
    assert program.post_json(there, "/api/auth/refresh", pair["refresh_token"]).status == 401


def test_signing_out_of_the_api_counts_in_the_other_process(servers: Servers) -> None:
    here, there = servers
    program = Visitor()
    pair = program.tokens(here)
    body = {"refresh_token": pair["refresh_token"]}
    assert program.post_json(here, "/api/auth/logout", pair["access_token"], **body).status == 204
    assert not program.may_use(there, pair["access_token"])
    assert program.post_json(there, "/api/auth/refresh", pair["refresh_token"]).status == 401


def test_a_refresh_token_is_exchanged_once_by_two_processes_at_once(servers: Servers) -> None:
    pair, codes = Visitor().tokens(servers[0]), []

    def exchange(server: LiveServer) -> None:
        codes.append(Visitor().post_json(server, "/api/auth/refresh", pair["refresh_token"]).status)

    threads = [
        threading.Thread(target=exchange, args=(servers[number % 2],)) for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] + [401] * 7


@pytest.mark.long
def test_wrong_passwords_are_counted_by_both_processes_together(servers: Servers) -> None:
    strangers = [Visitor() for _ in range(throttle.SIGN_IN_PER_EMAIL.tries)]
    codes = [
        stranger.sign_in(servers[n % 2], "not this one").status
        for n, stranger in enumerate(strangers)
    ]
    assert codes == [422] * throttle.SIGN_IN_PER_EMAIL.tries
    for server in servers:
        page = Visitor().sign_in(server)
        assert (page.status, "Wait about 15 minutes, then try again." in page.text) == (429, True)
        assert 0 < int(page.headers["Retry-After"]) <= throttle.SIGN_IN_PER_EMAIL.window_s
        said = Visitor().post_json(
            server, "/api/auth/login", email="alice@example.org", password=PASSWORD
        )
        assert (said.status, said.headers["Content-Type"]) == (429, "application/problem+json")
        assert int(said.headers["Retry-After"]) > 0


def test_exchanges_are_counted_by_both_processes_together(servers: Servers) -> None:
    program = Visitor()
    pair = program.tokens(servers[0])
    for number in range(throttle.REFRESH_PER_ACCOUNT.tries):
        answer = program.post_json(servers[number % 2], "/api/auth/refresh", pair["refresh_token"])
        assert answer.status == 200
        pair = json.loads(answer.text)
    answer = program.post_json(servers[0], "/api/auth/refresh", pair["refresh_token"])
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 0


def registered(server: LiveServer, number: int) -> Answer:
    fields = {"full_name": "N. N.", "email": f"new{number}@example.org", "password": PASSWORD}
    return Visitor().send(server, "/register", **fields)


def test_registrations_are_counted_by_both_processes_together(servers: Servers) -> None:
    with servers[0].app.app_context():
        now = utc_now()
        bucket = throttle.bucket_of(throttle.REGISTER_PER_ADDRESS, "127.0.0.1")
        db.session.add_all(
            ThrottleHit(bucket=bucket, at=now)
            for _ in range(throttle.REGISTER_PER_ADDRESS.tries - 2)
        )
        db.session.commit()
    answers = [registered(servers[number % 2], number) for number in range(4)]
    assert [answer.status for answer in answers] == [303, 303, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "then try again" in answers[-1].text


def applied_by_a_program(server: LiveServer) -> Answer:
    with server.app.app_context():
        job_id = db.session.scalars(db.select(Job.id)).first()
    boundary, body = encode_multipart({"job_id": str(job_id), "resume": papers.upload()})
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    program = Visitor()
    headers["Authorization"] = f"Bearer {program.tokens(server)['access_token']}"
    return program.at(server).ask("/api/applications/apply", "POST", body, **headers)


def test_files_are_counted_by_both_processes_together(servers: Servers) -> None:
    path, visitor = f"/jobs/{servers[0].job_slug}/apply", Visitor()
    visitor.sign_in(servers[0])
    with servers[0].app.app_context():
        alice_id, now = accounts.find(visitor.email).id, utc_now()
        for _ in range(throttle.APPLY_PER_ACCOUNT.tries - 2):
            throttle.count_both(throttle.APPLY, alice_id, "127.0.0.1", now)
    answers = [
        visitor.send(servers[number % 2], path, note="I like <rows>.") for number in range(4)
    ]
    assert [answer.status for answer in answers] == [422, 422, 429, 429]
    assert "Your note is kept" in answers[-1].text
    assert "I like &lt;rows&gt;." in answers[-1].text
    refused = applied_by_a_program(servers[1])
    assert (refused.status, int(refused.headers["Retry-After"]) > 0) == (429, True)


def test_passwords_asked_for_again_are_counted_by_both_processes_together(servers: Servers) -> None:
    visitor = Visitor()
    visitor.sign_in(servers[0])
    codes = [
        visitor.send(servers[number % 2], "/account/password", old="not this one", new=NEW).status
        for number in range(throttle.CONFIRM_PER_ACCOUNT.tries + 1)
    ]
    assert codes == [422] * (len(codes) - 1) + [429]


def test_new_answers_are_counted_by_both_processes_together(servers: Servers) -> None:
    visitor = Visitor()
    visitor.sign_in(servers[0])
    with servers[0].app.app_context():
        alice, now = accounts.find(visitor.email), utc_now()
        interview = begin_interview(make_application(alice))
        show_question(interview)
        alice_id, interview_id = alice.id, interview.id
        for _ in range(throttle.ANSWERS_PER_ACCOUNT.tries - 2):
            throttle.count_try(throttle.ANSWERS_PER_ACCOUNT, str(alice_id), now)
    place = f"/capture/{interview_id}"
    csrf = json.loads(visitor.at(servers[0]).ask(f"{place}/room.json").text)["csrf"]
    wish = json.dumps({"tab": TAB, "question": 1, "container": "mp4"}).encode()
    headers = {"Content-Type": "application/json", "X-CSRFToken": csrf}
    answers = [
        visitor.at(server).ask(f"{place}/answers", "POST", wish, **headers)
        for server in (*servers, *servers)
    ]
    assert [answer.status for answer in answers] == [201, 201, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
