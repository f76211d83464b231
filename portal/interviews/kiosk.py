"""Answers recorded by this machine's own camera and microphone: what a page may ask of the station
that owns them.

Who may is decided here, by rows: the page that has the seat of an interview that is being recorded.
What the station does is in `capture.device.station`, and it goes on whatever becomes of the process
that asked.
"""

import logging
import signal
import threading
import uuid
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, g
from sqlalchemy.exc import SQLAlchemyError

from capture.device import client as device_client
from capture.device.client import StationAway, StationRefused
from capture.errors import StillWriting
from portal.extensions import db
from portal.interviews import disk_space, receiving
from portal.interviews.eligibility import may_record, refuse_other_tabs, refuse_unless_seated
from portal.interviews.errors import InterviewError
from portal.interviews.paths import answer_path, config
from portal.models import Answer, InterviewSession

if TYPE_CHECKING:
    from capture.device.station import Station

log = logging.getLogger(__name__)

KIOSK_CONTAINER = "mp4"  # what the station writes
LOOK_EVERY_S = 1.0  # for withdrawn interviews, whose recording must stop within seconds
OVERRUN_MS = 500  # the page ends an answer when its time is up; this is for pages that do not

ASK_THE_TEAM = "Please ask the team for help. What was recorded is kept."


@dataclass(frozen=True)
class Losses:
    """What a recorder that was too slow lost of an answer."""

    pictures_dropped: int
    sound_lost_ms: int


class DevicesUnusable(InterviewError):
    """This machine's camera or microphone cannot be used now."""

    @property
    def is_away(self) -> bool:
        return isinstance(self.__cause__, StationAway)


class StationSlow(DevicesUnusable):
    """The station did not answer in time, so it is unknown whether it did what was asked. Pages ask
    again.
    """

    status = HTTPStatus.SERVICE_UNAVAILABLE


class NoDevicesHere(InterviewError):
    """This portal records in the browser, not with devices of its own."""


class NotAtTheMachine(InterviewError):
    """The request comes from another machine, whose user would see and hear a stranger."""

    status = HTTPStatus.FORBIDDEN


def refuse_visitors(is_at_the_machine: bool) -> None:
    """Nobody else's camera: what this machine sees is for who sits at it. Raises NoDevicesHere,
    NotAtTheMachine.
    """
    if not config().records_itself:
        raise NoDevicesHere("This portal records with the camera of your own browser.")
    if not is_at_the_machine:
        raise NotAtTheMachine(
            "This interview is recorded at a machine of the hiring team, with its camera. It can"
            " only be opened there."
        )


def hold_devices(interview: InterviewSession, tab: str) -> dict[str, Any]:
    """Open camera and microphone for this page, and return their status."""
    refuse_unless_seated(interview, tab)
    return _ask("hold", interview, tab=tab)


def look_at_devices(interview: InterviewSession, tab: str) -> dict[str, Any]:
    """How devices and recording stand; asking keeps them. `is_held` is False where they are not
    this page's.
    """
    refuse_unless_seated(interview, tab)
    try:
        return {"is_held": True} | _ask("status", interview, tab=tab)
    except StationSlow:
        raise  # it may be recording
    except DevicesUnusable as error:
        return {"is_held": False, "why": error.message, "recording": None}


def preview(interview: InterviewSession, tab: str) -> Generator[bytes]:
    """The camera's picture, as JPEGs, for as long as this page has it; refusals come before the
    first of them.
    """
    refuse_unless_seated(interview, tab)
    pictures = device_client.preview(config().station_socket, interview=str(interview.id), tab=tab)
    try:
        next(pictures)
    except (StationAway, StationRefused) as error:
        raise _explained(error) from error
    return pictures


def record_here(answer: Answer, tab: str) -> dict[str, Any]:
    """Let the station record an answer that was started. Where it cannot, the answer was never
    there.

    A station that is slow may still begin: then the answer stays, and asking again finds it.
    """
    limits = {
        "most_ms": answer.limit_ms + OVERRUN_MS,
        "most_bytes": receiving.most_bytes(answer.limit_ms),
        "least_free_bytes": config().disk_floor_bytes // disk_space.RUNNING_SHARE,
    }
    path = str(answer_path(answer).resolve())
    try:
        return _ask(
            "start", answer.interview, tab=tab, answer=str(answer.id), path=path, limits=limits
        )
    except StationSlow:
        raise
    except DevicesUnusable:
        if not answer_path(answer).exists():
            db.session.delete(answer)
            db.session.commit()
        raise


def stop_here(interview: InterviewSession, tab: str) -> dict[str, Any]:
    """End the recording of this interview, also one that an earlier page began. What was recorded
    is kept.
    """
    refuse_other_tabs(interview, tab)
    try:
        return _ask("stop", interview)
    except DevicesUnusable as error:
        if not error.is_away:
            raise
        return {"recording": None}  # the station is gone, and its recording ended with it


def settle(answer: Answer) -> Losses | None:
    """End the recording of this answer, so that nothing more is written. Returns what was lost, if
    known.
    """
    try:
        recorded = _ask("stop", answer.interview, answer=str(answer.id))["recording"]
    except DevicesUnusable as error:
        if not error.is_away:
            raise
        return None  # a station that is gone writes nothing
    return Losses(recorded["pictures_dropped"], recorded["sound_lost_ms"]) if recorded else None


def release_devices(interview: InterviewSession, tab: str) -> None:
    """Release the devices, so that their lights go out."""
    refuse_other_tabs(interview, tab)
    with suppress(DevicesUnusable):  # a station that is gone has released them
        _ask("release", interview, tab=tab)


def is_station_there() -> bool:
    """Whether the station answers at its socket. The devices are left alone."""
    return device_client.is_there(config().station_socket)


def run_station() -> None:
    """Run the station until SIGTERM or SIGINT."""
    from capture.device.station import Station, StationServer  # imports decoders and PortAudio

    station = Station(config().capture_camera, config().capture_microphone)
    server, ended = StationServer(config().station_socket, station), threading.Event()

    def stop(*_: object) -> None:
        ended.set()
        threading.Thread(
            target=server.shutdown
        ).start()  # it waits for the loop that this handler interrupts

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    threading.Thread(target=end_what_was_stopped, args=(app, station, ended), daemon=True).start()
    server.run()


def end_what_was_stopped(app: Flask, station: "Station", ended: threading.Event) -> None:
    """Take the devices from an interview that may not be recorded any more, whether or not
    its page asks.
    """
    while not ended.wait(LOOK_EVERY_S):
        try:
            _end_what_was_stopped(app, station)
        except (SQLAlchemyError, StillWriting) as error:
            log.warning("whether the interview goes on could not be seen to just now: %s", error)


def _end_what_was_stopped(app: Flask, station: "Station") -> None:
    if (holder := station.holder) is None:
        return
    with app.app_context():
        g.only_reads_database = True
        is_allowed = may_record(uuid.UUID(holder.interview))
    if not is_allowed:
        station.release(holder.interview, holder.tab)
        log.info(
            "interview %s is not recorded any more; the devices are free again", holder.interview
        )


def _ask(verb: str, interview: InterviewSession, **values: Any) -> dict[str, Any]:
    interview_id = str(interview.id)
    db.session.rollback()  # cameras take seconds; the database must not wait for them
    try:
        return device_client.ask(config().station_socket, verb, interview=interview_id, **values)
    except (StationAway, StationRefused) as error:
        raise _explained(error) from error


def _explained(error: StationAway | StationRefused) -> DevicesUnusable:
    if isinstance(error, StationAway):
        return DevicesUnusable(f"The camera of this machine is not switched on. {ASK_THE_TEAM}")
    if error.kind == "busy":
        return DevicesUnusable(
            "Another interview is using this machine's camera right now. Try again in half a"
            " minute."
        )
    if error.kind == "slow":
        return StationSlow(
            "This machine is slow right now. Wait a moment and try again. What was recorded is"
            " kept."
        )
    return DevicesUnusable(
        f"The camera or microphone of this machine cannot be used: {error}. {ASK_THE_TEAM}"
    )
