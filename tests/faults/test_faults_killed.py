"""Processes that are killed, fall asleep or are killed by what they measure: nothing acknowledged
is lost.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from candidates import Clip
from senses_support import MODELS, film_sitter, source_of
from torture import Killer, check_whole, written
from torture_site import FINISHING, Site
from visiting import Visitor

from capture.session import CaptureSession
from capture.store.recording import read_observations

# The processes of `sqlite` are caught by what stands in the file.
pytestmark = [pytest.mark.sqlite, pytest.mark.server]

KILLS = 200
AT_ONCE = 6  # interviews under way while processes are killed
ASLEEP_AT = FINISHING[:-1]  # behind the last file there is only one short transaction
LEASE_S = 3.0  # short forms only; the long one runs with the real leases


def clip_of(path: Path, seconds: float, codec: str) -> Clip:
    """A clip, and when an undisturbed session samples it."""
    film_sitter(path, seconds, size=(320, 240) if codec == "vp8" else (640, 480), codec=codec)
    duration_ms = CaptureSession(source_of(path), MODELS.senses).run().duration_ms
    seen = read_observations(source_of(path).observations_path)
    return Clip(path.suffix[1:], path.read_bytes(), duration_ms, tuple(row.t_ms for row in seen))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    folder = tmp_path_factory.mktemp("clips")
    return [clip_of(folder / "a.mp4", 5.0, "h264"), clip_of(folder / "b.webm", 4.0, "vp8")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Shared: whatever a test ends here, it starts again."""
    site = Site(tmp_path_factory.mktemp("site"), LEASE_S)
    yield site
    site.close()


def meet(killer: Killer, point: str, clips: list[Clip]) -> None:
    """Kill who measures at that point of a new interview; a busy machine may pass it unseen, so of
    one of a few.
    """
    assert any(killer.kill_worker_at(point, killer.site.invite(clips)) for _ in range(5))


@pytest.mark.long
def test_processes_killed_at_named_points_lose_nothing(
    site: Site, clips: list[Clip], capsys: pytest.CaptureFixture[str]
) -> None:
    killer, earlier = Killer(site, Random(1)), len(site.candidates)
    site.invite(clips[:1])
    killer.kill_server_while_receiving()
    meet(killer, "measuring", clips[:1])
    killer.kill_one_of_the_server()
    meet(killer, "normalising", clips[1:])
    killer.kill_server()
    meet(killer, "telemetry written", clips[:1])
    site.wait_until_ready()

    for candidate in site.candidates[earlier:]:
        check_whole(site, candidate)
    assert killer.kills.total() == 6
    with capsys.disabled():
        print(f"\n{killer.summary()}")


@pytest.mark.torture
def test_two_hundred_kills_lose_nothing(
    tmp_path: Path, clips: list[Clip], capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Site(tmp_path)) as site:
        killer = Killer(site, Random(2026))
        while killer.kills.total() < KILLS:
            while len(site.under_way()) < AT_ONCE:
                site.invite(killer.random.sample(clips, 2))
            killer.strike()
        site.wait_until_ready()
        for candidate in site.candidates:
            check_whole(site, candidate)
    with capsys.disabled():
        print(f"\n{killer.summary()}")


@pytest.mark.long
@pytest.mark.parametrize(
    "point", ["measuring", *(pytest.param(name, marks=pytest.mark.torture) for name in ASLEEP_AT)]
)
def test_a_worker_that_slept_past_its_lease_writes_nothing_more(
    site: Site, clips: list[Clip], point: str
) -> None:
    candidate = site.invite(clips[:1])
    site.put_worker_to_sleep_at(point, candidate)
    with site.another_worker():
        site.wait_until_ready()
        before = written(candidate.folder)
        site.worker.wake()
        site.wait_until_idle(workers=2)

    assert written(candidate.folder) == before
    check_whole(site, candidate)


@pytest.mark.long
def test_two_workers_do_everything_of_one_interview_once(site: Site, clips: list[Clip]) -> None:
    with site.another_worker():
        candidate = site.invite(clips)
        site.wait_until_ready()
    answers = site.ask(
        "SELECT fence FROM answers WHERE interview_id = ?", candidate.interview_id.hex
    )

    assert answers == [(1,), (1,)]
    assert site.ask(
        "SELECT fence FROM interview_sessions WHERE id = ?", candidate.interview_id.hex
    ) == [(1,)]
    check_whole(site, candidate)


@pytest.mark.long
@pytest.mark.parametrize("tries_before", [5, pytest.param(0, marks=pytest.mark.torture)])
def test_what_ends_every_process_is_given_up_and_may_be_tried_again(
    site: Site, clips: list[Clip], tries_before: int
) -> None:
    site.worker.stop()
    killer, poison = Killer(site, Random(2)), site.invite(clips[:1])
    poison.join()
    site.have_been_tried(poison, tries_before)
    other = site.invite(clips[1:])
    site.worker.start()
    killer.kill_whoever_measures(poison)
    site.wait_until_ready()
    check_whole(site, other)
    ada = Visitor(site.server.url).sign_in("ada@example.org")
    page = f"/admin/sessions/{poison.interview_id}"

    assert killer.kills.total() >= 6 - tries_before
    assert "Given up after several tries that ended without a result." in ada.get(page).text
    assert ada.send(f"{page}/retry", page=page).status == 303
    site.wait_until_ready()
    check_whole(site, poison)


@pytest.mark.long
def test_of_fifty_finishes_at_once_one_counts_and_all_get_the_same_answer(
    site: Site, clips: list[Clip]
) -> None:
    site.worker.stop()
    candidate = site.invite(clips[:1], finishes=False)
    candidate.join()
    site.count_transitions()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: candidate.post("/finish"), range(50)))
    site.worker.start()
    site.wait_until_ready()

    assert candidate.faults == 0
    assert {(answer.status, answer.headers["Location"]) for answer in answers} == {
        (303, f"{candidate.room}/receipt")
    }
    assert site.ask("SELECT was, became FROM transitions") == [
        ("recording", "finishing"),
        ("finishing", "ready"),
    ]
    check_whole(site, candidate)
