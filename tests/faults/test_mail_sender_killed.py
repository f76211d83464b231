"""The process that sends mails is killed at more than 50 points: no mail is missing, and none comes
twice, except where the server's answer was lost.
"""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from killing_server import ANSWER_LOST, POINTS, KillingServer
from mail_servers import NAME, make_certificate
from posting import SENDER, confirm_address, fresh, let_pass, write_mail
from servers import LiveServer
from workers import LiveWorker

from portal.config import PROJECT_FOLDER
from portal.database import reading, transaction
from portal.extensions import db
from portal.mail.sending import SUSPECTED_PAUSE
from portal.models import Mail, MailEvent, MailState, MailText, User

# The processes of `sqlite` are caught by what stands in the file.
pytestmark = [pytest.mark.sqlite, pytest.mark.server, pytest.mark.long]

WITHIN_S = 30.0
ALONE = ("at the start", "claimed", "committed")  # points that the server does not see


class Post:
    """A portal that only sends mails, a server for them, and a way to start and kill senders."""

    def __init__(self, folder: Path) -> None:
        path, context = make_certificate(folder)
        self.server = KillingServer(context, folder / "live" / "portal.db")
        url = f"smtp://{NAME}:word@localhost:{self.server.port}?ca={path}"
        self.site = LiveServer(folder, MAIL_URL=url, MAIL_FROM=SENDER)
        support = PROJECT_FOLDER / "tests" / "support"
        self._forker = subprocess.Popen(
            [sys.executable, str(support / "mail_forker.py")], cwd=PROJECT_FOLDER,
            env=os.environ | self.site.environ | {"PYTHONPATH": str(PROJECT_FOLDER)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def close(self) -> None:
        os.killpg(self._forker.pid, signal.SIGKILL)
        self._forker.communicate()
        self.server.close()

    def start_sender(self) -> int:
        assert self._forker.stdin
        assert self._forker.stdout
        self._forker.stdin.write("\n")
        self._forker.stdin.flush()
        return int(self._forker.stdout.readline())

    def send_once(self, mail_id: uuid.UUID) -> None:
        """By a process that nobody disturbs."""
        sender = self.start_sender()
        wait_until(lambda: has_gone(mail_id))
        kill(sender)

    def kill_sender_at(self, point: str | int, mail_id: uuid.UUID) -> None:
        if point not in ALONE:
            found: list[int] = []
            self.server.kill_at(point, lambda: kill(wait_for_first(found)))
            found.append(self.start_sender())
            assert self.server.killed.wait(WITHIN_S), point
            self.server.kill_at(None, lambda: None)
            return
        sender = self.start_sender()
        if point == "claimed":
            wait_until(lambda: is_claimed(mail_id))
        if point == "committed":
            wait_until(lambda: has_gone(mail_id))
        kill(sender)


def wait_for_first(found: list[int]) -> int:
    wait_until(lambda: bool(found))
    return found[0]


def kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{process}").exists())


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def has_gone(mail_id: uuid.UUID) -> bool:
    return bool(as_it_stands(Mail.state, mail_id) is MailState.SENT)


def is_claimed(mail_id: uuid.UUID) -> bool:
    return bool(as_it_stands(Mail.fence, mail_id))


def as_it_stands(column: Any, mail_id: uuid.UUID) -> Any:
    """Without the lock for which the sender would wait."""
    with reading():
        return db.session.scalar(db.select(column).where(Mail.id == mail_id))


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    post = Post(tmp_path)
    with post.site.app.app_context():
        alice = db.session.scalars(db.select(User).where(User.email == "alice@example.org")).one()
        confirm_address(alice)
        with transaction():  # a long mail: its body takes a while on the way
            long = "Your application for {job} is in.\n\n" + "\n\n".join(["ñandú " * 400] * 5)
            db.session.add(
                MailText(event=MailEvent.APPLIED, language="en", version=1,
                         subject="In, {name}", body=long)
            )  # fmt: skip
        yield post
        db.session.remove()
        db.engine.dispose()
    post.close()


def written_mail() -> uuid.UUID:
    alice = db.session.scalars(db.select(User).where(User.email == "alice@example.org")).one()
    mail_id: uuid.UUID = write_mail(alice).id
    db.session.rollback()
    return mail_id


def test_a_sender_killed_at_fifty_points_loses_and_doubles_nothing(
    post: Post, capsys: pytest.CaptureFixture[str]
) -> None:
    points = (*ALONE, *POINTS)
    assert len(points) >= 50
    doubled = []
    for point in points:
        mail_id = written_mail()
        count = partial(times_taken, post, mail_id)
        post.kill_sender_at(point, mail_id)
        if isinstance(point, int):
            assert count() == 0, f"byte {point} was too near to the end"
        db.session.rollback()
        let_pass(fresh(mail_id), SUSPECTED_PAUSE)  # the lease of the killed process runs out
        post.send_once(mail_id)
        assert count() == 1 or (point in ANSWER_LOST and count() == 2), point
        doubled += [point] if count() == 2 else []
        assert fresh(mail_id).attempts == 0
    with capsys.disabled():
        print(f"\n{len(points)} kills; none missing; twice: {', '.join(map(str, doubled))}")


def times_taken(post: Post, mail_id: uuid.UUID) -> int:
    return sum(f"<{mail_id}@" in taken for taken in post.server.taken)


def test_a_worker_takes_over_from_one_that_was_killed(post: Post) -> None:
    mail_id = written_mail()
    worker = LiveWorker(post.site, name="first", lease_s=3.0)
    post.server.kill_at("RCPT received", worker.kill)
    worker.start()
    assert post.server.killed.wait(WITHIN_S)
    post.server.kill_at(None, lambda: None)
    other = LiveWorker(post.site, name="second", lease_s=3.0)
    other.start()
    wait_until(lambda: has_gone(mail_id))
    assert other.stop() == 0

    assert times_taken(post, mail_id) == 1
