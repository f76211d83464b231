"""What one process ends is over in every other one at once; and what is counted is counted together."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest
from factories import PASSWORD
from servers import LiveServer
from visitors import Visitor, two_servers

from portal import accounts, throttle
from portal.extensions import db
from portal.models import ThrottleHit

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
        alice.password_hash = accounts.passwords.hash_password(PASSWORD)
        db.session.execute(db.delete(ThrottleHit))
        accounts.sign_out_everywhere(alice)


def sign_out(here: LiveServer, visitor: Visitor) -> None:
    visitor.send(here, "/logout", page="/account/")


def sign_out_everywhere(here: LiveServer, visitor: Visitor) -> None:
    visitor.send(here, "/account/sign-out-everywhere", page="/account/")


def change_password(here: LiveServer, visitor: Visitor) -> None:
    assert visitor.send(here, "/account/password", old=PASSWORD, new=NEW).code == 303


def disable(here: LiveServer, visitor: Visitor) -> None:
    admin = Visitor("ada@example.org")
    admin.sign_in(here)
    with here.app.app_context():
        alice_id = accounts.find(visitor.email).id
        db.session.rollback()
    assert admin.send(here, f"/admin/people/{alice_id}/disable", page="/admin/people").code == 303


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
    assert program.post_json(there, "/api/auth/refresh", pair["refresh_token"]).code == 401


def test_signing_out_of_the_api_counts_in_the_other_process(servers: Servers) -> None:
    here, there = servers
    program = Visitor()
    pair = program.tokens(here)
    body = {"refresh_token": pair["refresh_token"]}
    assert program.post_json(here, "/api/auth/logout", pair["access_token"], **body).code == 204
    assert not program.may_use(there, pair["access_token"])
    assert program.post_json(there, "/api/auth/refresh", pair["refresh_token"]).code == 401


def test_a_refresh_token_is_exchanged_once_by_two_processes_at_once(servers: Servers) -> None:
    pair, codes = Visitor().tokens(servers[0]), []

    def exchange(server: LiveServer) -> None:
        codes.append(Visitor().post_json(server, "/api/auth/refresh", pair["refresh_token"]).code)

    threads = [threading.Thread(target=exchange, args=(servers[number % 2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] + [401] * 7


def test_wrong_passwords_are_counted_by_both_processes_together(servers: Servers) -> None:
    strangers = [Visitor() for _ in range(throttle.SIGN_IN_PER_EMAIL.tries)]
    codes = [stranger.sign_in(servers[n % 2], "not this one").code for n, stranger in enumerate(strangers)]
    assert codes == [422] * throttle.SIGN_IN_PER_EMAIL.tries
    for server in servers:
        page = Visitor().sign_in(server)
        assert (page.code, "Wait about 15 minutes, then try again." in page.text) == (429, True)
        assert 0 < int(page.headers["Retry-After"]) <= throttle.SIGN_IN_PER_EMAIL.window_s
        said = Visitor().post_json(server, "/api/auth/login", email="alice@example.org", password=PASSWORD)
        assert (said.code, said.headers["Content-Type"]) == (429, "application/problem+json")
        assert int(said.headers["Retry-After"]) > 0


def test_exchanges_are_counted_by_both_processes_together(servers: Servers) -> None:
    program = Visitor()
    pair = program.tokens(servers[0])
    for number in range(throttle.REFRESH_PER_ACCOUNT.tries):
        answer = program.post_json(servers[number % 2], "/api/auth/refresh", pair["refresh_token"])
        assert answer.code == 200
        pair = json.loads(answer.text)
    answer = program.post_json(servers[0], "/api/auth/refresh", pair["refresh_token"])
    assert answer.code == 429
    assert int(answer.headers["Retry-After"]) > 0
