"""Whether the time of an answer tells that an address has an account: 200 known and 200 unknown.

Starts its own portal and asks it over HTTP, known and unknown addresses in turns, for each form
that meets an address. A rank test (Mann-Whitney U) says whether the two sets of times differ.
"""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from factories import PASSWORD, make_user
from papers import form as whole_form
from servers import LiveServer
from visiting import MADE, TOKEN, Answer, Visitor

from portal.extensions import db
from portal.forms.robot_defence import SOONEST_MS
from portal.models import ThrottleHit

EACH = 200
Z_95 = 1.96  # a normal variable is beyond this in one of twenty cases
Ask = Callable[[str], Answer]


def main() -> None:
    print("| form | known, median ms | unknown, median ms | z | differ at 95 % |")
    print("| --- | --- | --- | --- | --- |")
    told = []
    with portal() as server:
        for name, ask in forms(server):
            known, unknown = measure(server, name, ask)
            z = rank_test(known, unknown)
            tells = abs(z) > Z_95
            medians = " | ".join(f"{np.median(times):.1f}" for times in (known, unknown))
            print(f"| {name} | {medians} | {z:+.2f} | {'yes' if tells else 'no'} |", flush=True)
            told += [name] if tells else []
    sys.exit(f"the time tells: {', '.join(told)}" if told else 0)


@contextmanager
def portal() -> Iterator[LiveServer]:
    with TemporaryDirectory() as folder:
        server = LiveServer(Path(folder), CAPTURE_WORKERS="0")
        server.start()
        try:
            yield server
        finally:
            server.stop()


def forms(server: LiveServer) -> Iterator[tuple[str, Ask]]:
    """Each form, and how to send it with an address."""
    new = {"full_name": "Zoë Quill", "password": PASSWORD}
    yield "register", sender(Visitor(server.url), "/register", **new)
    yield (
        "register (API)",
        lambda email: Visitor(server.url).send_json("/api/auth/register", email=email, **new),
    )
    yield "forgotten password", sender(Visitor(server.url), "/forgot")
    alice = Visitor(server.url).sign_in("alice@example.org")
    yield "another address", sender(alice, "/account/address", "new_email", password=PASSWORD)


def sender(visitor: Visitor, path: str, field: str = "email", **fields: str) -> Ask:
    page = visitor.get(path).text
    token, made = TOKEN.search(page), MADE.search(page)
    assert token
    hidden = {"csrf_token": token[1]} | ({"made_at": made[1]} if made else {})
    time.sleep(SOONEST_MS / 1000)

    def send(email: str) -> Answer:
        sent = whole_form(**hidden | fields | {field: email})
        headers = {"Content_Type": sent["content_type"], "Referer": visitor.url + path}
        return visitor.ask(path, "POST", sent["data"], **headers)

    return send


def measure(
    server: LiveServer, name: str, ask: Ask
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The times of both kinds of address, in milliseconds."""
    word = name.split()[-1].strip("()").lower()
    known = [f"known-{word}-{number}@example.org" for number in range(EACH)]
    with server.app.app_context():
        for email in known:
            make_user(email)
    times: tuple[list[float], list[float]] = ([], [])
    for number, email in enumerate(known):
        if number % 2 == 0:
            forget_tries(server)
        for which, address in enumerate((email, email.replace("known", "unknown"))):
            began = time.perf_counter()
            answer = ask(address)
            times[which].append((time.perf_counter() - began) * 1000)
            assert answer.status in {202, 303}, answer.text
    return np.array(times[0]), np.array(times[1])


def forget_tries(server: LiveServer) -> None:
    """Otherwise the limits would end the measurement."""
    with server.app.app_context():
        db.session.execute(db.delete(ThrottleHit))
        db.session.commit()


def rank_test(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float:
    """Mann-Whitney's U as a standard normal variable. No two times are equal to the nanosecond."""
    ranks = np.argsort(np.argsort(np.concatenate([first, second]))) + 1
    n, m = len(first), len(second)
    u = ranks[:n].sum() - n * (n + 1) / 2
    return float((u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12))


if __name__ == "__main__":
    main()
