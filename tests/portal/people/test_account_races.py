"""Several requests at the same moment, at two processes: a link works once, an address has one
account.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from factories import PASSWORD
from registering import link_in, mails
from servers import LiveServer
from visiting import Answer
from visitors import Visitor, two_servers

from portal import audit
from portal.database import transaction
from portal.extensions import db
from portal.models import MailEvent, User
from portal.people import accounts, recovery

pytestmark = pytest.mark.server

AT_ONCE = 6
NEW = "three quiet lighthouses"


@pytest.fixture
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, LiveServer]]:
    both = two_servers(tmp_path_factory.mktemp("two"))
    yield both
    for server in both:
        server.stop()


def at_once(servers: tuple[LiveServer, LiveServer], path: str, **fields: str) -> list[Answer]:
    """The same form, sent by several people to both processes at the same moment."""

    def send(number: int) -> Answer:
        return Visitor().send(servers[number % 2], path, **fields)

    with ThreadPoolExecutor(AT_ONCE) as people:
        return list(people.map(send, range(AT_ONCE)))


def test_of_several_who_use_a_link_at_once_one_sets_the_password(
    servers: tuple[LiveServer, LiveServer],
) -> None:
    with servers[0].app.app_context():
        with transaction():
            recovery.send_link(accounts.find("alice@example.org"), by=audit.VISITOR)
        path = link_in(mails(MailEvent.RESET_PASSWORD)[-1])
    answers = at_once(servers, path, new=NEW)
    assert sorted(answer.status for answer in answers) == [303] + [410] * (AT_ONCE - 1)
    with servers[0].app.app_context():
        assert len(mails(MailEvent.PASSWORD_CHANGED)) == 1


def test_who_registers_one_address_at_once_makes_one_account(
    servers: tuple[LiveServer, LiveServer],
) -> None:
    form = {"full_name": "Zoë Quill", "email": "zoe@example.org", "password": PASSWORD}
    answers = at_once(servers, "/register", **form)
    assert {answer.status for answer in answers} == {303}
    with servers[0].app.app_context():
        zoes = db.select(db.func.count(User.id)).where(User.email == "zoe@example.org")
        assert db.session.scalar(zoes) == 1
        assert len(mails(MailEvent.CONFIRM_ADDRESS)) == 1
        assert len(mails(MailEvent.ALREADY_REGISTERED)) == 1
