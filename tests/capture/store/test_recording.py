"""The folder of one interview: names, writes that are whole or absent, and the log that survives
being killed.
"""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.errors import CaptureError, ClaimLost, Halted
from capture.store import telemetry
from capture.store.recording import ObservationLog, Recording, read_observations
from capture.types import Observation
from disk.atomic import GROUP_READS, atomic_write, write_json
from disk.hashing import note_hash, noted_hash, sha256

FULL = Observation(
    t_ms=200,
    count=1,
    box=(0.25, 0.1, 0.5, 0.6),
    yaw_deg=-3.5,
    blinks_ms=(120, 180),
    level_dbfs=-31.2,
    frozen=False,
)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    made = Recording(tmp_path / "interview")
    made.create()
    return made


def logged(path: Path, *observations: Observation) -> Path:
    with ObservationLog(path) as log:
        for observation in observations:
            log.append(observation)
    return path


def test_it_names_files_as_the_design_says(recording: Recording) -> None:
    paths = [
        recording.answer_path(1, 1, 1, "mp4"),
        recording.answer_path(1, 1, 2, "webm"),
        recording.observations_path(12, 3, 1),
        recording.normalised_path(2, 1, 2),
        recording.recording_path,
    ]
    names = [
        "answers/01-1.mp4",
        "answers/01-1-2.webm",
        "answers/12-3.observations",
        "answers/02-1-2.normalised.mp4",
    ]
    assert [path.relative_to(recording.folder).as_posix() for path in paths] == [
        *names,
        "recording.mp4",
    ]


@pytest.mark.parametrize("container", ["../mp4", "", "MP4", "mp4/.."])
def test_it_refuses_containers_that_are_not_names(recording: Recording, container: str) -> None:
    with pytest.raises(ValueError, match="container"):
        recording.answer_path(1, 1, 1, container)


def test_it_notices_changed_and_missing_files(recording: Recording) -> None:
    for name in ("recording.mp4", "telemetry.json", "answers/01-1.mp4"):
        (recording.folder / name).write_bytes(name.encode())
    assert set(recording.write_manifest()) == {
        "recording.mp4",
        "telemetry.json",
        "answers/01-1.mp4",
    }
    assert recording.verify_manifest() == []
    recording.recording_path.write_bytes(b"changed")
    recording.telemetry_path.unlink()
    assert recording.verify_manifest() == ["recording.mp4", "telemetry.json"]


def test_it_believes_a_noted_hash_of_a_file_that_did_not_change(recording: Recording) -> None:
    kept, changed = recording.answer_path(1, 1, 1, "mp4"), recording.answer_path(2, 1, 1, "mp4")
    for path in (kept, changed):
        path.write_bytes(b"video")
        note_hash(path)
    note = kept.with_name("01-1.mp4.sha256")
    note.write_text(note.read_text().replace(sha256(kept), "as noted"))
    changed.write_bytes(b"another video")
    assert recording.write_manifest() == {
        "answers/01-1.mp4": "as noted",
        "answers/02-1.mp4": sha256(changed),
    }


def test_the_servers_group_passes_through_and_reads_what_was_opened_to_it(tmp_path: Path) -> None:
    """As deploy/*.service set it up: UMask=0067, and a folder whose group is the one of nginx."""
    interviews = tmp_path / "interviews"
    interviews.mkdir()
    interviews.chmod(0o2710)
    before = os.umask(0o067)
    try:
        recording = Recording(interviews / "one")
        recording.create()
        with atomic_write(recording.recording_path, mode=GROUP_READS) as temporary:
            temporary.write_bytes(b"film")
        telemetry.write(recording.telemetry_path, {"version": 1})
        recording.page_events_path.write_text("{}")
        write_json(recording.manifest_path, {})
        with ObservationLog(recording.observations_path(1, 1, 1)) as log:
            log.append(FULL)
    finally:
        os.umask(before)

    modes = {
        path.relative_to(interviews).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in interviews.rglob("*")
    }
    opened = {"one/recording.mp4", "one/telemetry.json"}
    folders = {"one", "one/answers"}
    assert {name for name, mode in modes.items() if mode == 0o640} == opened
    assert {name for name, mode in modes.items() if mode == 0o2710} == folders
    assert all(mode == 0o600 for name, mode in modes.items() if name not in opened | folders)


def test_what_cannot_be_hashed_says_why(recording: Recording) -> None:
    with pytest.raises(FileNotFoundError, match=r"recording\.mp4"):
        note_hash(recording.recording_path)
    recording.recording_path.mkdir()
    with pytest.raises(IsADirectoryError, match=r"recording\.mp4"):
        note_hash(recording.recording_path)


def test_a_hash_that_nobody_wants_any_more_is_computed_no_further(recording: Recording) -> None:
    """The file has no end that anybody would wait for."""
    with recording.recording_path.open("wb") as file:
        file.truncate(1 << 40)
    asked = count(1)

    def check() -> None:
        if next(asked) == 3:
            raise Halted("enough")

    for hashing in (note_hash, sha256):
        with pytest.raises(Halted):
            hashing(recording.recording_path, check)
        asked = count(1)
    assert noted_hash(recording.recording_path) is None


def test_a_hash_is_noted_where_no_process_can_be_started(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "")
    recording.recording_path.write_bytes(b"video")
    note_hash(recording.recording_path)
    assert noted_hash(recording.recording_path) == sha256(recording.recording_path)


@pytest.mark.parametrize("torn", ["", "{", "{}", "[]", '{"sha256": "1", "stamp": 5}'])
def test_it_does_not_believe_a_torn_note(recording: Recording, torn: str) -> None:
    path = recording.answer_path(1, 1, 1, "mp4")
    path.write_bytes(b"video")
    path.with_name("01-1.mp4.sha256").write_text(torn)
    assert recording.write_manifest() == {"answers/01-1.mp4": sha256(path)}


def test_one_at_a_time_holds_the_film(recording: Recording) -> None:
    with recording.film_locked(wait_s=0) as first, recording.film_locked(wait_s=0.05) as second:
        assert (first, second) == (True, False)
    with recording.film_locked(wait_s=0) as third:
        assert third


def test_it_says_when_there_is_no_manifest(recording: Recording) -> None:
    with pytest.raises(CaptureError, match="manifest"):
        recording.verify_manifest()


def test_it_deletes_one_take_and_no_other(recording: Recording) -> None:
    kept = [recording.answer_path(1, 2, 1, "mp4"), recording.answer_path(11, 1, 1, "mp4")]
    gone = [recording.answer_path(1, 1, 1, "mp4"), recording.answer_path(1, 1, 2, "mp4")]
    gone += [recording.observations_path(1, 1, 1), recording.normalised_path(1, 1, 1)]
    for path in [*kept, *gone]:
        path.touch()
    recording.delete_take(1, 1)
    assert sorted(recording.answers.iterdir()) == sorted(kept)


def test_it_deletes_what_only_mattered_on_the_way(recording: Recording) -> None:
    recording.normalised_path(1, 1, 1).touch()
    (recording.folder / ".recording.mp4.abc.part").touch()
    recording.answer_path(1, 1, 1, "mp4").touch()
    left_by_a_killed_process = recording.folder / "tmpabc.part"
    left_by_a_killed_process.mkdir()
    (left_by_a_killed_process / "0.mp4").touch()
    assert [path.name for path in recording.files()] == ["01-1.mp4"]
    recording.delete_temporary()
    assert [path.name for path in recording.folder.rglob("*") if path.is_file()] == ["01-1.mp4"]


def test_it_deletes_everything_and_does_not_mind_twice(recording: Recording) -> None:
    recording.delete()
    recording.delete()
    assert not recording.folder.exists()


def test_it_reads_observations_as_they_were_made(tmp_path: Path) -> None:
    path = logged(tmp_path / "01-1.observations", FULL, Observation(400))
    assert read_observations(path) == [FULL, Observation(400)]
    assert read_observations(tmp_path / "none") == []


@given(st.integers(0, 400))
def test_it_survives_a_log_cut_anywhere(
    tmp_path_factory: pytest.TempPathFactory, kept_bytes: int
) -> None:
    path = logged(
        tmp_path_factory.mktemp("log") / "a",
        *(Observation(t_ms, count=1) for t_ms in range(0, 2000, 200)),
    )
    data = path.read_bytes()[:kept_bytes]
    path.write_bytes(data)
    whole = data.count(b"\n")
    assert [seen.t_ms for seen in read_observations(path)] == list(range(0, 200 * whole, 200))
    with ObservationLog(path) as log:
        assert log.last_t_ms == (200 * (whole - 1) if whole else None)
        log.append(Observation(9000))
    assert [seen.t_ms for seen in read_observations(path)] == [*range(0, 200 * whole, 200), 9000]


def test_it_drops_what_a_power_cut_left_behind(tmp_path: Path) -> None:
    path = logged(tmp_path / "a", Observation(0), Observation(200))
    path.write_bytes(path.read_bytes() + b"\0" * 50 + b"\n")
    with ObservationLog(path) as log:
        assert log.last_t_ms == 200
        log.append(Observation(400))
    assert [seen.t_ms for seen in read_observations(path)] == [0, 200, 400]


def test_it_keeps_one_observation_for_each_moment(tmp_path: Path) -> None:
    path = logged(
        tmp_path / "a", Observation(200, count=1), Observation(0), Observation(200, count=2)
    )
    assert read_observations(path) == [Observation(0), Observation(200, count=1)]


def test_it_lets_one_process_write_a_log_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a"
    other = (
        "import pathlib, sys; from capture.store.recording import ObservationLog; "
        "ObservationLog(pathlib.Path(sys.argv[1]))"
    )
    with ObservationLog(path):
        with pytest.raises(ClaimLost):
            ObservationLog(path)
        attempt = subprocess.run(
            [sys.executable, "-c", other, path], capture_output=True, text=True, check=False
        )
        assert "ClaimLost" in attempt.stderr
    ObservationLog(path).close()


def test_who_takes_a_log_over_loses_nothing_and_hears_nothing_more_of_the_sleeper(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a"
    with ObservationLog(path) as sleeper:
        sleeper.append(Observation(0))
        sleeper.flush()
        with ObservationLog(path, takes_over=True) as successor:
            assert (successor.last_t_ms, sleeper.is_displaced(), successor.is_displaced()) == (
                0,
                True,
                False,
            )
            successor.append(Observation(200))
            sleeper.append(Observation(200, count=1))
    assert path.read_bytes().count(b"\n") == 2
    assert read_observations(path) == [Observation(0), Observation(200)]


def test_a_log_that_was_taken_over_is_still_held_by_one(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with ObservationLog(path), ObservationLog(path, takes_over=True), pytest.raises(ClaimLost):
        ObservationLog(path)


def test_it_keeps_flushed_observations_when_the_writer_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, sys, pathlib; from capture.store.recording import ObservationLog\n"
        "from capture.types import Observation\n"
        "log = ObservationLog(pathlib.Path(sys.argv[1])); log.append(Observation(0)); log.flush()\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path / "a"], check=False)
    assert read_observations(tmp_path / "a") == [Observation(0)]


def test_what_two_delete_at_once_is_gone_and_disturbs_neither(tmp_path: Path) -> None:
    for number in range(20):
        folder = tmp_path / str(number)
        Recording(folder).create()
        for name in range(50):
            (folder / "answers" / str(name)).touch()
        start = Barrier(4)

        def delete(folder: Path = folder, start: Barrier = start) -> None:
            start.wait()
            Recording(folder).delete()

        with ThreadPoolExecutor(4) as pool:
            deletions = [pool.submit(delete) for _ in range(4)]
        assert [deletion.exception() for deletion in deletions] == [None] * 4
    assert list(tmp_path.iterdir()) == []
