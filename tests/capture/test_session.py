"""One answer measured for real: whole, while it grows, after a crash, and after it was taken
away.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import pytest
from senses_support import MODELS, film_sitter, source_of

from capture.errors import ClaimLost, ModelMissing, UnusableMedia
from capture.media.container import Media
from capture.session import AnswerSource, CaptureSession, Models, SessionState
from capture.store.recording import read_observations
from capture.types import Observation

pytestmark = pytest.mark.film

SECONDS = 6


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film_sitter(tmp_path_factory.mktemp("session") / "answer.mp4", SECONDS)


@pytest.fixture(scope="module")
def whole(clip: Path) -> list[Observation]:
    """What an undisturbed session sees."""
    CaptureSession(source_of(clip), MODELS.senses).run()
    return read_observations(source_of(clip).observations_path)


@pytest.fixture
def upload(clip: Path, tmp_path: Path) -> "Upload":
    return Upload(clip.read_bytes(), tmp_path / "arriving.mp4")


@dataclass
class Upload:
    """A file that arrives piece by piece."""

    content: bytes
    path: Path
    is_complete: threading.Event = field(default_factory=threading.Event)

    def receive(self, share: float) -> None:
        have = self.path.stat().st_size if self.path.exists() else 0
        with self.path.open("ab") as file:
            file.write(self.content[have : round(len(self.content) * share)])

    def source(self, **values: object) -> AnswerSource:
        source = AnswerSource(
            self.path, "mp4", self.path.with_suffix(".observations"), self.is_complete.is_set
        )
        return AnswerSource(**{**source.__dict__, "heartbeat_s": 0.05, **values})  # type: ignore[arg-type]


def seen_at(rows: list[Observation]) -> list[tuple[int, int | None]]:
    return [(row.t_ms, row.count) for row in rows]


def wait_for(condition: "threading.Event") -> None:
    assert condition.wait(20)


def moments(session: CaptureSession) -> Iterator[int]:
    """How far a session came, again and again, for a while."""
    until_s = time.monotonic() + 20
    while time.monotonic() < until_s:
        yield session.status().measured_ms
        time.sleep(0.05)


def test_it_sees_five_complete_rows_a_second(whole: list[Observation]) -> None:
    assert len(whole) == SECONDS * 5
    assert all(0 <= row.t_ms - number * 200 < 60 for number, row in enumerate(whole))
    assert {row.count for row in whole} == {1}
    for name in (
        "box",
        "yaw_deg",
        "gaze_x",
        "openness",
        "mouth_open",
        "brightness",
        "sharpness",
        "face_px",
        "frozen",
    ):
        assert all(getattr(row, name) is not None for row in whole), name
    assert all(row.level_dbfs is not None and row.speech is not None for row in whole[1:])


def test_it_measures_a_file_while_it_grows(upload: Upload, whole: list[Observation]) -> None:
    upload.receive(0.5)
    session = CaptureSession(upload.source(), MODELS.senses)
    session.start()
    assert any(measured_ms > 600 for measured_ms in moments(session))
    assert not upload.is_complete.is_set()
    upload.receive(1.0)
    upload.is_complete.set()
    assert any(session.status().state is SessionState.DONE for _ in moments(session))
    assert read_observations(upload.source().observations_path) == whole


def test_stopping_keeps_what_was_seen_and_may_be_repeated(upload: Upload) -> None:
    upload.receive(0.8)  # a row waits for the sound behind it
    session = CaptureSession(upload.source(), MODELS.senses)
    session.start()
    assert any(measured_ms > 1_000 for measured_ms in moments(session))
    result = session.stop(timeout_s=10)
    assert result is not None
    assert not result.is_whole
    assert session.stop(timeout_s=10) is result
    assert session.status().state is SessionState.STOPPED
    assert len(read_observations(upload.source().observations_path)) > 5


def wait_until_done(session: CaptureSession) -> bool:
    return any(
        session.status().state in {SessionState.DONE, SessionState.FAILED} for _ in moments(session)
    )


def test_interrupted_work_is_taken_up_where_it_ended(
    upload: Upload, whole: list[Observation]
) -> None:
    upload.receive(1.0)
    upload.is_complete.set()
    stop = threading.Event()

    def dies(measured_ms: int) -> bool:
        if measured_ms > 2_000:
            stop.set()
        return True

    first = CaptureSession(
        upload.source(heartbeat=dies, heartbeat_s=0.0), MODELS.senses, stop
    ).run()
    path = upload.source().observations_path
    path.write_bytes(path.read_bytes()[:-30])  # killed in the middle of a line
    assert 5 < len(read_observations(path)) < len(whole) / 2
    second = CaptureSession(upload.source(), MODELS.senses).run()
    assert (first.is_whole, second.is_whole) == (False, True)
    assert seen_at(read_observations(path)) == seen_at(whole)


def test_it_hears_that_it_shall_end_while_it_decodes_what_was_measured_already(
    clip: Path, tmp_path: Path
) -> None:
    """In a file that is read in any order nobody waits for bytes; taking up an hour decodes for a
    minute.
    """
    plain = tmp_path / "plain.mp4"
    with av.open(clip) as source, av.open(plain, "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    CaptureSession(source_of(plain), MODELS.senses).run()
    beats: list[int] = []

    def beat(measured_ms: int) -> bool:
        beats.append(measured_ms)
        return True

    again = source_of(plain, heartbeat=beat, heartbeat_s=0.0)
    CaptureSession(again, MODELS.senses).run()
    with Media(plain, "mp4") as media:
        assert len(beats) > sum(1 for _ in media.packets())


def test_a_lost_claim_ends_the_work_and_writes_nothing_more(upload: Upload) -> None:
    upload.receive(1.0)
    upload.is_complete.set()
    beats = iter([True, True, False])
    source = upload.source(heartbeat=lambda _measured_ms: next(beats), heartbeat_s=0.0)
    session = CaptureSession(source, MODELS.senses)
    with pytest.raises(ClaimLost):
        session.run()
    assert session.status().state is SessionState.FAILED
    assert len(read_observations(source.observations_path)) < 3


def test_it_keeps_its_claim_while_it_waits_for_bytes(upload: Upload) -> None:
    upload.receive(0.0)
    beats = threading.Semaphore(0)

    def beat(_measured_ms: int) -> bool:
        beats.release()
        return True

    session = CaptureSession(upload.source(heartbeat=beat), MODELS.senses)
    session.start()
    assert all(beats.acquire(timeout=20) for _ in range(3))
    result = session.stop(timeout_s=10)
    assert result is not None
    assert result.measured_ms == 0


def test_a_fault_while_it_waits_for_bytes_is_raised(upload: Upload) -> None:
    upload.receive(0.5)

    def fails(measured_ms: int) -> bool:
        if measured_ms > 500:
            raise RuntimeError("the database is away")
        return True

    with pytest.raises(RuntimeError, match="the database is away"):
        CaptureSession(upload.source(heartbeat=fails, heartbeat_s=0.0), MODELS.senses).run()


def test_two_sessions_never_write_one_answer(upload: Upload) -> None:
    upload.receive(0.5)
    first = CaptureSession(upload.source(), MODELS.senses)
    first.start()
    assert any(measured_ms > 0 for measured_ms in moments(first))
    with pytest.raises(ClaimLost):
        CaptureSession(upload.source(), MODELS.senses).run()
    first.stop(timeout_s=10)


def test_a_session_whose_answer_was_taken_over_ends_without_a_result(
    upload: Upload, whole: list[Observation]
) -> None:
    upload.receive(0.5)
    sleeper = CaptureSession(upload.source(), MODELS.senses)
    sleeper.start()
    assert any(measured_ms > 0 for measured_ms in moments(sleeper))
    successor = CaptureSession(upload.source(takes_over=True), MODELS.senses)
    successor.start()
    assert any(measured_ms > 0 for measured_ms in moments(successor))
    upload.receive(1.0)
    upload.is_complete.set()
    results = [
        session.stop(timeout_s=20) for session in (sleeper, successor) if wait_until_done(session)
    ]

    assert [result and result.is_whole for result in results] == [None, True]
    assert seen_at(read_observations(upload.source().observations_path)) == seen_at(whole)


def test_a_cut_file_is_measured_as_far_as_it_goes(upload: Upload, whole: list[Observation]) -> None:
    upload.receive(0.6)
    upload.is_complete.set()
    result = CaptureSession(upload.source(), MODELS.senses).run()
    rows = read_observations(upload.source().observations_path)
    assert result.is_whole
    assert len(whole) / 3 < len(rows) < len(whole)
    assert seen_at(rows) == seen_at(whole[: len(rows)])


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "answer.mp4"
    text.write_text("not a video\n" * 100)
    with pytest.raises(UnusableMedia):
        CaptureSession(AnswerSource(text, "mp4", tmp_path / "observations"), MODELS.senses).run()


def test_a_missing_model_is_named(clip: Path, tmp_path: Path) -> None:
    nowhere = Models(tmp_path / "face.task", tmp_path / "crowd.onnx")
    with pytest.raises(ModelMissing, match=r"crowd\.onnx"):
        CaptureSession(source_of(clip, observations_path=tmp_path / "o"), nowhere.senses).run()
