"""Records answers with this machine's own camera and microphone, which the station owns.

The station is a separate process (`capture.device.station`). It continues to record if the web
process dies. This module checks in the database who may use it: only the page that has the seat of
an interview that is being recorded.
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

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from capture.device import client as device_client
from capture.device.client import StationAway, StationRefused
from capture.errors import StillWriting
from portal.config import settings
from portal.database import reading, release_lock
from portal.extensions import db
from portal.interviews import disk_space, receiving
from portal.interviews.eligibility import may_record, refuse_other_tabs, refuse_unless_seated
from portal.interviews.errors import InterviewError
from portal.interviews.paths import answer_path
from portal.languages import N_
from portal.languages import gettext as _
from portal.models import Answer, InterviewSession

if TYPE_CHECKING:
    from capture.device.station import Station

log = logging.getLogger(__name__)

KIOSK_CONTAINER = "mp4"  # what the station writes
LOOK_EVERY_S = 1.0  # checks for withdrawals, which must stop the recording within seconds
OVERRUN_MS = 500  # if the page does not end an answer in time, the station does

ASK_THE_TEAM = N_("Please ask the team for help. What was recorded is kept.")


@dataclass(frozen=True)
class Losses:
    """How much of an answer was lost because the recorder was too slow."""

    pictures_dropped: int
    sound_lost_ms: int


class DevicesUnusable(InterviewError):
    """This machine's camera or microphone cannot be used now."""

    wrong_state = ""

    @property
    def is_away(self) -> bool:
        return isinstance(self.__cause__, StationAway)


class StationSlow(DevicesUnusable):
    """The station did not answer in time, so we do not know whether it obeyed. Pages ask again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class NoDevicesHere(InterviewError):
    """This portal records in the browser, and has no devices of its own."""

    wrong_state = ""


class NotAtTheMachine(InterviewError):
    """The request comes from another machine, where a person would see and hear a stranger."""

    wrong_state = ""
    status = HTTPStatus.FORBIDDEN


def refuse_visitors(is_at_the_machine: bool) -> None:
    """Raise NoDevicesHere or NotAtTheMachine unless the person sits at this machine.

    Otherwise people elsewhere could look through its camera.
    """
    if not settings().records_itself:
        raise NoDevicesHere(_("This portal records with the camera of your own browser."))
    if not is_at_the_machine:
        raise NotAtTheMachine(
            _(
                "This interview is recorded at a machine of the hiring team, with its camera. It"
                " can only be opened there."
            )
        )


def hold_devices(interview: InterviewSession, tab: str) -> dict[str, Any]:
    """Open camera and microphone for this page, and return their status."""
    refuse_unless_seated(interview, tab)
    return _ask("hold", interview, tab=tab)


def look_at_devices(interview: InterviewSession, tab: str) -> dict[str, Any]:
    """The status of devices and recording. Each call renews this page's lease on the devices.

    `is_held` is False if this page does not have the devices.
    """
    refuse_unless_seated(interview, tab)
    try:
        return {"is_held": True} | _ask("status", interview, tab=tab)
    except StationSlow:
        raise  # the station may be recording
    except DevicesUnusable as error:
        return {"is_held": False, "why": error.message, "recording": None}


def preview(interview: InterviewSession, tab: str) -> Generator[bytes]:
    """The camera's pictures, as JPEGs, while this page has the camera.

    A refusal is raised before the first picture.
    """
    refuse_unless_seated(interview, tab)
    pictures = device_client.preview(
        settings().station_socket, interview=str(interview.id), tab=tab
    )
    try:
        next(pictures)
    except (StationAway, StationRefused) as error:
        raise _explained(error) from error
    return pictures


def record_here(answer: Answer, tab: str) -> dict[str, Any]:
    """Let the station record an answer whose row exists. Raises DevicesUnusable if it cannot."""
    limits = {
        "most_ms": answer.limit_ms + OVERRUN_MS,
        "most_bytes": receiving.most_bytes(answer.limit_ms),
        "least_free_bytes": settings().disk_floor_bytes // disk_space.RUNNING_SHARE,
    }
    path = str(answer_path(answer).resolve())
    return _ask("start", answer.interview, tab=tab, answer=str(answer.id), path=path, limits=limits)


def forget_unrecorded(answer: Answer, error: DevicesUnusable) -> None:
    """Delete the row of an answer that the station refused to record, so that its take is free.

    A slow station may still begin. Then the row stays, and the page finds it when it asks again.
    """
    if not isinstance(error, StationSlow) and not answer_path(answer).exists():
        db.session.delete(answer)


def stop_here(interview: InterviewSession, tab: str) -> dict[str, Any]:
    """Stop the recording of this interview, even if an earlier page began it. Keeps the file."""
    refuse_other_tabs(interview, tab)
    try:
        return _ask("stop", interview)
    except DevicesUnusable as error:
        if not error.is_away:
            raise
        return {"recording": None}  # the station has died, so nothing records any more


def stop_and_report_losses(answer: Answer) -> Losses | None:
    """Stop the station before an answer is marked complete, so that its file cannot change.

    Returns what the recorder lost, if the station knows.
    """
    try:
        recorded = _ask("stop", answer.interview, answer=str(answer.id))["recording"]
    except DevicesUnusable as error:
        if not error.is_away:
            raise
        return None  # a station that has died writes nothing
    return Losses(recorded["pictures_dropped"], recorded["sound_lost_ms"]) if recorded else None


def release_devices(interview: InterviewSession, tab: str) -> None:
    """Release the devices, so that their lights go out."""
    refuse_other_tabs(interview, tab)
    with suppress(DevicesUnusable):  # a station that has died has released them
        _ask("release", interview, tab=tab)


def is_station_there() -> bool:
    """Whether the station answers at its socket. This does not open the devices."""
    return device_client.is_there(settings().station_socket)


def run_station() -> None:
    """Run the station until SIGTERM or SIGINT."""
    from capture.device.station import Station, StationServer  # imports decoders and PortAudio

    station = Station(settings().capture_camera, settings().capture_microphone)
    server, ended = StationServer(settings().station_socket, station), threading.Event()

    def stop(*_: object) -> None:
        ended.set()
        # in a thread, because it waits for the loop that this handler interrupts
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    threading.Thread(target=end_what_was_stopped, args=(app, station, ended), daemon=True).start()
    server.run()


def end_what_was_stopped(app: Flask, station: "Station", ended: threading.Event) -> None:
    """Release the devices when their interview may no longer be recorded, without its page."""
    while not ended.wait(LOOK_EVERY_S):
        try:
            if (holder := station.holder) is None:
                continue
            with app.app_context(), reading():
                is_allowed = may_record(uuid.UUID(holder.interview))
            if not is_allowed:
                station.release(holder.interview, holder.tab)
                log.info(
                    "interview %s is not recorded any more; the devices are free again",
                    holder.interview,
                )
        except (SQLAlchemyError, StillWriting) as error:
            log.warning(
                "could not check just now whether the interview may still be recorded: %s", error
            )


def _ask(verb: str, interview: InterviewSession, **values: Any) -> dict[str, Any]:
    interview_id = str(interview.id)
    release_lock()  # cameras take seconds; the database must not wait for them
    try:
        return device_client.ask(settings().station_socket, verb, interview=interview_id, **values)
    except (StationAway, StationRefused) as error:
        raise _explained(error) from error


def _explained(error: StationAway | StationRefused) -> DevicesUnusable:
    if isinstance(error, StationAway):
        text = _("The camera of this machine is not switched on.")
        return DevicesUnusable(f"{text} {_(ASK_THE_TEAM)}")
    if error.kind == "busy":
        return DevicesUnusable(
            _(
                "Another interview is using this machine's camera right now. Try again in half a"
                " minute."
            )
        )
    if error.kind == "slow":
        return StationSlow(
            _(
                "This machine is slow right now. Wait a moment and try again. What was recorded is"
                " kept."
            )
        )
    # The cause stays English, as the engine names it: it is for the team, who are asked for help.
    text = _("The camera or microphone of this machine cannot be used: %(cause)s.", cause=error)
    return DevicesUnusable(f"{text} {_(ASK_THE_TEAM)}")
