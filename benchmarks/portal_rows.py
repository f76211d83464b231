"""How long people wait for the portal: from stop to ready, and for uploads.

The portal acknowledges an upload when it is on disk. We measure a real gunicorn with its own
database and folder. Helpers of the tests build the rest.
"""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from acting import interviews
from factories import make_application, make_job, make_question, make_user, save
from flask import current_app
from interview_steps import begin_interview, start_answer
from servers import LiveServer, free_port, wait_until_answers
from sqlalchemy import select

from benchmarks import clips
from benchmarks.engine_rows import MODELS
from benchmarks.report_section import PROJECT
from capture import bench
from capture.film import joining
from capture.media.signature import identify_file
from capture.session import AnswerSource, CaptureSession
from portal import tus, upload_tokens
from portal.database import reading
from portal.extensions import db
from portal.interviews.finishing import prepare_results
from portal.models import Answer, AnswerState, InterviewSession, InterviewState

Progress = Callable[[str], None]

ANSWER_S = 60  # an interview of ten minutes has ten such answers
LAST_S = 6  # we record the last answer at its real speed
READY_WITHIN_S = 120
LOOK_EVERY_S = 0.02
AT_ONCE = 100
UPLOAD_ROUNDS = 9  # other guests of the machine's disk disturb single rounds
PIECES, PIECE_BYTES = 60, 128 * 1024  # a minute of each upload, a second at a time


@contextmanager
def live_server(folder: Path) -> Iterator[LiveServer]:
    server = LiveServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def ready_s(minutes: int, progress: Progress) -> Iterator[dict[str, float]]:
    """The time from the end of the last answer until a reviewer can open the interview."""
    with TemporaryDirectory() as name, live_server(Path(name)) as server:
        long = Prepared.of(clips.make("h264", ANSWER_S, Path(name)))
        last = clips.make("h264", LAST_S, Path(name))
        for number in range(bench.ROUNDS):
            progress(f"round {number + 1} of {bench.ROUNDS}")
            with server.app.app_context():
                yield {"s": _stop_to_ready(minutes, long, last)}


@dataclass(frozen=True)
class Prepared:
    """The files of an answer that we have already measured and normalised."""

    clip: Path
    observations: Path
    normalised: Path
    duration_ms: int

    @classmethod
    def of(cls, clip: Path) -> "Prepared":
        observations, normalised = (
            clip.with_suffix(".observations"),
            clip.with_suffix(".normalised.mp4"),
        )
        CaptureSession(AnswerSource(clip, identify_file(clip), observations), MODELS.senses).run()
        made = joining.normalise(clip, normalised, identify_file(clip))
        return cls(clip, observations, normalised, made.duration_ms)


def _stop_to_ready(minutes: int, long: Prepared, last: Path) -> float:
    job = make_job(questions=0)
    job.questions = [make_question(number) for number in range(1, minutes + 1)]
    interview = begin_interview(make_application(make_user(), save(job)), analyse=True)
    for number in range(1, minutes):
        _lay_down(interview, number, long)
    answer = start_answer(interview, minutes)
    data = last.read_bytes()
    _record(answer, data)
    stopped = time.perf_counter()
    interviews.complete_answer(answer, len(data), None)
    interviews.finish(interview)
    _wait_until_ready(interview, stopped)
    return time.perf_counter() - stopped


def _lay_down(interview: InterviewSession, number: int, long: Prepared) -> None:
    """Store an earlier answer, with everything that the server prepares after each answer."""
    # before the file exists, so that the server does not begin to measure it
    answer = start_answer(interview, number)
    answer.state, answer.length_bytes = AnswerState.READY, long.clip.stat().st_size
    answer.duration_ms = answer.measured_ms = long.duration_ms
    db.session.commit()
    recording = interviews.recording(interview)
    os.link(long.clip, recording.answer_path(number, 1, 1, "mp4"))
    os.link(long.observations, recording.observations_path(number, 1, 1))
    os.link(long.normalised, recording.normalised_path(number, 1, 1))
    prepare_results(current_app._get_current_object(), answer.id, threading.Event())  # type: ignore[attr-defined]


def _record(answer: Answer, data: bytes) -> None:
    """Upload a recording, a second at a time, while the server measures it."""
    step = -(-len(data) // LAST_S)
    for offset in range(0, len(data), step):
        time.sleep(1)
        interviews.receive(answer, offset, data[offset : offset + step], None)


def _wait_until_ready(interview: InterviewSession, since: float) -> None:
    """Poll the state. We end each transaction, because an open one blocks the server's writes."""
    interview_id, state = interview.id, interview.state
    own = InterviewSession.id == interview_id
    while state is not InterviewState.READY:
        if state is InterviewState.FAILED or time.perf_counter() - since > READY_WITHIN_S:
            raise RuntimeError(f"the interview is {state}")
        time.sleep(LOOK_EVERY_S)
        with reading():
            state = db.session.execute(select(InterviewSession.state).where(own)).scalar_one()


def tus_ratio(progress: Progress) -> Iterator[dict[str, float]]:
    """The speed of uploads to the portal, compared with the bare handler. They run in turns."""
    with (
        TemporaryDirectory() as name,
        live_server(Path(name)) as server,
        bare_server(Path(name)) as bare_port,
    ):
        folder = Path(name)
        data = clips.make("h264", LAST_S, folder).read_bytes()
        first = (data * (PIECE_BYTES // len(data) + 1))[:PIECE_BYTES]
        # the first round warms up: it opens connections and loads modules
        for number in range(-1, UPLOAD_ROUNDS):
            progress(f"round {number + 1} of {UPLOAD_ROUNDS}")
            portal = asyncio.run(_all_uploads(server.port, _portal_uploads(server), first))
            bare = asyncio.run(
                _all_uploads(bare_port, [(f"/{n}-{number}", "") for n in range(AT_ONCE)], first)
            )
            # before the next round, whose files would keep the disk busy
            for path in chain(folder.glob("bare/*"), folder.glob("live/interviews/*/answers/*")):
                path.unlink()
            if number >= 0:
                yield {"portal MB/s": portal, "bare MB/s": bare, "portal / bare": portal / bare}


def _portal_uploads(server: LiveServer) -> list[tuple[str, str]]:
    """The paths and tokens of new uploads that no process measures."""
    with server.app.app_context():
        job = make_job()
        answers = [
            start_answer(begin_interview(make_application(make_user(), job)))
            for _ in range(AT_ONCE)
        ]
        return [
            (f"/capture/uploads/{answer.id}", upload_tokens.make_upload_token(answer.id))
            for answer in answers
        ]


@contextmanager
def bare_server(folder: Path) -> Iterator[int]:
    """gunicorn with the same settings, but with the bare handler."""
    port = free_port()
    (folder / "bare").mkdir()
    environ = os.environ | {
        "PORT": str(port),
        "BARE_FOLDER": str(folder / "bare"),
        "PYTHONPATH": str(PROJECT),
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "benchmarks.bare:app"]
    with (folder / "bare.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=PROJECT, env=environ, stdout=log, stderr=log)
        try:
            wait_until_answers(f"http://127.0.0.1:{port}/")
            yield port
        finally:
            process.terminate()
            process.wait(30)  # longer than gunicorn waits for open connections


async def _all_uploads(port: int, uploads: list[tuple[str, str]], first: bytes) -> float:
    """The speed of all uploads together, in MB a second."""
    began = time.perf_counter()
    await asyncio.gather(*(_upload(port, path, token, first) for path, token in uploads))
    return len(uploads) * PIECES * PIECE_BYTES / 1e6 / (time.perf_counter() - began)


async def _upload(port: int, path: str, token: str, piece: bytes) -> None:
    """Upload like one recorder: one piece after the other on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(PIECES):
        writer.write(_head(path, token, number * PIECE_BYTES) + piece)
        answer = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n", 1)[0]
        if b" 204 " not in answer:
            raise RuntimeError(f"an upload was refused: {answer.decode()}")
    writer.close()
    await writer.wait_closed()


def _head(path: str, token: str, offset: int) -> bytes:
    lines = (
        f"PATCH {path} HTTP/1.1", "Host: 127.0.0.1", f"Tus-Resumable: {tus.VERSION}",
        f"Authorization: Bearer {token}", f"Upload-Offset: {offset}",
        "Content-Type: application/offset+octet-stream", f"Content-Length: {PIECE_BYTES}",
    )  # fmt: skip
    return "\r\n".join((*lines, "", "")).encode()
